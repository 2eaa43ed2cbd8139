/** How the parts of an answer look that are not its text. */
export const PARTS_STYLES = `
  .parts {
    display: flex;
    flex-wrap: wrap;
    align-items: start;
    gap: var(--_u);
  }
  .parts:not(:empty) {
    margin-block-end: calc(var(--_u) * 2);
  }
  .parts.after:not(:empty) {
    margin-block: calc(var(--_u) * 2) 0;
  }
  .reasoning,
  .tool,
  .parts .chip {
    max-inline-size: 100%;
    box-sizing: border-box;
    padding: 2px 10px;
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
    font-size: 13px;
    overflow-wrap: anywhere;
  }
  .reasoning span {
    white-space: pre-wrap;
  }
  .parts summary {
    cursor: pointer;
  }
  .tool[data-state='failed'] {
    border-style: dashed;
  }
  .parts .chip {
    color: var(--_accent-text);
    text-decoration: none;
  }
  .parts .host {
    color: var(--_muted);
  }
  .parts :is(canvas, img) {
    max-inline-size: 100%;
    block-size: auto;
    border-radius: var(--_radius);
  }
  .parts > .block {
    flex-basis: 100%;
    min-inline-size: 0;
    overflow: auto;
  }
`;
