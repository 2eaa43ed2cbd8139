import { appendDelta } from './delta.js';
import type { Cursor, ServerFrame, StreamFrame } from './frames.js';
import type { Message } from './message.js';

/** What a client knows of one conversation. Never changed in place. */
export interface Conversation {
  /** The session, once the server named it. */
  readonly sessionId: string | undefined;
  /** The last frame that was applied; `undefined` before the first snapshot and on servers without `seq`. */
  readonly cursor: Cursor | undefined;
  /** Oldest first. An answer is in here from its start frame on. */
  readonly messages: readonly Message[];
  /** Whether the server has messages older than the first one here. */
  readonly hasMore: boolean;
}

/** The conversation of a client that has seen nothing yet. */
export const EMPTY_CONVERSATION: Conversation = {
  sessionId: undefined,
  cursor: undefined,
  messages: [],
  hasMore: false,
};

/** What a frame changed, for a view that patches instead of drawing again. */
export type Change =
  /** Everything may have changed: draw again. */
  | { readonly type: 'reset' }
  /** Older messages were put in front. */
  | { readonly type: 'prepended'; readonly count: number }
  /** A message was added, or one was replaced as a whole. */
  | { readonly type: 'message'; readonly id: string }
  /** An answer grew by `text`, or by a delta when `text` is empty. */
  | { readonly type: 'appended'; readonly id: string; readonly text: string }
  /** An answer ended; see its `metadata.status`. */
  | { readonly type: 'ended'; readonly id: string };

/** What became of a frame. */
export type Applied =
  | { readonly kind: 'applied'; readonly conversation: Conversation; readonly changes: readonly Change[] }
  /** The frame says nothing about messages. */
  | { readonly kind: 'ignored' }
  /** The frame was applied before; nothing changed. */
  | { readonly kind: 'duplicate' }
  /** Frames between `expected` and `received` are missing: reconnect with the cursor. */
  | { readonly kind: 'gap'; readonly expected: number; readonly received: number };

/**
 * Applies one server frame to a conversation. Pure: the same conversation and frame give the same result, and the
 * conversation passed in is not changed.
 *
 * Frames with a `seq` are applied only in order: `first_seq ?? seq` must be the last applied + 1; a lower one is a
 * duplicate, a higher one a gap. Frames without (snapshots, servers of the original kind) are applied as they come:
 * a chunk before its start makes the answer, an end without a start makes an empty one, and answers are told apart by
 * their id, however they interleave.
 *
 * @example
 * const result = applyFrame(conversation, frame);
 * if (result.kind === 'applied') conversation = result.conversation;
 */
export function applyFrame(conversation: Conversation, frame: ServerFrame): Applied {
  switch (frame.type) {
    case 'session': {
      // A resumed session goes on from the cursor. Anything else starts over: `history` follows.
      if (frame.resumed && conversation.cursor?.epoch === frame.epoch) {
        return applied({ ...conversation, sessionId: frame.session_id });
      }
      const known = conversation.sessionId === undefined || conversation.sessionId === frame.session_id;
      return applied(
        {
          sessionId: frame.session_id,
          // Without a cursor there is nothing to resume from: the live frames count from the first.
          cursor: { epoch: frame.epoch, seq: frame.resumed ? 0 : frame.seq },
          // The messages stay on screen until the snapshot replaces them, unless they are another session's.
          messages: known ? conversation.messages : [],
          hasMore: known && conversation.hasMore,
        },
        ...(known ? [] : [{ type: 'reset' } as const]),
      );
    }
    case 'history':
      return applyHistory(conversation, frame);
    case 'message':
      return inOrder(conversation, frame, () => putMessage(conversation, frame));
    case 'message_stream':
      return inOrder(conversation, frame, () => applyStream(conversation, frame));
    default:
      return { kind: 'ignored' };
  }
}

function applied(conversation: Conversation, ...changes: Change[]): Applied {
  return { kind: 'applied', conversation, changes };
}

