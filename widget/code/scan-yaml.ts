import { isBlank } from './characters.js';
import type { Scanner, Token } from './token.js';

/** The blanks before the key whose text goes on over lines (`key: |`); -1: none does. */
type YamlState = number;

/** Reads YAML: keys at the beginning of a line, and values that the table of `scalars` knows. */
export class YamlScanner implements Scanner<YamlState> {
  readonly start = -1;
  readonly #scalars: Scanner<unknown>;

  /** @param scalars Reads values: strings, numbers, comments. It keeps nothing from line to line. */
  constructor(scalars: Scanner<unknown>) {
    this.#scalars = scalars;
  }

  line(text: string, outer: YamlState, tokens: Token[]): YamlState {
    let at = 0;
    while (isBlank(text.charCodeAt(at))) at++;
    if (at === text.length) return outer;
    if (outer >= 0 && at > outer) {
      tokens.push({ kind: 'string', start: at, end: text.length });
      return outer;
    }
    if (at === 0 && (text.startsWith('---') || text.startsWith('...') || text.startsWith('%'))) {
      tokens.push({ kind: 'meta', start: 0, end: text.length });
      return -1;
    }
    while (text.charCodeAt(at) === 45 && isBlank(text.charCodeAt(at + 1))) {
      at += 2;
      while (isBlank(text.charCodeAt(at))) at++;
    }
    const indent = at;
    const colon = keyEnd(text, at);
    if (colon >= 0) {
      tokens.push({ kind: 'property', start: at, end: colon });
      at = colon + 1;
    }
    const inner: Token[] = [];
    this.#scalars.line(text.slice(at), this.#scalars.start, inner);
    for (const { kind, start, end } of inner) tokens.push({ kind, start: at + start, end: at + end });
    return beginsText(text, at) ? (colon < 0 ? 0 : indent) : -1;
  }
}

/** Where the colon behind a key stands: the first one before a blank or the end, outside of quotes and brackets. */
function keyEnd(text: string, from: number): number {
  const quote = text.charCodeAt(from);
  const isQuoted = quote === 34 || quote === 39;
  let at = isQuoted ? text.indexOf(text.charAt(from), from + 1) : from;
  if (at < 0) return -1;
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 58 && (at + 1 === text.length || isBlank(text.charCodeAt(at + 1)))) return at > from ? at : -1;
    const isComment = unit === 35 && (at === from || isBlank(text.charCodeAt(at - 1)));
    if (isComment || unit === 123 || unit === 91) return -1;
  }
  return -1;
}

/** Whether a value is `|`, `>`, or one of them with `-`, `+` or a digit behind it. */
function beginsText(text: string, from: number): boolean {
  let at = from;
  while (isBlank(text.charCodeAt(at))) at++;
  const rest = text.slice(at, at + 3).trimEnd();
  return (rest.startsWith('|') || rest.startsWith('>')) && at + rest.length >= text.trimEnd().length;
}
