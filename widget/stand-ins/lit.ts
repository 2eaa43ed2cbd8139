/**
 * What the files of `SCRIPTS` (scripts.mjs) have in place of Lit's templates: what ours use of them, in a third of the
 * size. test/widget/lit-stand-in.test.ts compares the two.
 *
 * A template has holes for children, for attributes (alone, or with text around them), for `?attribute`, for `@event`
 * (a function), and one on an element itself, for a directive. The build fails where one is elsewhere (vite.config.mjs).
 */
import { trustedMarkup } from '../trusted-types.js';

/** As a child: draws nothing. As an attribute: takes it off. */
export const nothing = Symbol();
/** What a directive returns; it has done its work itself. */
export const noChange = nothing;

/** A template, and what goes into its holes. */
class Result {
  constructor(
    readonly strings: TemplateStringsArray,
    readonly values: readonly unknown[],
  ) {}
}

/** Children by their keys. */
class Keyed {
  constructor(readonly values: ReadonlyMap<unknown, unknown>) {}
}

/** What is drawn again only when one of the inputs changed. */
class Guarded {
  constructor(
    readonly inputs: readonly unknown[],
    readonly draw: () => unknown,
  ) {}
}

/** Takes from the values of a template what is for one place in it. */
type Put = (values: readonly unknown[]) => void;

/** A template that was read: nodes to be copied, and what brings values to the copy of the node at `index`. */
interface Template {
  readonly content: DocumentFragment;
  readonly holes: readonly { readonly index: number; readonly putInto: (node: never) => Put }[];
}

export function html(strings: TemplateStringsArray, ...values: readonly unknown[]): Result {
  return new Result(strings, values);
}

export function guard(inputs: readonly unknown[], draw: () => unknown): Guarded {
  return new Guarded(inputs, draw);
}

/** What is kept keeps its nodes. They are moved only where their order changed. */
export function repeat<T>(
  items: readonly T[],
  keyOf: (item: T, index: number) => unknown,
  draw: (item: T, index: number) => unknown,
): Keyed {
  return new Keyed(new Map(items.map((item, index) => [keyOf(item, index), draw(item, index)])));
}

/** Only for elements. */
export class Directive {
  update(_part: { readonly element: Element }, _values: readonly unknown[]): unknown {
    return noChange;
  }
}

export function directive(Kind: new () => Directive) {
  return (...values: readonly unknown[]) =>
    (element: Element) =>
      new Kind().update({ element }, values);
}

/** Draws before `renderBefore`, or where it drew into `root` before. */
export function render(
  result: Result,
  root: Node,
  { renderBefore = null }: { readonly renderBefore?: ChildNode | null } = {},
): void {
  let drawn = roots.get(root);
  if (drawn === undefined) {
    const end = root.insertBefore(new Comment(), renderBefore);
    drawn = new Child(root.insertBefore(new Comment(), end), end);
    roots.set(root, drawn);
  }
  drawn.set(result);
}

const roots = new WeakMap<Node, Child>();
const templates = new Map<TemplateStringsArray, Template>();

/** Stands for a hole in the markup of a template. No template of ours has it. */
const HOLE = '{}';

function read(strings: TemplateStringsArray): Template {
  const template = document.createElement('template');
  template.innerHTML = trustedMarkup(
    strings.reduce(
      (markup, text) =>
        // In a tag, or between tags.
        markup + (markup.lastIndexOf('<') > markup.lastIndexOf('>') ? HOLE : `<!--${HOLE}-->`) + text,
    ),
  );
  const { content } = template;
  const holes: { index: number; putInto: (node: never) => Put }[] = [];
  let at = 0;
  for (const [index, node] of nodesOf(content).entries()) {
    if (node instanceof Comment) holes.push({ index, putInto: childHole(at++) });
    else {
      for (const name of node.getAttributeNames()) {
        const texts = name === HOLE ? ['', ''] : (node.getAttribute(name) ?? '').split(HOLE);
        if (texts.length === 1) continue;
        node.removeAttribute(name);
        holes.push({ index, putInto: attributeHole(name, texts, at) });
        at += texts.length - 1;
      }
    }
  }
  // A hole at the end of the template has to end before what comes behind the template.
  content.append(new Comment());
  return { content, holes };
}

/** Elements and comments, in the order of the document. */
function nodesOf(content: Node): (Element | Comment)[] {
  const walker = document.createTreeWalker(content, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_COMMENT);
  const nodes: (Element | Comment)[] = [];
  while (walker.nextNode() !== null) nodes.push(walker.currentNode as Element | Comment);
  return nodes;
}

/** Nodes of a template, and what puts values into them. */
function copyOf(strings: TemplateStringsArray): { readonly content: DocumentFragment; readonly put: Put } {
  const template = templates.get(strings) ?? read(strings);
  templates.set(strings, template);
  const content = document.importNode(template.content, true);
  const nodes = nodesOf(content);
  const puts = template.holes.map(({ index, putInto }) => putInto(nodes[index] as never));
  return {
    content,
    put(values) {
      for (const put of puts) put(values);
    },
  };
}

function childHole(at: number) {
  return (comment: Comment): Put => {
    const child = new Child(comment, comment.nextSibling);
    return (values) => child.set(values[at]);
  };
}

