import type { Message } from '@chat-stream/protocol';
import type { AgentMessage } from '../agent/agent.js';

/** How much of a conversation an agent gets. */
export interface ContextWindow {
  readonly messages: number;
  readonly characters: number;
}

/**
 * Turns stored messages (oldest first) into what an agent gets: the newest that fit both bounds, oldest first. What we
 * said about a failure is not the model's words, so it is left out; an answer that holds nothing else is left out whole.
 */
export function toAgentHistory(messages: readonly Message[], window: ContextWindow): AgentMessage[] {
  const kept: AgentMessage[] = [];
  let characters = 0;
  for (const message of messages.toReversed()) {
    const content = spokenBy(message);
    const given = message.sender === 'user' ? contextOf(message.metadata) : undefined;
    if (content === '' && message.attachments.length === 0) continue;
    characters += content.length + (given?.length ?? 0);
    if (kept.length >= window.messages || characters > window.characters) break;
    kept.push({
      role: message.sender === 'user' ? 'user' : 'assistant',
      content,
      ...(message.attachments.length === 0 ? {} : { attachments: message.attachments }),
      ...(given === undefined ? {} : { context: given }),
    });
  }
  return kept.reverse();
}

/** The text that came with a message for the model alone. */
export function contextOf({ context }: Readonly<Record<string, unknown>>): string | undefined {
  return typeof context === 'string' && context !== '' ? context : undefined;
}

function spokenBy({ content, metadata }: Message): string {
  const sentence = metadata.error?.message;
  return sentence !== undefined && content.endsWith(sentence) ? content.slice(0, -sentence.length).trimEnd() : content;
}
