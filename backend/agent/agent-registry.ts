import type { AgentInfo } from '@chat-stream/protocol';
import type { Agent } from './agent.js';

/** The agents of a service, by name. */
export class AgentRegistry {
  /** Who answers a message that names nobody, or nobody we know. */
  readonly default: Agent;

  private readonly byName: ReadonlyMap<string, Agent>;

  /**
   * @param defaultName The name of the agent that answers when a message names none; default: the first of `agents`.
   * @throws {TypeError} that says what to mend: no agents, a name that is empty or taken, a default nobody has.
   */
  constructor(agents: readonly Agent[], defaultName?: string) {
    this.byName = indexByName(agents);
    const chosen = defaultName === undefined ? agents[0] : this.byName.get(defaultName);
    if (chosen === undefined) {
      throw new TypeError(
        `defaultAgent is "${defaultName}", and no agent has this name. There are: ${[...this.byName.keys()].join(', ')}.`,
      );
    }
    this.default = chosen;
  }

  /** The agent of exactly this name; the default one for a name that is absent or unknown. */
  find(name: string | null | undefined): Agent {
    return this.byName.get(name ?? '') ?? this.default;
  }

  /** All of them, in the order given. */
  all(): Agent[] {
    return [...this.byName.values()];
  }

  /** Who is there, in the order given. */
  list(): AgentInfo[] {
    return this.all().map((agent) => agent.info);
  }
}

function indexByName(agents: readonly Agent[]): ReadonlyMap<string, Agent> {
  if (agents.length === 0) throw new TypeError('agents is empty: give at least one agent.');
  const byName = new Map<string, Agent>();
  for (const [index, agent] of agents.entries()) {
    // Agents also come from plain JavaScript.
    const name: unknown = agent.info?.name;
    if (typeof name !== 'string' || name.trim() === '') {
      throw new TypeError(`agents[${index}] has no name: info.name must be a string that is not empty.`);
    }
    if (byName.has(name)) throw new TypeError(`Two agents are named "${name}": names must be unique.`);
    byName.set(name, agent);
  }
  return byName;
}
