import { css } from 'lit';

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
