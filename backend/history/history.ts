import type { Message } from '@chat-stream/protocol';

/** What is kept of a session beside its messages. */
export interface SessionRecord {
  readonly id: string;
  /** Who may open it: the subject of the token, or `null` where no tokens are used (`AUTH_MODE=open`). */
  readonly owner: string | null;
  /** What a list of sessions shows; empty until the first message gives it a title. */
  readonly name: string;
  /** ISO-8601. */
  readonly created: string;
  /** ISO-8601 of the last message. */
  readonly updated: string;
}

/** A finished message and its place in the log: the `seq` of its echo, or of its end frame. */
export interface StoredMessage {
  readonly message: Message;
  readonly seq: number;
}

/** A page of messages, oldest first. */
export interface HistoryPage {
  readonly messages: readonly StoredMessage[];
  /** Whether there are older ones. */
  readonly hasMore: boolean;
}

/**
 * Sessions and their finished messages. The conformance suite (`test/conformance/history.ts`) is the other half of this
 * interface: an implementation is done when it passes.
 */
export interface History {
  /** Creates the session unless it is there; returns the one that is there afterwards, whoever created it. */
  createSession(record: SessionRecord): Promise<SessionRecord>;
  getSession(sessionId: string): Promise<SessionRecord | undefined>;
  /** Stores a message, or replaces the one with the same id in place, and moves the session's `updated`. */
  putMessage(sessionId: string, message: StoredMessage): Promise<void>;
  getMessage(sessionId: string, messageId: string): Promise<StoredMessage | undefined>;
  /**
   * The newest `limit` messages, oldest first; with `before`, the newest of those older than that message. An unknown
   * `before` gives an empty page. The order is that of `seq`, and stays while messages arrive.
   */
  page(sessionId: string, options: { readonly before?: string; readonly limit: number }): Promise<HistoryPage>;
  close(): Promise<void>;
}

/** The token to inject a {@link History}. */
export const HISTORY = Symbol('chat-stream:history');
