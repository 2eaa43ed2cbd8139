import type { ClientFrameInput, Message } from '@chat-stream/protocol';
import type { ChatStreamError } from '../errors.js';
import { changeKept, type KeptMessage } from './kept-messages.js';

/** How far a message of the visitor has come, until the server's copy takes its place. */
export type Delivery =
  /** Not handed to a connection yet. */
  | { readonly state: 'waiting' }
  /** Handed over; the acknowledgement is still out. */
  | { readonly state: 'sent' }
  /** Refused, or taken back. */
  | { readonly state: 'failed'; readonly error: ChatStreamError };

/** A message of the visitor that the server has not acknowledged. */
export interface OutboxEntry {
  /** As it is shown. */
  readonly message: Message;
  /** The agent it is for, by name. */
  readonly agent: string | undefined;
  /** The id of the message it was written after, for its place among the others. */
  readonly after: string | undefined;
  /** How far it has come. */
  readonly delivery: Delivery;
}

/**
 * What the visitor wrote and the server has not acknowledged, oldest first. What has not failed is kept over a reload
 * where there is a place for it; other tabs may hold the same messages, which does no harm: a server takes an id once.
 */
export class Outbox {
  #entries: readonly OutboxEntry[] = [];
  #key: string | undefined;
  #sessionId: string | undefined;

  /**
   * Keeps from now on what is written, and takes in what an earlier page did not get rid of.
   *
   * @param key The place in `localStorage`; `undefined`: nothing is kept.
   * @param sessionId The session that is open, or will be; `undefined`: the server will say.
   */
  attach(key: string | undefined, sessionId: string | undefined): void {
    if (key === this.#key && sessionId === this.#sessionId) return;
    this.#key = key;
    this.#sessionId = sessionId;
    this.#change((kept) => {
      const mine = this.#open.filter(({ message: { id } }) => !kept.some(({ message }) => message.id === id));
      const found = kept.filter(
        (one) => !this.find(one.message.id) && (one.sessionId === undefined || one.sessionId === sessionId),
      );
      const entries = found.map(({ message, agent }) => toEntry(message, agent, undefined));
      this.#entries = [...entries, ...this.#entries];
      const claimed = kept.map((one) => ({ ...one, sessionId: one.sessionId ?? sessionId }));
      return [...claimed, ...mine.map((entry) => this.#toKept(entry))];
    });
  }

  /** Its messages go to this session now: the server named it, or does not know the one before. */
  moveTo(sessionId: string | undefined): void {
    const before = this.#sessionId;
    if (sessionId === before) return;
    this.#sessionId = sessionId;
    if (this.#open.length === 0) return;
    this.#change((kept) =>
      kept.map((one) => {
        if (this.find(one.message.id) === undefined) return one;
        if (one.sessionId === undefined || one.sessionId === before) return { ...one, sessionId };
        // Another tab was first, with a session of its own: sent here as well, it would be answered twice.
        if (one.sessionId !== sessionId) this.#drop(one.message.id);
        return one;
      }),
    );
  }

  /** Lets go of everything; what is kept stays, for whoever comes back to it. */
  detach(): void {
    this.#entries = [];
    this.#key = undefined;
    this.#sessionId = undefined;
  }

  /** All of them, the failed ones included. */
  get entries(): readonly OutboxEntry[] {
    return this.#entries;
  }

  /** The entry of a message, if it is still here. */
  find(id: string): OutboxEntry | undefined {
    return this.#entries.find((entry) => entry.message.id === id);
  }

  /** Puts a message in, to be sent. */
  add(message: Message, agent: string | undefined, after: string | undefined): void {
    const entry = toEntry(message, agent, after);
    this.#entries = [...this.#entries, entry];
    this.#change((kept) => [...kept, this.#toKept(entry)]);
  }

  /** Says how far a message has come. */
  mark(id: string, delivery: Delivery): void {
    this.#entries = this.#entries.map((entry) => (entry.message.id === id ? { ...entry, delivery } : entry));
    if (delivery.state === 'failed') this.#forget([id]);
  }

  /** Takes a message out: the server has it. @returns whether it was here. */
  remove(id: string): boolean {
    if (this.find(id) === undefined) return false;
    this.#drop(id);
    this.#forget([id]);
    return true;
  }

  /** Forgets everything: the visitor left the conversation. */
  clear(): void {
    this.#forget(this.#entries.map(({ message }) => message.id));
    this.#entries = [];
  }

  /** Everything that was handed over and not acknowledged is to be sent again. */
  rewind(): void {
    for (const { message, delivery } of this.#entries) {
      if (delivery.state === 'sent') this.mark(message.id, { state: 'waiting' });
    }
  }

  /** What is to be sent, in the order it was written. */
  get waiting(): readonly OutboxEntry[] {
    return this.#entries.filter((entry) => entry.delivery.state === 'waiting');
  }

  /** Gives all that is not failed up, with one reason. @returns whether there was any. */
  failAll(error: ChatStreamError): boolean {
    const open = this.#open;
    for (const { message } of open) this.mark(message.id, { state: 'failed', error });
    return open.length > 0;
  }

  get #open(): readonly OutboxEntry[] {
    return this.#entries.filter((entry) => entry.delivery.state !== 'failed');
  }

  #drop(id: string): void {
    this.#entries = this.#entries.filter((entry) => entry.message.id !== id);
  }

  #forget(ids: readonly string[]): void {
    if (ids.length > 0) this.#change((kept) => kept.filter(({ message }) => !ids.includes(message.id)));
  }

  #change(change: (kept: readonly KeptMessage[]) => readonly KeptMessage[]): void {
    if (this.#key !== undefined) changeKept(this.#key, change);
  }

  #toKept({ message, agent }: OutboxEntry): KeptMessage {
    return { message, agent, sessionId: this.#sessionId };
  }
}

function toEntry(message: Message, agent: string | undefined, after: string | undefined): OutboxEntry {
  return { message, agent, after, delivery: { state: 'waiting' } };
}

/** The frame that brings a message to the server; the session is named when it is sent, not when it was written. */
export function messageFrame(entry: OutboxEntry, sessionId: string | undefined): ClientFrameInput {
  const { id, content, attachments } = entry.message;
  return {
    type: 'message',
    id,
    content,
    metadata: {
      ...(sessionId === undefined ? {} : { session_id: sessionId }),
      ...(entry.agent === undefined ? {} : { agentType: entry.agent }),
      streaming: true,
      ...(attachments.length === 0 ? {} : { attachments }),
    },
  };
}
