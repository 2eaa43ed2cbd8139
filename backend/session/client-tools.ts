import { randomUUID } from 'node:crypto';
import type { Delta } from '@chat-stream/protocol';
import type { AgentTools, ToolAnswer, ToolDefinition } from '../agent/agent.js';

/** What the tools of an answer need from it. */
export interface ClientToolsHost {
  /** Writes a delta into the answer. */
  emit(delta: Delta): void;
  /** Whether there is still time to wait for an answer. Else the turn is over, and with it all that waits. */
  mayWait(): boolean;
  /** No answer came for `timeoutMs`. */
  timedOut(): void;
  readonly timeoutMs: number;
}

const NEVER = new Promise<never>(() => undefined);

/**
 * The tools of one answer that run with whoever asked. From the first open call to the last answer the turn is in a
 * `tool_execution` step, which is written into the answer: whoever reads the log knows that it waits.
 */
export class ClientTools implements AgentTools {
  readonly target = 'client';

  private readonly open = new Map<string, { readonly name: string; readonly resolve: (answer: ToolAnswer) => void }>();
  private stepId = '';
  private timer: NodeJS.Timeout | undefined;

  constructor(
    readonly offered: readonly ToolDefinition[],
    private readonly host: ClientToolsHost,
  ) {}

  /**
   * Whether they came with the request, as those of a Llama Stack client do: who runs them comes back with the answer in a
   * request of its own. Else they are those of a page, which answers where it is.
   */
  get areOfTheRequest(): boolean {
    return this.offered.length > 0;
  }

  /** Whether a call waits for its answer. */
  get isWaiting(): boolean {
    return this.open.size > 0;
  }

  call({ id, name }: { readonly id: string; readonly name: string }): Promise<ToolAnswer> {
    if (!this.host.mayWait()) return NEVER;
    if (!this.isWaiting) {
      this.stepId = randomUUID();
      this.host.emit({ type: 'step', step_id: this.stepId, step_type: 'tool_execution', phase: 'start' });
      this.timer = setTimeout(() => this.host.timedOut(), this.host.timeoutMs);
    }
    return new Promise((resolve) => this.open.set(id, { name, resolve }));
  }

  /** Takes the answer to an open call. `false`: no call with this id is open, or it was answered already. */
  take(callId: string, { content, isError }: ToolAnswer): boolean {
    const call = this.open.get(callId);
    if (call === undefined) return false;
    this.open.delete(callId);
    this.host.emit({
      type: 'tool_result',
      call_id: callId,
      tool_name: call.name,
      content,
      ...(isError ? { is_error: true } : {}),
    });
    if (!this.isWaiting) {
      clearTimeout(this.timer);
      this.host.emit({ type: 'step', step_id: this.stepId, step_type: 'tool_execution', phase: 'complete' });
    }
    call.resolve({ content, isError });
    return true;
  }

  /** Nobody waits any more. */
  close(): void {
    clearTimeout(this.timer);
    this.open.clear();
  }
}
