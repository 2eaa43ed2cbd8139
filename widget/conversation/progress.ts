import type { Change, Conversation, Message, ServerFrame } from '@chat-stream/protocol';
import type { Emit } from '../events.js';

/** What the chat is doing: `submitted` from sending until the answer begins, `streaming` until it ends. */
export type ChatStatus = 'ready' | 'submitted' | 'streaming' | 'error';

/** Follows what runs: which question waits for its answer, which answers are being written; and tells the page. */
export class Progress {
  #waitingFor: string | undefined;
  readonly #running = new Set<string>();
  readonly #emit: Emit;

  /** @param emit Fires `stream-start`, `stream-end` and `message`. */
  constructor(emit: Emit) {
    this.#emit = emit;
  }

  /** The message that has no answer yet. */
  get waitingFor(): string | undefined {
    return this.#waitingFor;
  }

  /** A message is on its way: from now on the chat works. */
  sent(id: string): void {
    this.#waitingFor = id;
  }

  /** There will be no answer to `id`, or to anything. */
  settled(id?: string): void {
    if (id === undefined || id === this.#waitingFor) this.#waitingFor = undefined;
  }

  /** Another session: nothing runs. */
  reset(): void {
    this.#waitingFor = undefined;
    this.#running.clear();
  }

  /** Takes in what an applied frame changed. Not needed where all changes are {@link isMoreText}. */
  observe(frame: ServerFrame, changes: readonly Change[], conversation: Conversation, isOwn: boolean): void {
    const seen = new Set<string>();
    for (const change of changes) {
      if (change.type === 'reset') this.#observeSnapshot(conversation);
      if ((change.type !== 'message' && change.type !== 'ended') || seen.has(change.id)) continue;
      seen.add(change.id);
      const message = conversation.messages.findLast(({ id }) => id === change.id);
      if (message === undefined) continue;
      if (message.sender === 'user') this.#question(frame, message, isOwn);
      else this.#answer(frame, message, conversation);
    }
  }

  #question(frame: ServerFrame, message: Message, isOwn: boolean): void {
    if (isOwn) return;
    // Another tab asked. Without a `seq` the frame is no live one, and may have had its answer long ago.
    if (frame.type === 'message' && frame.seq !== undefined) this.#waitingFor = message.id;
    this.#emit('chat-stream-message', { message });
  }

  #answer(frame: ServerFrame, message: Message, conversation: Conversation): void {
    if (this.#answersWaiting(message, conversation)) this.#waitingFor = undefined;
    const { id } = message;
    // One that came as a whole was never streamed.
    if (frame.type !== 'message_stream') return void this.#emit('chat-stream-message', { message });
    if (!this.#running.has(id)) {
      this.#running.add(id);
      this.#emit('chat-stream-stream-start', { id, message });
    }
    if (message.metadata.streaming !== true) this.#ended(message);
  }

  #ended(message: Message): void {
    this.#running.delete(message.id);
    this.#emit('chat-stream-stream-end', { id: message.id, message, status: message.metadata.status ?? 'complete' });
    this.#emit('chat-stream-message', { message });
  }

  /** An answer that names another question of this conversation leaves the newer one waiting; any other ends the wait. */
  #answersWaiting(message: Message, conversation: Conversation): boolean {
    const asked = message.metadata.reply_to;
    if (typeof asked !== 'string' || asked === this.#waitingFor) return true;
    return !conversation.messages.some(({ id, sender }) => id === asked && sender === 'user');
  }

  #observeSnapshot({ messages }: Conversation): void {
    for (const message of messages) {
      if (this.#running.has(message.id) && message.metadata.streaming !== true) this.#ended(message);
    }
    const asked = messages.findIndex(({ id }) => id === this.#waitingFor);
    if (asked >= 0 && asked < messages.length - 1) this.#waitingFor = undefined;
  }
}

/** Whether an answer grew by text, of which nothing here takes note. A delta is no text: what shows it is drawn again. */
export function isMoreText(change: Change): change is Extract<Change, { type: 'appended' }> {
  return change.type === 'appended' && change.text !== '';
}
