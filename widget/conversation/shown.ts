import type { Message } from '@chat-stream/protocol';
import type { Delivery, OutboxEntry } from './outbox.js';

/** One message as the transcript shows it. */
export interface Shown {
  readonly message: Message;
  /** How far a message of the visitor has come; `undefined`: the server has it. */
  readonly delivery: Delivery | undefined;
}

/** Puts what is not acknowledged yet where it was written: after the message that was the last one then. */
export function shownMessages(messages: readonly Message[], outbox: readonly OutboxEntry[]): readonly Shown[] {
  const shown: Shown[] = messages.map((message) => ({ message, delivery: undefined }));
  for (const { message, delivery, after } of outbox) {
    const entry = { message, delivery };
    // What is on its way stands last; what failed stays where it happened.
    const place = delivery.state === 'failed' ? shown.findLastIndex((other) => other.message.id === after) : -1;
    if (place < 0) shown.push(entry);
    else shown.splice(place + 1, 0, entry);
  }
  return shown;
}

/** The question that an answer answers; where neither the server nor the order tells, none. */
export function questionOf(messages: readonly Message[], answerId: string): Message | undefined {
  const place = messages.findIndex(({ id }) => id === answerId);
  const asked = messages[place]?.metadata.reply_to;
  return (
    messages.find(({ id }) => id === asked) ?? messages.slice(0, place).findLast(({ sender }) => sender === 'user')
  );
}

/** The messages as a page reads them: one that is not acknowledged says so in `metadata.delivery`. */
export function publicMessages(shown: readonly Shown[]): readonly Message[] {
  return shown.map(({ message, delivery }) =>
    delivery === undefined
      ? message
      : { ...message, metadata: { ...message.metadata, delivery: delivery.state === 'failed' ? 'failed' : 'pending' } },
  );
}
