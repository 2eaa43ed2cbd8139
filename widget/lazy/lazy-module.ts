import type { DiagramStrings } from '../diagram/strings.js';
import type { BlockInfo, BlockView } from '../markdown/block-view.js';
import type { drawParts, PageTools } from '../parts/index.js';

/** What of the chat is loaded only when an answer needs it, by the name of its file: `chat-stream-<name>.js`. */
export interface LazyModules {
  readonly code: LazyModule;
  readonly math: LazyModule;
  readonly diagram: LazyModule;
  readonly parts: PartsModule;
}

/** The name of such a file. */
export type LazyName = keyof LazyModules;

/** What a lazy part may know of the element that shows the block. */
export interface LazyContext {
  /** The server's URL without a slash at the end; throws where none is known. */
  readonly server: () => string;
  /** The page's own words; what it does not give is ours. */
  words(): Partial<DiagramStrings>;
}

/** What the file of a lazy part exports that draws blocks. */
export interface LazyModule {
  /** As a `BlockRenderer`, for the element of `context`. */
  readonly render: (target: HTMLElement, info: BlockInfo, context: LazyContext) => BlockView | undefined;
}

/** What the file exports that is for what an answer holds beside its text: how it looks, and the calls of the page's tools. */
export interface PartsModule {
  readonly drawParts: typeof drawParts;
  readonly PageTools: typeof PageTools;
}
