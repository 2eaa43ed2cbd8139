import { GrowingText } from './growing-text.js';
import type { MessageContent } from './message-content.js';

/** Shows a text as it was written: what a visitor says. */
export class TextContent implements MessageContent {
  readonly element: HTMLElement;
  #text: GrowingText;
  #source = '';
  #pending = '';

  constructor() {
    this.element = document.createElement('div');
    this.element.className = 'content';
    this.element.part.add('content');
    this.element.dir = 'auto';
    this.#text = new GrowingText(this.element, 'div');
  }

  get length(): number {
    return this.#source.length;
  }

  get isBehind(): boolean {
    return this.#pending !== '';
  }

  shows(text: string): boolean {
    return this.#source === text;
  }

  append(text: string): void {
    this.#source += text;
    this.#pending += text;
  }

  set(text: string): void {
    this.element.replaceChildren();
    this.#text = new GrowingText(this.element, 'div');
    this.#source = text;
    this.#pending = text;
  }

  end(): void {}

  flush(budget: number): number {
    const text = this.#pending.slice(0, budget);
    this.#pending = this.#pending.slice(text.length);
    this.#text.grow(text);
    return text.length;
  }

  renderersChanged(): void {}
}
