/**
 * What one answer may ask of a page. Everything beyond is shown all the same, as plain text: so no text, however it is
 * made, costs more than its length.
 */

/** Quotes, lists and items inside each other. Deeper ones are text. */
export const MAX_DEPTH = 32;
/** UTF-16 units of one paragraph, heading or cell that are read for markers. */
export const MAX_LEAF = 8_000;
/** Emphasis, links and strikethrough inside each other. */
export const MAX_NESTING = 24;
/** Runs of markers in one paragraph, heading or cell that are read: a browser lays out a paragraph as a whole. */
export const MAX_MARKS = 400;
/** Columns of a table. A wider one is text. */
export const MAX_COLUMNS = 64;
/**
 * Blocks inside a list or a quote. What comes then begins another: a browser lays out a block of the answer as a whole, with
 * each change, and one of 20,000 items has crashed Chromium.
 */
export const MAX_INSIDE = 400;
/** Cells of a table. Further rows are text. */
export const MAX_CELLS = 1_000;
/** What is drawn in one frame at most, in units of {@link work}; the rest follows in the next ones. A slow device draws less. */
export const FRAME_WORK = 3_000;
/** What a UTF-16 unit of code costs more than one of prose: most words get an element and a colour. */
export const CODE_WORK = 4;
/** What an element costs, laid out and painted, in characters. */
export const NODE_WORK = 40;
/** UTF-16 units that are drawn before it is asked for the first time what they cost. */
export const STEP = 500;
/** How far an unfinished construct is shown as if it were finished, in UTF-16 units. */
export const MAX_GUESS = 500;
/** At most this many units after a point where nothing is open, the text before it is never parsed again. */
export const FREEZE_AFTER = 256;
