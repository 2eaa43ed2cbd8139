import { withoutTail } from './bare-link.js';
import { ENTITY, entity } from './entities.js';
import { withMarks } from './hidden.js';
import { type Inline, pair, type Run, token, tree, type Token } from './inline-tree.js';
import { FREEZE_AFTER, MAX_GUESS } from './limits.js';
import { at, labelOf, readInlineTarget, type Target } from './references.js';

/** What the parser of inline content must know. */
export interface InlineContext {
  /** The target of a label; one that is not known may still be defined, and is remembered by who is asked. */
  find(label: string): Target | undefined;
  /** Whether formulas are to be found. */
  readonly math: boolean;
  /** More text may come: what is open at the end is shown as if it were closed, and half markers are held back. */
  readonly isOpen: boolean;
}

/** What was parsed: `frozen` will stay as it is, whatever comes behind `end`; `tail` is the rest. */
export interface InlineResult {
  readonly frozen: Inline[];
  readonly end: number;
  readonly tail: Inline[];
}

interface Bracket {
  readonly token: Token;
  readonly isImage: boolean;
  /** Where the text between the brackets begins. */
  readonly start: number;
  /** How many runs there were before it. */
  readonly runs: number;
  isActive: boolean;
  hasBracket: boolean;
}

const PLAIN = /[^\n\\`*_~[\]!<&@:w$]+/y;
const SPACE_CHAR = /[\s\u00a0]/;
const PUNCTUATION = /[\p{P}\p{S}]/u;
const AUTOLINK =
  /<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*|[\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*)>/y;
/** A tag or a comment is text, and so is every marker in it. */
const TAG = /<(?:[/?]?[A-Za-z]|!)[^<>\\]*>/y;
const BARE = /(?:https?:\/\/|www\.)[^\s<]+/y;
const MAIL = /@[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)+/y;
/** What may yet become a marker when it stands at the end of an unfinished text. */
const HALF = /(?:\\[*_~`]?|!?\[|!|&#?\w{0,31}|<[!/?\w][^\s<>]{0,100}|<|[*_~]+|`+|\s+)$/;

/** Makes a tree of the text of one leaf. Each call is one pass, from `start` to the end. */
class InlineParser {
  readonly #text: string;
  readonly #context: InlineContext;
  #pos: number;
  #buffer = '';
  #tokens: Token[] = [];
  #runs: Token[] = [];
  #brackets: Bracket[] = [];
  readonly #frozen: Inline[] = [];
  #safe: number;
  /** Something unmatched may find its other half later. */
  #isTied = false;
  /** Lengths of runs of backticks that have no partner behind this place. */
  readonly #lonely = new Set<number>();
  /** How far closers have been matched, and where not to look again, by kind of closer. */
  #matched = 0;
  readonly #bottoms = new Map<string, number>();

  constructor(text: string, start: number, context: InlineContext) {
    this.#text = text;
    this.#pos = start;
    this.#safe = start;
    this.#context = context;
  }

  parse(): InlineResult {
    const { length } = this.#text;
    while (this.#pos < length) this.#step(this.#text[this.#pos] ?? '');
    this.#match(0);
    if (this.#context.isOpen) this.#guess();
    this.#end();
    return { frozen: this.#frozen, end: this.#safe, tail: tree(this.#tokens) };
  }

  #step(char: string): void {
    switch (char) {
      case '\n':
        return this.#lineBreak();
      case '\\':
        return this.#escape();
      case '`':
        return this.#code();
      case '*':
      case '_':
      case '~':
        return this.#run(char);
      case '!':
        if (this.#text[this.#pos + 1] === '[') return this.#open(true);
        return this.#plain(char);
      case '[':
        return this.#open(false);
      case ']':
        return this.#close();
      case '<':
        return this.#angle();
      case '&':
        return this.#entity();
      case '@':
        return this.#mail();
      case ':':
      case 'w':
        return this.#bare(char);
      case '$':
        return this.#context.math ? this.#formula('$', '$') : this.#plain(char);
      default:
        return this.#words();
    }
  }

  #plain(text: string): void {
    this.#buffer += text;
    this.#pos += text.length;
  }

  #words(): void {
    const end = this.#pos + (at(PLAIN, this.#text, this.#pos)?.[0].length ?? 1);
    for (;;) {
      const from = Math.max(this.#pos, this.#safe + FREEZE_AFTER);
      const space = this.#text.indexOf(' ', from);
      const next = this.#text[space + 1];
      if (space < 0 || space >= end || next === undefined) break;
      this.#plain(this.#text.slice(this.#pos, space + 1));
      // Spaces at the end of a line are not shown.
      if (next !== ' ' && next !== '\n') this.#freeze();
      if (this.#safe !== this.#pos) break;
    }
    this.#plain(this.#text.slice(this.#pos, end));
  }

  /** Nothing before this place can change any more, if nothing is open. */
  #freeze(): void {
    if (this.#isTied || this.#brackets.length > 0) return;
    this.#match(0);
    if (this.#runs.some(({ run }) => run !== undefined && run.canOpen && run.left > 0)) return;
    this.#end();
    for (const node of tree(this.#tokens)) this.#frozen.push(node);
    this.#tokens = [];
    this.#runs = [];
    this.#matched = 0;
    this.#bottoms.clear();
    this.#safe = this.#pos;
  }

  /** What was collected becomes a token. */
  #end(): void {
    if (this.#buffer !== '') this.#tokens.push(token(this.#buffer));
    this.#buffer = '';
  }

  #add(added: Token): Token {
    this.#end();
    this.#tokens.push(added);
    return added;
  }

  #node(kind: Inline['kind'], text: string, end: number): void {
    this.#add({ ...token(''), node: { kind, text, kids: [] } });
    this.#pos = end;
  }

  #lineBreak(): void {
    const trimmed = this.#buffer.replace(/ +$/, '');
    const isHard = this.#buffer.length - trimmed.length >= 2;
    this.#buffer = trimmed;
    let next = this.#pos + 1;
    while (this.#text[next] === ' ' || this.#text[next] === '\t') next++;
    if (isHard) return this.#node('br', '', next);
    this.#buffer += '\n';
    this.#pos = next;
  }

  #escape(): void {
    const next = this.#text[this.#pos + 1] ?? '';
    if (next === '\n') {
      this.#node('br', '', this.#pos + 1);
      this.#pos++;
      while (this.#text[this.#pos] === ' ') this.#pos++;
      return;
    }
    if (next === '(' && this.#context.math) return this.#formula('\\(', '\\)');
    if (!/[!-/:-@[-`{-~]/.test(next)) return this.#plain('\\');
    this.#buffer += next;
    this.#pos += 2;
  }

  #code(): void {
    const text = this.#text;
    const start = this.#pos;
    const length = runLength(text, start, '`');
    let from = start + length;
    while (!this.#lonely.has(length)) {
      const close = text.indexOf('`', from);
      if (close < 0) {
        this.#lonely.add(length);
        break;
      }
      const closing = runLength(text, close, '`');
      from = close + closing;
      if (closing === length) return this.#node('code', codeOf(text.slice(start + length, close)), from);
    }
    this.#isTied = true;
    const rest = text.slice(start + length);
    if (this.#context.isOpen && rest.length < MAX_GUESS) return this.#node('code', codeOf(rest), text.length);
    this.#plain('`'.repeat(length));
  }

  #run(char: string): void {
    const length = runLength(this.#text, this.#pos, char);
    const before = charBefore(this.#text, this.#pos);
    const after = String.fromCodePoint(this.#text.codePointAt(this.#pos + length) ?? 32);
    const text = char.repeat(length);
    this.#pos += length;
    const isSpaceAfter = SPACE_CHAR.test(after);
    const isSpaceBefore = SPACE_CHAR.test(before);
    const isMarkAfter = PUNCTUATION.test(after);
    const isMarkBefore = PUNCTUATION.test(before);
    const isLeft = !isSpaceAfter && (!isMarkAfter || isSpaceBefore || isMarkBefore);
    const isRight = !isSpaceBefore && (!isMarkBefore || isSpaceAfter || isMarkAfter);
    if (char === '~' && length > 2) {
      this.#buffer += text;
      return;
    }
    const isWord = char === '_';
    const run: Run = {
      char,
      length,
      left: length,
      canOpen: isLeft && (!isWord || !isRight || isMarkBefore),
      canClose: isRight && (!isWord || !isLeft || isMarkAfter),
    };
    this.#runs.push(this.#add({ ...token(text), run }));
  }

  /** Finds the partners of the closers behind `bottom`, from left to right, as CommonMark does. */
  #match(bottom: number): void {
    const runs = this.#runs;
    let index = Math.max(this.#matched, bottom);
    while (index < runs.length) {
      const closer = runs[index];
      if (closer?.run === undefined || !closer.run.canClose) {
        index++;
        continue;
      }
      const opener = this.#openerOf(closer.run, index, bottom);
      if (opener < 0) {
        if (!closer.run.canOpen) runs.splice(index, 1);
        else index++;
        continue;
      }
      pair(runs[opener], closer);
      const isKept = runs[opener]?.run?.left !== 0;
      const keep = opener + (isKept ? 1 : 0);
      runs.splice(keep, index - keep + (closer.run.left === 0 ? 1 : 0));
      index = keep;
      for (const [key, place] of this.#bottoms) if (place > keep) this.#bottoms.set(key, keep);
    }
    this.#matched = bottom === 0 ? runs.length : Math.min(this.#matched, bottom);
  }

  #openerOf(closer: Run, index: number, bottom: number): number {
    const key = `${bottom}${closer.char}${closer.canOpen}${closer.length % 3}${closer.char === '~' ? closer.length : ''}`;
    const lowest = Math.max(bottom, this.#bottoms.get(key) ?? 0);
    for (let place = index - 1; place >= lowest; place--) {
      const opener = this.#runs[place]?.run;
      if (opener === undefined || opener.char !== closer.char || !opener.canOpen) continue;
      if (closer.char === '~') {
        if (opener.length === closer.length) return place;
        continue;
      }
      const isOdd =
        (opener.canClose || closer.canOpen) &&
        (opener.length + closer.length) % 3 === 0 &&
        (opener.length % 3 !== 0 || closer.length % 3 !== 0);
      if (!isOdd) return place;
    }
    this.#bottoms.set(key, index);
    return -1;
  }

  #open(isImage: boolean): void {
    const text = isImage ? '![' : '[';
    const previous = this.#brackets.at(-1);
    if (previous !== undefined) previous.hasBracket = true;
    const opened = this.#add(token(text));
    this.#pos += text.length;
    this.#brackets.push({
      token: opened,
      isImage,
      start: this.#pos,
      runs: this.#runs.length,
      isActive: true,
      hasBracket: false,
    });
  }

  #close(): void {
    const text = this.#text;
    const bracket = this.#brackets.pop();
    if (bracket === undefined) return this.#plain(']');
    if (!bracket.isActive) return this.#plain(']');
    const found = this.#targetOf(bracket);
    if (found === undefined) {
      const isAtEnd = this.#context.isOpen && isHalfTarget(text, this.#pos + 1);
      if (!isAtEnd) return this.#plain(']');
      bracket.token.text = '';
      this.#isTied = true;
      this.#pos = text.length;
      return;
    }
    this.#match(bracket.runs);
    this.#runs.length = Math.min(this.#runs.length, bracket.runs);
    this.#bottoms.clear();
    bracket.token.text = '';
    bracket.token.opens.push({ kind: bracket.isImage ? 'img' : 'a', text: '', kids: [], target: found.target });
    this.#add(token('')).closes = 1;
    this.#pos = found.end;
    // No link in a link: the brackets around this one are text.
    if (!bracket.isImage) for (const outer of this.#brackets) if (!outer.isImage) outer.isActive = false;
  }

  #targetOf({ start, hasBracket }: Bracket): { target: Target; end: number } | undefined {
    const text = this.#text;
    const after = this.#pos + 1;
    const inline = readInlineTarget(text, after);
    if (inline !== undefined) return { target: inline, end: inline.end };
    const full = at(/\[((?:[^[\]\\]|\\[^]){0,999})\]/y, text, after);
    const isFull = full !== null && (full[1] ?? '').trim() !== '';
    if (!isFull && (hasBracket || this.#pos - start > 999)) return undefined;
    const label = labelOf(isFull ? (full[1] ?? '') : text.slice(start, this.#pos));
    const target = label === '' ? undefined : this.#context.find(label);
    return target === undefined ? undefined : { target, end: after + (full?.[0].length ?? 0) };
  }

  #angle(): void {
    const link = at(AUTOLINK, this.#text, this.#pos);
    if (link !== null) {
      const [all, address = ''] = link;
      this.#link(address, /^[A-Za-z][A-Za-z0-9+.-]{1,31}:/.test(address) ? address : `mailto:${address}`);
      this.#pos += all.length;
      return;
    }
    const tag = at(TAG, this.#text, this.#pos);
    if (tag === null) this.#isTied = true;
    this.#plain(tag?.[0] ?? '<');
  }

  #link(text: string, href: string): void {
    const kids: Inline[] = [{ kind: 'text', text, kids: [] }];
    this.#add({ ...token(''), node: { kind: 'a', text: '', kids, target: { href, title: '' }, isBare: true } });
  }

  #entity(): void {
    const match = at(ENTITY, this.#text, this.#pos);
    const char = match === null ? undefined : entity(match);
    if (match === null || char === undefined) return this.#plain('&');
    this.#buffer += char;
    this.#pos += match[0].length;
  }

  /** `https://…` and `www.…` are links by themselves, without the full stop behind them. */
  #bare(char: string): void {
    const text = this.#text;
    const scheme = char === ':' ? /https?$/.exec(this.#buffer.slice(-5))?.[0] : '';
    const start = this.#pos - (scheme?.length ?? 0);
    const match = scheme === undefined || !/[\s*_~(]/.test(charBefore(text, start)) ? null : at(BARE, text, start);
    const address = match === null ? '' : withoutTail(match[0]);
    if (!/^(?:https?:\/\/|www\.)[^\s/?#_]/.test(address)) return this.#plain(char);
    this.#buffer = this.#buffer.slice(0, this.#buffer.length - (this.#pos - start));
    this.#link(address, scheme === '' ? `http://${address}` : address);
    this.#pos = start + address.length;
  }

  #mail(): void {
    const before = /[A-Za-z0-9.+_-]{1,64}$/.exec(this.#buffer.slice(-64))?.[0];
    const after = at(MAIL, this.#text, this.#pos)?.[0].replace(/[-_.]+$/, '');
    if (before === undefined || after === undefined || !after.includes('.')) return this.#plain('@');
    this.#buffer = this.#buffer.slice(0, -before.length);
    this.#link(before + after, `mailto:${before}${after}`);
    this.#pos += after.length;
  }

  /** `$x$` is a formula, `$5 and $6` is not: no space inside the ends, no digit behind the last one. */
  #formula(open: string, close: string): void {
    const start = this.#pos + open.length;
    const end = this.#text.indexOf(close, start);
    const text = end < 0 ? '' : this.#text.slice(start, end);
    const isOne =
      open === '$'
        ? /^(?!\s)[^\n]*\S$/.test(` ${text}`.slice(1)) && !/\d/.test(this.#text[end + 1] ?? '')
        : text.trim() !== '';
    if (isOne && text.length < 2_000) return this.#node('math', text, end + close.length);
    if (end < 0) this.#isTied = true;
    this.#plain(open);
  }

  /** The text goes on: what is open is shown as if it were closed here. */
  #guess(): void {
    const near = (index: number): boolean => this.#text.length - index < MAX_GUESS;
    for (const opened of this.#runs) {
      const { run } = opened;
      if (run === undefined || !run.canOpen || run.left === 0 || run.left > 3) continue;
      const kinds: Inline['kind'][] =
        run.char === '~' ? ['del'] : run.left === 1 ? ['em'] : run.left === 2 ? ['strong'] : ['em', 'strong'];
      for (const kind of kinds) opened.opens.unshift({ kind, text: '', kids: [] });
      opened.text = '';
    }
    for (const { token: opened, start, isActive } of this.#brackets) if (isActive && near(start)) opened.text = '';
  }
}

function runLength(text: string, start: number, char: string): number {
  let end = start;
  while (text[end] === char) end++;
  return end - start;
}

function charBefore(text: string, index: number): string {
  const unit = text.charCodeAt(index - 1);
  if (index <= 0) return ' ';
  return unit >= 0xdc00 && unit < 0xe000 ? text.slice(Math.max(0, index - 2), index) : (text[index - 1] ?? ' ');
}

function codeOf(text: string): string {
  const line = withMarks(text.replace(/\n/g, ' '));
  return /^ .*[^ ].* $/.test(line) || /^ [^ ] $/.test(line) ? line.slice(1, -1) : line;
}

/** Whether what follows a `]` is the beginning of a target that the text ends in. */
function isHalfTarget(text: string, index: number): boolean {
  return (
    index >= text.length ||
    (text.length - index < 2_000 && at(/\((?:[^()\n]|\([^()\n]*\)?)*$|\[[^\]\n]*$/y, text, index) !== null)
  );
}

/**
 * Parses the text of one leaf.
 *
 * @param start Where to go on: the `end` of an earlier result for a text that began with the same characters.
 */
export function parseInline(text: string, start: number, context: InlineContext): InlineResult {
  if (start >= text.length) return { frozen: [], end: start, tail: [] };
  let head = text;
  if (context.isOpen) {
    const half = HALF.exec(head.slice(start).slice(-200));
    if (half !== null) head = head.slice(0, head.length - half[0].length);
  }
  return new InlineParser(head, start, context).parse();
}
