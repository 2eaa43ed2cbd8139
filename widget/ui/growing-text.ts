/** A block this long, in UTF-16 units, is closed at the next line break, and never touched again. */
const BLOCK_LENGTH = 1024;

/**
 * Shows a text that grows at its end, in blocks: only the last one is open, so that what a long text costs per character
 * does not grow with its length. Every unit of it is in the document once, in order.
 */
export class GrowingText {
  readonly #parent: Element;
  readonly #tag: 'div' | 'span';
  readonly #longest: number;
  #open: Text | undefined;

  /**
   * @param tag What a block is.
   * @param longest A block is closed at this length, also where there is no line break.
   */
  constructor(parent: Element, tag: 'div' | 'span', longest = Infinity) {
    this.#parent = parent;
    this.#tag = tag;
    this.#longest = longest;
  }

  /** Adds text at the end. */
  grow(text: string): void {
    let rest = text;
    while (rest !== '') {
      const open = (this.#open ??= this.#addBlock());
      const end = this.#blockEnd(rest, open.length);
      open.appendData(rest.slice(0, end));
      rest = rest.slice(end);
      if ((open.length >= BLOCK_LENGTH && open.data.endsWith('\n')) || open.length >= this.#longest)
        this.#open = undefined;
    }
  }

  /** Where the open block ends in `text`: after the first line break that comes when the block is long enough. */
  #blockEnd(text: string, length: number): number {
    const lineBreak = text.indexOf('\n', Math.max(0, BLOCK_LENGTH - length - 1));
    return Math.min(lineBreak < 0 ? text.length : lineBreak + 1, this.#longest - length);
  }

  #addBlock(): Text {
    const text = document.createTextNode('');
    const block = document.createElement(this.#tag);
    block.append(text);
    this.#parent.append(block);
    return text;
  }
}
