import type { BlockRenderer } from './block-view.js';
import type { Target } from './references.js';

/** The words of the parts that are not the answer's own. */
export interface MarkdownWords {
  readonly copy: string;
  readonly copied: string;
  readonly copyTable: string;
}

/** What drawing an answer needs of the element around it. */
export interface MarkdownHost {
  /** What draws blocks of a kind; `undefined`: they stay plain text, until {@link MarkdownContent.renderersChanged}. */
  renderer(kind: string): BlockRenderer | undefined;
  /** Whether formulas are drawn: only then are they looked for. */
  hasMath(): boolean;
  /** Hosts that images may be loaded from. */
  imageHosts(): readonly string[];
  words(): MarkdownWords;
  /** Whether the page can copy. */
  canCopy(): boolean;
  /** Copies a text. @returns whether it was allowed. */
  copy(text: string): Promise<boolean>;
}

/** A part of the answer that a reference definition may change. */
export interface Redrawable {
  redraw(): void;
}

/** What all parts of one answer share. */
export interface DrawContext {
  readonly host: MarkdownHost;
  /** The target of a label. `asks` is drawn anew when the label is defined later. */
  find(label: string, asks: Redrawable): Target | undefined;
  /** Whether the last line is not finished, and will be taken back. */
  readonly isTrial: boolean;
  /** Whether the text is complete. */
  readonly isEnded: boolean;
}
