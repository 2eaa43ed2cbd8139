import { css } from '@lit/reactive-element/css-tag.js';

/** The panel of the attribute `debug`: small, quiet, above the transcript, and never more than half of the chat. */
export const debugStyles = css`
  .debug {
    flex: none;
    display: flex;
    flex-direction: column;
    min-block-size: 0;
    max-block-size: 46%;
    overflow: hidden;
    border-block-end: 1px solid var(--_line);
    background: var(--_bg);
    color: var(--_muted);
    font-size: 12px;
    line-height: 16px;
    font-variant-numeric: tabular-nums;
  }
  .debug [hidden] {
    display: none;
  }
  .debug-head,
  .debug-tools {
    flex: none;
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px;
    padding: 4px 12px;
  }
  .debug-line {
    flex: 1;
    min-inline-size: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .debug-body {
    display: flex;
    flex-direction: column;
    min-block-size: 0;
  }
  .debug-tools {
    padding-block-start: 0;
  }
  .debug-button {
    flex: none;
    min-block-size: 24px;
    padding: 2px 8px;
    border: 1px solid var(--_line);
    border-radius: 6px;
    color: var(--_text);
  }
  .debug-button:hover {
    background: var(--_hover);
  }
  .debug-button[aria-pressed='true'] {
    border-color: var(--_fill);
    background: var(--_fill);
    color: var(--_on-fill);
  }
  .debug-button[aria-expanded]::before {
    content: '▸ ' / '';
  }
  .debug-button[aria-expanded='true']::before {
    content: '▾ ' / '';
  }
  .debug input,
  .debug textarea {
    font: inherit;
    min-inline-size: 0;
    margin: 0;
    padding: 3px 8px;
    border: 1px solid var(--_edge);
    border-radius: 6px;
    background: var(--_raised);
    color: var(--_text);
  }
  .debug input {
    flex: 1 1 96px;
    min-block-size: 24px;
  }
  .debug input::placeholder {
    color: var(--_muted);
    opacity: 1;
  }
  /* Below this size iOS zooms the page when the field is focused. */
  @media (pointer: coarse) {
    .debug input,
    .debug textarea {
      font-size: 16px;
    }
  }
  .debug-copy {
    flex: none;
    display: flex;
    align-items: start;
    gap: 4px;
    padding: 0 12px 4px;
  }
  .debug-copy textarea {
    flex: 1;
    resize: none;
    font-family: ui-monospace, monospace;
  }
  /* There is room for one of them. */
  .debug-copy:not([hidden]) ~ * {
    display: none;
  }
  .debug-answers {
    flex: none;
    max-block-size: 76px;
    overflow: auto;
    margin: 0;
    padding: 0 12px 4px;
    list-style: none;
  }
  .debug-answers li {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0 8px;
    padding-block: 2px;
  }
  .debug-answers span {
    flex: 1 1 280px;
    min-inline-size: 0;
  }
  .debug code,
  .debug table {
    font-family: ui-monospace, monospace;
    font-size: 11px;
  }
  .debug-frames {
    flex: 1 1 auto;
    min-block-size: 48px;
    overflow: auto;
    overscroll-behavior: contain;
    border-block-start: 1px solid var(--_line);
  }
  .debug-frames:focus-visible {
    outline-offset: -2px;
  }
  .debug table {
    inline-size: 100%;
    border-collapse: collapse;
  }
  .debug :is(th, td) {
    padding: 1px 6px;
    font-weight: 400;
    text-align: start;
    white-space: nowrap;
  }
  .debug :is(th, td):first-child {
    padding-inline-start: 12px;
  }
  .debug :is(th, td):is(:nth-child(1), :nth-child(2), :nth-child(5), :nth-child(6)) {
    text-align: end;
  }
  .debug thead th {
    position: sticky;
    inset-block-start: 0;
    background: var(--_bg);
  }
  .debug tbody th {
    color: var(--_text);
  }
  .debug td:last-child {
    inline-size: 100%;
    max-inline-size: 320px;
    overflow: hidden;
    text-overflow: ellipsis;
  }
  .debug tr[data-type='error'] th,
  .debug tr[data-type='invalid'] th {
    color: var(--_danger);
  }
  @media print {
    .debug {
      display: none;
    }
  }
`;
