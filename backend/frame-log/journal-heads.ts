import type { Cursor } from '@chat-stream/protocol';

/** The head of a session whose frames are all trimmed away. */
export interface StoredHead extends Cursor {
  readonly sessionId: string;
}

/**
 * Where the journal puts the heads of sessions that have no frames left, so that it forgets neither their epochs nor keeps
 * all sessions there ever were in memory and on its pages. Synchronous; any method may throw when the store can't be used.
 */
export interface HeadStore {
  get(sessionId: string): Cursor | undefined;
  /** All of them or none. */
  putMany(heads: readonly StoredHead[]): void;
  delete(sessionId: string): void;
  /** Forgets all heads: the journal found that they may not be the last ones. */
  clear(): void;
  /**
   * The highest `seq` that the history knows of a session; 0 when it knows none. A new epoch of the session counts on from
   * here, so that what is new never comes before what is old.
   */
  floor(sessionId: string): number;
}
