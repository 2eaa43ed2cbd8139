// Not from 'lit': where Lit is forbidden, chat-stream-framed.js needs these styles, and would be stopped by it.
import { css } from '@lit/reactive-element/css-tag.js';

/** The panel, its header, and the buttons. */
export const panel = css`
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
    transition:
      background-color var(--_fast),
      color var(--_fast),
      opacity var(--_fast);
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
    margin: -3px 0;
    line-height: 20px;
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
