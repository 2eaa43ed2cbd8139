import { GrowingText } from '../ui/growing-text.js';
import type { BlockView } from './block-view.js';
import type { Block } from './blocks.js';
import type { DrawContext } from './context.js';
import { copyButton } from './copy-button.js';
import { make } from './elements.js';
import { withMarks } from './hidden.js';
import { CODE_WORK, MAX_LEAF } from './limits.js';
import { work } from './work.js';

/** What is between fences, an indented block, or a formula on lines of its own. */
export class CodeView {
  /** Empty until the first text: a renderer finds its place in the document, whose styles it needs. */
  element: HTMLElement = make('pre');
  readonly #context: DrawContext;
  readonly #language: string;
  readonly #kind: string;
  #view: BlockView | undefined;
  /** Whether a renderer may yet come for it. */
  #isPlain = true;
  #shown = '';
  #isEnded = false;

  constructor(block: Block, context: DrawContext) {
    this.#context = context;
    this.#language = /^\S*/.exec(block.info)?.[0] ?? '';
    this.#kind = this.#language.toLowerCase();
  }

  /** Shows the text so far. @param isFinal Whether a block that is closed stays so. */
  draw(block: Block, isFinal: boolean): void {
    const isOpen = !block.isClosed;
    // The line break behind a line that is not finished is not there yet.
    const text = isOpen && this.#context.isTrial ? block.text.slice(0, -1) : block.text;
    if (this.#view === undefined || !text.startsWith(this.#shown)) this.#reopen();
    this.#grow(text);
    if (isFinal && !isOpen) this.#end();
  }

  /** A renderer may be there that was missing. */
  renderersChanged(): void {
    if (!this.#isPlain || this.#view === undefined) return;
    const isEnded = this.#isEnded;
    const text = this.#shown;
    this.#reopen();
    this.#grow(text);
    if (isEnded) this.#end();
  }

  /** @param text All there is, of which a part may be shown. */
  #grow(text: string): void {
    const more = text.slice(this.#shown.length);
    this.#shown = text;
    work.done += more.length * CODE_WORK;
    if (more !== '') this.#view?.grow(withMarks(more));
  }

  #end(): void {
    if (!this.#isEnded) this.#view?.end();
    this.#isEnded = true;
  }

  #reopen(): void {
    this.#shown = '';
    this.#isEnded = false;
    this.#view = this.#open();
  }

  #open(): BlockView {
    const { host } = this.#context;
    const info = { kind: this.#kind, language: this.#language, display: 'block' } as const;
    this.#isPlain = false;
    const own = this.#kind === '' ? undefined : host.renderer(this.#kind);
    if (own !== undefined) {
      const view = own(this.#place(make('div', { class: 'block', part: 'block' })), info);
      if (view !== undefined) return view;
    }
    const code = make('code', { dir: 'ltr' });
    this.#place(make('pre', { part: 'code', tabindex: '0' }, this.#bar(), code));
    const view = host.renderer('code')?.(code, { ...info, kind: 'code' });
    if (view !== undefined) return view;
    this.#isPlain = true;
    const text = new GrowingText(code, 'span', MAX_LEAF);
    return { grow: (more) => text.grow(more), end: () => undefined };
  }

  #place(element: HTMLElement): HTMLElement {
    this.element.replaceWith(element);
    this.element = element;
    return element;
  }

  /** The language, and the button that copies. */
  #bar(): HTMLElement {
    const { host } = this.#context;
    const button = copyButton(host, host.words().copy, () => this.#shown);
    return make(
      'div',
      { class: 'bar', part: 'affix code-bar' },
      make('span', {}, this.#language),
      ...(button ? [button] : []),
    );
  }
}
