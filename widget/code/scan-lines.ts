import { isBlank } from './characters.js';
import type { Scanner, Token, TokenKind } from './token.js';

/** Reads a diff: the first character of a line says what it is. */
export const diffScanner: Scanner<undefined> = {
  start: undefined,
  line(text, state, tokens) {
    const kind = diffKind(text);
    if (kind !== undefined) tokens.push({ kind, start: 0, end: text.length });
    return state;
  },
};

const DIFF_HEADS = ['diff ', 'index ', '--- ', '+++ ', 'new file', 'deleted file', 'rename ', 'similarity '];

function diffKind(text: string): TokenKind | undefined {
  if (text.startsWith('@@')) return 'meta';
  if (DIFF_HEADS.some((head) => text.startsWith(head))) return 'heading';
  if (text.startsWith('+')) return 'inserted';
  return text.startsWith('-') ? 'deleted' : undefined;
}

/** Reads Markdown: headings, quotes, lists, code, emphasis, links. The state is the fence that is open, or ''. */
export const markdownScanner: Scanner<string> = {
  start: '',
  line(text, fence, tokens) {
    let at = 0;
    while (isBlank(text.charCodeAt(at))) at++;
    const mark = text.startsWith('```', at) ? '```' : text.startsWith('~~~', at) ? '~~~' : '';
    const whole = (kind: TokenKind) => void (text === '' || tokens.push({ kind, start: 0, end: text.length }));
    if (fence !== '' || mark !== '') {
      whole('string');
      return fence === '' ? mark : mark === fence ? '' : fence;
    }
    if (text.startsWith('#', at)) whole('heading');
    else if (text.startsWith('>', at)) whole('comment');
    else readInline(text, readBullet(text, at, tokens), tokens);
    return '';
  },
};

function readBullet(text: string, at: number, tokens: Token[]): number {
  let end = at;
  if ('-*+'.includes(text.charAt(at))) end++;
  else {
    while (text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++;
    if (end > at && '.)'.includes(text.charAt(end))) end++;
    else return at;
  }
  if (end >= text.length || !isBlank(text.charCodeAt(end))) return at;
  tokens.push({ kind: 'keyword', start: at, end });
  return end;
}

/** What begins with one of these goes to the next one. */
const MARKS: readonly (readonly [open: string, close: string, kind: TokenKind])[] = [
  ['`', '`', 'string'],
  ['**', '**', 'keyword'],
  ['](', ')', 'property'],
];

function readInline(text: string, from: number, tokens: Token[]): void {
  // A mark without an end is not looked for again on this line.
  const missing = new Set<string>();
  let at = from;
  while (at < text.length) {
    const mark = MARKS.find(([open]) => !missing.has(open) && text.startsWith(open, at));
    const end = mark === undefined ? -1 : text.indexOf(mark[1], at + mark[0].length);
    if (mark !== undefined && end >= 0) {
      const stop = end + mark[1].length;
      tokens.push({ kind: mark[2], start: at, end: stop });
      at = stop;
    } else {
      if (mark !== undefined) missing.add(mark[0]);
      at++;
    }
  }
}
