import type { AgentRegistry } from '../agent/agent-registry.js';

/** A model that agents can be made of: what an `agent_config` names to be answered by an agent of the service. */
export interface ServedModel {
  /** The name in `agent_config.model`; no two are the same. */
  readonly id: string;
  /** The agent of the service that has it. */
  readonly agent: string;
  /** What that agent is told to use; `undefined`: it has but one way to answer. */
  readonly setting: string | undefined;
}

/**
 * The models of all agents of the service, those of the default agent first. An agent that names none, or none that another
 * has not, is there under its own name: each can be reached.
 */
export function servedModels(agents: AgentRegistry): ServedModel[] {
  const served = new Map<string, ServedModel>();
  const others = agents.all().filter((agent) => agent !== agents.default);
  for (const { info, models = [] } of [agents.default, ...others]) {
    const own = models.filter((model) => !served.has(model));
    for (const model of own) served.set(model, { id: model, agent: info.name, setting: model });
    if (own.length === 0 && !served.has(info.name)) {
      served.set(info.name, { id: info.name, agent: info.name, setting: undefined });
    }
  }
  return [...served.values()];
}
