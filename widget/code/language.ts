import type { TokenKind } from './token.js';

/** Something that has a beginning and an end: a string, a comment. */
export interface Region {
  readonly kind: TokenKind;
  readonly open: string;
  /** Empty: it ends with the line. */
  readonly close: string;
  /** Whether a backslash takes the meaning from what follows it; default false. */
  readonly escapes?: boolean;
  /** Whether the end, written twice, is no end; default false. */
  readonly doubles?: boolean;
  /** Whether it goes on over line breaks; default false. */
  readonly multiline?: boolean;
  /** Whether it may hold itself; default false. */
  readonly nests?: boolean;
  /** What begins and ends code inside of it, such as `${` and `}`; the first character that opens more of it. */
  readonly inner?: readonly [open: string, close: string];
  /** Where alone it may begin: as the first thing on a line, or not behind a word or a sign that
   * may be part of one. Default anywhere. */
  readonly only?: 'line' | 'word';
}

/** What {@link CodeScanner} must know of a language. */
export interface Language {
  readonly words: ReadonlyMap<string, TokenKind>;
  readonly regions: readonly Region[];
  /** Whether words are the same in upper and lower case; default false. */
  readonly caseless?: boolean;
  /** Characters that words may have beside letters, digits and `_`. */
  readonly letters?: string;
  /** Characters that, before a word, make it something of their own, such as `$` or `@`. */
  readonly sigils?: Readonly<Record<string, TokenKind>>;
  /** Whether a word that begins with a capital is a type; default false. */
  readonly types?: boolean;
  /** Whether `#word` at the beginning of a line is for a preprocessor; default false. */
  readonly directives?: boolean;
  /** Whether there are regular expressions between slashes; default false. */
  readonly regexes?: boolean;
  /** Whether `'x'` is a character, and `'x` without an end is not; default false. */
  readonly characters?: boolean;
  /** The character behind names of properties, `:` or `=`. */
  readonly assigns?: string;
  /** Whether `[name]` at the beginning of a line heads a section; default false. */
  readonly sections?: boolean;
  /** What begins a text up to a line that holds the given word alone, such as `<<`. */
  readonly heredoc?: string;
}
