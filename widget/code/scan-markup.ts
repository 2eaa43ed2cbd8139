import { isBlank } from './characters.js';
import type { Scanner, Token, TokenKind } from './token.js';

/** What reads the code inside of an element. */
type Embedded = Readonly<Record<string, Scanner<unknown> | undefined>>;

/** Where a line of HTML begins. */
export type MarkupState =
  | { readonly in: 'text' }
  /** `until` ends it. */
  | { readonly in: 'region'; readonly kind: TokenKind; readonly until: string; readonly next: MarkupState }
  /** Between the name of a tag and its `>`. */
  | { readonly in: 'tag'; readonly next: MarkupState }
  /** Between `<script>` and `</script>`. */
  | { readonly in: 'code'; readonly name: string; readonly state: unknown };

const TEXT: MarkupState = { in: 'text' };

/** Reads HTML and XML, scripts and styles in it included. */
export class MarkupScanner implements Scanner<MarkupState> {
  readonly start: MarkupState = TEXT;
  readonly #embedded: Embedded;

  constructor(embedded: Embedded) {
    this.#embedded = embedded;
  }

  line(text: string, state: MarkupState, tokens: Token[]): MarkupState {
    let now = state;
    let at = 0;
    // A closing tag of code stands on its line once, and is looked for once.
    do {
      [now, at] = this.#step(text, now, at, tokens);
    } while (at < text.length);
    return now;
  }

  #step(text: string, state: MarkupState, at: number, tokens: Token[]): [MarkupState, number] {
    switch (state.in) {
      case 'text':
        return this.#text(text, at, tokens);
      case 'tag':
        return tag(text, state, at, tokens);
      case 'code':
        return this.#code(text, state, at, tokens);
      case 'region': {
        const found = text.indexOf(state.until, at);
        const end = found < 0 ? text.length : found + state.until.length;
        add(tokens, state.kind, at, end);
        return [found < 0 ? state : state.next, end];
      }
    }
  }

  #text(text: string, from: number, tokens: Token[]): [MarkupState, number] {
    let at = from;
    while (at < text.length && text.charCodeAt(at) !== 60 && text.charCodeAt(at) !== 38) at++;
    if (at >= text.length) return [TEXT, at];
    if (text.charCodeAt(at) === 38) return [TEXT, entity(text, at, tokens)];
    for (const [open, until, kind] of OPENERS) {
      if (text.startsWith(open, at)) {
        add(tokens, kind, at, at + open.length);
        return [{ in: 'region', kind, until, next: TEXT }, at + open.length];
      }
    }
    let end = at + 1;
    if (text.charCodeAt(end) === 47) end++;
    const nameStart = end;
    while (isName(text.charCodeAt(end))) end++;
    if (end === nameStart) return [TEXT, end];
    add(tokens, 'keyword', at, end);
    const name = text.slice(nameStart, end).toLowerCase();
    const scanner = nameStart === at + 1 && Object.hasOwn(this.#embedded, name) ? this.#embedded[name] : undefined;
    const next: MarkupState = scanner === undefined ? TEXT : { in: 'code', name, state: scanner.start };
    return [{ in: 'tag', next }, end];
  }

  #code(text: string, state: Extract<MarkupState, { in: 'code' }>, at: number, tokens: Token[]): [MarkupState, number] {
    const close = text.indexOf(`</${state.name}`, at);
    const end = close < 0 ? text.length : close;
    const inner: Token[] = [];
    const next = this.#embedded[state.name]?.line(text.slice(at, end), state.state, inner);
    for (const { kind, start, end: stop } of inner) tokens.push({ kind, start: at + start, end: at + stop });
    return [close < 0 ? { ...state, state: next } : TEXT, end];
  }
}

const OPENERS = [
  ['<!--', '-->', 'comment'],
  ['<![CDATA[', ']]>', 'string'],
  ['<!', '>', 'meta'],
  ['<?', '?>', 'meta'],
] as const;

function tag(
  text: string,
  state: Extract<MarkupState, { in: 'tag' }>,
  from: number,
  tokens: Token[],
): [MarkupState, number] {
  let at = from;
  while (isBlank(text.charCodeAt(at)) || text.charCodeAt(at) === 61) at++;
  const unit = text.charCodeAt(at);
  if (at >= text.length) return [state, at];
  if (unit === 62) {
    add(tokens, 'keyword', at, at + 1);
    return [state.next, at + 1];
  }
  if (unit === 47) {
    const end = text.charCodeAt(at + 1) === 62 ? at + 2 : at + 1;
    add(tokens, 'keyword', at, end);
    return [end === at + 2 ? TEXT : state, end];
  }
  if (unit === 34 || unit === 39) {
    add(tokens, 'string', at, at + 1);
    return [{ in: 'region', kind: 'string', until: text.charAt(at), next: state }, at + 1];
  }
  let end = at;
  while (end < text.length && !isBlank(text.charCodeAt(end)) && !'=>/"\''.includes(text.charAt(end))) end++;
  add(tokens, text.charCodeAt(at - 1) === 61 ? 'string' : 'property', at, end);
  return [state, end];
}

/** `&amp;`, `&#38;`: as long as the longest has letters. */
function entity(text: string, at: number, tokens: Token[]): number {
  let end = at + 1;
  while (end < at + 33 && (isName(text.charCodeAt(end)) || text.charCodeAt(end) === 35)) end++;
  if (end === at + 1 || text.charCodeAt(end) !== 59) return at + 1;
  add(tokens, 'constant', at, end + 1);
  return end + 1;
}

/** Letters, digits and the signs that names of elements may have. */
function isName(unit: number): boolean {
  const lower = unit | 32;
  return (lower >= 97 && lower <= 122) || (unit >= 45 && unit <= 58 && unit !== 47) || unit === 95 || unit > 127;
}

/** Pieces of the same kind that touch are one. */
function add(tokens: Token[], kind: TokenKind, start: number, end: number): void {
  const last = tokens.at(-1);
  if (last?.kind === kind && last.end === start) tokens[tokens.length - 1] = { kind, start: last.start, end };
  else if (end > start) tokens.push({ kind, start, end });
}
