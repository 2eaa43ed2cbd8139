import type { llamaStack } from '@chat-stream/protocol';
import type { AgentSettings, ToolDefinition } from '../agent/agent.js';
import { invalid } from './refusal.js';

/** What of a turn is said anew with each turn. */
type Overrides = Pick<llamaStack.CreateTurn, 'toolgroups' | 'tool_config'>;

/**
 * Refuses what this server does not have: tool groups, shields, grammars. To leave them out silently would give a client an
 * agent that is not the one it asks for.
 *
 * @throws {Refusal} that names each of them.
 */
export function refuseUnknown(config: llamaStack.AgentConfig, turn: Overrides = {}): void {
  const groups = [...(config.toolgroups ?? []), ...(turn.toolgroups ?? [])];
  const shields = [...(config.input_shields ?? []), ...(config.output_shields ?? [])];
  const missing = [
    ...groups.map((group) => `Tool Group '${typeof group === 'string' ? group : group.name}'`),
    ...shields.map((shield) => `Shield '${shield}'`),
  ];
  if (missing.length > 0) {
    throw invalid(`${[...new Set(missing)].join(', ')} not found: this server has no tool groups and no shields.`);
  }
  schemaOf(config);
}

/**
 * What an agent of ours is told, so that it is the agent that was made over the API.
 *
 * @param model What it is told to use.
 * @throws {Refusal} as {@link refuseUnknown} does: a turn may ask for more than its agent, and an agent may be older than this rule.
 */
export function settingsOf(config: llamaStack.AgentConfig, turn: Overrides, model: string | undefined): AgentSettings {
  refuseUnknown(config, turn);
  const { sampling_params: sampling, max_infer_iters } = config;
  const { strategy } = sampling ?? {};
  const topP = strategy?.top_p ?? strategy?.p;
  return defined({
    instructions: config.instructions,
    model,
    // The real server's "greedy" takes the most likely token, always.
    temperature: strategy?.type === 'greedy' ? 0 : (strategy?.temperature ?? undefined),
    topP: strategy?.type === 'top_p' ? (topP ?? undefined) : undefined,
    topK: strategy?.type === 'top_k' ? (strategy.top_k ?? undefined) : undefined,
    // 0 is what clients write for "as many as there are".
    maxTokens: sampling?.max_tokens || undefined,
    // 1 changes nothing, and servers that do not know the field refuse it.
    repetitionPenalty: sampling?.repetition_penalty === 1 ? undefined : sampling?.repetition_penalty || undefined,
    stop: sampling?.stop?.length ? sampling.stop : undefined,
    responseSchema: schemaOf(config),
    toolChoice: choiceOf(turn.tool_config?.tool_choice ?? config.tool_config?.tool_choice),
    maxInferences: max_infer_iters || undefined,
  });
}

/** The client's tools, as a model is told of them. */
export function toolsOf({ client_tools }: llamaStack.AgentConfig): readonly ToolDefinition[] {
  return (client_tools ?? []).map(({ name, description, parameters, input_schema }) => ({
    name,
    ...(description ? { description } : {}),
    parameters: input_schema ?? schemaFrom(parameters ?? []),
  }));
}

function schemaOf({ response_format: format }: llamaStack.AgentConfig): Readonly<Record<string, unknown>> | undefined {
  if (format === null || format === undefined) return undefined;
  const { type, json_schema: schema } = format;
  if (type === 'json_schema' && typeof schema === 'object' && schema !== null) {
    return schema as Readonly<Record<string, unknown>>;
  }
  throw invalid(`response_format of type '${type}' is not supported: use 'json_schema'.`);
}

function choiceOf(choice: string | null | undefined): AgentSettings['toolChoice'] {
  if (choice === null || choice === undefined) return undefined;
  return choice === 'auto' || choice === 'required' || choice === 'none' ? choice : { name: choice };
}

function schemaFrom(parameters: NonNullable<llamaStack.ToolDef['parameters']>): Readonly<Record<string, unknown>> {
  const properties = parameters.map(({ name, parameter_type, description, default: fallback }) => [
    name,
    {
      type: parameter_type,
      ...(description ? { description } : {}),
      ...(fallback === undefined || fallback === null ? {} : { default: fallback }),
    },
  ]);
  const required = parameters.filter((parameter) => parameter.required !== false).map(({ name }) => name);
  return { type: 'object', properties: Object.fromEntries(properties) as Record<string, unknown>, required };
}

function defined(settings: { [Key in keyof AgentSettings]: AgentSettings[Key] | undefined }): AgentSettings {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
