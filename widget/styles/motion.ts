// Not from 'lit': where Lit is forbidden, chat-stream-framed.js needs these styles, and would be stopped by it.
import { css } from '@lit/reactive-element/css-tag.js';

/** Motion, and the two cases in which there is less of it, or other colours. */
export const motion = css`
  @keyframes blink {
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
    .message[data-streaming] [data-tip]::after {
      forced-color-adjust: none;
      background: CanvasText;
    }
  }
`;
