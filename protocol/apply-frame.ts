import { appendDelta } from './delta.js';
import type { Cursor, ServerFrame, StreamFrame } from './frames.js';
import type { Message } from './message.js';

/** What a client knows of one conversation. Never changed in place. */
export interface Conversation {
  /** The session, once the server named it. */
  readonly sessionId: string | undefined;
  /**
   * Where to resume: everything up to this frame is in `messages`. `undefined` while a snapshot is still arriving (a
   * connection lost in the middle of one must ask for it again), and on servers without `seq`.
   */
  readonly cursor: Cursor | undefined;
  /** A snapshot that was announced and is not here as a whole. */
  readonly arriving: ArrivingSnapshot | undefined;
  /** Oldest first. An answer is in here from its start frame on. */
  readonly messages: readonly Message[];
  /** Whether the server has messages older than the first one here. */
  readonly hasMore: boolean;
  /** Answers that began with a chunk: their start may still come (servers of the original kind). */
  readonly unstarted: readonly string[];
}

/** What is known of a snapshot between its `session` and its last frame. */
export interface ArrivingSnapshot {
  /** The last frame that it covers, as far as is known. */
  readonly cursor: Cursor;
  /** How many frames of the running answer are still to come; `undefined` before its `history`. */
  readonly missing: number | undefined;
}

