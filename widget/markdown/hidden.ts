/**
 * Characters that nobody sees and that make a text read otherwise than it is: those that turn its direction around
 * (U+202A to U+202E, U+2066 to U+2069; https://trojansource.codes), and tags, which can say anything to a machine
 * (U+E0000 to U+E007F), unless they follow a flag.
 */
const PIECES = /([\u202a-\u202e\u2066-\u2069]|(?<!\u{1f3f4}[\u{e0000}-\u{e007f}]*)[\u{e0000}-\u{e007f}]+)/u;

/** Whether there is such a character in a text. */
export function hasHidden(text: string): boolean {
  return PIECES.test(text);
}

/** Cuts a text at these characters. */
export function splitHidden(text: string): readonly { text: string; isHidden: boolean }[] {
  return text
    .split(PIECES)
    .map((piece, index) => ({ text: piece, isHidden: index % 2 === 1 }))
    .filter((piece) => piece.text !== '');
}

/** The text with a mark for each of these characters: for code, where the text is drawn by others. */
export function withMarks(text: string): string {
  return hasHidden(text)
    ? splitHidden(text)
        .map((piece) => (piece.isHidden ? '\ufffd' : piece.text))
        .join('')
    : text;
}
