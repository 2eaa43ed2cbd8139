import * as v from 'valibot';
import { looseObject } from '../schemas.js';
import { ContentSchema } from './content.js';

/** One parameter of a tool. `parameter_type` is a type of JSON Schema (`string`, `integer` …). */
export const ToolParameterSchema = looseObject({
  name: v.string(),
  parameter_type: v.string(),
  description: v.nullish(v.string()),
  required: v.nullish(v.boolean()),
  default: v.optional(v.unknown()),
});

/** A tool that a model may call. Servers since 0.3 also take its parameters as JSON Schema, in `input_schema`. */
export const ToolDefSchema = looseObject({
  name: v.pipe(v.string(), v.minLength(1)),
  description: v.nullish(v.string()),
  parameters: v.nullish(v.array(ToolParameterSchema)),
  input_schema: v.nullish(v.record(v.string(), v.unknown())),
  metadata: v.nullish(v.record(v.string(), v.unknown())),
});

/** A tool that a model may call. */
export type ToolDef = v.InferOutput<typeof ToolDefSchema>;

/** A call that a model made. `arguments` is an object, or the JSON text of one; `arguments_json` is always the text. */
export const ToolCallSchema = looseObject({
  call_id: v.string(),
  tool_name: v.string(),
  arguments: v.union([v.string(), v.record(v.string(), v.unknown())]),
  arguments_json: v.nullish(v.string()),
});

/** A call that a model made. */
export type ToolCall = v.InferOutput<typeof ToolCallSchema>;

/** What a tool answered, in a step and in the body of a resume. */
export const ToolResponseSchema = looseObject({
  call_id: v.string(),
  tool_name: v.string(),
  content: ContentSchema,
  metadata: v.nullish(v.record(v.string(), v.unknown())),
});

/** What a tool answered. */
export type ToolResponse = v.InferOutput<typeof ToolResponseSchema>;
