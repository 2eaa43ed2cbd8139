import type { Block } from './blocks.js';
import { CodeView } from './code-view.js';
import type { DrawContext } from './context.js';
import { make, type Tag } from './elements.js';
import { LeafView } from './inline-view.js';
import { MAX_LEAF, STEP } from './limits.js';
import { takeDefinitions } from './references.js';
import { TableView } from './table-view.js';

/** A block in the document. */
interface Node {
  block: Block;
  /** {@link keyOf} the block when it was drawn first. */
  readonly key: string;
  /** A comment: the end of a paragraph of a tight list, whose text stands in the item itself. */
  readonly element: HTMLElement | Comment;
  readonly leaf?: LeafView | undefined;
  readonly view?: TableView | CodeView | undefined;
  readonly kids: Node[];
  /** How many kids are drawn for good. */
  done: number;
  isLoose: boolean;
}

/** Blocks in one part of a long answer. */
const PART = 32;

const CONTAINERS = new Set<string>(['doc', 'quote', 'list', 'item']);

/** What may yet become a definition. */
const HALF_DEFINITION = /^\[(?:[^[\]\\]|\\.){0,99}(?:\](?::[^\n]*)?)?$/;

/** Draws the blocks of an answer: what is closed once, and what is open as often as it grows. */
export class BlockTree {
  readonly #context: DrawContext;
  readonly #root: Node;
  /** The element with the caret. */
  #tip: Element | undefined;

  constructor(element: HTMLElement, block: Block, context: DrawContext) {
    this.#context = context;
    this.#root = { block, key: '', element, kids: [], done: 0, isLoose: false };
  }

  /** Draws what is closed for good. Call it while no unfinished line is fed. */
  settle(): void {
    this.#settle(this.#root);
  }

  /** Draws everything that may have changed. */
  draw(): void {
    this.#drawKids(this.#root, false);
    this.#markTip();
  }

  #markTip(): void {
    const tip = this.#context.isEnded ? undefined : tipOf(this.#root);
    if (tip === this.#tip) return;
    this.#tip?.removeAttribute('data-tip');
    tip?.setAttribute('data-tip', '');
    this.#tip = tip;
  }

  /** A renderer may be there that was missing. */
  renderersChanged(): void {
    renew(this.#root);
    // A code block has a new bar, which is where its caret is.
    this.#markTip();
  }

  #settle(node: Node): void {
    this.#loosen(node);
    const { kids } = node.block;
    while (node.done < kids.length && kids[node.done]?.isClosed === true) {
      this.#drawKid(node, node.done, true);
      node.done++;
      // Not the newest two: they would lose their height for a moment when this begins to apply. And no selector that counts
      // from the end: with each new part, the styles of all would be made anew.
      if (node === this.#root && node.done % PART === 0 && node.done > 3 * PART)
        partAt(node.element, node.done - 3 * PART)?.classList.add('past');
    }
    const open = node.kids[node.done];
    if (kids[node.done] !== undefined && open !== undefined && open.block === kids[node.done]) this.#settle(open);
  }

  #drawKids(node: Node, isFinal: boolean): void {
    this.#loosen(node);
    const { kids } = node.block;
    for (let index = node.done; index < kids.length; index++) this.#drawKid(node, index, isFinal);
    node.kids.splice(kids.length).forEach(remove);
  }

  /** A list whose parts turn out to stand apart is drawn anew: its texts become paragraphs. */
  #loosen(node: Node): void {
    const { kind, isLoose } = node.block;
    if (kind !== 'list' || node.isLoose === isLoose) return;
    node.isLoose = isLoose;
    node.done = 0;
    for (const kid of node.kids) {
      kid.done = 0;
      kid.isLoose = isLoose;
    }
  }

  #drawKid(parent: Node, index: number, isFinal: boolean): void {
    const block = parent.block.kids[index];
    if (block === undefined) return;
    let kid = parent.kids[index];
    const isTight = block.kind === 'p' && parent.block.kind === 'item' && !parent.isLoose;
    const key = keyOf(block, isTight);
    if (kid?.key !== key) {
      const before = kid === undefined ? null : firstOf(kid);
      const made = this.#create(block, key, isTight, placeOf(parent, index), before);
      // Only here: a list whose items had directions of their own would have none itself, and its markers on the wrong side.
      if (parent === this.#root && made.element instanceof HTMLElement) made.element.dir = 'auto';
      if (kid !== undefined) remove(kid);
      parent.kids[index] = kid = made;
    }
    kid.block = block;
    if (block.kind === 'item') kid.isLoose = parent.isLoose;
    const isOpen = !block.isClosed && !this.#context.isEnded;
    kid.view?.draw(block, isFinal);
    kid.leaf?.draw(isOpen ? shownOf(block) : block.text, isOpen);
    if (CONTAINERS.has(block.kind)) this.#drawKids(kid, isFinal);
  }

  #create(block: Block, key: string, isTight: boolean, parent: Element | Comment, before: ChildNode | null): Node {
    const { kind, isLoose, level } = block;
    const context = this.#context;
    const view = kind === 'code' ? new CodeView(block, context) : kind === 'table' ? new TableView(context) : undefined;
    const element = isTight ? document.createComment('') : (view?.element ?? elementOf(block));
    parent.insertBefore(element, before);
    const isPlain = kind === 'html' || (kind === 'p' && level > 0);
    const leaf = !/^(?:p|h|html)$/.test(kind)
      ? undefined
      : isTight
        ? new LeafView(parent, context, isPlain, element)
        : new LeafView(element, context, isPlain);
    return { block, key, element, leaf, view, kids: [], done: 0, isLoose };
  }
}

