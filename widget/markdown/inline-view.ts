import type { DrawContext, Redrawable } from './context.js';
import { imageFrom, isHonest, linkTo, make, placeOf } from './elements.js';
import type { Inline } from './inline-tree.js';
import { parseInline } from './inline.js';
import { MAX_LEAF, MAX_MARKS, MAX_NESTING } from './limits.js';
import { GrowingText } from '../ui/growing-text.js';
import { hasHidden, splitHidden, withMarks } from './hidden.js';

/** A piece of text in the document. */
interface Drawn {
  readonly inline: Inline;
  text: string;
  node: ChildNode;
  readonly kids: Drawn[];
  /** What stands behind the kids: the host of a link. */
  readonly affix: Text | undefined;
}

/** Longer than this, plain text behind a leaf's limit begins a new line: a browser lays out a line as a whole. */
const PLAIN_BLOCK = 4_096;

/**
 * What may begin or end an element. It matches no less in a text that goes on; so a text has the same limit however it comes.
 * Runs of a marker count once.
 */
const MARK = /([*_`~])(?<!\1\1)|[[<@$\u202a-\u202e\u2066-\u2069]|\udb40[\udc00-\udfff]|:\/|www|\\[\n(]| {2}\n/g;

/** The text of one paragraph, heading or cell, in the document. */
export class LeafView implements Redrawable {
  readonly #parent: Node;
  readonly #before: ChildNode | null;
  readonly #context: DrawContext;
  readonly #isPlain: boolean;
  /** How much of the text is read for markers. */
  #limit = 0;
  readonly #drawn: Drawn[] = [];
  #text = '';
  #isOpen = true;
  /** What was drawn for good: how much of the text, and how many pieces. */
  #start = 0;
  #count = 0;
  #rest: { readonly element: Element; readonly text: GrowingText; length: number } | undefined;

  /**
   * @param isPlain Whether the text is shown as it was written.
   * @param before The text stands before this node, or at the end.
   */
  constructor(parent: Node, context: DrawContext, isPlain = false, before: ChildNode | null = null) {
    this.#parent = parent;
    this.#before = before;
    this.#context = context;
    this.#isPlain = isPlain;
  }

  /** The first node, if there is any. */
  get first(): ChildNode | undefined {
    return this.#drawn[0]?.node;
  }

  /** Shows a text. One that begins as the last one did costs no more than what is new. */
  draw(text: string, isOpen: boolean): void {
    if (text === this.#text && isOpen === this.#isOpen) return;
    const before = this.#text;
    this.#text = text;
    this.#isOpen = isOpen;
    // Nothing of what is read for markers changed, and nothing is that comes.
    if (this.#rest !== undefined && text.length > this.#limit && text.startsWith(before.slice(0, this.#limit)))
      return this.#plain();
    if (!text.startsWith(before.slice(0, this.#start))) this.#again();
    this.#draw();
  }

  redraw(): void {
    this.#again();
    this.#draw();
  }

  /** A renderer may be there that was missing. */
  renderersChanged(): void {
    drawFormulas(this.#drawn, this.#context.host);
  }

  /** Takes everything away, for good: a definition may still ask it to draw. */
  remove(): void {
    this.#text = '';
    for (const { node } of this.#drawn.splice(0)) node.remove();
    this.#removeRest();
    this.#again();
  }

  #removeRest(): void {
    this.#rest?.element.remove();
    this.#rest = undefined;
  }

  #again(): void {
    this.#start = 0;
    this.#count = 0;
  }

  #draw(): void {
    const { host } = this.#context;
    const text = this.#text;
    const limit = this.#isPlain ? 0 : limitOf(text);
    if (limit !== this.#limit) this.#removeRest();
    this.#limit = limit;
    const { frozen, end, tail } = parseInline(text.slice(0, this.#limit), this.#start, {
      find: (label) => this.#context.find(label, this),
      math: host.hasMath(),
      isOpen: this.#isOpen && text.length <= this.#limit,
    });
    const place = { parent: this.#parent, before: this.#before, depth: 0 };
    this.#count += patch(place, this.#drawn, this.#count, frozen, host, false);
    patch(place, this.#drawn, this.#count, tail, host, true);
    this.#start = end;
    this.#plain();
  }

  /** What is not read for markers. */
  #plain(): void {
    const text = this.#text.slice(this.#limit);
    if (this.#rest !== undefined && text.length < this.#rest.length) this.#removeRest();
    if (text === '') return;
    if (this.#rest === undefined) {
      const element = make('span', { class: 'rest' });
      this.#parent.insertBefore(element, this.#before);
      this.#rest = { element, text: new GrowingText(element, 'span', PLAIN_BLOCK), length: 0 };
    }
    this.#rest.text.grow(text.slice(this.#rest.length));
    this.#rest.length = text.length;
  }
}

/** How much of a text is read for markers. */
function limitOf(text: string): number {
  if (text.length <= MAX_MARKS) return MAX_LEAF;
  let count = 0;
  for (const { index } of text.slice(0, MAX_LEAF).matchAll(MARK)) if (++count > MAX_MARKS) return index;
  return MAX_LEAF;
}

type Host = DrawContext['host'];

/** Where pieces are put. */
interface Place {
  readonly parent: Node;
  readonly before: ChildNode | null;
  readonly depth: number;
}

/**
 * Makes what is drawn from `from` on the same as `inlines`: text that grew is appended to, what is the same is not touched.
 *
 * @param isLast Whether nothing comes behind these.
 * @returns how many pieces they are.
 */
function patch(
  { parent, before, depth }: Place,
  drawn: Drawn[],
  from: number,
  inlines: readonly Inline[],
  host: Host,
  isLast: boolean,
): number {
  const pieces = inlines.some(({ kind, text }) => kind === 'text' && hasHidden(text))
    ? inlines.flatMap(apart)
    : inlines;
  for (const [index, inline] of pieces.entries()) {
    const own = drawn[from + index];
    if (own !== undefined && isSame(own.inline, inline)) {
      update(own, inline, host, depth);
      continue;
    }
    const made = create(inline, host);
    if (own === undefined) parent.insertBefore(made.node, before);
    else own.node.replaceWith(made.node);
    drawn[from + index] = made;
    // Only now: a renderer needs the styles of the place that its formula is in.
    if (inline.kind === 'math') drawFormula(made, host);
    else update(made, inline, host, depth);
  }
  if (isLast) for (const { node } of drawn.splice(from + pieces.length)) node.remove();
  return pieces.length;
}

/** Characters that are not seen, or turn the text around, become pieces of their own. */
function apart(inline: Inline): Inline[] {
  if (inline.kind !== 'text' || !hasHidden(inline.text)) return [inline];
  return splitHidden(inline.text).map(({ text, isHidden }) => ({ kind: isHidden ? 'hidden' : 'text', text, kids: [] }));
}

/** Whether a piece is the same one, which may have grown. */
function isSame(a: Inline, b: Inline): boolean {
  if (a.kind !== b.kind || a.target?.href !== b.target?.href || a.target?.title !== b.target?.title) return false;
  return (a.kind !== 'img' && a.kind !== 'math' && a.kind !== 'hidden') || textOf(a) === textOf(b);
}

function update(own: Drawn, inline: Inline, host: Host, depth: number): void {
  const holder = inline.kind === 'code' ? own.node.firstChild : own.node;
  if (holder instanceof Text && own.text !== inline.text) {
    if (inline.text.startsWith(own.text)) holder.appendData(inline.text.slice(own.text.length));
    else holder.data = inline.text;
    own.text = inline.text;
  }
  if (inline.kind === 'img' || (inline.kids.length === 0 && own.kids.length === 0)) return;
  const kids: readonly Inline[] =
    depth < MAX_NESTING ? inline.kids : [{ kind: 'text', text: textOf(inline), kids: [] }];
  const before = own.affix?.parentElement ?? null;
  patch({ parent: own.node, before, depth: depth + 1 }, own.kids, 0, kids, host, true);
  if (own.affix === undefined || own.text === textOf(inline)) return;
  own.text = textOf(inline);
  own.affix.data = affixOf(inline);
}

function create(inline: Inline, host: Host): Drawn {
  const { kind, text } = inline;
  const node = nodeOf(inline, host);
  const affix = kind === 'a' ? document.createTextNode('') : undefined;
  if (affix !== undefined) (node as Element).append(make('span', { class: 'host', part: 'affix link-host' }, affix));
  // A link has no text of its own: what is kept is the text that its affix was made for.
  return { inline, text: affix === undefined ? text : '\0', node, kids: [], affix };
}

function nodeOf(inline: Inline, host: Host): ChildNode {
  const { kind, text, target } = inline;
  switch (kind) {
    case 'text':
      return document.createTextNode(text);
    case 'br':
      return make('br');
    case 'code':
      return make('code', {}, text);
    case 'hidden':
      // Isolated, so that what turns the text around turns nothing but itself around; the mark is drawn by the styles.
      return make(
        'bdi',
        { class: 'hidden-mark', title: 'U+' + (text.codePointAt(0) ?? 0).toString(16).toUpperCase() },
        text,
      );
    case 'math':
      return make('span', { class: 'math', part: 'math', dir: 'ltr' });
    case 'img':
      return image(inline, host);
    case 'a': {
      const { attributes } = linkTo(target?.href ?? '');
      return make('a', { part: 'link', ...attributes, ...titleOf(inline) });
    }
    default:
      return make(kind);
  }
}

/** ` (example.com)` where the text of a link does not say where it leads. */
function affixOf(inline: Inline): string {
  const { url } = linkTo(inline.target?.href ?? '');
  return url === undefined || isHonest(textOf(inline), url) ? '' : ` (${placeOf(url)})`;
}

function titleOf({ target }: Inline): { title?: string } {
  return target?.title ? { title: withMarks(target.title) } : {};
}

/** An image from a host that the site allows, or a chip that leads to it: nothing is loaded because an answer says so. */
export function image(inline: Inline, host: Pick<Host, 'imageHosts'>): HTMLElement {
  const alt = withMarks(textOf(inline));
  const href = inline.target?.href ?? '';
  const allowed = imageFrom(href, host.imageHosts());
  if (allowed !== undefined) {
    const loading = { loading: 'lazy', decoding: 'async', referrerpolicy: 'no-referrer' };
    return make('img', { part: 'image', alt, src: allowed.href, ...loading, ...titleOf(inline) });
  }
  const { url, attributes } = linkTo(href);
  const place = url === undefined ? '' : `${alt === '' ? '' : ' '}(${placeOf(url)})`;
  return make(
    'a',
    { class: 'chip', part: 'image affix', ...attributes, ...titleOf(inline) },
    `\u{1f5bc} ${alt}${place}`,
  );
}

function drawFormula(own: Drawn, host: Host): void {
  const target = nodeOf(own.inline, host) as HTMLElement;
  own.node.replaceWith(target);
  own.node = target;
  const view = host.renderer('math')?.(target, { kind: 'math', language: '', display: 'inline' });
  if (view === undefined) target.replaceChildren(`$${own.text}$`);
  view?.grow(own.text);
  view?.end();
}

function drawFormulas(drawn: readonly Drawn[], host: Host): void {
  for (const own of drawn) {
    if (own.inline.kind === 'math') drawFormula(own, host);
    else drawFormulas(own.kids, host);
  }
}

function textOf({ kind, text, kids }: Inline): string {
  return kind === 'br' ? ' ' : text + kids.map(textOf).join('');
}
