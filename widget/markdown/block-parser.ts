import { type Block, block } from './blocks.js';
import { MAX_CELLS, MAX_DEPTH, MAX_INSIDE, MAX_LEAF } from './limits.js';
import { takeDefinitions, type Target, unescaped } from './references.js';
import { readDelimiters } from './table.js';

const HR = /^([*_-])[ \t]*(?:\1[ \t]*){2,}$/;
const HEADING = /^(#{1,6})(?:[ \t]+|$)/;
const FENCE = /^(?:(`{3,})([^`]*)|(~{3,})(.*))$/;
const MARKER = /^(?:([-+*])|(\d{1,9})([.)]))(?=[ \t]|$)/;
/** What raw HTML begins with: a comment, what holds no prose, or a tag alone in its line. It ends with a blank line. */
const HTML = /^<(?:!|\?|\/?[a-z][\w-]*(?:\s[^<>\\]*)?\/?>\s*$)/i;
/** What may have blank lines inside, and its end. */
const LONG_HTML = /^<(?:(script|style|textarea|pre)|!--)/i;

/** A state to go back to: {@link BlockParser.mark}. */
interface Mark {
  readonly stack: readonly Block[];
  readonly states: readonly { readonly fields: Block; readonly count: number; readonly last: Block | undefined }[];
  readonly wasBlank: boolean;
  readonly blanks: string;
  readonly inside: number;
}

/**
 * Makes blocks of lines, as CommonMark describes it: a stack of what is open, which every line continues or closes. What is
 * closed never changes. The line that is not finished yet is fed after {@link mark}, and taken back with {@link undo}.
 */
export class BlockParser {
  /** All blocks. */
  readonly root = block('doc');
  readonly #define: (label: string, target: Target) => void;
  readonly #hasMath: () => boolean;
  #stack: Block[] = [this.root];
  /** The line, from where it is not read yet. */
  #rest = '';
  #column = 0;
  #wasBlank = false;
  /** Blank lines in an indented block, which count only when it goes on. */
  #blanks = '';
  /** How many blocks are inside the last one of the answer. */
  #inside = 0;
  #isTrial = false;

  /**
   * @param define Called for each reference definition, when it is certain.
   * @param hasMath Whether formulas are to be found.
   */
  constructor(define: (label: string, target: Target) => void, hasMath: () => boolean) {
    this.#define = define;
    this.#hasMath = hasMath;
  }

  /** The innermost open block. */
  get tip(): Block {
    return this.#stack.at(-1) ?? this.root;
  }

