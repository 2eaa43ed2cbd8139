import type { Delta, Message } from '@chat-stream/protocol';
import type { PageTools } from '../conversation/page-tools.js';
import type { MarkdownHost } from '../markdown/context.js';
import type { PartStrings } from './strings.js';

/** What drawing the parts of an answer needs of the element around it. */
export interface PartsHost extends Pick<MarkdownHost, 'renderer' | 'imageHosts'> {
  /** The page's own words; what it does not give is ours. */
  words(): Partial<PartStrings>;
  /** What takes decisions on calls, once it is there. */
  calls(): Pick<PageTools, 'decide' | 'decision'> | undefined;
  /** Says something to screen readers. */
  say(sentence: string): void;
}

/** One part of an answer, in the document. */
export interface PartView {
  readonly element: HTMLElement;
  /** Shows how far the part has come; missing where it is there as a whole. */
  update?(delta: Delta, message: Message): void;
}

/** Begins to show a part; `undefined`: there is nothing to see of it. */
export type PartKind<D extends Delta> = (delta: D, message: Message, host: PartsHost) => PartView | undefined;
