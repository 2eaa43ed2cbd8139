import type { llamaStack } from '@chat-stream/protocol';

/** An agent that somebody made over the API: what it is told and may do. It runs on an agent of the service. */
export interface AgentDefinition {
  readonly id: string;
  /** Who may use it: the subject of the token, or `null` where no tokens are used. */
  readonly owner: string | null;
  readonly config: llamaStack.AgentConfig;
  /** ISO-8601. */
  readonly created: string;
}

/** That a session belongs to an agent. The conversation itself is kept where all conversations are. */
export interface AgentSession {
  readonly id: string;
  readonly agentId: string;
  readonly name: string;
  /** ISO-8601. */
  readonly created: string;
}

/** A part of a list. */
export interface ListOptions {
  /** How many to pass over. */
  readonly start: number;
  readonly limit: number;
}

/** A part of a list, and whether there is more behind it. */
export interface Listed<T> {
  readonly items: readonly T[];
  readonly hasMore: boolean;
}

/**
 * The agents that were made over the API, and which sessions are theirs. The conformance suite
 * (`test/conformance/agent-definitions.ts`) is the other half of this interface: an implementation is done when it passes.
 */
export interface AgentDefinitions {
  /** Resolves once the agent survives the death of this process, where the store outlives it at all. */
  putAgent(agent: AgentDefinition): Promise<void>;
  getAgent(id: string): Promise<AgentDefinition | undefined>;
  /** The agents of an owner, in the order they were made. */
  listAgents(owner: string | null, options: ListOptions): Promise<Listed<AgentDefinition>>;
  /** Forgets an agent and which sessions were its. `false` when it is not there. */
  deleteAgent(id: string): Promise<boolean>;
  /** Rejects when there is no such agent. */
  putSession(session: AgentSession): Promise<void>;
  getSession(agentId: string, id: string): Promise<AgentSession | undefined>;
  /** The sessions of an agent, in the order they were made. */
  listSessions(agentId: string, options: ListOptions): Promise<Listed<AgentSession>>;
  /** `false` when it is not there. */
  deleteSession(agentId: string, id: string): Promise<boolean>;
  close(): Promise<void>;
}

/** The token to inject {@link AgentDefinitions}. */
export const AGENT_DEFINITIONS = Symbol('chat-stream:agent-definitions');
