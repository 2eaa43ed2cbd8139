import type { BlockInfo, BlockView } from '../markdown/block-view.js';

/** What of the chat is loaded only when an answer needs it, by the name of its file: `chat-stream-<name>.js`. */
export type LazyName = 'code' | 'math' | 'diagram';

/** What a lazy part may know of the element that shows the block. */
export interface LazyContext {
  /** The server's URL without a slash at the end; throws where none is known. */
  readonly server: () => string;
  /** The element's words. */
  words(): { readonly showSource: string; readonly showDiagram: string; readonly diagram: string };
}

/** What a file of a lazy part exports. */
export interface LazyModule {
  /** As a `BlockRenderer`, for the element of `context`. */
  readonly render: (target: HTMLElement, info: BlockInfo, context: LazyContext) => BlockView | undefined;
}