/** Applies a frame when it is the next one, and moves the cursor. */
function inOrder(
  conversation: Conversation,
  frame: { seq?: number; first_seq?: number },
  apply: () => Applied,
): Applied {
  if (frame.seq === undefined) return apply();
  const { cursor } = conversation;
  const first = frame.first_seq ?? frame.seq;
  const expected = (cursor?.seq ?? 0) + 1;
  if (first < expected) return { kind: 'duplicate' };
  if (first > expected) return { kind: 'gap', expected, received: first };
  const result = apply();
  const next = { epoch: cursor?.epoch ?? '', seq: frame.seq };
  if (result.kind !== 'applied') return applied({ ...conversation, cursor: next });
  return { ...result, conversation: { ...result.conversation, cursor: next } };
}

function applyHistory(conversation: Conversation, frame: Extract<ServerFrame, { type: 'history' }>): Applied {
  if (frame.before !== undefined) {
    const known = new Set(conversation.messages.map((message) => message.id));
    const older = frame.messages.filter((message) => !known.has(message.id));
    return applied(
      { ...conversation, messages: [...older, ...conversation.messages], hasMore: frame.has_more },
      { type: 'prepended', count: older.length },
    );
  }
  const cursor =
    frame.seq === undefined || conversation.cursor === undefined
      ? conversation.cursor
      : { ...conversation.cursor, seq: frame.seq };
  return applied({ ...conversation, cursor, messages: frame.messages, hasMore: frame.has_more }, { type: 'reset' });
}

function putMessage(conversation: Conversation, frame: Extract<ServerFrame, { type: 'message' }>): Applied {
  const { type: _type, seq: _seq, first_seq: _first, ...message } = frame;
  const index = indexOf(conversation.messages, message.id);
  // A server of the original kind may repeat a streamed answer as a complete message: one bubble, not two.
  if (index >= 0 && frame.seq === undefined && conversation.messages[index]?.content === message.content) {
    return { kind: 'duplicate' };
  }
  return applied(put(conversation, index, message), { type: 'message', id: message.id });
}

function applyStream(conversation: Conversation, frame: StreamFrame): Applied {
  const index = indexOf(conversation.messages, frame.id);
  const changes: Change[] = [];
  let message = conversation.messages[index];
  const startsAgain = frame.stream_start && message !== undefined && message.metadata.streaming === true;
  if (message === undefined || startsAgain) {
    message = startOf(frame);
    changes.push({ type: 'message', id: frame.id });
  } else if (message.metadata.streaming !== true) {
    // The answer has ended: a stray chunk, or a second end, says nothing new.
    return { kind: 'duplicate' };
  }
  if (frame.stream_chunk && frame.chunk) {
    message = { ...message, content: message.content + frame.chunk };
    changes.push({ type: 'appended', id: frame.id, text: frame.chunk });
  }
  if (frame.delta !== undefined) {
    message = { ...message, deltas: [...appendDelta(message.deltas ?? [], frame.delta)] };
    changes.push({ type: 'appended', id: frame.id, text: '' });
  }
  if (frame.stream_end) {
    const replaced = 'content' in frame && typeof frame.content === 'string' ? frame.content : undefined;
    message = {
      ...message,
      content: replaced ?? message.content,
      metadata: { ...message.metadata, status: 'complete', ...frame.metadata, streaming: false },
    };
    if (replaced !== undefined) changes.push({ type: 'message', id: frame.id });
    changes.push({ type: 'ended', id: frame.id });
  }
  return applied(put(conversation, index, message), ...changes);
}

function startOf(frame: StreamFrame): Message {
  return {
    id: frame.id,
    content: '',
    sender: 'ai',
    timestamp: frame.timestamp,
    session_id: frame.session_id,
    agent_id: frame.agentId,
    agentName: frame.agentName,
    metadata: { ...frame.metadata, streaming: true },
    attachments: [],
  };
}

function put(conversation: Conversation, index: number, message: Message): Conversation {
  const { messages } = conversation;
  return { ...conversation, messages: index < 0 ? [...messages, message] : messages.with(index, message) };
}

/** Searches from the newest: a chunk nearly always belongs to the last message. */
function indexOf(messages: readonly Message[], id: string): number {
  for (let index = messages.length - 1; index >= 0; index--) {
    if (messages[index]?.id === id) return index;
  }
  return -1;
}
