/**
 * What drawing cost so far, for all answers of the page, in units of what a character of plain text costs. Counted, not
 * timed: so the same text is drawn in the same steps everywhere.
 */
export const work = { done: 0 };