  /** Takes a whole line, without its line break. */
  feed(line: string): void {
    this.#rest = line;
    this.#column = 0;
    // Not within a fence: what follows would be read as prose.
    if (this.#inside >= MAX_INSIDE && !/^(?:code|html)$/.test(this.tip.kind)) this.#closeTo(1);
    const matched = this.#matchOpen();
    if (matched === undefined) return;
    const isBlank = /^[ \t]*$/.test(this.#rest);
    let isOpen = matched;
    const start = this.#stack[matched - 1];
    if (start?.kind !== 'html' && !(start?.kind === 'code')) isOpen = this.#begin(matched);
    this.#take(isOpen, isBlank);
  }

  /** The text is complete: everything is closed. */
  end(): void {
    this.#closeTo(1);
    this.root.isClosed = true;
  }

  /** Remembers the state, for a line that may yet grow. */
  mark(): Mark {
    this.#isTrial = true;
    return {
      stack: [...this.#stack],
      states: this.#stack.map((own) => ({ fields: { ...own }, count: own.kids.length, last: own.kids.at(-1) })),
      wasBlank: this.#wasBlank,
      blanks: this.#blanks,
      inside: this.#inside,
    };
  }

  /** Goes back to where {@link mark} was called. */
  undo({ stack, states, wasBlank, blanks, inside }: Mark): void {
    this.#isTrial = false;
    this.#inside = inside;
    this.#stack = [...stack];
    this.#wasBlank = wasBlank;
    this.#blanks = blanks;
    for (const [index, own] of stack.entries()) {
      const state = states[index];
      if (state === undefined) continue;
      const { fields, count, last } = state;
      Object.assign(own, fields);
      own.kids.length = count;
      if (last !== undefined) own.kids[count - 1] = last;
    }
  }

  /** How far the line continues what is open. `undefined`: nothing is left of it. */
  #matchOpen(): number | undefined {
    let index = 1;
    for (; index < this.#stack.length; index++) {
      const open = this.#stack[index];
      if (open === undefined) break;
      const indent = this.#indent();
      const isBlank = /^[ \t]*$/.test(this.#rest);
      if (open.kind === 'quote') {
        if (!this.#quote(indent)) break;
      } else if (open.kind === 'item') {
        if (isBlank ? open.kids.length === 0 : indent < open.level) break;
        this.#skip(isBlank ? indent : open.level);
      } else if (open.kind === 'code') {
        if (open.marker === '' && indent < 4 && !isBlank) break;
        if (open.marker === '') this.#skip(4);
        else if (this.#endsFence(open, indent)) return undefined;
        else this.#skip(Math.min(indent, open.level));
      } else if (open.kind !== 'list' && isBlank && open.marker === '') break;
    }
    return index;
  }

  #endsFence(open: Block, indent: number): boolean {
    const line = this.#rest.trim();
    const isMath = open.marker === '$$' || open.marker === '\\]';
    if (
      isMath
        ? !line.endsWith(open.marker)
        : indent > 3 || !/^(`{3,}|~{3,})$/.test(line) || !line.startsWith(open.marker)
    )
      return false;
    if (isMath && line !== open.marker) open.text += this.#rest.slice(0, this.#rest.lastIndexOf(open.marker));
    this.#closeTo(this.#stack.indexOf(open));
    this.#wasBlank = false;
    return true;
  }

  /** Begins the blocks whose markers stand next in the line. @returns how many blocks are open and go on. */
  #begin(matched: number): number {
    let open = matched;
    for (;;) {
      const indent = this.#indent();
      const line = this.#rest.slice(this.#leading());
      const parent = this.#stack[open - 1];
      if (line === '') return open;
      if (indent > 3) {
        if (this.tip.kind === 'p') return open;
        if (parent?.kind === 'table') open--;
        this.#skip(4);
        this.#add(open, block('code'));
        return open + 1;
      }
      const isFull = open >= MAX_DEPTH;
      if (line[0] === '>' && !isFull) {
        open = this.#leafless(open);
        this.#quote(indent);
        open = this.#add(open, block('quote'));
        continue;
      }
      const leaf = this.#leaf(line, indent, open);
      if (leaf !== undefined) return leaf;
      const item = isFull ? undefined : this.#item(line, indent, open);
      if (item === undefined) return open;
      open = item;
    }
  }

  /** A paragraph or a table ends where another block begins. */
  #leafless(open: number): number {
    const kind = this.#stack[open - 1]?.kind;
    return kind === 'p' || kind === 'table' ? open - 1 : open;
  }

  /** Headings, rules, fences, raw HTML and tables. @returns how many blocks are open then. */
  #leaf(line: string, indent: number, open: number): number | undefined {
    const parent = this.#stack[open - 1];
    const heading = HEADING.exec(line);
    if (heading !== null) {
      const text = line
        .slice(heading[0].length)
        .replace(/(?:^|[ \t]+)#+[ \t]*$/, '')
        .trim();
      return this.#whole(open, block('h', { level: heading[1]?.length ?? 1, text }));
    }
    const fence = FENCE.exec(line);
    if (fence !== null) {
      const info = unescaped((fence[2] ?? fence[4] ?? '').trim());
      return this.#fence(open, block('code', { marker: fence[1] ?? fence[3] ?? '', info, level: indent }));
    }
    const math = this.#hasMath() ? /^(?:(\$\$)|\\\[)(.*)$/.exec(line) : null;
    if (math !== null) return this.#math(open, math[1] ?? '\\]', math[2] ?? '', indent);
    const html = line[0] === '<' ? this.#html(line, parent) : undefined;
    if (html !== undefined) return this.#fence(open, html);
    if (parent?.kind === 'p') {
      const underlined = this.#underline(line, parent, open);
      if (underlined !== undefined) return underlined;
    }
    return HR.test(line) ? this.#whole(open, block('hr')) : undefined;
  }

  #math(open: number, marker: string, rest: string, indent: number): number {
    const formula = block('code', { marker, info: 'math', level: indent });
    if (rest.trim() !== '' && rest.trimEnd().endsWith(marker)) {
      formula.text = rest.trimEnd().slice(0, -marker.length).trim();
      return this.#whole(open, formula);
    }
    if (rest.trim() !== '') formula.text = `${rest}\n`;
    return this.#fence(open, formula);
  }

  #html(line: string, parent: Block | undefined): Block | undefined {
    const long = LONG_HTML.exec(line);
    if (long !== null) return block('html', { marker: long[1] === undefined ? '-->' : `</${long[1].toLowerCase()}>` });
    return parent?.kind !== 'p' && this.tip.kind !== 'p' && HTML.test(line) ? block('html') : undefined;
  }

  /** The line under a heading or under a table's first row. */
  #underline(line: string, parent: Block, open: number): number | undefined {
    // First: to look for the last line in a long paragraph costs its length.
    if (!/^[ \t|:=-]+$/.test(line)) return undefined;
    const last = parent.text.slice(parent.text.lastIndexOf('\n') + 1);
    const columns = readDelimiters(line, last);
    if (columns !== undefined) {
      const before = parent.text.slice(0, -last.length - 1);
      if (before === '') this.#drop(open - 1);
      else parent.text = before;
      return this.#fence(open, block('table', { columns, text: last }));
    }
    if (!/^(?:=+|-+)[ \t]*$/.test(line)) return undefined;
    const text = this.#definitions(parent.text);
    if (text.trim() === '') return undefined;
    this.#drop(open - 1);
    return this.#whole(open - 1, block('h', { level: line[0] === '=' ? 1 : 2, text: text.trim() }));
  }

  /** Takes a paragraph away that became something else. */
  #drop(index: number): void {
    this.#stack.length = index;
    this.#stack[index - 1]?.kids.pop();
  }

  /** Adds a block that is one line. */
  #whole(open: number, added: Block): number {
    const at = this.#fence(open, added);
    this.#closeTo(at - 1);
    this.#rest = '';
    this.#column = -1;
    return at - 1;
  }

  /** Adds a block whose first line is a marker, or is read again as its text. */
  #fence(open: number, added: Block): number {
    const at = this.#add(Math.min(this.#leafless(open), this.#stack.length), added);
    if (added.kind !== 'html') {
      this.#rest = '';
      this.#column = -1;
    }
    return at;
  }

  #item(line: string, indent: number, open: number): number | undefined {
    const marker = MARKER.exec(line);
    if (marker === null) return undefined;
    const [all, bullet, number, end] = marker;
    const after = line.slice(all.length);
    const isEmpty = after.trim() === '';
    const parent = this.#stack[open - 1];
    if (parent?.kind === 'p' && (isEmpty || (number !== undefined && Number(number) !== 1))) return undefined;
    const kind = bullet ?? end ?? '';
    this.#skip(indent);
    this.#rest = this.#rest.slice(all.length);
    this.#column += all.length;
    const space = this.#indent();
    const gap = isEmpty || space > 4 ? 1 : space;
    this.#skip(gap);
    let at = this.#leafless(open);
    const list = this.#stack[at - 1];
    if (list?.kind === 'list' && list.marker !== kind) at--;
    if (this.#stack[at - 1]?.kind !== 'list') {
      const info = number === undefined ? '' : String(Number(number));
      at = this.#add(at, block('list', { marker: kind, info, level: Number(this.#inside >= MAX_INSIDE) }));
    }
    return this.#add(at, block('item', { level: indent + all.length + gap }));
  }

  /** Puts a block under the innermost of the first `open` ones, and closes what stood there. @returns how many are open. */
  #add(open: number, added: Block): number {
    this.#closeTo(open);
    let at = open;
    if (added.kind !== 'item' && this.#stack[at - 1]?.kind === 'list') this.#closeTo(--at);
    const parent = this.#stack[at - 1] ?? this.root;
    const list = parent.kind === 'item' ? this.#stack[at - 2] : parent;
    if (this.#wasBlank && parent.kids.length > 0 && list?.kind === 'list') list.isLoose = true;
    this.#inside = parent === this.root ? 0 : this.#inside + 1;
    parent.kids.push(added);
    this.#stack.push(added);
    this.#wasBlank = false;
    return at + 1;
  }

  /** What is left of the line is text. */
  #take(open: number, isBlank: boolean): void {
    if (this.#column < 0) return;
    const isEmpty = /^[ \t]*$/.test(this.#rest);
    const { tip } = this;
    if (open < this.#stack.length && !isEmpty && tip.kind === 'p')
      return this.#addLine(tip, `\n${this.#rest.trimStart()}`);
    this.#closeTo(open);
    const leaf = this.tip;
    if (leaf.kind === 'code') return this.#code(leaf, isEmpty);
    if (isEmpty || leaf.kind === 'html')
      this.#wasBlank = isBlank && leaf.kind !== 'quote' && (leaf.kind !== 'html' || leaf.marker === '');
    if (leaf.kind === 'html') return this.#raw(leaf);
    if (isEmpty) return;
    if (leaf.kind !== 'p' && leaf.kind !== 'table') return this.#paragraph(open);
    this.#wasBlank = false;
    if (leaf.kind === 'p') this.#addLine(leaf, `\n${this.#rest.trimStart()}`);
    else this.#row(leaf, open);
  }

  #code(leaf: Block, isEmpty: boolean): void {
    const isIndented = leaf.marker === '';
    this.#wasBlank = isEmpty && isIndented;
    if (isIndented && isEmpty) {
      this.#blanks += `${this.#rest}\n`;
      return;
    }
    leaf.text += `${isIndented ? this.#blanks : ''}${this.#rest}\n`;
    this.#blanks = '';
  }

  #raw(leaf: Block): void {
    this.#addLine(leaf, leaf.text === '' ? this.#rest : `\n${this.#rest}`);
    if (leaf.marker !== '' && this.#rest.toLowerCase().includes(leaf.marker)) this.#closeTo(this.#stack.length - 1);
  }

  /** Adds a line. Where no more is read for markers, it begins a block: a string of a megabyte would be made anew for each. */
  #addLine(leaf: Block, line: string): void {
    // What begins as a definition may be many.
    if (leaf.text.length <= MAX_LEAF || leaf.text[0] === '[') leaf.text += line;
    else this.#add(this.#stack.length - 1, block(leaf.kind, { marker: leaf.marker, level: 1, text: line.slice(1) }));
  }

  #row(leaf: Block, open: number): void {
    if (++leaf.rows * leaf.columns.length > MAX_CELLS) return this.#paragraph(open - 1);
    leaf.text += `\n${this.#rest.trim()}`;
  }

  #paragraph(open: number): void {
    const at = this.#add(open, block('p', { text: '' }));
    const leaf = this.#stack[at - 1];
    const item = this.#stack[at - 2];
    if (leaf === undefined) return;
    leaf.text = this.#rest.trimStart();
    const task = item?.kind === 'item' && item.kids.length === 1 ? /^\[([ xX])\][ \t]+(?=\S)/.exec(leaf.text) : null;
    if (task === null || item === undefined) return;
    item.task = task[1] === ' ' ? 'open' : 'done';
    leaf.text = leaf.text.slice(task[0].length);
  }

  #closeTo(count: number): void {
    while (this.#stack.length > Math.max(count, 1)) {
      const closed = this.#stack.pop();
      if (closed === undefined) return;
      closed.isClosed = true;
      if (closed.kind === 'p') this.#closeParagraph(closed);
      if (closed.kind === 'code') this.#blanks = '';
    }
  }

  #closeParagraph(closed: Block): void {
    closed.text = (closed.level > 0 ? closed.text : this.#definitions(closed.text)).trimEnd();
    const parent = this.tip;
    if (closed.text === '' && parent.kids.at(-1) === closed) parent.kids.pop();
  }

  #definitions(text: string): string {
    if (text[0] !== '[') return text;
    return takeDefinitions(text, (label, target) => this.#isTrial || this.#define(label, target));
  }

  #quote(indent: number): boolean {
    const leading = this.#leading();
    if (indent > 3 || this.#rest[leading] !== '>') return false;
    this.#skip(indent);
    this.#rest = this.#rest.slice(1);
    this.#column++;
    this.#skip(1);
    return true;
  }

  /** How many characters of space the line begins with. */
  #leading(): number {
    let index = 0;
    while (this.#rest[index] === ' ' || this.#rest[index] === '\t') index++;
    return index;
  }

  /** How many columns of space the line begins with. */
  #indent(): number {
    let column = this.#column;
    for (let index = 0; index < this.#rest.length; index++) {
      if (this.#rest[index] === ' ') column++;
      else if (this.#rest[index] === '\t') column += 4 - (column % 4);
      else break;
    }
    return column - this.#column;
  }

  /** Takes up to so many columns of space. A tab that is wider leaves spaces behind. */
  #skip(columns: number): void {
    let left = columns;
    let index = 0;
    for (; left > 0; index++) {
      const char = this.#rest[index];
      if (char !== ' ' && char !== '\t') break;
      const width = char === ' ' ? 1 : 4 - (this.#column % 4);
      if (width > left) {
        this.#rest = ' '.repeat(width - left) + this.#rest.slice(index + 1);
        this.#column += left;
        return;
      }
      this.#column += width;
      left -= width;
    }
    this.#rest = this.#rest.slice(index);
  }
}
