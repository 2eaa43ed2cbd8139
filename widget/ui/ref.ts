// Lit's own `ref` follows an element through every disconnection, and brings all that asynchronous directives need with it.
import { noChange } from 'lit/html.js';
import { Directive, directive, type ElementPart } from 'lit/directive.js';

/** An element that a template draws. */
export class Ref<T extends Element> {
  /** The element that was drawn last. */
  drawn: T | undefined;

  /** The element, while it is on the page: what is drawn elsewhere must start nothing that nobody would stop. */
  get value(): T | undefined {
    return this.drawn?.isConnected === true ? this.drawn : undefined;
  }
}

class RefDirective extends Directive {
  override render(_ref: Ref<Element>): unknown {
    return noChange;
  }

  override update({ element }: ElementPart, [ref]: [Ref<Element>]): unknown {
    ref.drawn = element;
    return noChange;
  }
}

/** Makes a {@link Ref} for {@link ref}. */
export function createRef<T extends Element>(): Ref<T> {
  return new Ref<T>();
}

/**
 * Tells a `Ref` which element it stands on.
 *
 * @example html`<input ${ref(this.#input)}>` // this.#input.value is the input
 */
export const ref = directive(RefDirective);
