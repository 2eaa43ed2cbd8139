// Not from 'lit': the loader draws its button by these styles, and has no room for all of Lit.
import { css } from '@lit/reactive-element/css-tag.js';

/** What every element inside starts from, whatever the page does to its own. */
export const base = css`
  .root {
    all: initial;
    display: contents;
    direction: inherit;
    --_u: var(--chat-stream-space, 4px);
    --_radius: var(--chat-stream-radius, 16px);
    --_size: var(--chat-stream-font-size, 15px);
    --_fast: 140ms;
    color: var(--_text);
    font: 400 var(--_size) / 1.55
      var(--chat-stream-font, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', sans-serif);
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
    contain: strict;
  }
`;
