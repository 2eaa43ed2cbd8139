import type { ClientFrameInput, Message } from '@chat-stream/protocol';
import type { ChatStreamError } from '../errors.js';

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

/** What the visitor wrote and the server has not acknowledged, oldest first. */
export class Outbox {
  #entries: readonly OutboxEntry[] = [];

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
    this.#entries = [...this.#entries, { message, agent, after, delivery: { state: 'waiting' } }];
  }

  /** Says how far a message has come. */
  mark(id: string, delivery: Delivery): void {
    this.#entries = this.#entries.map((entry) => (entry.message.id === id ? { ...entry, delivery } : entry));
  }

  /** Takes a message out: the server has it. @returns whether it was here. */
  remove(id: string): boolean {
    const before = this.#entries.length;
    this.#entries = this.#entries.filter((entry) => entry.message.id !== id);
    return this.#entries.length < before;
  }

  /** Forgets everything. */
  clear(): void {
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
    const open = this.#entries.filter((entry) => entry.delivery.state !== 'failed');
    for (const { message } of open) this.mark(message.id, { state: 'failed', error });
    return open.length > 0;
  }
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
