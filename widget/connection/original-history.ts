import type { Message, ServerFrame } from '@chat-stream/protocol';
import type { Wire } from './wire.js';

/** How many messages are shown of a conversation that a server of the original kind has. */
const SHOWN = 200;

/** It gives pages from the oldest message on: the newest are at the end of all of them. */
const ALL = 1_000_000;

/** An answer that was being written is asked for after a second, then after half as long again each time, for about ten minutes. */
const AGAIN = { firstMs: 1_000, factor: 1.5, lastMs: 200_000 } as const;

/**
 * What a server of the original kind knows of a conversation: it sends nothing of that over its socket. Where its last word is a
 * question, the answer may still be being written: the server tells it only to sockets that asked, and stores it at its end. So
 * it is asked for again, until it is there or the conversation went on.
 *
 * @param server The server's `http:` or `https:` URL, without a slash at the end.
 * @param shown What is on screen: an answer that broke off, and was not stored, stays below its question. `undefined` when the
 *   connection is gone, and with it whoever wants to know.
 * @param later Takes the answer that came after all.
 * @throws where the server does not answer with messages.
 */
export async function originalHistory(
  server: string,
  sessionId: string,
  shown: () => readonly Message[] | undefined,
  { parseServerFrame }: Pick<Wire, 'parseServerFrame'>,
  later: (history: ServerFrame) => void,
): Promise<ServerFrame> {
  const ask = async () => {
    const stored = await storedMessages(server, sessionId, parseServerFrame);
    const messages = [...stored, ...unstored(stored, shown() ?? [])];
    const isOpen = stored.at(-1)?.sender === 'user';
    return { isOpen, history: { type: 'history', messages, has_more: false, catch_up: 0 } as const };
  };
  const { isOpen, history } = await ask();
  if (isOpen) void askAgain(ask, () => shown()?.at(-1)?.id === history.messages.at(-1)?.id, later);
  return history;
}

async function askAgain(
  ask: () => Promise<{ isOpen: boolean; history: ServerFrame }>,
  isWanted: () => boolean,
  later: (history: ServerFrame) => void,
): Promise<void> {
  for (let ms: number = AGAIN.firstMs; ms < AGAIN.lastMs; ms *= AGAIN.factor) {
    await new Promise((resolve) => setTimeout(resolve, ms));
    if (!isWanted()) return;
    const answer = await ask().catch(() => undefined);
    if (!isWanted()) return;
    if (answer?.isOpen === false) return later(answer.history);
  }
}

async function storedMessages(
  server: string,
  sessionId: string,
  parse: Wire['parseServerFrame'],
): Promise<readonly Message[]> {
  const query = new URLSearchParams({ session_id: sessionId, limit: String(ALL), offset: '0' });
  const response = await fetch(`${server}/api/chat/messages?${query}`);
  const { data } = (await response.json()) as { data: object[] };
  // One at a time: a message that can't be read does not take the others along.
  return data.slice(-SHOWN).flatMap((fields): Message[] => {
    try {
      const frame = parse({ ...fields, type: 'message' });
      return frame.type === 'message' ? [frame] : [];
    } catch {
      return [];
    }
  });
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
