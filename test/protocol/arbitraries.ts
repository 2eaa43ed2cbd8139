import {
  ANSWER_STATUSES,
  type ClientFrame,
  type ClientFrameOf,
  type ClientFrameType,
  type Delta,
  ERROR_CODES,
  HISTORY_LIMIT,
  type Message,
  type ServerFrame,
  type ServerFrameOf,
  type ServerFrameType,
} from '@chat-stream/protocol';
import { fc } from '../support/properties.js';

/** Arbitrary frames of every type, as they are after validation. A new type of frame does not compile until it is here. */

/** Any text that JavaScript can hold, halves of surrogate pairs included. */
export const text = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme' }) },
  { weight: 1, arbitrary: fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)) },
);

/** Text with something in it. */
export const someText = text.filter((value) => value !== '');

const id = fc.oneof(fc.uuid(), fc.string({ minLength: 1, maxLength: 128 }));
const seq = fc.nat();
const json = fc.jsonValue({ maxDepth: 3 }).map(throughJson);
const timestamp = fc
  .date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') })
  .map((date) => date.toISOString());
const count = fc.nat({ max: 1_000_000 });

/** `-0`, and what else JSON does not keep, as JSON keeps it. */
function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}

/** A record in which every field of `optional` may be missing. */
function record<Required, Optional>(
  required: { [Key in keyof Required]: fc.Arbitrary<Required[Key]> },
  optional: { [Key in keyof Optional]: fc.Arbitrary<Optional[Key]> } = {} as never,
): fc.Arbitrary<Required & Partial<Optional>> {
  const requiredKeys = Object.keys(required) as never[];
  return fc.record({ ...required, ...optional }, { requiredKeys, noNullPrototype: true }) as unknown as fc.Arbitrary<
    Required & Partial<Optional>
  >;
}

function just<const Type extends string>(type: Type): fc.Arbitrary<Type> {
  return fc.constant(type);
}

const metadata = record(
  {},
  {
    reply_to: fc.option(id),
    streaming: fc.boolean(),
    status: fc.constantFrom(...ANSWER_STATUSES),
    error: record({ code: text, message: text, retryable: fc.boolean() }),
    finish_reason: fc.option(text),
    usage: record({ input_tokens: count, output_tokens: count }),
  },
);

const attachments = fc.array(record({ id, name: text, mime: text }), { maxLength: 3 });

/** Every kind of delta. */
const deltaOf: { [Type in Delta['type']]: fc.Arbitrary<Extract<Delta, { type: Type }>> } = {
  reasoning: record({ type: just('reasoning'), text }),
  step: record({ type: just('step'), step_id: id, step_type: text, phase: fc.constantFrom('start', 'complete') }),
  tool_call: record(
    {
      type: just('tool_call'),
      call_id: id,
      tool_name: text,
      parse_status: fc.constantFrom('started', 'in_progress', 'succeeded', 'failed'),
    },
    {
      arguments: json,
      target: fc.constantFrom('server', 'page'),
      needs_approval: fc.boolean(),
      approved: fc.boolean(),
      comment: text,
    },
  ),
  tool_result: record(
    { type: just('tool_result'), call_id: id, tool_name: text, content: json },
    { is_error: fc.boolean() },
  ),
  source: record({ type: just('source'), url: fc.webUrl() }, { title: text }),
  image: record({ type: just('image') }, { url: fc.webUrl(), image: fc.base64String(), mime_type: text }),
  data: record({ type: just('data'), name: text, data: json }),
};

/** Any delta. */
export const delta: fc.Arbitrary<Delta> = fc.oneof(...Object.values<fc.Arbitrary<Delta>>(deltaOf));

/** Any message of a conversation. */
export const message: fc.Arbitrary<Message> = record(
  { id, content: text, sender: fc.constantFrom('user', 'ai'), metadata, attachments },
  {
    timestamp,
    session_id: fc.option(id),
    agent_id: fc.option(id),
    agentName: fc.option(text),
    deltas: fc.array(delta, { maxLength: 3 }),
  },
);

const agentStatus = record({
  available: fc.boolean(),
  name: text,
  type: text,
  capabilities: fc.array(text, { maxLength: 3 }),
  agent_id: fc.option(id),
});

const agentInfo = record(
  { name: text },
  { displayName: text, description: text, icon: text, category: text, capabilities: fc.array(text, { maxLength: 3 }) },
);

const phase = fc.constantFrom('start', 'chunk', 'end');

