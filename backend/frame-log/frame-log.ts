import type { Cursor } from '@chat-stream/protocol';

/** One durable frame: encoded once, stored and sent as these very characters. */
export interface LoggedFrame {
  /** 1, 2, 3 … within its session's epoch. */
  readonly seq: number;
  /** The frame as JSON text, its `seq` included. */
  readonly json: string;
}

/** Where a session's log begins and ends. */
export interface LogHead extends Cursor {
  /** The last `seq` that was trimmed away; 0 when none was. A read from here on, up to `seq`, is not `lost`. */
  readonly trimmed: number;
}

/** What a read found. */
export type LogRead =
  /** The frames after the cursor, in order and without a gap; empty when the cursor is at the head. */
  | { readonly kind: 'frames'; readonly frames: readonly LoggedFrame[] }
  /** The cursor can't be served: another epoch, trimmed away, or in the future. The reader needs a snapshot. */
  | { readonly kind: 'lost' };

/** A log was asked to write a frame that is not the next one of the epoch it is in. */
export class FrameLogConflict extends Error {
  override readonly name = 'FrameLogConflict';
}

/** A log could not write: the disk is full, the store is gone. Nothing of the batch was stored. */
export class FrameLogUnavailable extends Error {
  override readonly name = 'FrameLogUnavailable';
}

/**
 * The recent durable frames of every session, in order: the one source of what sockets are sent. A frame is sent only
 * after it can be read here. The conformance suite (`test/conformance/frame-log.ts`) is the other half of this interface:
 * an implementation is done when it passes.
 */
export interface FrameLog {
  /** Where a session's log begins and ends (`seq` 0 when empty). A session that has no log gets one, with a new epoch. */
  open(sessionId: string): Promise<LogHead>;
  /**
   * Appends frames whose first `seq` is the head's + 1. Resolves once they survive the death of this process; until then
   * no reader sees them. Calls for one session are stored in the order they were made; all or nothing.
   *
   * @throws {FrameLogConflict} when the epoch is not the current one or the sequence does not continue it.
   * @throws {FrameLogUnavailable} when the store can't write now.
   */
  append(sessionId: string, epoch: string, frames: readonly LoggedFrame[]): Promise<void>;
  /** The frames after `cursor`, at most `limit` of them. A log that has them at hand gives them at once: every token is read. */
  read(sessionId: string, cursor: Cursor, limit: number): LogRead | Promise<LogRead>;
  /**
   * Calls `wake` after frames were appended. A wake-up is a hint and may be spurious or merged: readers read from their
   * cursor. Watch before the first read, so that nothing falls between. Returns the function that ends it.
   */
  watch(sessionId: string, wake: () => void): () => void;
  /** Forgets the frames up to and including `seq`. A cursor before that is `lost` from then on. */
  trim(sessionId: string, seq: number): Promise<void>;
  /** The sessions whose logs hold frames: where a server that starts looks for answers that were left unfinished. */
  sessions(): Promise<readonly string[]>;
  /** Forgets a session. Its next `open` starts a new epoch. */
  drop(sessionId: string): Promise<void>;
  /** Lets go of files, sockets and timers. */
  close(): Promise<void>;
}

/** The token to inject a {@link FrameLog}. */
export const FRAME_LOG = Symbol('chat-stream:frame-log');
