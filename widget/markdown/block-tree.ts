import type { Block } from './blocks.js';
import { CodeView } from './code-view.js';
import type { DrawContext } from './context.js';
import { make, type Tag } from './elements.js';
import { LeafView } from './inline-view.js';
import { takeDefinitions } from './references.js';
import { TableView } from './table-view.js';

/** A block in the document. */
interface Node {
  block: Block;
  /** {@link keyOf} the block when it was drawn first. */
  readonly key: string;
  /** `undefined`: a paragraph of a tight list, whose text stands in the item itself. */
  readonly element: HTMLElement | undefined;
  /** Behind the text of such a paragraph. */
  readonly end: Comment | undefined;
  readonly leaf: LeafView | undefined;
  readonly table: TableView | undefined;
  readonly code: CodeView | undefined;
  readonly kids: Node[];
  /** How many kids are drawn for good. */
  done: number;
  isLoose: boolean;
}

const CONTAINERS = new Set<string>(['doc', 'quote', 'list', 'item']);

/** What an unfinished line of a table's head may yet become. */
const HALF_TABLE = /(?:^|\n)[^\n]*\|[^\n]*\n[ \t|:-]*$|(?:^|\n)\|[^\n]*$/;
const HALF_DEFINITION = /^\[(?:[^[\]\\]|\\.){0,99}(?:\](?::[^\n]*)?)?$/;

/** Draws the blocks of an answer: what is closed once, and what is open as often as it grows. */
export class BlockTree {
  readonly #context: DrawContext;
  readonly #root: Node;

  constructor(element: HTMLElement, block: Block, context: DrawContext) {
    this.#context = context;
    this.#root = { ...NOTHING, block, key: '', element, kids: [], done: 0, isLoose: false };
  }

  /** Draws what is closed for good. Call it while no unfinished line is fed. */
  settle(): void {
    this.#settle(this.#root);
  }

  /** Draws everything that may have changed. */
  draw(): void {
    this.#drawKids(this.#root, false);
  }

  /** A renderer may be there that was missing. */
  renderersChanged(): void {
    renew(this.#root);
  }

  #settle(node: Node): void {
    this.#loosen(node);
    const { kids } = node.block;
    while (node.done < kids.length && kids[node.done]?.isClosed === true) {
      this.#drawKid(node, node.done, true);
      node.done++;
    }
    const open = node.kids[node.done];
    if (kids[node.done] !== undefined && open !== undefined && open.block === kids[node.done]) this.#settle(open);
  }

  #drawKids(node: Node, isFinal: boolean): void {
    this.#loosen(node);
    const { kids } = node.block;
    for (let index = node.done; index < kids.length; index++) this.#drawKid(node, index, isFinal);
    for (const kid of node.kids.splice(kids.length)) this.#remove(kid);
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
    if (kid === undefined || kid.key !== keyOf(block) || (kid.element === undefined) !== isTight) {
      const made = this.#create(block, isTight);
      const node = made.code?.element ?? made.element ?? made.end;
      if (node !== undefined) this.#holder(parent).insertBefore(node, kid === undefined ? null : firstOf(kid));
      if (kid !== undefined) this.#remove(kid);
      kid = this.#attach(made, block);
      parent.kids[index] = kid;
    }
    kid.block = block;
    if (block.kind === 'item') kid.isLoose = parent.isLoose;
    this.#fill(kid, block, isFinal);
  }

  #holder({ element }: Node): HTMLElement {
    return element ?? (this.#root.element as HTMLElement);
  }

  #fill(node: Node, block: Block, isFinal: boolean): void {
    const isOpen = !block.isClosed && !this.#context.isEnded;
    node.code?.draw(block, isFinal);
    node.table?.draw(block);
    node.leaf?.draw(isOpen ? shownOf(block) : block.text, isOpen);
    if (CONTAINERS.has(block.kind)) this.#drawKids(node, isFinal);
  }

  #create(block: Block, isTight: boolean): Pick<Node, 'element' | 'end' | 'table' | 'code'> {
    if (isTight) return { ...NOTHING, end: document.createComment('') };
    if (block.kind === 'code') {
      const code = new CodeView(block, this.#context);
      return { ...NOTHING, element: code.element, code };
    }
    if (block.kind === 'table') {
      const table = new TableView(this.#context);
      return { ...NOTHING, element: table.element, table };
    }
    return { ...NOTHING, element: elementOf(block) };
  }

  #attach(made: Pick<Node, 'element' | 'end' | 'table' | 'code'>, block: Block): Node {
    const isLeaf = block.kind === 'p' || block.kind === 'h' || block.kind === 'html';
    const parent = made.element ?? made.end?.parentNode ?? undefined;
    const leaf =
      isLeaf && parent !== undefined
        ? new LeafView(parent, this.#context, block.kind === 'html', made.end ?? null)
        : undefined;
    return { ...made, block, key: keyOf(block), leaf, kids: [], done: 0, isLoose: block.isLoose };
  }

  #remove(node: Node): void {
    if (node.element === undefined) node.leaf?.remove();
    (node.code?.element ?? node.element ?? node.end)?.remove();
  }
}

const NOTHING = { element: undefined, end: undefined, leaf: undefined, table: undefined, code: undefined };

function renew({ code, leaf, table, kids }: Node): void {
  code?.renderersChanged();
  leaf?.renderersChanged();
  table?.renderersChanged();
  for (const kid of kids) renew(kid);
}

/** The first node of a block in the document. */
function firstOf({ code, element, leaf, end }: Node): ChildNode | null {
  return code?.element ?? element ?? leaf?.first ?? end ?? null;
}

/** What a block must keep to be the one that was drawn, which may have grown. */
function keyOf({ kind, level, marker, info, task, columns }: Block): string {
  return [kind, level, marker, info, task, columns].join('\n');
}

function elementOf(block: Block): HTMLElement {
  switch (block.kind) {
    case 'quote':
      return make('blockquote');
    case 'list':
      return block.info === '' ? make('ul') : make('ol', block.info === '1' ? {} : { start: block.info });
    case 'item': {
      if (block.task === 'none') return make('li', { dir: 'auto' });
      const checked = block.task === 'done' ? { checked: '' } : {};
      return make(
        'li',
        { class: 'task', dir: 'auto' },
        make('input', { type: 'checkbox', disabled: '', ...checked }),
        ' ',
      );
    }
    case 'h':
      return make(`h${block.level}` as Tag, { dir: 'auto' });
    case 'hr':
      return make('hr');
    default:
      return make('p', { dir: 'auto' });
  }
}

/** What is shown of a paragraph that may yet grow: not what may become a table or a definition. */
function shownOf({ kind, text }: Block): string {
  if (kind !== 'p') return text;
  const rest = text[0] === '[' ? takeDefinitions(text, () => undefined) : text;
  if (HALF_DEFINITION.test(rest)) return '';
  return rest.includes('|') ? rest.replace(HALF_TABLE, '') : rest;
}
