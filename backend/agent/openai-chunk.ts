import * as v from 'valibot';

const text = v.nullish(v.string());
/** What is good to have, and no reason to end an answer when a server writes it in its own way. */
const optionalText = v.fallback(text, undefined);

/** A part of a call: of the whole call, or of its arguments. */
const ToolCallPartSchema = v.object({
  index: v.nullish(v.number()),
  id: v.nullish(v.string()),
  function: v.nullish(
    v.object({
      name: v.nullish(v.string()),
      arguments: v.nullish(v.union([v.string(), v.record(v.string(), v.unknown())])),
    }),
  ),
});

/** See {@link ToolCallPartSchema}. */
export type ToolCallPart = v.InferOutput<typeof ToolCallPartSchema>;

/** What a model wrote: new text in a `delta` of a stream, all of it in the `message` of a whole completion. */
const WrittenSchema = v.object({
  content: text,
  refusal: optionalText,
  /** DeepSeek, vLLM, llama.cpp. */
  reasoning_content: optionalText,
  /** OpenRouter, Ollama, newer vLLM. Some servers send both, with the same text. */
  reasoning: optionalText,
  tool_calls: v.fallback(v.nullish(v.array(ToolCallPartSchema)), undefined),
});

/**
 * What we read of a `chat.completion.chunk`, and of a whole `chat.completion` from a server that does not stream. All of it
 * may be missing: the last chunk has usage and no choices, some chunks of some servers have nothing we know.
 */
export const ChunkSchema = v.object({
  choices: v.nullish(
    v.array(
      v.object({
        index: v.nullish(v.number()),
        delta: v.nullish(WrittenSchema),
        message: v.nullish(WrittenSchema),
        finish_reason: text,
      }),
    ),
  ),
  usage: v.fallback(v.nullish(v.object({ prompt_tokens: v.number(), completion_tokens: v.number() })), undefined),
  error: v.optional(v.unknown()),
});

/** What else a delta may say that we read. */
const MORE = ['refusal', 'reasoning_content', 'reasoning', 'tool_calls'] as const;

/** See {@link ChunkSchema}. */
export type Chunk = v.InferOutput<typeof ChunkSchema>;

/** Reads one chunk; `undefined` when it is not JSON or not a chunk. */
export function parseChunk(json: string): Chunk | undefined {
  const value = parseJson(json);
  const plain = plainChunk(value);
  if (plain !== undefined) return plain;
  const result = v.safeParse(ChunkSchema, value, { abortEarly: true });
  return result.success ? result.output : undefined;
}

/**
 * A chunk with one choice that has new text and nothing else that we read: nearly every token is one. By hand this takes a
 * tenth of what the schema does, and says the same; `undefined` leaves it to the schema.
 */
function plainChunk(value: unknown): Chunk | undefined {
  if (!isFields(value) || !isAbsent(value['usage']) || value['error'] !== undefined) return undefined;
  const { choices } = value;
  if (!Array.isArray(choices) || choices.length !== 1) return undefined;
  const choice: unknown = choices[0];
  if (!isFields(choice) || choice['index'] !== 0) return undefined;
  if (!isAbsent(choice['message']) || !isAbsent(choice['finish_reason'])) return undefined;
  const { delta } = choice;
  if (!isFields(delta) || typeof delta['content'] !== 'string' || !MORE.every((name) => isAbsent(delta[name]))) {
    return undefined;
  }
  return { choices: [{ index: 0, delta: { content: delta['content'] } }] };
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** `undefined`, which JSON can't say, for what is not JSON. */
export function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}
