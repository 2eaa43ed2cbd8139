import type { ClientFrameInput, ProtocolError, ServerFrame } from '@chat-stream/protocol';
import type { Transport } from './transport.js';

/** What a connection shows to whoever debugs it: an attempt that begins, what came, what is about to go out. */
export type Sight =
  readonly ['open', Transport] | readonly ['in', ServerFrame | ProtocolError] | readonly ['out', ClientFrameInput];

/** A sight, and when it was. */
export interface Seen {
  /** In milliseconds of `performance.now()`. */
  readonly at: number;
  readonly sight: Sight;
}
