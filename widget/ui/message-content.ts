/** What shows the text of one message. The transcript knows no more of it than this. */
export interface MessageContent {
  /** What to put into the document. */
  readonly element: HTMLElement;
  /** How much text there is, in UTF-16 units, what is not drawn yet included. */
  readonly length: number;
  /** Whether there is something to draw. */
  readonly isBehind: boolean;
  /** Whether this is the text, as far as it was taken. */
  shows(text: string): boolean;
  /** Takes more text. It shows with the next {@link flush}. */
  append(text: string): void;
  /** Replaces everything. It shows with the next {@link flush}. */
  set(text: string): void;
  /** No more text will come: nothing is held back any more. */
  end(): void;
  /**
   * Draws what was taken, for about so many units of work (a character of plain text is one), and leaves the rest for the
   * next time. Not more than a step over it, however little the text is like what came before.
   *
   * @returns how much work that was.
   */
  flush(budget: number): number;
  /** A renderer may be there that was missing. */
  renderersChanged(): void;
}
