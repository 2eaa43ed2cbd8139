import { adoptStyles, type CSSResult } from '@lit/reactive-element/css-tag.js';
import { render, type RenderOptions, type TemplateResult } from 'lit/html.js';

/** How a property of a {@link DrawnElement} goes with an attribute. */
export interface PropertyOptions {
  /** The attribute that sets it; default: its name in lower case. `false`: none. */
  readonly attribute?: string | false;
  /** Whether it sets the attribute in turn; default false. */
  readonly reflect?: boolean;
  /** Whether the attribute says it by being there; default: by its value. */
  readonly isFlag?: boolean;
}

/** Properties by their names. A change of one draws the element again. */
export type Properties = Readonly<Record<string, PropertyOptions>>;

type Fields = Record<string, unknown>;

// A server has no elements; there the class may be imported, and is never made.
const Base = (globalThis as { HTMLElement?: typeof HTMLElement }).HTMLElement ?? (class {} as typeof HTMLElement);

function attributeOf([name, { attribute = name.toLowerCase() }]: [string, PropertyOptions]): string | false {
  return attribute;
}

/**
 * An element that Lit draws into a shadow root: once for all that changed in one task, and not before it is on a page.
 * It is what this product needs of `LitElement`, at a quarter of its weight, and keeps to its names and its order.
 */
export abstract class DrawnElement extends Base {
  static readonly styles: readonly CSSResult[] = [];
  static readonly properties: Properties = {};

  /** Read by the browser when the element is defined, which is when the properties get their accessors. */
  static get observedAttributes(): readonly string[] {
    const entries = Object.entries(this.properties);
    for (const [name, options] of entries) DrawnElement.#declare(this.prototype, name, options);
    return entries.map(attributeOf).filter((attribute) => attribute !== false);
  }

  /** Whether it was drawn before. */
  hasUpdated = false;

  readonly #values: Fields = {};
  /** What was set before the element was defined. It wins over the attributes, as what is set later does. */
  readonly #early: Fields = {};
  readonly #toReflect = new Set<string>();
  /** The property that an attribute sets now, or is set from. */
  #passing: string | undefined;
  #changed = new Map<string, unknown>();
  #isPending = false;
  #options: RenderOptions | undefined;
  #begin: (() => void) | undefined;
  #complete: Promise<unknown> = new Promise<void>((resolve) => (this.#begin = resolve));

  constructor() {
    super();
    const fields = this.#fields;
    for (const name of Object.keys(this.#class.properties)) {
      if (!Object.hasOwn(fields, name)) continue;
      this.#early[name] = fields[name];
      // It would hide the accessor.
      delete fields[name];
    }
    this.requestUpdate();
  }

  /** Resolves when all is drawn that was to be drawn by now, or was tried: see {@link drawingFailed}. */
  get updateComplete(): Promise<unknown> {
    return this.#complete;
  }

  /**
   * Draws again, soon.
   *
   * @param name The property that changed, and what it was before; without: something else changed.
   */
  requestUpdate(name?: string, before?: unknown): void {
    if (name !== undefined && !this.#changed.has(name)) this.#changed.set(name, this.hasUpdated ? before : undefined);
    if (this.#isPending) return;
    this.#isPending = true;
    this.#complete = this.#drawAfter(this.#complete);
  }

  connectedCallback(): void {
    if (this.#options === undefined) {
      // The loader's button stands there before us, and leaves when we are drawn.
      const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
      adoptStyles(root, [...this.#class.styles]);
      this.#options = { host: this, renderBefore: root.firstChild };
    }
    this.#begin?.();
  }

  disconnectedCallback(): void {}

  attributeChangedCallback(changed: string, _before: string | null, value: string | null): void {
    const entry = Object.entries(this.#class.properties).find((one) => attributeOf(one) === changed);
    if (entry === undefined || this.#passing === entry[0]) return;
    const [name, { isFlag }] = entry;
    this.#passing = name;
    this.#fields[name] = isFlag === true ? value !== null : value;
    this.#passing = undefined;
  }

  /** Called before each drawing. What it changes is drawn with it. */
  protected willUpdate(): void {}

  /** What to draw. */
  protected abstract render(): TemplateResult;

  /** Called after each drawing with the properties that changed, and what they were before. */
  protected updated(_changed: ReadonlyMap<string, unknown>): void {}

  /** Called with what a drawing threw. The next change draws again. Must not throw. */
  protected abstract drawingFailed(thrown: unknown): void;

  get #class(): typeof DrawnElement {
    return this.constructor as typeof DrawnElement;
  }

  get #fields(): Fields {
    return this as unknown as Fields;
  }

  static #declare(prototype: DrawnElement, name: string, { reflect }: PropertyOptions): void {
    Object.defineProperty(prototype, name, {
      configurable: true,
      enumerable: true,
      get(this: DrawnElement) {
        return this.#values[name];
      },
      set(this: DrawnElement, value: unknown) {
        const before = this.#values[name];
        if (Object.is(before, value)) return;
        this.#values[name] = value;
        if (reflect === true && this.#passing !== name) this.#toReflect.add(name);
        this.requestUpdate(name, before);
      },
    });
  }

  async #drawAfter(before: Promise<unknown>): Promise<unknown> {
    await before;
    try {
      this.#draw();
    } catch (thrown) {
      this.drawingFailed(thrown);
    }
    return !this.#isPending;
  }

  #draw(): void {
    for (const name of Object.keys(this.#early)) {
      this.#fields[name] = this.#early[name];
      delete this.#early[name];
    }
    const changed = this.#changed;
    let drawing: TemplateResult;
    try {
      this.willUpdate();
      drawing = this.render();
      this.#reflect();
    } finally {
      this.#changed = new Map();
      this.#isPending = false;
    }
    render(drawing, this.shadowRoot as ShadowRoot, this.#options);
    this.updated(changed);
    this.hasUpdated = true;
  }

  #reflect(): void {
    for (const name of this.#toReflect) {
      const { attribute = name.toLowerCase(), isFlag } = this.#class.properties[name] ?? {};
      const value = this.#values[name];
      const text = isFlag === true ? (value ? '' : undefined) : (value as string | null | undefined);
      this.#passing = name;
      if (attribute !== false && text !== null && text !== undefined) this.setAttribute(attribute, text);
      else if (attribute !== false) this.removeAttribute(attribute);
      this.#passing = undefined;
    }
    this.#toReflect.clear();
  }
}
