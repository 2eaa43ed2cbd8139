/**
 * Shows one block of an answer that is not prose: the text between the fences of a code block, a formula, a diagram. The
 * block's text comes in pieces, in order, while the answer is written.
 */
export interface BlockView {
  /** More of the text. Whole lines or less: a piece may end anywhere. */
  grow(text: string): void;
  /** The block is complete: no more text will come. */
  end(): void;
}

/** What is known of a block when it begins. */
export interface BlockInfo {
  /**
   * The key of {@link Renderers} that the block is for: the first word behind the fence in lower case, `math` for a
   * formula, or `code` where no renderer has that word's name.
   */
  readonly kind: string;
  /** The first word behind the fence as it was written, such as `ts`; empty when there is none. */
  readonly language: string;
  /** `block`: it stands on lines of its own; `inline`: among words (formulas only). */
  readonly display: 'block' | 'inline';
}

/**
 * Begins to show a block in `target`, an empty element inside the chat's shadow root. It may draw there what it likes,
 * except by handing the text to an HTML sink. `undefined`: the block stays plain text.
 *
 * @example A renderer for fences that begin with ```chart
 * element.renderers = {
 *   chart: (target) => {
 *     let source = '';
 *     return { grow: (text) => void (source += text), end: () => drawChart(target, JSON.parse(source)) };
 *   },
 * };
 */
export type BlockRenderer = (target: HTMLElement, info: BlockInfo) => BlockView | undefined;

/**
 * Renderers by kind: the word behind a fence (`chart`, `mermaid`), `math` for formulas, `code` for all other fences.
 * `false` leaves such blocks plain text.
 */
export type Renderers = Readonly<Record<string, BlockRenderer | false | undefined>>;
