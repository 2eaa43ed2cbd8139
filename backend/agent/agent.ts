import type { AgentInfo, Attachment, Delta } from '@chat-stream/protocol';
import type { Observable } from 'rxjs';

/** One message of the conversation as an agent sees it. */
export interface AgentMessage {
  readonly role: 'user' | 'assistant';
  readonly content: string;
  readonly attachments?: readonly Attachment[];
  /** Text for the model that came along and is no part of what was said: documents. */
  readonly context?: string;
}

/** What whoever asks may set for one turn. An agent takes what it can and ignores the rest. */
export interface AgentSettings {
  /** Takes the place of what the agent is otherwise told first. */
  readonly instructions?: string;
  /** Another model of the same server. */
  readonly model?: string;
  readonly temperature?: number;
  readonly topP?: number;
  readonly topK?: number;
  /** Of one answer. */
  readonly maxTokens?: number;
  readonly repetitionPenalty?: number;
  /** Texts at which the model stops. */
  readonly stop?: readonly string[];
  /** JSON Schema that the answer must be an instance of. */
  readonly responseSchema?: Readonly<Record<string, unknown>>;
  /** Whether tools may be called (`auto`, the default), must be, may not be, or the one that must be. */
  readonly toolChoice?: 'auto' | 'required' | 'none' | { readonly name: string };
  /** How often the model may be asked in one turn, with what tools answered in between; default 10. */
  readonly maxInferences?: number;
}

