import type { AgentContext, AgentEvent, AgentTurn } from './agent.js';

/** How long a request may take that several turns wait for, in milliseconds. */
export const SETUP_MS = 30_000;

/** What `LlamaStackAgent` takes. Only `url` is required. */
export interface LlamaStackAgentOptions {
  /** Where the server is: `http://localhost:8321`. */
  readonly url: string;
  /** An agent that the server has. Default: one that is created when it is first needed. Servers since 0.4 have no agents. */
  readonly agentId?: string | undefined;
  /** The model of an agent that is created, or of the Responses API; default: the server's first one of the type `llm`. */
  readonly model?: string | undefined;
  /** What the model is told before the conversation. */
  readonly instructions?: string | undefined;
  /** Sent as `Authorization: Bearer`; default: none is. */
  readonly apiKey?: string | undefined;
  /** Further fields of an `agent_config`: `{ toolgroups: ['builtin::websearch'], max_infer_iters: 5 }`. */
  readonly agentConfig?: Readonly<Record<string, unknown>>;
  /**
   * What becomes of a call that needs an approval (`require_approval` of an MCP tool; servers since 0.4). `decline` (default):
   * it never runs. `ask`: the visitor is asked, and it runs when they approve; whoever can see the page may.
   */
  readonly approvals?: 'decline' | 'ask';
  /** What `metadata.agentType` selects; default: `llama-stack`. */
  readonly name?: string;
  /** Default: `Llama Stack`. */
  readonly displayName?: string;
  readonly description?: string;
  /** Takes what an operator should know of and no visitor; default: Nest's logger. */
  readonly warn?: (message: string, cause?: unknown) => void;
}

/** What it takes to answer one turn. */
export interface TurnWork extends Pick<AgentContext, 'callTool' | 'askApproval'> {
  /** Aborted when nobody wants the answer any more. */
  readonly signal: AbortSignal;
  emit(event: AgentEvent): void;
  /** The server is alive. */
  heard(): void;
  warn(message: string, cause?: unknown): void;
}

/** One of the two ways to talk to a Llama Stack server. */
export interface StackApi {
  /** Resolves when the answer is complete. */
  answer(turn: AgentTurn, work: TurnWork): Promise<void>;
}
