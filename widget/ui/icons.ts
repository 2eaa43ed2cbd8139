import { html, type TemplateResult } from 'lit/html.js';
import { CHAT_PATH, CLOSE_PATH } from './launcher-icons.js';

/** Frames one path on a 20 by 20 grid; it takes the text's colour, and means nothing to a screen reader. */
function icon(path: string, fill = 'none'): TemplateResult {
  return html`<svg
    class="icon"
    viewBox="0 0 20 20"
    width="20"
    height="20"
    fill=${fill}
    stroke="currentColor"
    stroke-width="1.75"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
    focusable="false"
  >
    <path d=${path} />
  </svg>`;
}

/** The launcher: a speech bubble with two lines of text. */
export const chatIcon = icon(CHAT_PATH);
/** Close: a cross. */
export const closeIcon = icon(CLOSE_PATH);
/** Send: an arrow that goes up. */
export const sendIcon = icon('M10 15.5v-11M5.5 9 10 4.5 14.5 9');
/** Stop: a filled square. */
export const stopIcon = icon(
  'M7.25 6.63h5.5q.62 0 .62.62v5.5q0 .62-.62.62h-5.5q-.62 0-.62-.62v-5.5q0-.62.62-.62Z',
  'currentColor',
);
/** To the end: an arrow that goes down. */
export const downIcon = icon('M10 4.5v11M5.5 11l4.5 4.5 4.5-4.5');
/** Copy: two sheets. */
export const copyIcon = icon(
  'M9.25 7.25h5a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2h-5a2 2 0 0 1-2-2v-5a2 2 0 0 1 2-2ZM4.75 12.5a1.5 1.5 0 0 1-1-1.42V5.25a1.5 1.5 0 0 1 1.5-1.5h5.83a1.5 1.5 0 0 1 1.42 1',
);
/** Done: a tick. */
export const tickIcon = icon('m4.5 10.5 3.5 3.5 7.5-8');
/** A new conversation: a sheet and a pen. */
export const newIcon = icon(
  'M16.25 10.5v4a1.75 1.75 0 0 1-1.75 1.75h-9a1.75 1.75 0 0 1-1.75-1.75v-9A1.75 1.75 0 0 1 5.5 3.75h4M14.37 3.63a1.41 1.41 0 0 1 2 2L10.5 11.5l-2.75.75.75-2.75Z',
);
/** Something failed: an exclamation mark in a circle. */
export const warningIcon = icon('M3 10a7 7 0 1 0 14 0 7 7 0 1 0-14 0m7-3.5v4m0 2.75v.01');
