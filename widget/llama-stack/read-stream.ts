import { parseJson } from '@chat-stream/protocol';
import { eventParser } from '../connection/event-parser.js';

/** So deep may an event nest: a turn holds steps, calls and what tools said. */
const MAX_DEPTH = 64;

/**
 * Reads the events of a response until `take` returns true, or the stream ends. A line that is not JSON is skipped, with a
 * word on the console.
 *
 * @param heard Called with everything that comes, also where it is no event.
 * @returns whether `take` had what it wanted.
 */
export async function readStream(
  body: ReadableStream<Uint8Array> | null,
  take: (value: unknown) => boolean,
  heard: () => void,
): Promise<boolean> {
  const state = { isOver: false };
  const parse = eventParser((data) => {
    const value = state.isOver ? undefined : read(data);
    if (value !== undefined) state.isOver = take(value);
  });
  const decoder = new TextDecoder();
  const reader = body?.getReader();
  try {
    while (!state.isOver) {
      const part = await reader?.read();
      if (part === undefined || part.done) {
        // The last event may lack its blank line.
        parse(`${decoder.decode()}\n\n`);
        break;
      }
      heard();
      parse(decoder.decode(part.value, { stream: true }));
    }
  } finally {
    reader?.cancel().catch(() => {});
  }
  return state.isOver;
}

function read(data: string): unknown {
  if (data.trim() === '' || data.trim() === '[DONE]') return undefined;
  try {
    return parseJson(data, { maxDepth: MAX_DEPTH });
  } catch {
    console.warn(`chat-stream: a line that is not JSON was skipped: ${data.slice(0, 200)}`);
    return undefined;
  }
}
