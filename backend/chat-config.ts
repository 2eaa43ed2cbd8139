import type { AgentStatus } from '@chat-stream/protocol';
import type { Agent } from './agent/agent.js';
import type { ResolvedOptions } from './options.js';

/** What the original system calls the chat's configuration, for its clients. */
export function chatConfig({ info }: Agent, { context }: Pick<ResolvedOptions, 'context'>) {
  return {
    agent_id: info.name,
    agent_name: info.displayName ?? info.name,
    // Operators keep their prompts to themselves; the field is there because clients read it.
    system_prompt: '',
    max_messages: context.messages,
    auto_scroll: true,
    enable_typing_indicators: true,
    message_retention_days: 30,
  };
}

/** An agent, in the words of the original system. */
export function statusOf({ info }: Agent): AgentStatus {
  const { name, displayName, category, capabilities } = info;
  return {
    available: true,
    name: displayName ?? name,
    type: category ?? name,
    capabilities: capabilities ?? [],
    agent_id: name,
  };
}
