import * as v from 'valibot';
import { looseObject } from '../schemas.js';
import { ToolCallSchema } from './tools.js';
import { type Step, STEP_TYPES, StepSchema, type StepType, type Turn, TurnSchema } from './turn.js';

/** New text of a step: only what is new. */
export const TextDeltaSchema = looseObject({ type: v.literal('text'), text: v.string() });

/** An image, as base64. */
export const ImageDeltaSchema = looseObject({ type: v.literal('image'), image: v.string() });

/** How far the call in a {@link ToolCallDeltaSchema} has come. */
export const PARSE_STATUSES = ['started', 'in_progress', 'failed', 'succeeded'] as const;

/** A call that is being written: a piece of its text while `in_progress`, the whole call once `succeeded`. */
export const ToolCallDeltaSchema = looseObject({
  type: v.literal('tool_call'),
  tool_call: v.union([v.string(), ToolCallSchema]),
  parse_status: v.picklist(PARSE_STATUSES),
});

/** What is new in a step. */
export const ContentDeltaSchema = v.variant('type', [TextDeltaSchema, ImageDeltaSchema, ToolCallDeltaSchema]);

/** What is new in a step. */
export type ContentDelta = v.InferOutput<typeof ContentDeltaSchema>;

const step = { step_type: v.picklist(STEP_TYPES), step_id: v.string() };

/**
 * What happens in a turn, in this order: for each step `step_start`, `step_progress` …, `step_complete`; then `turn_complete`,
 * or `turn_awaiting_input` where the client's tools must run first. A resumed turn goes on with the `step_complete` of a
 * `tool_execution` that never had a `step_start`. Only servers before 0.1.6 write `turn_start`.
 */
export const PayloadSchema = v.variant('event_type', [
  looseObject({ event_type: v.literal('turn_start'), turn_id: v.string() }),
  looseObject({
    event_type: v.literal('step_start'),
    ...step,
    metadata: v.nullish(v.record(v.string(), v.unknown())),
  }),
  looseObject({ event_type: v.literal('step_progress'), ...step, delta: ContentDeltaSchema }),
  looseObject({ event_type: v.literal('step_complete'), ...step, step_details: StepSchema }),
  looseObject({ event_type: v.literal('turn_complete'), turn: TurnSchema }),
  looseObject({ event_type: v.literal('turn_awaiting_input'), turn: TurnSchema }),
]);

interface StepOf {
  readonly step_type: StepType;
  readonly step_id: string;
}

/** What happens in a turn. */
export type Payload =
  | { readonly event_type: 'turn_start'; readonly turn_id: string }
  | (StepOf & { readonly event_type: 'step_start'; readonly metadata?: Record<string, unknown> | null | undefined })
  | (StepOf & { readonly event_type: 'step_progress'; readonly delta: ContentDelta })
  | (StepOf & { readonly event_type: 'step_complete'; readonly step_details: Step })
  | { readonly event_type: 'turn_complete'; readonly turn: Turn }
  | { readonly event_type: 'turn_awaiting_input'; readonly turn: Turn };

/** The `event_type` of a {@link Payload}. */
export type EventType = Payload['event_type'];

/** One event of a stream. */
export const EventSchema = looseObject({ event: looseObject({ payload: PayloadSchema }) });

/** The turn failed; nothing comes after it. */
export const ErrorEventSchema = looseObject({ error: looseObject({ message: v.string() }) });

/** What one `data:` of a stream holds. */
export type StreamEvent =
  { readonly event: { readonly payload: Payload } } | { readonly error: { readonly message: string } };
