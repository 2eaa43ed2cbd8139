import { css } from '@lit/reactive-element/css-tag.js';

/**
 * On paper: the whole conversation in the flow of the page, in dark letters, and nothing that one would press. Not more
 * than what stands: the panel of a launcher is printed, after the page, only while it is open.
 */
export const print = css`
  @media print {
    :host,
    :host([mode]) {
      position: static !important;
      inline-size: auto !important;
      block-size: auto !important;
      contain: none !important;
    }
    .root,
    .root[data-theme] {
      color-scheme: light;
    }
    .panel,
    .transcript-area,
    .transcript,
    :host([mode]) .panel {
      position: static;
      display: block;
      inline-size: auto;
      block-size: auto;
      overflow: visible;
      container-type: normal;
      border: 0;
      box-shadow: none;
    }
    :host([mode='launcher']) .panel[data-closed] {
      display: none;
    }
    .group[data-old],
    .part.past {
      content-visibility: visible;
    }
    .message.user .content {
      print-color-adjust: exact;
    }
    .markdown pre > code {
      white-space: pre-wrap;
      overflow-wrap: anywhere;
    }
    .markdown table {
      display: table;
    }
    .bar,
    .launcher,
    .composer,
    .jump,
    .older,
    .header .button,
    .message button {
      display: none !important;
    }
  }
`;
