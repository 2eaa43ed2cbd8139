import { randomUUID } from 'node:crypto';
import {
  applyFrame,
  type Conversation,
  type Cursor,
  decodeServerFrame,
  type DurableFrameInput,
  EMPTY_CONVERSATION,
  encodeFrame,
  type Message,
  type ServerFrame,
} from '@chat-stream/protocol';
import { coalesce } from '../frame-log/coalesce.js';
import type { LoggedFrame, LogHead } from '../frame-log/frame-log.js';
import type { StoredMessage } from '../history/history.js';
import type { SessionServices } from './session.js';

/** Frames of one read. */
const PAGE = 1_000;

/**
 * Finishes what a server that died left in a session's log: messages that never reached the history are stored, an answer
 * without an end gets its end (`interrupted`), and a user message that was acknowledged but never answered gets a start and
 * an end. Done before anybody uses the session; on a log where nothing is missing it changes nothing.
 *
 * Returns the head of the log afterwards.
 */
export async function recover(sessionId: string, head: LogHead, services: SessionServices): Promise<Cursor> {
  const cursor = { epoch: head.epoch, seq: head.seq };
  if (head.seq === head.trimmed) return cursor;
  const { conversation, seqs } = await replay(sessionId, head, services);
  const finished = conversation.messages.filter(({ metadata }) => metadata.streaming !== true);
  for (const message of finished)
    await restore(sessionId, { message, seq: seqs.get(message.id) ?? head.seq }, services);

  for (const frames of endings(sessionId, conversation.messages, services)) {
    const begins = cursor.seq + 1;
    const logged = frames.map((frame) => ({ seq: ++cursor.seq, frame: { ...frame, seq: cursor.seq } }));
    const encoded = logged.map(({ seq, frame }): LoggedFrame => ({ seq, json: encodeFrame(frame) }));
    await services.log.append(sessionId, head.epoch, encoded);
    const ended = encoded.reduce((state, { json }) => apply(state, decodeServerFrame(json)), conversation).messages;
    const id = frames.at(-1)?.id;
    const message = ended.find((candidate) => candidate.id === id);
    if (message !== undefined) {
      await services.history.putMessage(sessionId, { message, seq: seqs.get(message.id) ?? begins });
    }
  }
  return cursor;
}

/** What the log says, and the `seq` at which each message begins. */
async function replay(sessionId: string, head: LogHead, { log }: SessionServices) {
  const seqs = new Map<string, number>();
  let conversation: Conversation = { ...EMPTY_CONVERSATION, cursor: { epoch: head.epoch, seq: head.trimmed } };
  let seq = head.trimmed;
  while (seq < head.seq) {
    const read = await log.read(sessionId, { epoch: head.epoch, seq }, PAGE);
    if (read.kind === 'lost' || read.frames.length === 0) break;
    // Merged: of thousands of chunks only their text is needed.
    for (const logged of coalesce(read.frames)) {
      const frame = decodeServerFrame(logged.json);
      conversation = apply(conversation, frame);
      const isMessage = frame.type === 'message' || frame.type === 'message_stream';
      if (isMessage && !seqs.has(frame.id)) seqs.set(frame.id, frame.first_seq ?? logged.seq);
      seq = logged.seq;
    }
  }
  return { conversation, seqs };
}

function apply(conversation: Conversation, frame: ServerFrame): Conversation {
  const result = applyFrame(conversation, frame);
  return result.kind === 'applied' ? result.conversation : conversation;
}

async function restore(sessionId: string, stored: StoredMessage, { history }: SessionServices): Promise<void> {
  const known = await history.getMessage(sessionId, stored.message.id);
  if (known === undefined) await history.putMessage(sessionId, stored);
}

/** The frames that end what has no end, an answer at a time. */
function endings(sessionId: string, messages: readonly Message[], services: SessionServices): DurableFrameInput[][] {
  const { info } = services.agents.default;
  const answered = new Set(messages.map(({ metadata }) => metadata.reply_to));
  const unended = messages.filter(({ metadata }) => metadata.streaming === true);
  const unanswered = messages.filter(({ id, sender }) => sender === 'user' && !answered.has(id));
  return [
    ...unended.map((message) => [
      phase(sessionId, 'end', {
        id: message.id,
        agent: message.agent_id ?? info.name,
        agentName: message.agentName ?? info.name,
        replyTo: message.metadata.reply_to ?? null,
      }),
    ]),
    ...unanswered.map(({ id: replyTo }) => {
      const answer = { id: randomUUID(), agent: info.name, agentName: info.displayName ?? info.name, replyTo };
      return [phase(sessionId, 'start', answer), phase(sessionId, 'end', answer)];
    }),
  ];
}

function phase(
  session_id: string,
  kind: 'start' | 'end',
  answer: { id: string; agent: string; agentName: string; replyTo: string | null },
): DurableFrameInput {
  const ends = kind === 'end';
  return {
    type: 'message_stream',
    id: answer.id,
    sender: 'ai',
    timestamp: new Date().toISOString(),
    agentId: answer.agent,
    agentName: answer.agentName,
    agentType: answer.agent,
    session_id,
    stream_start: !ends,
    stream_chunk: false,
    stream_end: ends,
    metadata: { reply_to: answer.replyTo, streaming: !ends, ...(ends ? { status: 'interrupted' as const } : {}) },
  };
}
