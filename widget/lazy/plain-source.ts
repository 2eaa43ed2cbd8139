/** Shows the source of a block while it is not drawn. */
export class PlainSource {
  /** Holds the text, and nothing else. */
  readonly element: HTMLElement;
  #text = '';
  #open: Text | undefined;

  constructor(target: HTMLElement) {
    this.element = document.createElement('span');
    target.append(this.element);
  }

  /** All of the text. */
  get text(): string {
    return this.#text;
  }

  grow(text: string): void {
    this.#text += text;
    // A text node that grows for ever would be copied for each piece.
    if (this.#open === undefined || this.#open.length > 4_096) {
      this.#open = document.createTextNode('');
      this.element.append(this.#open);
    }
    this.#open.appendData(text);
  }
}
