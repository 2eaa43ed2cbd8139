import { button, el } from './dom.js';

/** Copies a text; where the page or the browser forbids it, the text stands there, selected. */
export class CopyBox {
  /** Says to everyone what became of it. */
  readonly status = el('span', { class: 'debug-status', role: 'status' });
  /** The text to select; hidden while it is not needed. */
  readonly element: HTMLElement;
  readonly #text = el('textarea', { readonly: '', rows: '6', spellcheck: 'false', 'aria-label': 'Frames as JSON' });

  constructor() {
    this.element = el(
      'div',
      { class: 'debug-copy' },
      this.#text,
      button('Hide', () => this.hide()),
    );
    this.element.hidden = true;
  }

  /** Never rejects. */
  async copy(text: string): Promise<void> {
    this.hide();
    try {
      await navigator.clipboard.writeText(text);
      this.status.textContent = 'Copied';
    } catch {
      // There is no clipboard where the page was not loaded securely, and a policy or the visitor may say no.
      this.status.textContent = 'This page may not copy. Copy the text yourself:';
      this.#text.value = text;
      this.element.hidden = false;
      this.#text.focus();
      this.#text.select();
    }
  }

  /** Takes the text away. */
  hide(): void {
    this.element.hidden = true;
    this.#text.value = '';
    this.status.textContent = '';
  }
}
