import type { Message, ServerFrame } from '@chat-stream/protocol';
import type { Wire } from './wire.js';

/** How many messages are shown of a conversation that a server of the original kind has. */
const SHOWN = 200;

/** It gives pages from the oldest message on: the newest are at the end of all of them. */
const ALL = 1_000_000;

/**
 * What a server of the original kind knows of a conversation: it sends nothing of that over its socket.
 *
 * @param server The server's `http:` or `https:` URL, without a slash at the end.
 * @param shown What is on screen: an answer that broke off, and was not stored, stays below its question.
 * @throws where the server does not answer with messages.
 */
export async function originalHistory(
  server: string,
  sessionId: string,
  shown: readonly Message[],
  { parseServerFrame }: Pick<Wire, 'parseServerFrame'>,
): Promise<ServerFrame> {
  const query = new URLSearchParams({ session_id: sessionId, limit: String(ALL), offset: '0' });
  const response = await fetch(`${server}/api/chat/messages?${query}`);
  const { data } = (await response.json()) as { data: object[] };
  // One at a time: a message that can't be read does not take the others along.
  const stored = data.slice(-SHOWN).flatMap((fields): Message[] => {
    try {
      const frame = parseServerFrame({ ...fields, type: 'message' });
      return frame.type === 'message' ? [frame] : [];
    } catch {
      return [];
    }
  });
  return { type: 'history', messages: [...stored, ...unstored(stored, shown)], has_more: false, catch_up: 0 };
}

/** The end of what is shown, as far as the server does not have it: its ids are of its own making, also for questions. */
function unstored(stored: readonly Message[], shown: readonly Message[]): readonly Message[] {
  const asked = shown.findLastIndex(({ sender }) => sender === 'user');
  const question = shown[asked];
  const last = stored.findLastIndex(({ sender }) => sender === 'user');
  if (question === undefined) return [];
  // Another question is the last there: ours was lost with the server, and the answer with it.
  if (stored[last]?.content !== question.content) return shown.slice(asked);
  return last === stored.length - 1 ? shown.slice(asked + 1) : [];
}
