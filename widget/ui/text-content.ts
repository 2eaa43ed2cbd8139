/** A text block this long, in UTF-16 units, is closed at the next line break, and never touched again. */
const BLOCK_LENGTH = 1024;

/**
 * Shows one text that grows at its end. Every unit of it is in the document once, in order, so that `textContent` is
 * the text itself. Only the last block is open: what a long answer costs per character does not grow with its length.
 *
 * This is all that knows how a content is drawn; another renderer has the same members.
 */
export class TextContent {
  /** What to put into the document. */
  readonly element: HTMLElement;
  #open: Text;
  #length = 0;
  #pending = '';

  constructor() {
    this.element = document.createElement('div');
    this.element.className = 'content';
    this.element.part.add('content');
    this.element.dir = 'auto';
    this.#open = this.#addBlock();
  }

  /** How much text there is, in UTF-16 units, what is not drawn yet included. */
  get length(): number {
    return this.#length;
  }

  /** Whether this is the text, as far as it was taken. */
  shows(text: string): boolean {
    return `${this.element.textContent}${this.#pending}` === text;
  }

  /** Takes more text. It shows with the next {@link flush}. */
  append(text: string): void {
    this.#pending += text;
    this.#length += text.length;
  }

  /** Replaces everything. */
  set(text: string): void {
    this.element.replaceChildren();
    this.#open = this.#addBlock();
    this.#pending = text;
    this.#length = text.length;
    this.flush();
  }

  /** Draws what was appended. @returns whether there was anything. */
  flush(): boolean {
    if (this.#pending === '') return false;
    let rest = this.#pending;
    this.#pending = '';
    while (rest !== '') {
      const end = this.#blockEnd(rest);
      this.#open.appendData(rest.slice(0, end));
      rest = rest.slice(end);
      if (this.#open.length >= BLOCK_LENGTH && this.#open.data.endsWith('\n')) this.#open = this.#addBlock();
    }
    return true;
  }

  /** Where the open block ends in `text`: after the first line break that comes when the block is long enough. */
  #blockEnd(text: string): number {
    const lineBreak = text.indexOf('\n', Math.max(0, BLOCK_LENGTH - this.#open.length - 1));
    return lineBreak < 0 ? text.length : lineBreak + 1;
  }

  #addBlock(): Text {
    const text = document.createTextNode('');
    const block = document.createElement('div');
    block.append(text);
    this.element.append(block);
    return text;
  }
}
