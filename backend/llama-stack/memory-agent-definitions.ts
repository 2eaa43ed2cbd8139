import type { AgentDefinition, AgentDefinitions, AgentSession, Listed, ListOptions } from './agent-definitions.js';

/** {@link AgentDefinitions} in memory: for tests, and where nothing needs to outlive the process. */
export class MemoryAgentDefinitions implements AgentDefinitions {
  private readonly agents = new Map<string, AgentDefinition>();
  private readonly sessions = new Map<string, AgentSession>();

  putAgent(agent: AgentDefinition): Promise<void> {
    this.agents.set(agent.id, agent);
    return Promise.resolve();
  }

  getAgent(id: string): Promise<AgentDefinition | undefined> {
    return Promise.resolve(this.agents.get(id));
  }

  listAgents(owner: string | null, options: ListOptions): Promise<Listed<AgentDefinition>> {
    return Promise.resolve(
      part(
        [...this.agents.values()].filter((agent) => agent.owner === owner),
        options,
      ),
    );
  }

  deleteAgent(id: string): Promise<boolean> {
    for (const session of this.sessions.values()) if (session.agentId === id) this.sessions.delete(session.id);
    return Promise.resolve(this.agents.delete(id));
  }

  putSession(session: AgentSession): Promise<void> {
    if (!this.agents.has(session.agentId)) return Promise.reject(new Error(`There is no agent ${session.agentId}.`));
    this.sessions.set(session.id, session);
    return Promise.resolve();
  }

  getSession(agentId: string, id: string): Promise<AgentSession | undefined> {
    const session = this.sessions.get(id);
    return Promise.resolve(session?.agentId === agentId ? session : undefined);
  }

  listSessions(agentId: string, options: ListOptions): Promise<Listed<AgentSession>> {
    return Promise.resolve(
      part(
        [...this.sessions.values()].filter((session) => session.agentId === agentId),
        options,
      ),
    );
  }

  async deleteSession(agentId: string, id: string): Promise<boolean> {
    return (await this.getSession(agentId, id)) !== undefined && this.sessions.delete(id);
  }

  close(): Promise<void> {
    this.agents.clear();
    this.sessions.clear();
    return Promise.resolve();
  }
}

function part<T>(all: readonly T[], { start, limit }: ListOptions): Listed<T> {
  return { items: all.slice(start, start + limit), hasMore: start + limit < all.length };
}