/** A tool that a model may call. */
export interface ToolDefinition {
  readonly name: string;
  readonly description?: string;
  /** JSON Schema of its arguments, which are an object. */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/** What a tool answered. */
export interface ToolAnswer {
  /** Text, or anything that JSON can say. */
  readonly content: unknown;
  readonly isError: boolean;
}

/** What became of a call that needed an approval. */
export interface Approval {
  /** Whether it may run. */
  readonly approved: boolean;
  /** For the model: what the person said to it, or else why it may not run. Empty for an approval without words. */
  readonly reason: string;
}

/** The tools of one turn. They run with whoever asked. */
export interface AgentTools {
  /** Who that is, for the `tool_call` deltas: a page, or a program. */
  readonly target: 'page' | 'client';
  readonly offered: readonly ToolDefinition[];
  /**
   * Waits for the answer to a call that the agent has emitted as `tool_call` `succeeded`; calls that are made together are
   * waited for together. Minutes may pass: the idle timeout does not run meanwhile. Never rejects; where no answer comes,
   * the agent is unsubscribed.
   */
  call(call: { readonly id: string; readonly name: string }): Promise<ToolAnswer>;
}

/** What an agent is asked: one user message and the conversation before it. */
export interface AgentTurn {
  readonly sessionId: string;
  /** The id of the answer that is being written. */
  readonly answerId: string;
  /** What the visitor just wrote. */
  readonly message: AgentMessage;
  /** The conversation before `message`, oldest first, already cut to the newest that fit. */
  readonly history: readonly AgentMessage[];
  /** Absent: the agent answers as it was made to. */
  readonly settings?: AgentSettings;
  /** Absent: there is nothing to call. */
  readonly tools?: AgentTools;
}

/** What the session offers to an agent while it runs. */
export interface AgentContext {
  /**
   * Says that the agent is alive although it emits nothing (bytes arrived, a retry is under way). An agent that neither
   * emits nor calls this for the idle timeout (`UPSTREAM_IDLE_TIMEOUT_MS`) is unsubscribed, and its answer ends as `timeout`.
   */
  keepAlive(): void;
  /**
   * As {@link AgentTools.call}, for an agent whose tools are defined where it runs: a page may have one of that name. Emit
   * the call first, as a `tool_call` that has `succeeded`, for `turn.tools?.target ?? 'page'`.
   */
  callTool(call: { readonly id: string; readonly name: string }): Promise<ToolAnswer>;
  /**
   * Asks whoever asked whether a call may run. Emit the call first, as a `tool_call` that has `succeeded` and
   * `needs_approval`; what is decided is written into the answer, and for a call that is declined its `tool_result`, too.
   * Minutes may pass: the idle timeout does not run meanwhile. A call is declined when nobody decides for `toolTimeoutMs`,
   * and at once where nobody can: in a turn over `/v1/agents`, or of a client of the original kind. Never rejects; where the
   * answer ends first, the agent is unsubscribed.
   *
   * @example
   * const call = { id: 'call-1', name: 'refund' };
   * yield { type: 'tool_call', call_id: call.id, tool_name: call.name, parse_status: 'succeeded', needs_approval: true };
   * const { approved, reason } = await context.askApproval(call);
   */
  askApproval(call: { readonly id: string; readonly name: string }): Promise<Approval>;
}

/** What an agent emits. Everything that is not listed here by name is a {@link Delta} and goes out as it is. */
export type AgentEvent =
  /** New text of the answer: only what is new. */
  | { readonly type: 'text'; readonly text: string }
  /**
   * All text of the answer as it really is, where that is not what was emitted before. The answer goes on from there; what is
   * shown is replaced when it ends.
   */
  | { readonly type: 'correction'; readonly text: string }
  /** The model refuses, in its own words: shown as text, and marked. */
  | { readonly type: 'refusal'; readonly text: string }
  /** Tokens that the model counted, once known. */
  | { readonly type: 'usage'; readonly input_tokens: number; readonly output_tokens: number }
  /** Why the model stopped: `stop`, `length`, `tool_calls`, `content_filter`. The answer ends when the Observable completes. */
  | { readonly type: 'finish'; readonly reason: string }
  | Delta;

/**
 * Something that answers. Implement it, give it to `ChatStreamModule.forRoot({ agents: [...] })`, and visitors talk to it.
 *
 * @example
 * class Parrot implements Agent {
 *   readonly info = { name: 'parrot', displayName: 'Parrot' };
 *   execute(turn: AgentTurn) {
 *     return from(turn.message.content.split(' ')).pipe(map((word) => ({ type: 'text' as const, text: word + ' ' })));
 *   }
 * }
 */
export interface Agent {
  /** Who it is: `name` is unique in a service and is what `metadata.agentType` selects. */
  readonly info: AgentInfo;
  /**
   * The models that it is known to have, as `AgentSettings.model` names them; the one it uses by itself first. They are
   * listed under `/v1/models`. Absent: there is nothing to choose, and the agent's name stands there for its model.
   */
  readonly models?: readonly string[];
  /**
   * Answers one turn. The Observable is cold: work begins on subscription, and unsubscribing aborts it, the call to the
   * model included. Completing ends the answer as `complete`; an {@link AgentError} ends it as `error` with its code and
   * sentence; any other error ends it as `internal`, and its text stays in the server's log.
   */
  execute(turn: AgentTurn, context: AgentContext): Observable<AgentEvent>;
}

/** Why an agent could not answer, for `metadata.error.code`. */
export type AgentErrorCode =
  /** Nothing was heard for the idle timeout. */
  | 'timeout'
  /** The model's answer ended before it was finished. */
  | 'cut_off'
  /** The model's server asks us to slow down, or a quota is used up. */
  | 'rate_limited'
  /** The model's server can't be reached, or fails. */
  | 'unavailable'
  /** The model's server does not accept our credentials or our request: for the operator to mend. */
  | 'misconfigured'
  /** The conversation is too long for the model. */
  | 'too_long'
  /** A content filter ended the answer. */
  | 'content_filter'
  /** What the model's server sent can't be understood. */
  | 'bad_upstream'
  /** A fault of the agent itself. */
  | 'internal';

/**
 * A failure that a visitor may read about. `message` goes into the stream as it is, so it is a plain sentence without
 * the upstream's own text, key or URL; what an operator needs goes into `cause`, which is only logged.
 */
export class AgentError extends Error {
  override readonly name = 'AgentError';

  constructor(
    readonly code: AgentErrorCode,
    message: string,
    options: { readonly retryable?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.retryable = options.retryable ?? false;
  }

  /** Whether sending the same message again may work. */
  readonly retryable: boolean;
}