const streamFrame: fc.Arbitrary<ServerFrameOf<'message_stream'>> = fc
  .record({
    phase,
    identity: record(
      { id, metadata },
      {
        timestamp,
        agentId: fc.option(id),
        agentName: fc.option(text),
        agentType: fc.option(text),
        session_id: id,
        seq,
      },
    ),
    chunk: someText,
    delta: fc.option(delta, { nil: undefined }),
    content: fc.option(text, { nil: undefined }),
  })
  .map((parts) => ({
    type: 'message_stream',
    sender: 'ai',
    ...parts.identity,
    stream_start: parts.phase === 'start',
    stream_chunk: parts.phase === 'chunk',
    stream_end: parts.phase === 'end',
    ...(parts.phase !== 'chunk'
      ? {}
      : parts.delta === undefined
        ? { chunk: parts.chunk }
        : { chunk: '', delta: parts.delta }),
    ...(parts.phase === 'end' && parts.content !== undefined ? { content: parts.content } : {}),
  }));

/** Every type of client frame. */
export const clientFrameOf: { [Type in ClientFrameType]: fc.Arbitrary<ClientFrameOf<Type>> } = {
  hello: record(
    { type: just('hello'), protocol: fc.constant(1 as const), client_id: id },
    { session_id: id, token: id, cursor: record({ epoch: id, seq }) },
  ),
  message: record(
    {
      type: just('message'),
      content: text,
      metadata: record(
        {},
        { session_id: fc.option(id), agentType: fc.option(text), streaming: fc.boolean(), attachments },
      ),
    },
    { id },
  ),
  stop: record({ type: just('stop') }, { session_id: fc.option(id), id: fc.option(id) }),
  ping: record({ type: just('ping') }),
  get_status: record({ type: just('get_status') }),
  get_config: record({ type: just('get_config') }),
  history: record({ type: just('history'), limit: fc.integer({ min: 1, max: HISTORY_LIMIT.max }) }, { before: id }),
  regenerate: record({ type: just('regenerate'), id }),
  edit: record({ type: just('edit'), id, content: text }),
  feedback: record({ type: just('feedback'), id, value: fc.constantFrom(1, -1, 0) }, { comment: text }),
  tool_result: record({ type: just('tool_result'), call_id: id, content: json }, { is_error: fc.boolean() }),
  approval: record({ type: just('approval'), call_id: id, approved: fc.boolean() }, { comment: text, id }),
  token: record({ type: just('token'), token: id }),
};

/** Every type of server frame. */
export const serverFrameOf: { [Type in ServerFrameType]: fc.Arbitrary<ServerFrameOf<Type>> } = {
  agent_status: record({ type: just('agent_status'), agent: agentStatus }, { timestamp }),
  connected: record(
    { type: just('connected'), session_id: text },
    {
      timestamp,
      protocol: fc.constant(1),
      heartbeat_ms: fc.integer({ min: 1, max: 60_000 }),
      auth: fc.constantFrom('visitor', 'open', 'jwt'),
    },
  ),
  session: record(
    {
      type: just('session'),
      session_id: id,
      epoch: id,
      seq,
      resumed: fc.boolean(),
      agents: fc.array(agentInfo, { maxLength: 2 }),
      config: record({}, { max_messages: count }),
    },
    { token: text },
  ),
  history: record(
    { type: just('history'), messages: fc.array(message, { maxLength: 3 }), has_more: fc.boolean(), catch_up: count },
    { seq, before: id },
  ),
  message: fc
    .record({ message, seq: fc.option(seq, { nil: undefined }) })
    .map((parts) => ({ type: 'message', ...parts.message, ...(parts.seq === undefined ? {} : { seq: parts.seq }) })),
  message_stream: streamFrame,
  typing: record({ type: just('typing'), is_typing: fc.boolean() }, { session_id: fc.option(id), timestamp }),
  stream_stopped: record({ type: just('stream_stopped') }, { session_id: fc.option(id), message: text, timestamp }),
  stop_response: record(
    { type: just('stop_response'), success: fc.boolean() },
    { session_id: fc.option(id), id: fc.option(id), error: text, timestamp },
  ),
  pong: record({ type: just('pong') }, { timestamp }),
  status: record({ type: just('status'), agent: agentStatus }, { timestamp }),
  config: record({ type: just('config'), config: record({}, { agent_name: text }) }, { timestamp }),
  heartbeat: record({ type: just('heartbeat') }, { timestamp }),
  token_expiring: record({ type: just('token_expiring'), in_ms: count }),
  goaway: record({ type: just('goaway'), retry_after_ms: count }),
  error: record(
    { type: just('error'), code: fc.constantFrom(...ERROR_CODES), message: text, retryable: fc.boolean() },
    { ref: id, retry_after_ms: count, timestamp },
  ),
};

/** Any client frame. */
export const clientFrame: fc.Arbitrary<ClientFrame> = fc.oneof(
  ...Object.values<fc.Arbitrary<ClientFrame>>(clientFrameOf),
);

/** Any server frame. */
export const serverFrame: fc.Arbitrary<ServerFrame> = fc.oneof(
  ...Object.values<fc.Arbitrary<ServerFrame>>(serverFrameOf),
);
