import type { Agent, AgentEvent, AgentTurn } from '@chat-stream/backend';
import { Observable, type Subscriber } from 'rxjs';

/** An agent that hands each of its runs to whoever asked the question: many conversations at once, each in its own hands. */
export class KeyedAgent implements Agent {
  readonly info = { name: 'keyed', displayName: 'Keyed' };
  /** How often each question was run. */
  readonly counts = new Map<string, number>();
  private readonly runs = new Map<string, Subscriber<AgentEvent>>();
  private readonly begun = new Map<string, () => void>();
  private readonly waiting = new Map<string, (run: Subscriber<AgentEvent>) => void>();

  /** `answer` answers every question by itself; without it, runs wait for {@link run}. */
  constructor(private readonly answer?: (turn: AgentTurn, run: Subscriber<AgentEvent>) => void) {}

  execute(turn: AgentTurn): Observable<AgentEvent> {
    return new Observable((subscriber) => {
      const { content } = turn.message;
      this.counts.set(content, (this.counts.get(content) ?? 0) + 1);
      this.begun.get(content)?.();
      this.begun.delete(content);
      this.answer?.(turn, subscriber);
      this.runs.set(content, subscriber);
      this.waiting.get(content)?.(subscriber);
    });
  }

  /** The run of this question, as soon as it begins; the newest, should there be several. */
  async run(question: string): Promise<Subscriber<AgentEvent>> {
    const known = this.runs.get(question);
    return known ?? new Promise((resolve) => this.waiting.set(question, resolve));
  }

  /** Resolves when each of these questions has been run. */
  async ran(questions: readonly string[]): Promise<void> {
    const missing = questions.filter((question) => !this.counts.has(question));
    await Promise.all(missing.map((question) => new Promise<void>((resolve) => this.begun.set(question, resolve))));
  }
}
