import { css } from '@lit/reactive-element/css-tag.js';

/** The messages, and what stands between them. */
export const transcript = css`
  .transcript-area {
    position: relative;
    flex: 1;
    min-block-size: 0;
    display: flex;
    flex-direction: column;
  }
  .transcript {
    flex: 1;
    min-block-size: 0;
    overscroll-behavior: contain;
    overflow-anchor: none;
    outline-offset: -2px;
  }
  .transcript,
  textarea {
    overflow: hidden auto;
    scrollbar-width: thin;
    scrollbar-color: var(--_line) transparent;
  }
  .transcript[data-reading] {
    /* While someone reads, what changes above must not move what is read. */
    overflow-anchor: auto;
  }
  .column {
    display: flex;
    flex-direction: column;
    gap: calc(var(--_u) * 4);
    min-block-size: 100%;
    max-inline-size: calc(68ch + var(--_u) * 10);
    margin-inline: auto;
    padding: calc(var(--_u) * 5);
  }
  .groups:empty {
    display: none;
  }
  .groups,
  .group {
    flex: none;
    display: flex;
    flex-direction: column;
    gap: calc(var(--_u) * 4);
    min-inline-size: 0;
  }
  /* Remembered while it is drawn, for the day when it is not. Not of the newest: with each change a frame would be prepared twice. */
  .group[data-past] {
    contain-intrinsic-size: auto 1000px;
  }
  .group[data-blank] {
    block-size: 1000px;
  }
  /* Not the newest ones: they would lose their height for a moment when this begins to apply, and the end would jump. */
  @supports (overflow-anchor: auto) {
    /* Not in Safari: it does not hold the place of what is read while a message above gets its real height. */
    .group[data-old] {
      content-visibility: auto;
      overflow-clip-margin: 2em;
    }
  }
  .message {
    flex: none;
    max-inline-size: 68ch;
    min-inline-size: 0;
  }
  /* Room for the question before it to stand at the top. The variable comes from ViewHeight. */
  .transcript[data-scroll='anchor']
    :is(.typing:last-child, .groups:last-child > .group:last-child > .message.ai:last-child) {
    min-block-size: calc(var(--_view, 0px) - var(--_u) * 24);
  }
  .group + .group > .message.user:first-child,
  .message.ai + .message.user {
    margin-block-start: calc(var(--_u) * 2);
  }
  .content {
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    tab-size: 4;
  }
  .message[data-blank] .content,
  .message[data-unseen] {
    display: none;
  }
  .message.user {
    align-self: flex-end;
    display: flex;
    flex-direction: column;
    align-items: flex-end;
    max-inline-size: min(85%, 60ch);
  }
  .message.user .content {
    padding: calc(var(--_u) * 2) calc(var(--_u) * 3.5);
    border: 1px solid transparent;
    border-radius: var(--_radius);
    border-end-end-radius: calc(var(--_radius) / 3);
    background: var(--_bubble);
  }
  /* Where the text goes on: BlockTree marks it. A selector that looked for it (:has, :last-child) would cost a third of a frame. */
  .message[data-streaming] [data-tip]::after {
    content: '';
    display: inline-block;
    inline-size: 2px;
    block-size: 1.1em;
    margin-inline-start: 2px;
    vertical-align: -0.18em;
    border-radius: 1px;
    background: var(--_accent-text);
  }
  .transcript:not([data-growing]) [data-tip]::after {
    animation: blink 1s steps(2, jump-none) infinite;
  }
  .older {
    align-self: center;
    padding: 5px 14px;
    border: 1px solid var(--_line);
    border-radius: 17px;
    font-size: 13px;
    line-height: 20px;
    color: var(--_muted);
  }
  .jump {
    position: absolute;
    inset-block-end: calc(var(--_u) * 2);
    inset-inline: 0;
    margin-inline: auto;
    inline-size: fit-content;
    display: flex;
    align-items: center;
    gap: 6px;
    block-size: 34px;
    padding-inline: 10px 14px;
    border: 1px solid var(--_line);
    border-radius: 17px;
    background: var(--_raised);
    box-shadow: 0 2px 10px oklch(0 0 0 / 0.12);
    font-size: 13px;
    font-weight: 500;
    line-height: 1;
    animation: rise var(--_fast) ease-out;
  }
  .jump[data-unread]::after {
    content: '';
    inline-size: 7px;
    block-size: 7px;
    border-radius: 50%;
    /* A border, which stays where colours are forced. */
    border: 4px solid var(--_accent);
  }
  .jump:hover {
    background: var(--_hover);
  }
  .jump .icon,
  .failure .icon {
    inline-size: 16px;
    block-size: 16px;
  }
  .empty {
    flex: 1;
    display: flex;
    flex-direction: column;
    justify-content: flex-end;
    gap: calc(var(--_u) * 4);
    padding-block-end: var(--_u);
  }
  .empty-line {
    margin: 0;
    font-size: 22px;
    line-height: 1.3;
    font-weight: 600;
    letter-spacing: -0.015em;
    text-wrap: balance;
  }
  .suggestions {
    display: flex;
    flex-wrap: wrap;
    gap: calc(var(--_u) * 2);
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .suggestion {
    padding: 7px 14px;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    background: var(--_raised);
    text-align: start;
    font-size: 14px;
    line-height: 1.45;
    transition:
      background-color var(--_fast),
      border-color var(--_fast);
  }
  .suggestion:hover {
    background: var(--_hover);
    border-color: var(--_edge);
  }
`;