/** @param texts What stands before, between and behind the values of the attribute. */
function attributeHole(name: string, texts: readonly string[], at: number): (element: Element) => Put {
  const bare = name.slice(1);
  switch (name[0]) {
    case HOLE[0]:
      return (element) => (values) => (values[at] as (element: Element) => void)(element);
    case '?':
      return (element) => {
        let last = false;
        return (values) => {
          const isOn = values[at] !== nothing && Boolean(values[at]);
          if (isOn !== last) element.toggleAttribute(bare, (last = isOn));
        };
      };
    case '@':
      return (element) => {
        let listener: unknown;
        element.addEventListener(bare, (event) => (listener as (event: Event) => void)(event));
        return (values) => {
          listener = values[at];
        };
      };
    default:
      return (element) => {
        let last: string | undefined;
        return (values) => {
          // Without arrays on the way: every drawing comes by here, for each attribute.
          let next = texts[0];
          for (let index = 1; index < texts.length; index++) {
            const value = values[at + index - 1];
            next = value === nothing || next === undefined ? undefined : next + textOf(value) + texts[index];
          }
          if (next === last) return;
          last = next;
          if (next === undefined) element.removeAttribute(name);
          else element.setAttribute(name, next);
        };
      };
  }
}

/** What stands between two nodes, or between a node and the end of its parent. */
class Child {
  /** What was put there: a text, a node of others, the strings of a template, or the children of a list by their keys. */
  #shown: unknown;
  /** The node of a text. */
  #text: Text | undefined;
  #put: Put | undefined;
  #inputs: readonly unknown[] | undefined;

  constructor(
    readonly start: ChildNode,
    readonly end: ChildNode | null,
  ) {}

  set(value: unknown): void {
    const inputs = value instanceof Guarded ? value.inputs : undefined;
    if (inputs !== undefined && isSame(inputs, this.#inputs)) return;
    this.#inputs = undefined;
    this.#show(value instanceof Guarded ? value.draw() : value);
    this.#inputs = inputs;
  }

  /** Puts all of it, ends included, behind a node. */
  moveBehind(node: ChildNode): void {
    node.after(this.start, ...this.#nodes(), this.end ?? '');
  }

  remove(): void {
    this.#replace(undefined);
    this.start.remove();
    this.end?.remove();
  }

  #show(value: unknown): void {
    if (value instanceof Result) this.#showTemplate(value);
    else if (value instanceof Keyed) this.#showList(value.values);
    else if (Array.isArray(value)) this.#showList(new Map(value.entries()));
    else if (value instanceof Node) {
      if (this.#shown !== value) this.#replace(value, value);
    } else this.#showText(textOf(value));
  }

  #showText(text: string): void {
    if (this.#shown === text) return;
    if (typeof this.#shown === 'string' && this.#text !== undefined) this.#text.data = text;
    else {
      const node = new Text(text);
      this.#replace(text, node);
      this.#text = node;
    }
    this.#shown = text;
  }

  #showTemplate({ strings, values }: Result): void {
    if (this.#shown === strings) {
      this.#put?.(values);
      return;
    }
    const { content, put } = copyOf(strings);
    put(values);
    this.#replace(strings, content);
    this.#put = put;
  }

  #showList(values: ReadonlyMap<unknown, unknown>): void {
    const before = this.#shown instanceof Map ? (this.#shown as Map<unknown, Child>) : new Map<unknown, Child>();
    const after = new Map<unknown, Child>();
    if (before !== this.#shown) this.#replace(undefined);
    for (const [key, child] of before) {
      if (values.has(key)) continue;
      child.remove();
      before.delete(key);
    }
    // Those that may stay where they are, in the order in which they stand.
    const standing = [...before.keys()];
    let at = 0;
    let last = this.start;
    for (const key of values.keys()) {
      const child = before.get(key) ?? new Child(new Comment(), new Comment());
      while (at < standing.length && after.has(standing[at])) at++;
      // The first goes further back: it is moved when its turn comes, and not all that come in front of it.
      if (before.has(key) && key === standing[at + 1]) at++;
      else if (!before.has(key) || key !== standing[at]) child.moveBehind(last);
      after.set(key, child);
      last = child.end ?? last;
    }
    this.#shown = after;
    for (const [key, value] of values) after.get(key)?.set(value);
  }

  #replace(shown: unknown, ...nodes: readonly Node[]): void {
    for (const node of this.#nodes()) node.remove();
    this.start.after(...nodes);
    this.#shown = shown;
    this.#text = this.#put = undefined;
  }

  #nodes(): ChildNode[] {
    const nodes: ChildNode[] = [];
    for (let node = this.start.nextSibling; node !== null && node !== this.end; node = node.nextSibling)
      nodes.push(node);
    return nodes;
  }
}

/** Of a plain value. */
function textOf(value: unknown): string {
  return value === nothing ? '' : String((value as string | number | null | undefined) ?? '');
}

function isSame(inputs: readonly unknown[], before: readonly unknown[] | undefined): boolean {
  return before?.length === inputs.length && inputs.every((input, index) => input === before[index]);
}
