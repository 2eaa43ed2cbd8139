import type { Observable, Subscription } from 'rxjs';
import { expect } from 'vitest';
import type {
  Agent,
  AgentError,
  AgentErrorCode,
  AgentEvent,
  AgentMessage,
  AgentTurn,
} from '../../../backend/agent/agent.js';

/** The key that the tests use, and the words that servers of the tests put into their errors: no visitor may read them. */
export const KEY = 'sk-proj-Secret123';
export const RAW = 'RAW-PROVIDER-TEXT';

/** A turn that asks one thing. */
export function turnOf(content: string, history: readonly AgentMessage[] = []): AgentTurn {
  return { sessionId: 'session', answerId: 'answer', message: { role: 'user', content }, history };
}

/** An agent at work on one turn. */
export interface Running {
  readonly events: AgentEvent[];
  /** How often the agent said that it is alive. */
  readonly signs: () => number;
  readonly subscription: Subscription;
  /** Resolves when the agent has completed or failed. */
  readonly ended: Promise<Outcome>;
}

/** How a turn ended. */
export interface Outcome {
  readonly events: readonly AgentEvent[];
  readonly text: string;
  readonly signs: number;
  /** `undefined`: it completed. */
  readonly error: AgentError | undefined;
}

/** Subscribes to an agent. */
export function start(
  agent: Agent,
  turn: AgentTurn | string = 'hello',
  onEvent?: (event: AgentEvent) => void,
): Running {
  const events: AgentEvent[] = [];
  let signs = 0;
  let end: (outcome: Outcome) => void;
  const ended = new Promise<Outcome>((resolve) => (end = resolve));
  const outcome = (error?: AgentError) => end({ events, text: textOf(events), signs, error });
  const answer: Observable<AgentEvent> = agent.execute(typeof turn === 'string' ? turnOf(turn) : turn, {
    keepAlive: () => (signs += 1),
    callTool: async ({ id }) => ({ content: `result of ${id}`, isError: false }),
    askApproval: async () => ({ approved: true, reason: '' }),
  });
  const subscription = answer.subscribe({
    next: (event) => {
      events.push(event);
      onEvent?.(event);
    },
    error: (error: AgentError) => outcome(error),
    complete: () => outcome(),
  });
  return { events, signs: () => signs, subscription, ended };
}

/** Lets an agent answer to the end. */
export function run(agent: Agent, turn?: AgentTurn | string): Promise<Outcome> {
  return start(agent, turn).ended;
}

/** All that was said. */
export function textOf(events: readonly AgentEvent[]): string {
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('');
}

/** The turn failed with this code, in a sentence that a visitor may read, and the log has the rest. */
export function expectFailure({ error }: Outcome, code: AgentErrorCode, retryable: boolean): AgentError {
  expect(error).toMatchObject({ name: 'AgentError', code, retryable });
  expect(error?.message).toMatch(/^[A-Z][^<>{}]{10,150}\.$/);
  for (const secret of [KEY, 'Secret', RAW, 'http', '127.0.0.1', 'sk-']) expect(error?.message).not.toContain(secret);
  return error!;
}
