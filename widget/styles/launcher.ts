// Not from 'lit': the loader draws its button by these styles, and has no room for all of Lit.
import { css } from '@lit/reactive-element/css-tag.js';

/** The button in the corner, and the panel that it opens. */
export const launcher = css`
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
    transition:
      background-color var(--_fast),
      transform var(--_fast);
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
    block-size: min(
      var(--chat-stream-panel-height, 720px),
      100dvh - 108px - env(safe-area-inset-bottom) - env(safe-area-inset-top)
    );
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    box-shadow: var(--_shadow);
    transition:
      opacity 160ms ease-out,
      transform 160ms ease-out,
      visibility 0s;
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
