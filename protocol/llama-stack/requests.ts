import * as v from 'valibot';
import { looseObject } from '../schemas.js';
import { DocumentSchema } from './content.js';
import { ToolDefSchema, ToolResponseSchema } from './tools.js';
import { InputMessageSchema, type Turn, TurnSchema } from './turn.js';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

/** How a model chooses its words. The Llama Stack UI writes `p` where the schema has `top_p`. */
export const SamplingParamsSchema = looseObject({
  strategy: v.nullish(
    looseObject({
      type: v.picklist(['greedy', 'top_p', 'top_k']),
      temperature: v.nullish(v.number()),
      top_p: v.nullish(v.number()),
      p: v.nullish(v.number()),
      top_k: v.nullish(v.number()),
    }),
  ),
  max_tokens: v.nullish(count),
  repetition_penalty: v.nullish(v.number()),
  stop: v.nullish(v.array(v.string())),
});

/** Whether a model must call tools (`required`), may (`auto`), may not (`none`), or must call the one that is named. */
export const ToolConfigSchema = looseObject({
  tool_choice: v.nullish(v.string()),
  tool_prompt_format: v.nullish(v.string()),
  system_message_behavior: v.nullish(v.string()),
});

/** Tools that a server has, by name. */
export const ToolgroupSchema = v.union([
  v.string(),
  looseObject({ name: v.string(), args: v.nullish(v.record(v.string(), v.unknown())) }),
]);

/** What an agent is made of. */
export const AgentConfigSchema = looseObject({
  model: v.string(),
  instructions: v.string(),
  name: v.nullish(v.string()),
  sampling_params: v.nullish(SamplingParamsSchema),
  input_shields: v.nullish(v.array(v.string())),
  output_shields: v.nullish(v.array(v.string())),
  toolgroups: v.nullish(v.array(ToolgroupSchema)),
  client_tools: v.nullish(v.array(ToolDefSchema)),
  tool_config: v.nullish(ToolConfigSchema),
  max_infer_iters: v.nullish(count),
  enable_session_persistence: v.nullish(v.boolean()),
  response_format: v.nullish(looseObject({ type: v.string() })),
});

/** What an agent is made of. */
export type AgentConfig = v.InferOutput<typeof AgentConfigSchema>;

/** The body of `POST agents`. */
export const CreateAgentSchema = looseObject({ agent_config: AgentConfigSchema });

/** An agent, as it is listed. */
export const AgentSchema = looseObject({
  agent_id: v.string(),
  agent_config: AgentConfigSchema,
  created_at: v.optional(v.string()),
});

/** An agent, as it is listed. */
export type Agent = v.InferOutput<typeof AgentSchema>;

/** The body of `POST agents/{a}/session`. */
export const CreateSessionSchema = looseObject({ session_name: v.string() });

/** A conversation with an agent. */
export const SessionSchema = looseObject({
  session_id: v.string(),
  session_name: v.string(),
  started_at: v.string(),
  turns: v.array(TurnSchema),
});

/** A conversation with an agent. */
export interface Session {
  readonly session_id: string;
  readonly session_name: string;
  readonly started_at: string;
  readonly turns: readonly Turn[];
}

/** The body of `POST agents/{a}/session/{s}/turn`. `stream` decides; a query does not count. */
export const CreateTurnSchema = looseObject({
  messages: v.pipe(v.array(InputMessageSchema), v.minLength(1)),
  stream: v.nullish(v.boolean()),
  documents: v.nullish(v.array(DocumentSchema)),
  toolgroups: v.nullish(v.array(ToolgroupSchema)),
  tool_config: v.nullish(ToolConfigSchema),
});

/** The body of `POST agents/{a}/session/{s}/turn`. */
export type CreateTurn = v.InferOutput<typeof CreateTurnSchema>;

/** The body of `POST agents/{a}/session/{s}/turn/{t}/resume`. */
export const ResumeTurnSchema = looseObject({
  tool_responses: v.array(ToolResponseSchema),
  stream: v.nullish(v.boolean()),
});

/** The body of `POST agents/{a}/session/{s}/turn/{t}/resume`. */
export type ResumeTurn = v.InferOutput<typeof ResumeTurnSchema>;

/** What lists are wrapped in. */
export interface Page<T> {
  readonly data: readonly T[];
  readonly has_more: boolean;
  /** Where this list is. */
  readonly url: string;
}

/** A model, as it is listed. */
export interface Model {
  /** What `agent_config.model` names. */
  readonly identifier: string;
  readonly provider_id: string;
  /** The name that its provider has for it. */
  readonly provider_resource_id: string;
  readonly type: 'model';
  readonly model_type: 'llm' | 'embedding';
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** The body of `POST tool-runtime/invoke`. */
export const InvokeToolSchema = looseObject({ tool_name: v.string() });
