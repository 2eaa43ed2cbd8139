// What comes over the port between an element and its frame is read here, and nowhere else: the two are two origins.
import { ANSWER_STATUSES, AttachmentSchema, MessageSchema } from '@chat-stream/protocol';
import * as v from 'valibot';
import { type ChatStreamError, type ChatStreamErrorCode, reasonOf } from '../errors.js';
import type { ErrorDetail } from '../events.js';
import { type FromFrame, METHODS, type RelayedName, type ToFrame } from './frame-protocol.js';

const text = v.string();
const maybeText = v.optional(text);
const state = v.picklist(['idle', 'connecting', 'open', 'reconnecting', 'offline', 'closed']);

const beforeSend = v.object({ text, attachments: v.array(AttachmentSchema), agent: maybeText });
const failure = v.object({ code: text, message: text, retryable: v.boolean(), ref: maybeText });
const outcome = { id: v.number(), value: v.optional(v.unknown()), error: v.optional(failure) };

const DETAILS: Readonly<Record<RelayedName, v.GenericSchema>> = {
  'chat-stream-ready': v.object({ sessionId: maybeText }),
  'chat-stream-message': v.object({ message: MessageSchema }),
  'chat-stream-stream-start': v.object({ id: text, message: MessageSchema }),
  'chat-stream-stream-end': v.object({ id: text, message: MessageSchema, status: v.picklist(ANSWER_STATUSES) }),
  'chat-stream-connection': v.object({ state, previous: state }),
  'chat-stream-error': failure,
  'chat-stream-tool-call': v.object({
    messageId: text,
    callId: text,
    name: text,
    arguments: v.optional(v.unknown()),
  }),
  'chat-stream-frame': v.object({
    direction: v.picklist(['in', 'out']),
    frame: v.looseObject({ type: text }),
    at: v.number(),
    sinceConnect: v.number(),
    sincePrevious: v.number(),
    bytes: v.number(),
    transport: v.optional(v.picklist(['websocket', 'sse', 'llama-stack', 'link'])),
  }),
};

/** The events that a frame relays. */
export const RELAYED = Object.keys(DETAILS) as readonly RelayedName[];

const question = v.union([
  v.object({ about: v.literal('send'), detail: beforeSend }),
  v.object({ about: v.literal('token') }),
  v.object({ about: v.literal('tool'), name: text, arguments: v.optional(v.unknown()) }),
]);

const fromFrame = v.union([
  v.object({ type: v.literal('ready') }),
  v.object({ type: v.literal('close') }),
  v.object({
    type: v.literal('state'),
    connectionState: state,
    status: v.picklist(['ready', 'submitted', 'streaming', 'error']),
    sessionId: maybeText,
    count: v.number(),
    changed: v.array(v.object({ at: v.number(), message: MessageSchema })),
  }),
  v.object({ type: v.literal('result'), ...outcome }),
  v.object({ type: v.literal('ask'), id: v.number(), question }),
  ...RELAYED.map((name) => v.object({ type: v.literal('event'), name: v.literal(name), detail: DETAILS[name] })),
]);

const toFrame = v.union([
  v.object({
    type: v.literal('settings'),
    suggestions: v.array(text),
    strings: v.record(text, text),
    hasToken: v.boolean(),
    tools: v.array(text),
    plain: v.array(text),
  }),
  v.object({ type: v.literal('call'), id: v.number(), method: v.picklist(METHODS), args: v.array(v.unknown()) }),
  v.object({ type: v.literal('answer'), ...outcome }),
]);

/** Reads what the frame said; `undefined` for what it cannot have said. */
export function readFromFrame(data: unknown): FromFrame | undefined {
  const result = v.safeParse(fromFrame, data);
  return result.success ? (result.output as FromFrame) : undefined;
}

/** Reads what the element said; `undefined` for what it cannot have said. */
export function readToFrame(data: unknown): ToFrame | undefined {
  const result = v.safeParse(toFrame, data);
  return result.success ? (result.output as ToFrame) : undefined;
}

/** Anything that was thrown, as it is told to another window. @param otherwise The code of what is no error of ours. */
export function detailOf(thrown: unknown, otherwise: ChatStreamErrorCode): ErrorDetail {
  // By its name: each of our files has a class of its own.
  if (!(thrown instanceof Error) || thrown.name !== 'ChatStreamError') {
    return { code: otherwise, message: reasonOf(thrown), retryable: false, ref: undefined };
  }
  const { code, message, retryable, ref } = thrown as ChatStreamError;
  return { code, message, retryable, ref };
}
