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
  .tool[data-state='waiting'] {
    flex-basis: 100%;
    padding: calc(var(--_u) * 2) calc(var(--_u) * 3);
    border-color: var(--_edge);
  }
  .approval {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: calc(var(--_u) * 2);
    margin-block: var(--_u) calc(var(--_u) * 1.5);
  }
  .approval > [hidden] {
    display: none;
  }
  .approval > span {
    flex-basis: 100%;
    color: var(--_muted);
  }
  .args {
    flex-basis: 100%;
    max-block-size: 12em;
    margin: 0;
    overflow: auto;
    font: 12px/1.5 ui-monospace, monospace;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .decision {
    min-block-size: 32px;
    padding: 0 14px;
    border-color: var(--_edge);
    border-radius: var(--_radius);
  }
  .decision:hover:enabled {
    background: var(--_hover);
  }
  .decision:disabled {
    opacity: 0.5;
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
