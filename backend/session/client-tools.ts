import { randomUUID } from 'node:crypto';
import type { Delta } from '@chat-stream/protocol';
import type { AgentTools, Approval, ToolAnswer, ToolDefinition } from '../agent/agent.js';
import { ChatError } from '../chat-error.js';

/** A call as it is written into an answer. */
export type ToolCall = Extract<Delta, { type: 'tool_call' }>;

/** What the tools of an answer need from it. */
export interface ClientToolsHost {
  /** Writes a delta into the answer. */
  emit(delta: Delta): void;
  /** The call as it is in the answer so far. */
  find(callId: string): ToolCall | undefined;
  /** Whether there is still time to wait for an answer. Else the turn is over, and with it all that waits. */
  mayWait(): boolean;
  /** No answer came for `timeoutMs`. */
  timedOut(): void;
  readonly timeoutMs: number;
  /** Whether whoever asked can say if a call may run. */
  canApprove(): boolean;
}

/** What a person says to a call that needs their approval. */
export interface Decision {
  readonly callId: string;
  readonly approved: boolean;
  /** For the model. */
  readonly comment?: string;
  /** The answer that asks; default: the one that is being written. */
  readonly answerId?: string;
}

type Call = Parameters<AgentTools['call']>[0];

const NEVER = new Promise<never>(() => undefined);

const NOBODY = 'This call needs the approval of a person, and nobody can be asked here. It was declined.';
const DECLINED = 'The person who was asked declined this call.';
const TOO_LATE = 'This call needs the approval of a person, and nobody decided in time. It was declined.';

/**
 * What an answer waits for from whoever asked: the tools that run with them, and their approval of calls. From the first open
 * call to the last answer the turn is in a `tool_execution` step, which is written into the answer: whoever reads the log
 * knows that it waits. Of an approval the call itself says so.
 */
export class ClientTools implements AgentTools {
  readonly target = 'client';

  private readonly open = new Map<string, { readonly name: string; readonly resolve: (answer: ToolAnswer) => void }>();
  private readonly asked = new Map<
    string,
    { readonly timer: NodeJS.Timeout; decide(approval: Approval, comment: string): void }
  >();
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

  /** Whether a call waits for its answer, or for an approval. */
  get isWaiting(): boolean {
    return this.open.size + this.asked.size > 0;
  }

  call({ id, name }: Call): Promise<ToolAnswer> {
    if (!this.host.mayWait()) return NEVER;
    if (this.open.size === 0) {
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
    if (this.open.size === 0) {
      clearTimeout(this.timer);
      this.host.emit({ type: 'step', step_id: this.stepId, step_type: 'tool_execution', phase: 'complete' });
    }
    call.resolve({ content, isError });
    return true;
  }

  /** As `AgentContext.askApproval`: each call has its own time. */
  askApproval(call: Call): Promise<Approval> {
    if (!this.host.canApprove()) {
      const declined = { approved: false, reason: NOBODY };
      this.write(call, declined);
      return Promise.resolve(declined);
    }
    if (!this.host.mayWait()) return NEVER;
    clearTimeout(this.asked.get(call.id)?.timer);
    return new Promise((resolve) => {
      const decide = (approval: Approval, comment?: string) => {
        clearTimeout(timer);
        this.asked.delete(call.id);
        this.write(call, approval, comment);
        resolve(approval);
      };
      const timer = setTimeout(() => decide({ approved: false, reason: TOO_LATE }), this.host.timeoutMs);
      this.asked.set(call.id, { timer, decide });
    });
  }

  /**
   * Takes a person's decision. The first one counts; the same one again changes nothing.
   *
   * @throws {ChatError} `not_found` (nobody asks about this call), `conflict` (it was decided otherwise before).
   */
  decide(decision: Decision): void {
    const { callId, approved, comment = '' } = decision;
    const words = comment.trim();
    const asked = this.asked.get(callId);
    if (asked !== undefined) {
      return asked.decide({ approved, reason: words || (approved ? '' : DECLINED) }, words);
    }
    const before = this.host.find(callId)?.approved;
    if (before === undefined) throw notAsked(decision);
    if (before === approved) return;
    const was = before ? 'approved' : 'declined';
    throw new ChatError('conflict', `This call was ${was} before: the first decision counts.`, { ref: callId });
  }

  /** Nobody waits any more. */
  close(): void {
    clearTimeout(this.timer);
    for (const { timer } of this.asked.values()) clearTimeout(timer);
    this.open.clear();
    this.asked.clear();
  }

  /** The decision is the call's own; one that may not run has failed, also for who knows nothing of approvals. */
  private write({ id, name }: Call, { approved, reason }: Approval, comment = ''): void {
    const call = this.host.find(id) ?? { type: 'tool_call', call_id: id, tool_name: name, parse_status: 'succeeded' };
    const said = comment === '' ? {} : { comment };
    this.host.emit({ ...call, needs_approval: true, approved, ...said });
    if (approved) return;
    this.host.emit({ type: 'tool_result', call_id: id, tool_name: name, content: reason, is_error: true });
  }
}

/** Nobody asks about this call: the answer has ended, or there was none. */
export function notAsked({ callId }: Decision): ChatError {
  const message = 'No answer asks for an approval of this call: it has ended, or asks no more.';
  return new ChatError('not_found', message, { ref: callId });
}
