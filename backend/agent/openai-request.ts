import type { ChatCompletionContentPart, ChatCompletionMessageParam } from 'openai/resources';
import type { AgentMessage, AgentSettings, AgentTools } from './agent.js';

/** A message of the conversation as `/chat/completions` takes it, images and the text that came along included. */
export function toParam({ role, content, context, attachments = [] }: AgentMessage): ChatCompletionMessageParam {
  const text = context === undefined ? content : [content, context].filter((part) => part !== '').join('\n\n');
  if (role === 'assistant') return { role, content: text };
  const images = attachments.flatMap(imagePart);
  if (images.length === 0) return { role, content: text };
  return { role, content: [...(text === '' ? [] : [{ type: 'text' as const, text }]), ...images] };
}

/** The fields of a request that a turn's settings ask for; those that nobody set are left to the server. */
export function settingsParams(settings: AgentSettings = {}): Record<string, unknown> {
  const { model, temperature, topP, topK, maxTokens, repetitionPenalty, stop, responseSchema } = settings;
  return withoutUndefined({
    model,
    temperature,
    top_p: topP,
    top_k: topK,
    max_tokens: maxTokens,
    repetition_penalty: repetitionPenalty,
    stop,
    response_format:
      responseSchema === undefined
        ? undefined
        : { type: 'json_schema', json_schema: { name: 'response', schema: responseSchema } },
  });
}

/** The fields that offer tools. What a turn says about calling them holds for its first inference: else it would never end. */
export function toolParams({ offered }: AgentTools, settings: AgentSettings = {}, round = 0): Record<string, unknown> {
  const { toolChoice = 'auto' } = settings;
  const isForced = toolChoice !== 'auto' && toolChoice !== 'none';
  const choice = typeof toolChoice === 'string' ? toolChoice : { type: 'function', function: toolChoice };
  return {
    tools: offered.map(({ name, description, parameters }) => ({
      type: 'function',
      function: { name, ...(description === undefined ? {} : { description }), parameters },
    })),
    ...(toolChoice === 'auto' || (isForced && round > 0) ? {} : { tool_choice: choice }),
  };
}

function imagePart({ kind, url }: NonNullable<AgentMessage['attachments']>[number]): ChatCompletionContentPart[] {
  // Nothing else is an address that a model's server could read.
  if (kind !== 'image' || typeof url !== 'string' || !/^(https?:|data:image\/)/i.test(url)) return [];
  return [{ type: 'image_url', image_url: { url } }];
}

function withoutUndefined(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
