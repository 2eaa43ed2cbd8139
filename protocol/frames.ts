import * as v from 'valibot';
import { looseObject, object } from './schemas.js';
import { DeltaSchema } from './delta.js';
import { ERROR_CODES } from './errors.js';
import { AttachmentSchema, MAX_ATTACHMENTS, MessageMetadataSchema, MessageSchema, TimestampSchema } from './message.js';

/** The version in `connected.protocol` and `hello.protocol`. */
export const PROTOCOL_VERSION = 1;

/** The subprotocol that the gateway echoes when a client offers it; it is never required. */
export const SUBPROTOCOL = 'chat-stream.v1';

/** What a client may choose as the id of a session that does not exist yet. */
export const SESSION_ID_PATTERN = /^[A-Za-z0-9_-]{16,128}$/;

/** Messages on one page of history: the most a client may ask for, and what it gets when it does not say. */
export const HISTORY_LIMIT = { max: 200, default: 50 } as const;

const Id = v.pipe(v.string(), v.minLength(1), v.maxLength(128));
const Seq = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Epoch = v.pipe(v.string(), v.minLength(1), v.maxLength(128));
const Token = v.pipe(v.string(), v.minLength(1), v.maxLength(8192));

/** A place in a session's log: everything up to and including `seq` of this incarnation (`epoch`) was seen. */
export const CursorSchema = object({ epoch: Epoch, seq: Seq });

/** A place in a session's log. */
export type Cursor = v.InferOutput<typeof CursorSchema>;

// ---------------------------------------------------------------------------------------------- client to server

/** Opens or resumes a session. Sent once, first. */
export const HelloSchema = object({
  type: v.literal('hello'),
  protocol: v.literal(PROTOCOL_VERSION),
  client_id: Id,
  session_id: v.optional(v.pipe(v.string(), v.maxLength(128))),
  token: v.optional(Token),
  cursor: v.optional(CursorSchema),
});

/** A message of the visitor. `id` is the idempotency key: sent again with the same `id`, nothing runs twice. */
export const UserMessageSchema = object({
  type: v.literal('message'),
  id: v.optional(Id),
  content: v.string(),
  metadata: v.optional(
    looseObject({
      session_id: v.optional(v.nullable(v.pipe(v.string(), v.maxLength(128)))),
      /** An agent's name. Unknown or absent: the default agent. */
      agentType: v.optional(v.nullable(v.string())),
      streaming: v.optional(v.boolean()),
      attachments: v.optional(v.pipe(v.array(AttachmentSchema), v.maxLength(MAX_ATTACHMENTS))),
      reply_to: v.optional(v.nullable(v.string())),
    }),
    {},
  ),
});

/** Ends the answer `id`, or the one that is being written. Never touches a later one. */
export const StopSchema = object({
  type: v.literal('stop'),
  session_id: v.optional(v.nullable(v.string())),
  id: v.optional(v.nullable(v.string())),
});

/** Asks for a page of older messages. */
export const HistoryRequestSchema = object({
  type: v.literal('history'),
  before: v.optional(Id),
  limit: v.optional(
    v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(HISTORY_LIMIT.max)),
    HISTORY_LIMIT.default,
  ),
});

/** Every frame that a client sends, by its `type`. */
export const ClientFrameSchemas = {
  hello: HelloSchema,
  message: UserMessageSchema,
  stop: StopSchema,
  ping: object({ type: v.literal('ping') }),
  get_status: object({ type: v.literal('get_status') }),
  get_config: object({ type: v.literal('get_config') }),
  history: HistoryRequestSchema,
  /** A new answer to the user message that the answer `id` answered. */
  regenerate: object({ type: v.literal('regenerate'), id: Id }),
  /** A new branch from the user message `id`. */
  edit: object({ type: v.literal('edit'), id: Id, content: v.string() }),
  feedback: object({
    type: v.literal('feedback'),
    id: Id,
    value: v.picklist([1, -1, 0]),
    comment: v.optional(v.string()),
  }),
  /** The answer of a tool that ran in the page. */
  tool_result: object({
    type: v.literal('tool_result'),
    call_id: Id,
    content: v.unknown(),
    is_error: v.optional(v.boolean()),
  }),
  /** A person's decision on a tool call of the answer `id`, or of the one that is being written. */
  approval: object({
    type: v.literal('approval'),
    id: v.optional(Id),
    call_id: Id,
    approved: v.boolean(),
    comment: v.optional(v.string()),
  }),
  /** A fresh token, before the old one expires. */
  token: object({ type: v.literal('token'), token: Token }),
} as const;

