/** What a piece of code is. Each kind is a class of the same name behind `tok-`, and a colour. */
export type TokenKind =
  | 'comment'
  | 'string'
  | 'number'
  | 'keyword'
  | 'type'
  | 'function'
  | 'constant'
  | 'property'
  | 'variable'
  | 'meta'
  | 'heading'
  | 'inserted'
  | 'deleted';

/** A coloured piece of one line, in UTF-16 units. What lies between two of them is plain. */
export interface Token {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
}

/**
 * Reads code one line at a time. Every implementation takes time in proportion to the length of the line, whatever is
 * written on it: it goes from left to right, and looks ahead only as far as a constant, or once per line.
 */
export interface Scanner<State> {
  /** The state before the first line. */
  readonly start: State;
  /**
   * Reads one line, without its line break.
   *
   * @param tokens Takes the coloured pieces, from left to right, none over another.
   * @returns the state for the next line. States are never changed, so that a line can be read again.
   */
  line(text: string, state: State, tokens: Token[]): State;
}