/** Where the text goes on: the innermost last block, or the name of a code's language. */
function tipOf({ block, kids, view, element }: Node): Element | undefined {
  const last = kids.at(-1);
  if (last !== undefined && !(last.element instanceof Comment)) return tipOf(last);
  if (view !== undefined) return view.element.querySelector('.bar > span') ?? undefined;
  return element instanceof Element && /^(?:p|h|item)$/.test(block.kind) ? element : undefined;
}

function remove(node: Node): void {
  if (node.element instanceof Comment) node.leaf?.remove();
  const element = elementIn(node);
  const { parentElement } = element;
  element.remove();
  if (parentElement?.matches('.part:empty')) parentElement.remove();
}

/**
 * Where a block is put. A long answer has parts, of blocks that follow each other: with each change a browser goes through
 * all that lies beside it.
 */
function placeOf({ block, element }: Node, index: number): Element | Comment {
  if (block.kind !== 'doc' || index < PART) return element;
  return partAt(element, index) ?? element.appendChild(make('div', { class: 'part', dir: 'auto' }));
}

/** The part that a block is in. Those of the first part stand in the answer itself. */
function partAt(element: Node['element'], index: number): Element | undefined {
  return (element as Element).children[PART - 1 + Math.floor(index / PART)];
}

function renew({ view, leaf, kids }: Node): void {
  view?.renderersChanged();
  leaf?.renderersChanged();
  kids.forEach(renew);
}

/** Where a block is: code moves when a renderer takes it. */
function elementIn({ view, element }: Node): ChildNode {
  return view?.element ?? element;
}

/** The first node of a block in the document. */
function firstOf(node: Node): ChildNode {
  return (node.element instanceof Comment ? node.leaf?.first : undefined) ?? elementIn(node);
}

/** What a block must keep to be the one that was drawn, which may have grown. */
function keyOf({ kind, level, marker, info, task, columns }: Block, isTight: boolean): string {
  return [kind, level, marker, info, task, columns, isTight].join('\n');
}

function elementOf(block: Block): HTMLElement {
  const more = block.level > 0 ? { class: 'more' } : {};
  switch (block.kind) {
    case 'quote':
      return make('blockquote');
    case 'list':
      return block.info === ''
        ? make('ul', more)
        : make('ol', block.info === '1' ? more : { ...more, start: block.info });
    case 'item': {
      if (block.task === 'none') return make('li');
      const checked = block.task === 'done' ? { checked: '' } : {};
      return make('li', { class: 'task' }, make('input', { type: 'checkbox', disabled: '', ...checked }), ' ');
    }
    case 'h':
      return make(`h${block.level}` as Tag);
    case 'hr':
      return make('hr');
    default:
      return make('p', more);
  }
}

/** What is shown of a paragraph that may yet grow: not what may become a table or a definition. */
function shownOf({ kind, text }: Block): string {
  // What is so long becomes no table, and is not searched again with each piece of it.
  if (kind !== 'p' || text.length > MAX_LEAF) return text;
  const rest = text[0] === '[' ? takeDefinitions(text, () => undefined) : text;
  if (HALF_DEFINITION.test(rest)) return '';
  const last = rest.lastIndexOf('\n');
  const line = rest.slice(last + 1);
  // No expression over the whole text: a line with many pipes would cost the square of its length.
  const head = rest.lastIndexOf('\n', last - 1);
  if (last > 0 && /^[ \t|:-]*$/.test(line) && rest.slice(head + 1, last).includes('|'))
    return rest.slice(0, Math.max(head, 0));
  return line[0] === '|' && line.length < STEP ? rest.slice(0, Math.max(last, 0)) : rest;
}
