import type { Message } from '@chat-stream/protocol';

/** What is kept of a session beside its messages. */
export interface SessionRecord {
  readonly id: string;
  /** Who may open it: the subject of the token, or `null` where no tokens are used (`AUTH_MODE=open`). */
  readonly owner: string | null;
  /** What a list of sessions shows; empty until the first user message gives it its first line as a title. */
  readonly name: string;
  /** ISO-8601. */
  readonly created: string;
  /** ISO-8601 of the last message. */
  readonly updated: string;
}

/** A session as a list shows it. */
export interface SessionSummary extends SessionRecord {
  readonly messageCount: number;
}

/** At most so many characters of a message's first line become the title of its session. */
export const TITLE_LENGTH = 60;

/** The title that a session gets from its first user message. */
export function titleFrom(content: string): string {
  const line = content.trim().split('\n', 1)[0] ?? '';
  return Array.from(line).slice(0, TITLE_LENGTH).join('').trim();
}

/** A finished message and its place in the log: the `seq` of its echo, or of its start frame. */
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

/** Some of the sessions that nobody wrote to. */
export interface EmptySessions {
  readonly ids: readonly string[];
  /** Goes on behind those that were looked at; `undefined`: these were the last. */
  readonly next: string | undefined;
}

/** A history could not read or write: the disk is full, the store is damaged. What it was asked to do was not done. */
export class HistoryUnavailable extends Error {
  override readonly name = 'HistoryUnavailable';
}

/**
 * Sessions and their finished messages. Any method rejects with {@link HistoryUnavailable} when the store can't be used. The conformance suite (`test/conformance/history.ts`) is the other half of this
 * interface: an implementation is done when it passes.
 */
export interface History {
  /** Creates the session unless it is there; returns the one that is there afterwards, whoever created it. */
  createSession(record: SessionRecord): Promise<SessionRecord>;
  getSession(sessionId: string): Promise<SessionRecord | undefined>;
  /** The sessions of an owner, the one written to last first. One that has neither a message nor a name is not listed. */
  listSessions(owner: string | null, options: { readonly limit: number }): Promise<readonly SessionSummary[]>;
  /**
   * Finds sessions that have no messages and no name, and whose `updated` is before that time (ISO-8601). One call looks at
   * `limit` sessions at most, in an order of its own, so that nobody waits for it; `after` is the `next` of the call before.
   */
  emptySessions(options: {
    readonly before: string;
    readonly limit: number;
    readonly after?: string | undefined;
  }): Promise<EmptySessions>;
  /** Gives a session a name. `false` when it is not there. */
  renameSession(sessionId: string, name: string): Promise<boolean>;
  /** Forgets a session and its messages. `false` when it is not there. */
  deleteSession(sessionId: string): Promise<boolean>;
  /** Forgets the messages of a session, and keeps the session. */
  clearMessages(sessionId: string): Promise<void>;
  /**
   * Stores a message, or replaces the one with the same id in place; moves the session's `updated`, and gives a session
   * without a name the title of the first user message. Rejects when the session is not there.
   */
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
