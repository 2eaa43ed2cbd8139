import { css } from '@lit/reactive-element/css-tag.js';

/** What stands under the transcript: status, failure, composer. */
export const foot = css`
  .status,
  .banner,
  .composer {
    flex: none;
    inline-size: calc(100% - var(--_u) * 6);
    max-inline-size: calc(68ch + var(--_u) * 4);
    margin-inline: auto;
  }
  .status {
    display: flex;
    align-items: baseline;
    gap: 8px;
    padding-inline: calc(var(--_u) * 2);
    margin-block-end: calc(var(--_u) * 2);
    color: var(--_caution);
    animation: appear 200ms ease-out;
  }
  .status i {
    flex: none;
    inline-size: 8px;
    block-size: 8px;
    border-radius: 50%;
    background: currentColor;
    animation: pulse 1.4s ease-in-out infinite;
  }
  .status[data-state='offline'] i,
  .status[data-state='closed'] i {
    animation: none;
  }
  .status[data-state='connecting'],
  .status[data-state='closed'] {
    color: var(--_muted);
  }
  .banner {
    display: flex;
    align-items: flex-start;
    gap: 8px;
    padding: calc(var(--_u) * 2.5) calc(var(--_u) * 3);
    margin-block-end: calc(var(--_u) * 2);
    border: 1px solid transparent;
    border-radius: calc(var(--_radius) * 0.75);
    background: var(--_danger-bg);
    color: var(--_danger);
  }
  .status,
  .banner,
  .note,
  .failure {
    font-size: 13px;
    line-height: 20px;
  }
  .banner span {
    flex: 1;
    min-inline-size: 0;
    overflow-wrap: anywhere;
  }
  .composer {
    display: flex;
    align-items: flex-end;
    gap: var(--_u);
    padding: 5px;
    margin-block-end: max(calc(var(--_u) * 3), env(safe-area-inset-bottom));
    border: 1px solid var(--_edge);
    border-radius: calc(var(--_radius) + 6px);
    background: var(--_raised);
    cursor: text;
    transition:
      border-color var(--_fast),
      box-shadow var(--_fast);
  }
  .composer:focus-within {
    border-color: var(--_accent-text);
    box-shadow: 0 0 0 1px var(--_accent-text);
  }
  /* The field is as high as its text: a copy of the text that cannot be seen holds the room. */
  .grow {
    flex: 1;
    min-inline-size: 0;
    display: grid;
    max-block-size: 168px;
    overflow: hidden;
  }
  .grow > textarea,
  .grow::after {
    grid-area: 1 / 1;
    min-inline-size: 0;
    padding: 6px 4px 6px 12px;
    border: 0;
    /* Below 16px iOS zooms the page in when the field gets the focus. */
    font-size: 16px;
    line-height: 24px;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .grow::after {
    content: attr(data-text) ' ';
    visibility: hidden;
  }
  .grow > textarea {
    display: block;
    inline-size: 100%;
    block-size: 100%;
    max-block-size: 168px;
    background: none;
    resize: none;
    outline: none;
  }
  textarea::placeholder {
    color: var(--_muted);
    opacity: 1;
  }
  .composer .button {
    border-radius: var(--_radius);
  }
  .send {
    background: var(--_fill);
    color: var(--_on-fill);
  }
  .send:hover:enabled {
    background: var(--_fill-hover);
  }
  .send:disabled {
    background: var(--_hover);
    color: var(--_muted);
  }
  .stop {
    background: var(--_hover);
    color: var(--_text);
  }
  .stop:hover {
    background: var(--_line);
  }
`;