/** The `type` of a client frame. */
export type ClientFrameType = keyof typeof ClientFrameSchemas;

/** A client frame of one type, as it is after validation. */
export type ClientFrameOf<T extends ClientFrameType> = v.InferOutput<(typeof ClientFrameSchemas)[T]>;

/** Anything that a client sends, as it is after validation. */
export type ClientFrame = { [T in ClientFrameType]: ClientFrameOf<T> }[ClientFrameType];

/** Anything that a client may write: as {@link ClientFrame}, with defaults left out. */
export type ClientFrameInput = {
  [T in ClientFrameType]: v.InferInput<(typeof ClientFrameSchemas)[T]>;
}[ClientFrameType];

// ---------------------------------------------------------------------------------------------- server to client

/** What a visitor may know of an agent. `name` is what `message.metadata.agentType` selects. */
export const AgentInfoSchema = looseObject({
  name: v.string(),
  displayName: v.optional(v.string()),
  description: v.optional(v.string()),
  icon: v.optional(v.string()),
  category: v.optional(v.string()),
  capabilities: v.optional(v.array(v.string())),
});

/** What a visitor may know of an agent. */
export type AgentInfo = v.InferOutput<typeof AgentInfoSchema>;

/** The agent as `agent_status` and `status` describe it. */
export const AgentStatusSchema = looseObject({
  available: v.boolean(),
  name: v.string(),
  type: v.string(),
  capabilities: v.array(v.string()),
  agent_id: v.nullable(v.string()),
});

/** The agent as `agent_status` and `status` describe it. */
export type AgentStatus = v.InferOutput<typeof AgentStatusSchema>;

const durable = { seq: v.optional(Seq), first_seq: v.optional(Seq) };
const timestamp = v.optional(TimestampSchema);

/** The identity that all three phases of one answer share. */
const answerIdentity = {
  type: v.literal('message_stream'),
  id: v.string(),
  sender: v.optional(v.literal('ai'), 'ai'),
  timestamp,
  agentId: v.optional(v.nullable(v.string())),
  agentName: v.optional(v.nullable(v.string())),
  agentType: v.optional(v.nullable(v.string())),
  session_id: v.optional(v.nullable(v.string())),
  metadata: v.optional(v.fallback(MessageMetadataSchema, {}), {}),
  ...durable,
};

const flag = v.optional(v.boolean(), false);

/** What differs between two chunks of one answer. */
export const ChunkSchema = object({ chunk: v.string(), timestamp, ...durable });

/**
 * One of the three phases of an answer, leniently: servers of the original kind also write `content` for `chunk`,
 * `done` for `stream_end`, and chunk and end in one frame. All of it is normalised to the fields of our own frames.
 */
export const StreamFrameSchema = v.pipe(
  looseObject({
    ...answerIdentity,
    chunk: v.optional(v.string()),
    content: v.optional(v.string()),
    delta: v.optional(v.unknown()),
    done: flag,
    stream_start: flag,
    stream_chunk: flag,
    stream_end: flag,
  }),
  v.transform(({ done, content, chunk, delta, ...frame }) => {
    const end = frame.stream_end || done;
    // On an end frame of ours `content` replaces the text; on a legacy frame it is the chunk.
    const legacyChunk = frame.stream_end ? undefined : content;
    const text = chunk ?? legacyChunk;
    // A kind of delta that this version does not know is ignored, as every unknown field is; its `seq` still counts.
    const known = delta === undefined ? undefined : v.safeParse(DeltaSchema, delta);
    return {
      ...frame,
      stream_chunk: frame.stream_chunk || (text !== undefined && text !== ''),
      stream_end: end,
      ...(text === undefined ? {} : { chunk: text }),
      ...(known?.success ? { delta: known.output } : {}),
      ...(frame.stream_end && content !== undefined ? { content } : {}),
    };
  }),
);

/** A complete message: the echo of the visitor's own, or an answer that was not streamed. */
export const MessageFrameSchema = looseObject({
  type: v.literal('message'),
  ...MessageSchema.entries,
  ...durable,
});

/** A snapshot (no `before`), or the page of older messages before the message `before`. */
export const HistorySchema = looseObject({
  type: v.literal('history'),
  messages: v.array(MessageSchema),
  has_more: v.optional(v.boolean(), false),
  /** The last frame that a snapshot covers, those of a running answer included. */
  seq: v.optional(Seq),
  /**
   * How many frames of the running answer follow and belong to this snapshot (its start, and what it holds so far). They
   * carry no `seq`; a client that loses the connection before it has them all must not resume from `seq`.
   */
  catch_up: v.optional(Seq, 0),
  before: v.optional(v.string()),
});

