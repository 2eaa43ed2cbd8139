import type { BlockView } from '../markdown/block-view.js';
import type { Scanner, Token } from './token.js';

/** A line with more UTF-16 units than this stays plain: nobody reads it for its colours. */
export const MAX_LINE = 5_000;

/** After so many UTF-16 units a block goes on plain. */
export const MAX_BLOCK = 200_000;

/**
 * The line that is still written is coloured while it is at most this long: it is read again for each piece of it. What
 * is longer waits for its line break, so that pieces of a long line cost no more than those of a short one.
 */
const MAX_OPEN_LINE = 200;

/** A group of lines is closed at the first line break after so many units, and never laid out again. */
const GROUP = 2_048;

/**
 * Draws code while it is written: a finished line once, and the open one again where it differs. Every unit of the
 * source is in the document once, in order, so that `textContent` is the source, whatever its colours are.
 */
export class CodeView implements BlockView {
  readonly #target: HTMLElement;
  readonly #scanner: Scanner<unknown>;
  /** After the last finished line. */
  #state: unknown;
  #line = '';
  /** What the document shows of the open line: nodes at the end of the group, and what they are. */
  #drawn: Piece[] = [];
  #group: HTMLElement | undefined;
  #groupLength = 0;
  /** Where in the open line its group begins. */
  #wrappedAt = 0;
  #length = 0;

  constructor(target: HTMLElement, scanner: Scanner<unknown>) {
    this.#target = target;
    this.#scanner = scanner;
    this.#state = scanner.start;
  }

  grow(text: string): void {
    let from = 0;
    for (;;) {
      const lineBreak = text.indexOf('\n', from);
      if (lineBreak < 0) break;
      this.#take(text.slice(from, lineBreak), true);
      from = lineBreak + 1;
    }
    if (from < text.length) this.#take(text.slice(from), false);
  }

  /** What is behind the last line break is a line, too. */
  end(): void {
    this.#drawLine();
  }

  /** Takes a part of the open line. */
  #take(part: string, isLast: boolean): void {
    this.#line += part;
    this.#length += part.length;
    const isPlain = this.#length > MAX_BLOCK || this.#line.length > MAX_LINE;
    if (!isPlain && (isLast || this.#line.length <= MAX_OPEN_LINE)) {
      const state = this.#drawLine();
      if (isLast) this.#state = state;
    } else {
      this.#appendPlain(part);
    }
    if (isLast) this.#endLine();
  }

  #endLine(): void {
    this.#appendPlain('\n');
    this.#groupLength += this.#line.length + 1;
    this.#length++;
    this.#line = '';
    this.#drawn = [];
    this.#wrappedAt = 0;
    if (this.#groupLength < GROUP) return;
    this.#group = undefined;
    this.#groupLength = 0;
  }

  /** Appends to what is plain, or behind it. A text node that grows for ever would be copied for each piece. */
  #appendPlain(text: string): void {
    for (let at = 0; at < text.length;) {
      const last = this.#drawn.at(-1);
      const open = last !== undefined && last.kind === undefined && last.text.length < GROUP ? last.text : undefined;
      const piece = text.slice(at, at + GROUP - (open?.length ?? 0));
      at += piece.length;
      if (open === undefined) this.#appendPiece((last?.start ?? 0) + (last?.text.length ?? 0), piece);
      else open.appendData(piece);
    }
  }

  #appendPiece(start: number, text: string): void {
    // A browser lays out a line as a whole, each time: one of a megabyte has crashed Chromium. What is too long goes on below,
    // but for the second half of a character.
    if (start - this.#wrappedAt > MAX_LINE && !/^[\udc00-\udfff]/.test(text)) {
      this.#group = undefined;
      this.#wrappedAt = start;
    }
    this.#append({ kind: undefined, start, end: 0 }, text);
  }

  /** Makes the document show the open line in its colours. @returns the state after it. */
  #drawLine(): unknown {
    const line = this.#line;
    if (this.#length > MAX_BLOCK || line.length > MAX_LINE) return this.#state;
    const tokens: Token[] = [];
    const state = this.#scanner.line(line, this.#state, tokens);
    const pieces = withPlain(tokens, line.length);
    let same = 0;
    while (same < this.#drawn.length && this.#shows(same, pieces[same], line)) same++;
    for (const { node } of this.#drawn.splice(same)) node.remove();
    for (const piece of pieces.slice(same)) this.#append(piece, line.slice(piece.start, piece.end));
    return state;
  }

  /** Whether a piece is drawn, or is after adding to it: a selection in it lives on. */
  #shows(index: number, piece: Run | undefined, line: string): boolean {
    const drawn = this.#drawn[index];
    if (drawn === undefined || piece === undefined) return false;
    const { length } = drawn.text;
    if (drawn.kind !== piece.kind || drawn.start !== piece.start || length > piece.end - piece.start) return false;
    if (length < piece.end - piece.start) drawn.text.appendData(line.slice(piece.start + length, piece.end));
    return true;
  }

  #append({ kind, start }: Run, content: string): void {
    const text = document.createTextNode(content);
    let node: ChildNode = text;
    if (kind !== undefined) {
      const span = document.createElement('span');
      span.className = `tok-${kind}`;
      span.append(text);
      node = span;
    }
    this.#drawn.push({ kind, start, node, text });
    this.#open().append(node);
  }

  #open(): HTMLElement {
    if (this.#group === undefined) {
      this.#group = document.createElement('span');
      this.#group.className = 'code-lines';
      this.#target.append(this.#group);
    }
    return this.#group;
  }
}

/** A piece of a line, of one kind. */
interface Run {
  readonly kind: Token['kind'] | undefined;
  readonly start: number;
  readonly end: number;
}

/** A piece that is drawn. */
interface Piece {
  readonly kind: Token['kind'] | undefined;
  readonly start: number;
  /** What is removed to take it away: `text` itself, or the element around it. */
  readonly node: ChildNode;
  readonly text: Text;
}

/** The whole line in pieces: the coloured ones, and what is between them. */
function withPlain(tokens: readonly Token[], length: number): Run[] {
  const runs: Run[] = [];
  let at = 0;
  for (const token of tokens) {
    if (token.start > at) runs.push({ kind: undefined, start: at, end: token.start });
    runs.push(token);
    at = token.end;
  }
  if (at < length) runs.push({ kind: undefined, start: at, end: length });
  return runs;
}
