import { decodeServerFrame, encodeFrame, type Message } from '@chat-stream/protocol';

/** A message of the visitor that the server has not acknowledged, as it outlives a reload. */
export interface KeptMessage {
  readonly message: Message;
  /** The agent it is for, by name. */
  readonly agent: string | undefined;
  /** The session it was written in; `undefined`: there was none yet. */
  readonly sessionId: string | undefined;
}

/** The most that is kept: messages, and characters of all of them. Beyond that the oldest go; this page still has them. */
const LIMIT = { messages: 50, characters: 256 * 1024 } as const;

/**
 * Changes what is kept under `key` in `localStorage`. It is read afresh each time: other tabs write there, too. Where a
 * browser forbids storage, or it is full, nothing is kept.
 */
export function changeKept(key: string, change: (kept: readonly KeptMessage[]) => readonly KeptMessage[]): void {
  try {
    const before = localStorage.getItem(key);
    const after = change(before === null ? [] : decode(before)).slice(-LIMIT.messages);
    while (after.length > 0 && encode(after).length > LIMIT.characters) after.shift();
    if (after.length > 0) localStorage.setItem(key, encode(after));
    else if (before !== null) localStorage.removeItem(key);
  } catch {
    // The page's own copy serves until it goes.
  }
}

/** Written as a page of history, so that the wire's own reader says what is a message and what is not. */
function encode(kept: readonly KeptMessage[]): string {
  const messages = kept.map(({ message, agent, sessionId }) => ({ ...message, session_id: sessionId, agent }));
  return encodeFrame({ type: 'history', messages });
}

/** Other scripts of the page can write anything there. */
function decode(text: string): KeptMessage[] {
  try {
    const frame = decodeServerFrame(text);
    if (frame.type !== 'history') return [];
    return frame.messages
      .filter(({ sender }) => sender === 'user')
      .map(({ agent, ...message }) => ({
        message,
        agent: typeof agent === 'string' ? agent : undefined,
        sessionId: message.session_id ?? undefined,
      }));
  } catch {
    return [];
  }
}
