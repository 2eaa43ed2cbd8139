import * as v from 'valibot';
import { looseObject } from '../schemas.js';
import { ContentSchema, type Document, DocumentSchema } from './content.js';
import { ToolCallSchema, ToolResponseSchema } from './tools.js';

/** What a person wrote. `context` is text for the model that is not part of what was said. */
export const UserMessageSchema = looseObject({
  role: v.literal('user'),
  content: ContentSchema,
  context: v.nullish(ContentSchema),
});

/** What a tool answered, as a message of a turn. */
export const ToolResponseMessageSchema = looseObject({
  role: v.literal('tool'),
  call_id: v.string(),
  content: ContentSchema,
});

/** What a turn begins with. */
export const InputMessageSchema = v.variant('role', [UserMessageSchema, ToolResponseMessageSchema]);

/** What a turn begins with. */
export type InputMessage = v.InferOutput<typeof InputMessageSchema>;

/** Why a model stopped: it is done, it waits for tools, or it ran out of tokens. */
export const STOP_REASONS = ['end_of_turn', 'end_of_message', 'out_of_tokens'] as const;

/** One of {@link STOP_REASONS}. */
export type StopReason = (typeof STOP_REASONS)[number];

/** What a model wrote in one step. */
export const CompletionMessageSchema = looseObject({
  role: v.literal('assistant'),
  content: ContentSchema,
  /** One that this version does not know counts as the end. */
  stop_reason: v.fallback(v.picklist(STOP_REASONS), 'end_of_turn'),
  tool_calls: v.optional(v.nullable(v.array(ToolCallSchema)), []),
});

/** What a model wrote in one step. */
export type CompletionMessage = v.InferOutput<typeof CompletionMessageSchema>;

/** The kinds of steps. `memory_retrieval` is of old servers. */
export const STEP_TYPES = ['inference', 'tool_execution', 'shield_call', 'memory_retrieval'] as const;

/** One of {@link STEP_TYPES}. */
export type StepType = (typeof STEP_TYPES)[number];

const step = {
  turn_id: v.string(),
  step_id: v.string(),
  started_at: v.nullish(v.string()),
  completed_at: v.nullish(v.string()),
};

/** The model wrote. */
export const InferenceStepSchema = looseObject({
  ...step,
  step_type: v.literal('inference'),
  model_response: CompletionMessageSchema,
});

/** Tools ran: on the server, or with the client. */
export const ToolExecutionStepSchema = looseObject({
  ...step,
  step_type: v.literal('tool_execution'),
  tool_calls: v.array(ToolCallSchema),
  tool_responses: v.array(ToolResponseSchema),
});

/** A shield looked at what was said; `violation` is there when it objects. */
export const ShieldCallStepSchema = looseObject({
  ...step,
  step_type: v.literal('shield_call'),
  violation: v.nullish(
    looseObject({
      violation_level: v.picklist(['info', 'warn', 'error']),
      user_message: v.nullish(v.string()),
      metadata: v.nullish(v.record(v.string(), v.unknown())),
    }),
  ),
});

/** Something was looked up and given to the model. */
export const MemoryRetrievalStepSchema = looseObject({
  ...step,
  step_type: v.literal('memory_retrieval'),
  vector_db_ids: v.optional(v.string()),
  inserted_context: v.optional(ContentSchema),
});

/** One step of a turn. */
export const StepSchema = v.variant('step_type', [
  InferenceStepSchema,
  ToolExecutionStepSchema,
  ShieldCallStepSchema,
  MemoryRetrievalStepSchema,
]);

// Interfaces, and not types: the compiler gives up on what is nested so deep unless parts of it have names.

/** See {@link InferenceStepSchema}. */
export interface InferenceStep extends v.InferOutput<typeof InferenceStepSchema> {}
/** See {@link ToolExecutionStepSchema}. */
export interface ToolExecutionStep extends v.InferOutput<typeof ToolExecutionStepSchema> {}
/** See {@link ShieldCallStepSchema}. */
export interface ShieldCallStep extends v.InferOutput<typeof ShieldCallStepSchema> {}
/** See {@link MemoryRetrievalStepSchema}. */
export interface MemoryRetrievalStep extends v.InferOutput<typeof MemoryRetrievalStepSchema> {}

/** One step of a turn. */
export type Step = InferenceStep | ToolExecutionStep | ShieldCallStep | MemoryRetrievalStep;

/** Steps of a kind that this version does not know are left out: a newer server must not make a turn unreadable. */
const StepsSchema = v.pipe(
  v.array(v.fallback(v.union([StepSchema, v.undefined()]), undefined)),
  v.transform((steps) => steps.filter((known) => known !== undefined)),
);

/** One question and all that was done to answer it. `completed_at` is missing while it waits for a client's tools. */
export const TurnSchema = looseObject({
  turn_id: v.string(),
  session_id: v.string(),
  input_messages: v.fallback(v.array(InputMessageSchema), []),
  steps: StepsSchema,
  output_message: CompletionMessageSchema,
  output_attachments: v.optional(v.nullable(v.array(DocumentSchema)), []),
  started_at: v.string(),
  completed_at: v.nullish(v.string()),
});

/** One question and all that was done to answer it. */
export interface Turn {
  readonly turn_id: string;
  readonly session_id: string;
  readonly input_messages: readonly InputMessage[];
  readonly steps: readonly Step[];
  readonly output_message: CompletionMessage;
  readonly output_attachments: readonly Document[] | null;
  readonly started_at: string;
  readonly completed_at?: string | null | undefined;
}

/** Whether a value is one of the messages that a turn begins with. */
export function isInputMessage(value: unknown): value is InputMessage {
  return v.is(InputMessageSchema, value);
}