/** The conversation of a client that has seen nothing yet. */
export const EMPTY_CONVERSATION: Conversation = {
  sessionId: undefined,
  cursor: undefined,
  arriving: undefined,
  messages: [],
  hasMore: false,
  unstarted: [],
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
    case 'session':
      return applySession(conversation, frame);
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

function applySession(conversation: Conversation, frame: Extract<ServerFrame, { type: 'session' }>): Applied {
  const { session_id: sessionId, epoch, seq, resumed } = frame;
  if (resumed && conversation.cursor?.epoch === epoch) return applied({ ...conversation, sessionId });
  const isKnown = conversation.sessionId === undefined || conversation.sessionId === sessionId;
  const next: Conversation = {
    sessionId,
    // Resumed from nothing: the frames count from the first. Otherwise `history` follows, and until it is here there is
    // nothing to resume from.
    cursor: resumed ? { epoch, seq: 0 } : undefined,
    arriving: resumed ? undefined : { cursor: { epoch, seq }, missing: undefined },
    // The messages stay on screen until the snapshot replaces them, unless they are another session's.
    messages: isKnown ? conversation.messages : [],
    hasMore: isKnown && conversation.hasMore,
    unstarted: [],
  };
  return applied(next, ...(isKnown ? [] : [{ type: 'reset' } as const]));
}

/** Applies a frame when it is the next one, and moves the cursor. */
function inOrder(
  conversation: Conversation,
  frame: { seq?: number; first_seq?: number },
  apply: () => Applied,
): Applied {
  if (frame.seq === undefined) return apply();
  const at = conversation.arriving?.cursor ?? conversation.cursor;
  const first = frame.first_seq ?? frame.seq;
  const expected = (at?.seq ?? 0) + 1;
  if (first < expected) return { kind: 'duplicate' };
  if (first > expected) return { kind: 'gap', expected, received: first };
  const result = apply();
  const cursor = { epoch: at?.epoch ?? '', seq: Math.max(first, frame.seq) };
  // A frame that changes nothing (a stray chunk of an answer that has ended) still has its place in the order.
  if (result.kind !== 'applied') return applied({ ...conversation, cursor, arriving: undefined });
  return { ...result, conversation: { ...result.conversation, cursor, arriving: undefined } };
}

function applyHistory(conversation: Conversation, frame: Extract<ServerFrame, { type: 'history' }>): Applied {
  const messages = frame.messages.map(asComplete);
  if (frame.before !== undefined) {
    const known = new Set(conversation.messages.map((message) => message.id));
    const older = messages.filter((message) => !known.has(message.id));
    return applied(
      { ...conversation, messages: [...older, ...conversation.messages], hasMore: frame.has_more },
      { type: 'prepended', count: older.length },
    );
  }
  const at = conversation.arriving?.cursor ?? conversation.cursor;
  if (frame.seq === undefined && at !== undefined) {
    // A page that was asked for, not a snapshot: it does not hold the answer that is being written.
    const running = conversation.messages.filter(({ metadata }) => metadata.streaming === true);
    return applied(
      { ...conversation, messages: [...messages, ...running], hasMore: frame.has_more },
      { type: 'reset' },
    );
  }
  const cursor = at === undefined || frame.seq === undefined ? at : { ...at, seq: frame.seq };
  const next = { ...conversation, messages, hasMore: frame.has_more, unstarted: [] };
  return applied(arrived(next, cursor, frame.catch_up), { type: 'reset' });
}

/** Moves the cursor to that of a snapshot once `missing` of its frames are no longer to come. */
function arrived(conversation: Conversation, cursor: Cursor | undefined, missing: number): Conversation {
  if (cursor === undefined || missing <= 0) return { ...conversation, cursor, arriving: undefined };
  return { ...conversation, cursor: undefined, arriving: { cursor, missing } };
}

/**
 * A message that came as a whole is not being written, whatever its metadata says: clients of the original kind write
 * `streaming: true` into a question when they wish for a streamed answer, and get it back in the echo.
 */
function asComplete(message: Message): Message {
  return isStreaming(message) ? { ...message, metadata: { ...message.metadata, streaming: false } } : message;
}

function putMessage(conversation: Conversation, frame: Extract<ServerFrame, { type: 'message' }>): Applied {
  const { type: _type, seq: _seq, first_seq: _first, ...fields } = frame;
  const message = asComplete(fields);
  const index = indexOf(conversation.messages, message.id);
  // A server of the original kind may repeat a streamed answer as a complete message: one bubble, not two.
  if (index >= 0 && frame.seq === undefined && conversation.messages[index]?.content === message.content) {
    return { kind: 'duplicate' };
  }
  return applied(put(conversation, index, message), { type: 'message', id: message.id });
}

function applyStream(conversation: Conversation, frame: StreamFrame): Applied {
  const index = indexOf(conversation.messages, frame.id);
  const known = conversation.messages[index];
  const isUnstarted = conversation.unstarted.includes(frame.id);
  // A start for an answer that has one begins it anew; one that comes late, after chunks, keeps what they brought.
  const begins = known === undefined || (frame.stream_start && isStreaming(known) && !isUnstarted);
  if (!begins && !isStreaming(known)) {
    // The answer has ended: a stray chunk, or a second end, says nothing new.
    return { kind: 'duplicate' };
  }
  const changes: Change[] = begins ? [{ type: 'message', id: frame.id }] : [];
  const message = grow(begins ? startOf(frame) : known, frame, changes);
  const staysUnstarted = isStreaming(message) && !frame.stream_start && (begins || isUnstarted);
  const grown = put(conversation, index, message);
  const { unstarted } = grown;
  const others = () => unstarted.filter((id) => id !== frame.id);
  const next =
    staysUnstarted === isUnstarted
      ? grown
      : { ...grown, unstarted: staysUnstarted ? [...unstarted, frame.id] : others() };
  const { arriving } = conversation;
  if (frame.seq !== undefined || arriving?.missing === undefined) return applied(next, ...changes);
  return applied(arrived(next, arriving.cursor, arriving.missing - 1), ...changes);
}

/** The message after the frame's text, delta and end, with what that changed added to `changes`. */
function grow(before: Message, frame: StreamFrame, changes: Change[]): Message {
  let message = before;
  if (frame.stream_chunk && frame.chunk) {
    message = { ...message, content: message.content + frame.chunk };
    changes.push({ type: 'appended', id: frame.id, text: frame.chunk });
  }
  if (frame.delta !== undefined) {
    message = { ...message, deltas: [...appendDelta(message.deltas ?? [], frame.delta)] };
    changes.push({ type: 'appended', id: frame.id, text: '' });
  }
  if (!frame.stream_end) return message;
  const replaced = 'content' in frame && typeof frame.content === 'string' ? frame.content : undefined;
  if (replaced !== undefined) changes.push({ type: 'message', id: frame.id });
  changes.push({ type: 'ended', id: frame.id });
  return {
    ...message,
    content: replaced ?? message.content,
    metadata: { ...message.metadata, status: 'complete', ...frame.metadata, streaming: false },
  };
}

function isStreaming(message: Message): boolean {
  return message.metadata.streaming === true;
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
  if (index >= 0) return { ...conversation, messages: messages.with(index, message) };
  // In a snapshot the running answer comes last, and belongs behind its question: others may wait for theirs.
  const asked = conversation.arriving === undefined ? -1 : indexOf(messages, message.metadata.reply_to ?? '');
  return { ...conversation, messages: asked < 0 ? [...messages, message] : messages.toSpliced(asked + 1, 0, message) };
}

/** Searches from the newest: a chunk nearly always belongs to the last message. */
function indexOf(messages: readonly Message[], id: string): number {
  for (let index = messages.length - 1; index >= 0; index--) {
    if (messages[index]?.id === id) return index;
  }
  return -1;
}
