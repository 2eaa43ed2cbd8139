import * as v from 'valibot';
import { looseObject } from './schemas.js';
import { DeltaSchema } from './delta.js';

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/**
 * A time on the wire. Our server writes ISO-8601 UTC with milliseconds; other servers also write epoch seconds as a
 * float. What comes in is normalised to ISO-8601; what is not a time becomes `undefined`.
 */
export const TimestampSchema = v.pipe(
  v.nullable(v.union([v.string(), v.number()])),
  v.transform((value) => {
    if (value === null) return undefined;
    const time = typeof value === 'number' ? new Date(value < 1e11 ? value * 1000 : value) : new Date(value);
    if (Number.isNaN(time.getTime())) return undefined;
    // As our server writes it: to write it again, with each token, would take as long as to read it.
    return typeof value === 'string' && ISO.test(value) ? value : time.toISOString();
  }),
);

/** How an answer ended. There is no other way for it to end, and it ends once. */
export const ANSWER_STATUSES = ['complete', 'stopped', 'error', 'interrupted'] as const;

/** One of {@link ANSWER_STATUSES}. */
export type AnswerStatus = (typeof ANSWER_STATUSES)[number];

/** Why an answer ended as `error`. `message` is the sentence that the visitor read. */
export const AnswerErrorSchema = looseObject({
  code: v.string(),
  message: v.string(),
  retryable: v.optional(v.boolean(), false),
});

/** Why an answer ended as `error`. */
export type AnswerError = v.InferOutput<typeof AnswerErrorSchema>;

/**
 * What a message carries beside its text. Unknown fields are kept; a known one that is not as it should be is dropped.
 * Clients write into `metadata` what they like and get it back in the echo: a message must not become unreadable by it.
 */
export const MessageMetadataSchema = v.pipe(
  looseObject({
    /** On an answer: the id of the user message it answers. */
    reply_to: lenient(v.nullable(v.string())),
    /** True while the answer is being written. */
    streaming: lenient(v.boolean()),
    /** How the answer ended. */
    status: lenient(v.picklist(ANSWER_STATUSES)),
    /** Why, where `status` is `error`. */
    error: lenient(AnswerErrorSchema),
    /** Why the model stopped writing: `stop`, `length`, `tool_calls`, `content_filter`. */
    finish_reason: lenient(v.nullable(v.string())),
    /** Tokens that the model counted. */
    usage: lenient(looseObject({ input_tokens: v.number(), output_tokens: v.number() })),
  }),
  v.transform(withoutUndefined),
);

/** An optional field that counts as absent when it is not what it should be. */
/* @__NO_SIDE_EFFECTS__ */
function lenient<const Schema extends v.GenericSchema>(schema: Schema) {
  return v.optional(v.fallback(v.union([schema, v.undefined()]), undefined));
}

/** A dropped field must not be there as `undefined`: spread over another metadata it would erase that one's. */
function withoutUndefined<Fields extends Record<string, unknown>>(fields: Fields): Fields {
  // Each token of each answer comes by here, and hardly ever with such a field.
  if (!Object.values(fields).includes(undefined)) return fields;
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields;
}

/** What a message carries beside its text. */
export type MessageMetadata = v.InferOutput<typeof MessageMetadataSchema>;

/** A file that came with a message: a reference, never the bytes. */
export const AttachmentSchema = looseObject({});

/** A file that came with a message. */
export type Attachment = v.InferOutput<typeof AttachmentSchema>;

/** At most this many attachments travel with one message. */
export const MAX_ATTACHMENTS = 16;

/** One message of a conversation, as `history` carries it and as a client keeps it. */
export const MessageSchema = looseObject({
  id: v.string(),
  content: v.string(),
  sender: v.picklist(['user', 'ai']),
  timestamp: v.optional(TimestampSchema),
  session_id: v.optional(v.nullable(v.string())),
  agent_id: v.optional(v.nullable(v.string())),
  agentName: v.optional(v.nullable(v.string())),
  metadata: v.optional(v.fallback(MessageMetadataSchema, {}), {}),
  attachments: v.optional(v.fallback(v.array(AttachmentSchema), []), []),
  /** What the answer holds besides text, merged by `appendDelta`; kinds that this version does not know are left out. */
  deltas: v.optional(
    v.pipe(
      v.array(v.fallback(v.union([DeltaSchema, v.undefined()]), undefined)),
      v.transform((deltas) => deltas.filter((delta) => delta !== undefined)),
    ),
  ),
});

/** One message of a conversation. */
export type Message = v.InferOutput<typeof MessageSchema>;
