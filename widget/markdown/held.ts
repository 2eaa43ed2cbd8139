import type { Block } from './blocks.js';

/** What may yet become the beginning of a heading, a list item, a rule, a fence, a quote or an underline. */
const MARKER =
  /^[ \t>]*(?:#{1,6}|[-+*][ \t]*(?:\[[ xX]?\]?)?|\d{1,9}[.)]?|[-=*_ \t]+|`{1,}[^`]*|~+.*|\${1,2}|\\)?[ \t]*$/;

const FENCE = /^[ \t>]*(?:[-+*]|\d{1,9}[.)])?[ \t]*(?:```[^`]*|~~~.*)$/;

/**
 * Whether a line that is not finished is not shown yet, because what stands there may be a marker.
 *
 * @param tip The block that the text is in before it.
 */
export function isHeld(line: string, tip: Block): boolean {
  if (tip.kind === 'code') return tip.marker !== '' && isHalfFence(line.trim(), tip.marker);
  // No search in a long line, which is asked for again with each piece of it: to go back in its spaces costs their square.
  if (tip.kind === 'html' || line.length > 500) return false;
  // A fence is shown with its language, so that a block is drawn by whom it is for.
  return FENCE.test(line) || (line.length < 100 && MARKER.test(line));
}

/** What may yet become the end of a fence. */
function isHalfFence(line: string, marker: string): boolean {
  const [char = ''] = marker;
  return line !== '' && (marker.startsWith(line) || (line.startsWith(marker) && line.replaceAll(char, '') === ''));
}
