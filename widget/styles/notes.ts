import { css } from '@lit/reactive-element/css-tag.js';

/** What is said under a message, and while one is awaited. */
export const notes = css`
  .note,
  .failure {
    color: var(--_muted);
    margin-block-start: calc(var(--_u) * 1.5);
  }
  .failure {
    display: flex;
    align-items: flex-start;
    gap: 6px;
    color: var(--_danger);
  }
  .failure span {
    overflow-wrap: anywhere;
  }
  .failure .icon {
    margin-block-start: 2px;
  }
  .outcome {
    display: flex;
    align-items: center;
    gap: calc(var(--_u) * 2);
    margin-block: var(--_u) calc(var(--_u) * -2);
  }
  .outcome .note {
    margin: 0;
  }
  .actions {
    margin-inline-start: -6px;
    opacity: 0;
    transition: opacity var(--_fast);
  }
  .message:hover .actions,
  .actions:focus-within,
  .actions[data-done],
  .groups:last-child > .group:last-child > .message:last-child .actions {
    opacity: 1;
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
`;
