import { svg, type SVGTemplateResult } from 'lit/html.js';
import { CHAT_PATHS, CLOSE_PATHS } from './launcher-icons.js';

/** Frames one drawing on a 20 by 20 grid; it takes the text's colour, and means nothing to a screen reader. */
function icon(drawing: SVGTemplateResult | readonly SVGTemplateResult[]): SVGTemplateResult {
  return svg`<svg class="icon" viewBox="0 0 20 20" width="20" height="20" fill="none" stroke="currentColor"
    stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">${drawing}</svg>`;
}

const paths = (drawings: readonly string[]): SVGTemplateResult[] => drawings.map((d) => svg`<path d=${d} />`);

/** The launcher: a speech bubble with two lines of text. */
export const chatIcon = icon(paths(CHAT_PATHS));
/** Close: a cross. */
export const closeIcon = icon(paths(CLOSE_PATHS));
/** Send: an arrow that goes up. */
export const sendIcon = icon(svg`<path d="M10 15.500v-11m-4.500 4.500L10 4.500 14.500 9"/>`);
/** Stop: a filled square. */
export const stopIcon = icon(
  svg`<rect x="5.750" y="5.750" width="8.500" height="8.500" rx="1.500" fill="currentColor" stroke="none"/>`,
);
/** To the end: an arrow that goes down. */
export const downIcon = icon(svg`<path d="M10 4.500v11M5.500 11l4.500 4.500 4.500-4.500"/>`);
/** Copy: two sheets. */
export const copyIcon = icon(
  svg`<rect x="7.250" y="7.250" width="9" height="9" rx="2"/><path d="M4.750 12.500a1.500 1.500 0 0 1-1-1.420V5.250a1.500 1.500 0 0 1 1.500-1.500h5.830a1.500 1.500 0 0 1 1.420 1"/>`,
);
/** Done: a tick. */
export const tickIcon = icon(svg`<path d="m4.500 10.500 3.500 3.500 7.500-8"/>`);
/** A new conversation: a sheet and a pen. */
export const newIcon = icon(
  svg`<path d="M16.250 10.500v4a1.750 1.750 0 0 1-1.750 1.750h-9a1.750 1.750 0 0 1-1.750-1.750v-9A1.750 1.750 0 0 1 5.500 3.750h4"/><path d="M14.370 3.630a1.410 1.410 0 0 1 2 2L10.500 11.500l-2.750.75.75-2.750Z"/>`,
);
/** Something failed: an exclamation mark in a circle. */
export const warningIcon = icon(svg`<circle cx="10" cy="10" r="7"/><path d="M10 6.500v4m0 2.750v.010"/>`);
