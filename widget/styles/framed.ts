// Not from 'lit': where Lit is forbidden, chat-stream-framed.js needs these styles, and would be stopped by it.
import { css } from '@lit/reactive-element/css-tag.js';

/** The chat in a frame of its server's page, or the link to that. */
export const framed = css`
  .frame {
    flex: 1;
    inline-size: 100%;
    min-block-size: 0;
    border: 0;
  }
  .frame-link {
    margin: auto;
    padding: calc(var(--_u) * 4);
    color: var(--_accent-text);
  }
`;
