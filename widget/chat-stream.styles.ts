import { css, type CSSResult } from 'lit';

/**
 * The host. `!important` in here wins over `!important` of the page: whatever a page does to all its elements, the
 * element stays where and as large as it should be. What a page may change goes through custom properties.
 */
const host = css`
  :host {
    all: initial !important;
    display: block !important;
    box-sizing: border-box !important;
    position: relative !important;
    inline-size: var(--chat-stream-width, 100%) !important;
    block-size: var(--chat-stream-height, 100%) !important;
    min-inline-size: 0 !important;
    contain: layout style !important;
  }
  :host([mode='launcher']) {
    contain: none !important;
    position: fixed !important;
    inset: auto 0 0 auto !important;
    inline-size: 0 !important;
    block-size: 0 !important;
    z-index: var(--chat-stream-z-index, 2147483000) !important;
  }
  :host([mode='fullscreen']) {
    position: fixed !important;
    inset: 0 !important;
    inline-size: auto !important;
    block-size: auto !important;
    z-index: var(--chat-stream-z-index, 2147483000) !important;
  }
  :host([hidden]) {
    display: none !important;
  }
`;

/** Light and dark, derived from one accent and one neutral colour. */
const colours = css`
  .root {
    --_accent: var(--chat-stream-accent, oklch(0.52 0.17 264));
    --_neutral: var(--chat-stream-neutral, oklch(0.55 0.012 264));
    --_bg: var(
      --chat-stream-background,
      light-dark(oklch(from var(--_neutral) 1 0 h), oklch(from var(--_neutral) 0.205 calc(c * 0.8) h))
    );
    --_raised: light-dark(oklch(from var(--_neutral) 1 0 h), oklch(from var(--_neutral) 0.245 calc(c * 0.9) h));
    --_hover: light-dark(oklch(from var(--_neutral) 0.955 calc(c * 0.4) h), oklch(from var(--_neutral) 0.29 c h));
    --_text: var(
      --chat-stream-text,
      light-dark(oklch(from var(--_neutral) 0.25 c h), oklch(from var(--_neutral) 0.93 calc(c * 0.4) h))
    );
    --_muted: var(
      --chat-stream-muted,
      light-dark(oklch(from var(--_neutral) 0.5 calc(c * 1.2) h), oklch(from var(--_neutral) 0.72 c h))
    );
    --_line: var(
      --chat-stream-line,
      light-dark(oklch(from var(--_neutral) 0.915 calc(c * 0.5) h), oklch(from var(--_neutral) 0.32 c h))
    );
    --_edge: light-dark(oklch(from var(--_neutral) 0.66 c h), oklch(from var(--_neutral) 0.52 c h));
    /* Filled with the accent: dark enough, whatever the accent is, for white on it to be read. */
    --_fill: oklch(from var(--_accent) min(l, 0.52) c h);
    --_fill-hover: oklch(from var(--_accent) calc(min(l, 0.52) - 0.05) c h);
    --_on-fill: #fff;
    --_accent-text: light-dark(oklch(from var(--_accent) min(l, 0.5) c h), oklch(from var(--_accent) max(l, 0.76) calc(c * 0.8) h));
    --_bubble: var(
      --chat-stream-bubble,
      light-dark(color-mix(in oklab, var(--_accent) 9%, white), color-mix(in oklab, var(--_accent) 26%, var(--_bg)))
    );
    --_danger: light-dark(oklch(0.5 0.17 25), oklch(0.78 0.12 25));
    --_danger-bg: light-dark(oklch(0.97 0.015 25), oklch(0.27 0.045 25));
    --_caution: light-dark(oklch(0.47 0.09 70), oklch(0.82 0.1 80));
    --_shadow: 0 1px 2px oklch(0 0 0 / 0.06), 0 12px 40px -8px oklch(0 0 0 / 0.22);
    color-scheme: light dark;
  }
  .root[data-theme='light'] {
    color-scheme: light;
  }
  .root[data-theme='dark'] {
    color-scheme: dark;
  }
`;

