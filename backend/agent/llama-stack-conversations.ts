import type { AgentMessage, AgentTurn } from './agent.js';

/** So many conversations are remembered; the one that was quiet for longest goes first. */
const LIMIT = 10_000;

interface Known<Place> {
  readonly place: Place;
  /** What the last turn left at the end of the history, oldest first. */
  readonly tail: readonly string[];
}

/**
 * Which session of the upstream goes on with which session of ours. A session goes on only where it has heard all that our
 * history ends with: after an answer that was stopped or failed (the upstream stores none of it), one that another agent
 * wrote, an edit or a restart of this service, a new session begins, with the conversation so far in its first message.
 *
 * Sessions that are left are not deleted: they are the operator's to keep or to remove.
 */
export class Conversations<Place> {
  private readonly known = new Map<string, Known<Place>>();

  /** Where a turn goes on; `undefined`: nowhere, begin a new session. What is returned is forgotten until {@link keep}. */
  take({ sessionId, history }: AgentTurn): Place | undefined {
    const known = this.known.get(sessionId);
    this.known.delete(sessionId);
    if (known === undefined) return undefined;
    const { place, tail } = known;
    const now = tail.length === 0 ? [] : history.slice(-tail.length).map(({ content }) => content);
    return now.length === tail.length && tail.every((text, index) => text === now[index]) ? place : undefined;
  }

  /** A turn is complete, and `answer` is what it said. */
  keep({ sessionId, message }: AgentTurn, place: Place, answer: string): void {
    const tail = [message.content, answer].filter((text) => text !== '');
    this.known.set(sessionId, { place, tail });
    if (this.known.size <= LIMIT) return;
    const [oldest] = this.known.keys();
    if (oldest !== undefined) this.known.delete(oldest);
  }
}

/** A conversation as one text: a turn of a Llama Stack takes no messages of an assistant. */
export function transcriptOf(history: readonly AgentMessage[]): string {
  const lines = history.map(({ role, content }) => `${role === 'user' ? 'User' : 'Assistant'}: ${content}`);
  return ['This is the conversation so far; go on with it.', ...lines].join('\n\n');
}
