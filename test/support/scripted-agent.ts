import type { Agent, AgentContext, AgentEvent, AgentTurn } from '@chat-stream/backend';
import { Observable, type Subscriber } from 'rxjs';

/** One run of a {@link ScriptedAgent}, in the hands of the test. */
export interface Run {
  readonly turn: AgentTurn;
  readonly context: AgentContext;
  readonly subscriber: Subscriber<AgentEvent>;
  /** Emits text. */
  say(text: string): void;
  /** Emits all text and completes. */
  finish(text?: string): void;
  /** Resolves when the session unsubscribed, or the run was over. */
  readonly released: Promise<void>;
}

/** An agent that does what the test says, when the test says it. */
export class ScriptedAgent implements Agent {
  /** Every run so far. */
  readonly runs: Run[] = [];
  private readonly waiting: ((run: Run) => void)[] = [];
  private handed = 0;

  constructor(readonly info: Agent['info'] = { name: 'scripted', displayName: 'Scripted' }) {}

  execute(turn: AgentTurn, context: AgentContext): Observable<AgentEvent> {
    return new Observable((subscriber) => {
      let release: () => void = () => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      const say = (text: string) => subscriber.next({ type: 'text', text });
      const finish = (text?: string) => {
        if (text !== undefined) say(text);
        subscriber.complete();
      };
      const run: Run = { turn, context, subscriber, say, finish, released };
      this.runs.push(run);
      while (this.waiting.length > 0 && this.handed < this.runs.length)
        this.waiting.shift()?.(this.runs[this.handed++]!);
      return () => release();
    });
  }

  /** The next run that no earlier call was given. */
  async nextRun(): Promise<Run> {
    const run = this.runs[this.handed];
    if (run !== undefined) {
      this.handed++;
      return run;
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}
