import {
  type Applied,
  applyFrame,
  type Conversation,
  type Delta,
  EMPTY_CONVERSATION,
  type Message,
  parseServerFrame,
  type ServerFrame,
} from '@chat-stream/protocol';
import { fc } from '../support/properties.js';
import { delta, someText } from './arbitraries.js';

/** Conversations as a server would log them, for the properties of `applyFrame`. */

export const EPOCH = 'epoch-1';
const SESSION = 'session-0123456789';
const TIME = '2026-11-21T01:45:33.000Z';

/** What an answer is made of: text, or a delta. */
export type Piece = string | Delta;

/** A question and its answer. */
export interface Turn {
  readonly question: string;
  readonly pieces: readonly Piece[];
}

/** Any conversation of a few turns. */
export const turns: fc.Arbitrary<readonly Turn[]> = fc.array(
  fc.record({ question: someText, pieces: fc.array(fc.oneof(someText, someText, delta), { maxLength: 6 }) }),
  { maxLength: 4 },
);

/** The `session` frame that opens or resumes. */
export function session(
  fields: { resumed?: boolean; seq?: number; epoch?: string; session_id?: string } = {},
): ServerFrame {
  return frame({ type: 'session', session_id: SESSION, epoch: EPOCH, seq: 0, resumed: false, ...fields });
}

/** Reads a frame as it would come from the wire. */
export function frame(value: Record<string, unknown>): ServerFrame {
  return parseServerFrame(JSON.parse(JSON.stringify(value)));
}

/** One phase of the answer `id`. */
export function phase(id: string, which: 'start' | 'chunk' | 'end', fields: Record<string, unknown> = {}): ServerFrame {
  return frame({
    type: 'message_stream',
    id,
    sender: 'ai',
    timestamp: TIME,
    session_id: SESSION,
    agentId: 'demo',
    agentName: 'Demo',
    stream_start: which === 'start',
    stream_chunk: which === 'chunk',
    stream_end: which === 'end',
    metadata: {
      reply_to: `${id}-question`,
      streaming: which !== 'end',
      ...(which === 'end' ? { status: 'complete' } : {}),
    },
    ...fields,
  });
}

/** A whole message. */
export function whole(id: string, content: string, fields: Record<string, unknown> = {}): ServerFrame {
  return frame({ type: 'message', id, content, sender: 'user', timestamp: TIME, session_id: SESSION, ...fields });
}

function chunk(id: string, piece: Piece, fields: Record<string, unknown>): ServerFrame {
  return phase(
    id,
    'chunk',
    typeof piece === 'string' ? { chunk: piece, ...fields } : { chunk: '', delta: piece, ...fields },
  );
}

/** The durable frames of a conversation, numbered from 1. */
export function logOf(conversation: readonly Turn[]): readonly ServerFrame[] {
  let seq = 0;
  return conversation.flatMap(({ question, pieces }, index) => {
    const id = `answer-${index}`;
    return [
      whole(`${id}-question`, question, { seq: ++seq }),
      phase(id, 'start', { seq: ++seq }),
      ...pieces.map((piece) => chunk(id, piece, { seq: ++seq })),
      phase(id, 'end', { seq: ++seq }),
    ];
  });
}

/** What a server sends to a client that can't resume, when its log ends with the frame `seq`. */
export function snapshotAt(log: readonly ServerFrame[], seq: number): readonly ServerFrame[] {
  const { messages } = play(opened(), log.slice(0, seq));
  const running = messages.find(({ metadata }) => metadata.streaming === true);
  const catchUp =
    running === undefined
      ? []
      : [
          phase(running.id, 'start'),
          ...(running.deltas ?? []).map((one) => chunk(running.id, one, {})),
          ...(running.content === '' ? [] : [chunk(running.id, running.content, {})]),
        ];
  return [
    session({ seq }),
    frame({
      type: 'history',
      messages: messages.filter((message) => message !== running),
      has_more: false,
      seq,
      catch_up: catchUp.length,
    }),
    ...catchUp,
  ];
}

/** A conversation that was just opened, before the first frame. */
export function opened(): Conversation {
  return play(EMPTY_CONVERSATION, [session(), frame({ type: 'history', messages: [], has_more: false, seq: 0 })]);
}

/** Applies frames one after the other; one that is not applied fails the test. */
export function play(conversation: Conversation, frames: readonly ServerFrame[]): Conversation {
  return frames.reduce((before, one) => conversationOf(applyFrame(before, one)), conversation);
}

/** As a client does: duplicates are dropped, and a gap ends the test. */
export function playLossy(conversation: Conversation, frames: readonly ServerFrame[]): Conversation {
  return frames.reduce((before, one) => {
    const result = applyFrame(before, one);
    return result.kind === 'duplicate' ? before : conversationOf(result);
  }, conversation);
}

/** The conversation after a frame that must have been applied. */
export function conversationOf(result: Applied): Conversation {
  if (result.kind !== 'applied')
    throw new Error(`expected a frame to be applied, but it was: ${JSON.stringify(result)}`);
  return result.conversation;
}

/** What a visitor sees of a conversation. */
export function seen(conversation: Conversation): readonly Message[] {
  return conversation.messages;
}
