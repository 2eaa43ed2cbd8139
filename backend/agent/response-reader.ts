import { llamaStack } from '@chat-stream/protocol';
import type { AgentEvent } from './agent.js';
import { agentError, streamError } from './openai-errors.js';

const { asFields, asList, asText } = llamaStack;

/** What is said to a call that asks for an approval: to the model, and to whoever looks. */
export const NOT_APPROVED = 'This call needs the approval of a person, which can not be given here. It was declined.';

/** Events whose `delta` is what the model thinks. */
const REASONING = new Set(['response.reasoning_text.delta', 'response.reasoning_summary_text.delta']);

/**
 * Reads the events of one response (`/v1/responses`) and says what they mean for an answer. A field that is not as it
 * should be is as good as absent, an event of an unknown type is skipped; the text that an item ends with wins over what
 * was streamed.
 */
export class ResponseReader {
  private readonly written = new llamaStack.AnswerText();
  private readonly told = new Set<string>();
  private over = false;
  private unapproved: string[] = [];

  /** All text so far. */
  get text(): string {
    return this.written.text;
  }

  /** Whether the response has ended. */
  get isOver(): boolean {
    return this.over;
  }

  /**
   * Goes on with the response that follows this one, in the same answer.
   *
   * @returns The ids of what this one asked an approval for, and did not get; none: nothing follows.
   */
  takeUnapproved(): readonly string[] {
    const ids = this.unapproved;
    this.unapproved = [];
    if (ids.length > 0) this.over = false;
    return ids;
  }

  /**
   * Takes the parsed `data` of one event.
   *
   * @throws {AgentError} when the response failed.
   */
  take(data: unknown): AgentEvent[] {
    const event = asFields(data);
    const type = asText(event['type']);
    const id = asText(event['item_id']);
    if (REASONING.has(type)) return [{ type: 'reasoning', text: asText(event['delta']) }];
    switch (type) {
      case 'response.output_text.delta':
        return this.written.append(id, asText(event['delta']));
      case 'response.refusal.delta':
        return [{ type: 'refusal', text: asText(event['delta']) }];
      case 'response.output_item.added':
        return this.item(asFields(event['item']), false);
      case 'response.output_item.done':
        return this.item(asFields(event['item']), true);
      case 'response.completed':
      case 'response.incomplete':
        return this.end(asFields(event['response']));
      case 'response.failed':
        throw streamError(asFields(event['response'])['error'] ?? event);
      case 'error':
        throw streamError(event['error'] ?? event);
      default:
        if (type === '' && event['error'] !== undefined) throw streamError(event['error']);
        return [];
    }
  }

  private item(item: llamaStack.Fields, isDone: boolean): AgentEvent[] {
    const type = asText(item['type']);
    const id = asText(item['id']);
    const key = `${id} ${isDone}`;
    if (this.told.has(key)) return [];
    if (type === 'message') return isDone ? this.message(id, item) : [];
    if (type === 'mcp_approval_request') return isDone && id !== '' ? this.decline(id, item) : [];
    if (!type.endsWith('_call')) return [];
    this.told.add(key);
    const status = !isDone ? 'in_progress' : item['status'] === 'failed' ? 'failed' : 'succeeded';
    const call = { call_id: asText(item['call_id']) || id, tool_name: asText(item['name']) || type.slice(0, -5) };
    const args = item['arguments'] ?? item['queries'] ?? item['action'];
    const called: AgentEvent = { type: 'tool_call', ...call, arguments: args, parse_status: status, target: 'server' };
    return isDone ? [called, ...resultOf(call, item)] : [called];
  }

  /** A call waits for a person who allows it, and nobody can here: everybody sees that it was wanted, and did not run. */
  private decline(id: string, item: llamaStack.Fields): AgentEvent[] {
    this.told.add(`${id} true`);
    this.unapproved.push(id);
    const call = { call_id: id, tool_name: asText(item['name']) || 'tool' };
    return [
      {
        type: 'tool_call',
        ...call,
        arguments: item['arguments'],
        parse_status: 'succeeded',
        target: 'server',
        needs_approval: true,
      },
      { type: 'tool_result', ...call, content: NOT_APPROVED, is_error: true },
    ];
  }

  private message(id: string, item: llamaStack.Fields): AgentEvent[] {
    const text = llamaStack.textOf(asList(item['content']).filter((part) => part['type'] === 'output_text'));
    return text === '' ? [] : this.written.settle(id, text);
  }

  private end(response: llamaStack.Fields): AgentEvent[] {
    // Says everything once more: what was lost on the way is here.
    const items = asList(response['output']).flatMap((item) => this.item(item, true));
    const usage = asFields(response['usage']);
    const [input_tokens, output_tokens] = [usage['input_tokens'], usage['output_tokens']];
    const isCounted = typeof input_tokens === 'number' && typeof output_tokens === 'number';
    const reason = asText(asFields(response['incomplete_details'])['reason']);
    this.over = true;
    const events: AgentEvent[] = [...items, ...this.written.finish()];
    if (isCounted) events.push({ type: 'usage', input_tokens, output_tokens });
    if (reason === 'content_filter') throw agentError('content_filter');
    return [...events, { type: 'finish', reason: reason === '' ? 'stop' : 'length' }];
  }
}

function resultOf(call: { call_id: string; tool_name: string }, item: llamaStack.Fields): AgentEvent[] {
  const { output, results, error } = item;
  if (error !== undefined && error !== null) return [{ type: 'tool_result', ...call, content: error, is_error: true }];
  const content = output ?? results;
  return content === undefined || content === null ? [] : [{ type: 'tool_result', ...call, content }];
}