/** Every frame that a server sends, by its `type`. */
export const ServerFrameSchemas = {
  agent_status: looseObject({ type: v.literal('agent_status'), agent: AgentStatusSchema, timestamp }),
  connected: v.pipe(
    looseObject({
      type: v.literal('connected'),
      session_id: v.optional(v.string()),
      sessionId: v.optional(v.string()),
      timestamp,
      /** Absent on a server of the original kind, which knows no `hello`. */
      protocol: v.optional(v.number()),
      heartbeat_ms: v.optional(v.pipe(v.number(), v.minValue(1))),
      auth: v.optional(v.picklist(['visitor', 'open', 'jwt'])),
    }),
    v.transform(({ sessionId, ...frame }) => ({ ...frame, session_id: frame.session_id ?? sessionId ?? '' })),
  ),
  session: looseObject({
    type: v.literal('session'),
    session_id: v.string(),
    epoch: Epoch,
    seq: Seq,
    resumed: v.boolean(),
    token: v.optional(v.string()),
    agents: v.optional(v.array(AgentInfoSchema), []),
    config: v.optional(looseObject({}), {}),
  }),
  history: HistorySchema,
  message: MessageFrameSchema,
  message_stream: StreamFrameSchema,
  typing: v.pipe(
    looseObject({
      type: v.literal('typing'),
      session_id: v.optional(v.nullable(v.string())),
      is_typing: v.optional(v.boolean()),
      typing: v.optional(v.boolean()),
      timestamp,
    }),
    v.transform(({ typing, ...frame }) => ({ ...frame, is_typing: frame.is_typing ?? typing ?? false })),
  ),
  stream_stopped: looseObject({
    type: v.literal('stream_stopped'),
    session_id: v.optional(v.nullable(v.string())),
    message: v.optional(v.string()),
    timestamp,
  }),
  stop_response: looseObject({
    type: v.literal('stop_response'),
    success: v.boolean(),
    session_id: v.optional(v.nullable(v.string())),
    id: v.optional(v.nullable(v.string())),
    error: v.optional(v.string()),
    timestamp,
  }),
  pong: looseObject({ type: v.literal('pong'), timestamp }),
  status: looseObject({ type: v.literal('status'), agent: AgentStatusSchema, timestamp }),
  config: looseObject({ type: v.literal('config'), config: looseObject({}), timestamp }),
  heartbeat: looseObject({ type: v.literal('heartbeat'), timestamp }),
  token_expiring: looseObject({ type: v.literal('token_expiring'), in_ms: v.number() }),
  goaway: looseObject({ type: v.literal('goaway'), retry_after_ms: v.optional(v.number(), 0) }),
  error: v.pipe(
    looseObject({
      type: v.literal('error'),
      code: v.optional(v.fallback(v.picklist(ERROR_CODES), 'internal'), 'internal'),
      message: v.optional(v.string()),
      error: v.optional(v.string()),
      ref: v.optional(v.string()),
      retryable: v.optional(v.boolean(), false),
      retry_after_ms: v.optional(v.number()),
      timestamp,
    }),
    v.transform(({ error, ...frame }) => ({
      ...frame,
      message: frame.message ?? error ?? 'The server reported an error.',
    })),
  ),
} as const;

/** The `type` of a server frame. */
export type ServerFrameType = keyof typeof ServerFrameSchemas;

/** A server frame of one type, as it is after validation and normalisation. */
export type ServerFrameOf<T extends ServerFrameType> = v.InferOutput<(typeof ServerFrameSchemas)[T]>;

/** Anything that a server sends, as it is after validation. */
export type ServerFrame = { [T in ServerFrameType]: ServerFrameOf<T> }[ServerFrameType];

/** Anything that a server may write: as {@link ServerFrame}, before defaults and normalisation. */
export type ServerFrameInput = {
  [T in ServerFrameType]: v.InferInput<(typeof ServerFrameSchemas)[T]>;
}[ServerFrameType];

/** One phase of an answer, as it is after validation. */
export type StreamFrame = ServerFrameOf<'message_stream'>;

/** The frames that carry a `seq` and are kept in the log. */
export type DurableFrameInput = Extract<ServerFrameInput, { type: 'message' | 'message_stream' }>;
