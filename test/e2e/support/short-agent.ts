import type { Agent, AgentEvent } from '@chat-stream/backend';
import { concatMap, delay, from, type Observable, of } from 'rxjs';

/** An agent that answers every question in a few pieces, so that a test of many pages is over soon. */
export class ShortAgent implements Agent {
  readonly info = { name: 'short', displayName: 'Short' };

  /** What it answers: enough lines to scroll. */
  static readonly answer = Array.from({ length: 40 }, (_, line) => `Line ${line} of the answer.\n\n`);

  execute(): Observable<AgentEvent> {
    return from(ShortAgent.answer).pipe(
      concatMap((text, index) => of<AgentEvent>({ type: 'text', text }).pipe(delay(index % 10 === 0 ? 10 : 0))),
    );
  }
}