const base = css`
  .root {
    all: initial;
    display: contents;
    direction: inherit;
    --_u: var(--chat-stream-space, 4px);
    --_radius: var(--chat-stream-radius, 16px);
    --_size: var(--chat-stream-font-size, 15px);
    --_fast: 140ms;
    color: var(--_text);
    font: 400 var(--_size) / 1.55 var(--chat-stream-font, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', sans-serif);
    -webkit-text-size-adjust: 100%;
    -webkit-tap-highlight-color: transparent;
  }
  .root *,
  .root *::before,
  .root *::after {
    box-sizing: border-box;
  }
  button,
  textarea {
    font: inherit;
    color: inherit;
    margin: 0;
  }
  button {
    cursor: pointer;
    border: 1px solid transparent;
    background: none;
    padding: 0;
  }
  button:disabled {
    cursor: default;
  }
  :focus-visible {
    outline: 2px solid var(--_accent-text);
    outline-offset: 2px;
  }
  .icon {
    display: block;
    flex: none;
  }
  .hidden-text,
  .announcer {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;

const panel = css`
  .panel {
    position: relative;
    display: flex;
    flex-direction: column;
    inline-size: 100%;
    block-size: 100%;
    overflow: hidden;
    background: var(--_bg);
    color: var(--_text);
  }
  .header {
    flex: none;
    display: flex;
    align-items: center;
    gap: var(--_u);
    min-block-size: calc(var(--_u) * 14);
    padding: calc(var(--_u) * 2) calc(var(--_u) * 3) calc(var(--_u) * 2) calc(var(--_u) * 5);
    border-block-end: 1px solid var(--_line);
  }
  .title {
    flex: 1;
    min-inline-size: 0;
    margin: 0;
    font-size: 1em;
    font-weight: 600;
    letter-spacing: -0.005em;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .button {
    flex: none;
    display: grid;
    place-items: center;
    inline-size: 36px;
    block-size: 36px;
    border-radius: 10px;
    transition: background-color var(--_fast), color var(--_fast), opacity var(--_fast);
  }
  .button.small {
    inline-size: 28px;
    block-size: 28px;
    border-radius: 8px;
  }
  .button.small .icon {
    inline-size: 16px;
    block-size: 16px;
  }
  .quiet,
  .small {
    color: var(--_muted);
  }
  .quiet:hover,
  .small:hover {
    background: var(--_hover);
    color: var(--_text);
  }
  .text-button {
    flex: none;
    padding: 2px 6px;
    margin: -2px 0;
    border-radius: 6px;
    font-weight: 600;
    color: inherit;
    text-decoration: underline;
    text-decoration-thickness: 1px;
    text-underline-offset: 3px;
  }
  .text-button:hover {
    text-decoration-thickness: 2px;
  }
`;

const transcript = css`
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
    overflow: hidden auto;
    overscroll-behavior: contain;
    overflow-anchor: none;
    scrollbar-width: thin;
    scrollbar-color: var(--_line) transparent;
    outline-offset: -2px;
    container-type: size;
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
  .message {
    flex: none;
    max-inline-size: 68ch;
    min-inline-size: 0;
    /* Remembered while it is drawn, for the day when it is not. */
    contain-intrinsic-size: auto 80px;
  }
  /* Not the newest ones: they would lose their height for a moment when this begins to apply, and the end would jump. */
  .message[data-old] {
    content-visibility: auto;
  }
  /* Room for the question before it to stand at the top. */
  .transcript[data-scroll='anchor'] :is(.message.ai, .typing):last-child {
    min-block-size: calc(100cqb - var(--_u) * 24);
  }
  .message.ai + .message.user {
    margin-block-start: calc(var(--_u) * 3);
  }
  .content {
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    tab-size: 4;
  }
  .message[data-blank] .content {
    display: none;
  }
  .message[data-blank][data-streaming] {
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
  .message[data-streaming] .content > :last-child::after {
    content: '';
    display: inline-block;
    inline-size: 2px;
    block-size: 1.1em;
    margin-inline-start: 2px;
    vertical-align: -0.18em;
    border-radius: 1px;
    background: var(--_accent-text);
    animation: blink 1s steps(2, jump-none) infinite;
  }
  .note,
  .failure {
    font-size: 13px;
    line-height: 20px;
    color: var(--_muted);
    margin-block-start: calc(var(--_u) * 1.5);
  }
  .failure {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--_u) 6px;
    color: var(--_danger);
  }
  .failure span {
    overflow-wrap: anywhere;
  }
  .failure .icon {
    inline-size: 16px;
    block-size: 16px;
  }
  .actions {
    margin-block: 2px -30px;
    margin-inline-start: -6px;
    block-size: 28px;
    inline-size: fit-content;
    opacity: 0;
    transition: opacity var(--_fast);
  }
  .message:hover .actions,
  .actions:focus-within,
  .actions[data-done],
  .message:last-of-type .actions {
    opacity: 1;
  }
  .message:last-of-type .actions {
    margin-block-end: -8px;
  }
  @media (hover: none) {
    .actions {
      opacity: 1;
    }
  }
  .typing {
    display: flex;
    gap: 5px;
    padding-block: calc(0.775em - 3px);
  }
  .typing i {
    inline-size: 6px;
    block-size: 6px;
    border-radius: 50%;
    background: var(--_muted);
    animation: pulse 1.2s ease-in-out infinite;
  }
  .typing i:nth-child(2) {
    animation-delay: 0.16s;
  }
  .typing i:nth-child(3) {
    animation-delay: 0.32s;
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
  .jump:hover {
    background: var(--_hover);
  }
  .jump .icon {
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
    transition: background-color var(--_fast), border-color var(--_fast);
  }
  .suggestion:hover {
    background: var(--_hover);
    border-color: var(--_edge);
  }
`;

const foot = css`
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
    font-size: 13px;
    line-height: 20px;
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
    transition: border-color var(--_fast), box-shadow var(--_fast);
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
    overflow: hidden auto;
    scrollbar-width: thin;
    scrollbar-color: var(--_line) transparent;
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

const launcher = css`
  :host([mode='launcher']) .launcher {
    position: fixed;
    inset-block-end: calc(20px + env(safe-area-inset-bottom));
    inset-inline-end: calc(20px + env(safe-area-inset-right));
    display: grid;
    place-items: center;
    inline-size: 56px;
    block-size: 56px;
    border-radius: 50%;
    background: var(--_fill);
    color: var(--_on-fill);
    box-shadow: var(--_shadow);
    transition: background-color var(--_fast), transform var(--_fast);
  }
  .launcher:hover {
    background: var(--_fill-hover);
  }
  .launcher:active {
    transform: scale(0.96);
  }
  .launcher .icon {
    inline-size: 26px;
    block-size: 26px;
  }
  :host([mode='launcher']) .panel {
    position: fixed;
    inset-block-end: calc(88px + env(safe-area-inset-bottom));
    inset-inline-end: calc(20px + env(safe-area-inset-right));
    inline-size: min(var(--chat-stream-panel-width, 400px), 100vw - 40px);
    block-size: min(var(--chat-stream-panel-height, 720px), 100dvh - 108px - env(safe-area-inset-bottom) - env(safe-area-inset-top));
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    box-shadow: var(--_shadow);
    transition: opacity 160ms ease-out, transform 160ms ease-out, visibility 0s;
  }
  :host([mode='launcher']) .panel[data-closed] {
    opacity: 0;
    transform: translateY(8px);
    visibility: hidden;
    transition-delay: 0s, 0s, 160ms;
  }
  @media (max-width: 479.98px) {
    :host([mode='launcher']) .panel {
      inset: 0;
      inline-size: auto;
      block-size: 100dvh;
      border: 0;
      border-radius: 0;
      padding-block-start: env(safe-area-inset-top);
    }
    :host([mode='launcher']) .launcher[data-open] {
      display: none;
    }
  }
`;

const motion = css`
  @keyframes blink {
    from {
      opacity: 1;
    }
    to {
      opacity: 0;
    }
  }
  @keyframes pulse {
    0%,
    60%,
    100% {
      opacity: 0.3;
    }
    30% {
      opacity: 1;
    }
  }
  @keyframes appear {
    from {
      opacity: 0;
    }
  }
  @keyframes rise {
    from {
      opacity: 0;
      transform: translateY(4px);
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .root *,
    .root *::before,
    .root *::after {
      animation: none !important;
      transition: none !important;
    }
  }
  @media (forced-colors: active) {
    button,
    .message.user .content,
    .banner {
      border-color: CanvasText;
    }
    button:disabled {
      border-color: GrayText;
      color: GrayText;
    }
    .typing i,
    .status i,
    .message[data-streaming] .content > :last-child::after {
      forced-color-adjust: none;
      background: CanvasText;
    }
  }
`;

/** All styles of the element, inside its shadow root. */
export const chatStreamStyles: CSSResult[] = [host, base, colours, panel, transcript, foot, launcher, motion];
