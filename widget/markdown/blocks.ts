/** What a block is. `html` is a stretch of raw HTML, which is shown as it was written. */
export type BlockKind = 'doc' | 'quote' | 'list' | 'item' | 'p' | 'h' | 'hr' | 'code' | 'html' | 'table';

/** A block of an answer. What is known when it begins never changes; the rest grows. */
export interface Block {
  readonly kind: BlockKind;
  readonly kids: Block[];
  /** The text of a leaf, without the markers of what is around it. Rows of a table are lines. */
  text: string;
  /** Nothing more will come. */
  isClosed: boolean;
  /** `list`: blank lines stand between its parts. */
  isLoose: boolean;
  /**
   * `h`: 1 to 6. `item`: the column where its content begins. `code`: how far its fence is indented. `p`, `html` and
   * `list`: 1 when it goes on with one that was too long.
   */
  readonly level: number;
  /**
   * `list`: its marker, `-`, `+`, `*`, `.` or `)`. `code`: its fence, or nothing when it is an indented one. `html`: what ends
   * it, or nothing when that is a blank line.
   */
  readonly marker: string;
  /** `list`: the first number, or nothing. `code`: the words behind the fence. */
  readonly info: string;
  /** `table`: how each column is aligned. */
  readonly columns: readonly Alignment[];
  /** `table`: how many rows it has, but for the header. */
  rows: number;
  /** `item`: whether it has a box, and whether that is ticked. */
  task: 'none' | 'open' | 'done';
}

/** How a column is aligned; `none`: as the text runs. */
export type Alignment = 'none' | 'left' | 'center' | 'right';

/** Makes a block. */
export function block(kind: BlockKind, given: Partial<Block> = {}): Block {
  return {
    kind,
    kids: [],
    text: '',
    isClosed: false,
    isLoose: false,
    level: 0,
    marker: '',
    info: '',
    columns: [],
    rows: 0,
    task: 'none',
    ...given,
  };
}
