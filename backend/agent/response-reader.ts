import { llamaStack } from '@chat-stream/protocol';
import type { AgentEvent } from './agent.js';
import { agentError, streamError } from './openai-errors.js';

const { asFields, asList, asText } = llamaStack;

/** What is said to a call whose approval nobody is asked for: to the model, and to whoever looks. */
export const NOT_APPROVED = 'This call needs the approval of a person, which can not be given here. It was declined.';

/** A call that a response asks an approval for. */
export interface ApprovalRequest {
  readonly id: string;
  readonly name: string;
  readonly arguments: unknown;
}

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
  private requests: ApprovalRequest[] = [];
  /** What may run, and was not heard of since. */
  private readonly pending: ApprovalRequest[] = [];
  /** The calls that run with an approval, by the id that they have then. */
  private readonly running = new Map<string, ApprovalRequest>();

  /** @param approvals Whether a person is asked about a call that needs it; else it is declined for everybody to see. */
  constructor(private readonly approvals: 'ask' | 'decline') {}

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
   * @returns What this one asked an approval for; none: nothing follows.
   */
  takeRequests(): readonly ApprovalRequest[] {
    const { requests } = this;
    this.requests = [];
    if (requests.length > 0) this.over = false;
    return requests;
  }

  /** A call that was asked about may run: what comes of it is its result. */
  approved(request: ApprovalRequest): void {
    this.pending.push(request);
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
    if (type === 'mcp_approval_request') return isDone && id !== '' ? this.request(id, item) : [];
    if (!type.endsWith('_call')) return [];
    this.told.add(key);
    const request = this.requestOf(id, item);
    if (request !== undefined) return isDone ? outcomeOf(request, item) : [];
    const status = !isDone ? 'in_progress' : item['status'] === 'failed' ? 'failed' : 'succeeded';
    const call = { call_id: asText(item['call_id']) || id, tool_name: asText(item['name']) || type.slice(0, -5) };
    const args = item['arguments'] ?? item['queries'] ?? item['action'];
    const called: AgentEvent = { type: 'tool_call', ...call, arguments: args, parse_status: status, target: 'server' };
    return isDone ? [called, ...resultOf(call, item)] : [called];
  }

  /** A call waits for a person who allows it. Where none is asked, everybody sees that it was wanted, and did not run. */
  private request(id: string, item: llamaStack.Fields): AgentEvent[] {
    this.told.add(`${id} true`);
    const request = { id, name: asText(item['name']) || 'tool', arguments: item['arguments'] };
    this.requests.push(request);
    const call = {
      type: 'tool_call' as const,
      call_id: id,
      tool_name: request.name,
      arguments: request.arguments,
      parse_status: 'succeeded' as const,
      target: 'server' as const,
      needs_approval: true,
    };
    if (this.approvals === 'ask') return [call];
    const result = { call_id: id, tool_name: request.name, content: NOT_APPROVED, is_error: true };
    return [
      { ...call, approved: false },
      { type: 'tool_result', ...result },
    ];
  }

  /** Which approval a call runs with. Servers that do not say it call what was approved, with the same arguments. */
  private requestOf(id: string, item: llamaStack.Fields): ApprovalRequest | undefined {
    const known = this.running.get(id);
    if (known !== undefined || item['type'] !== 'mcp_call') return known;
    const { name, arguments: args, approval_request_id: named } = item;
    const same = this.pending.filter((one) => one.name === name);
    const request =
      this.pending.find((one) => one.id === named) ?? same.find((one) => one.arguments === args) ?? same[0];
    if (request === undefined) return undefined;
    this.pending.splice(this.pending.indexOf(request), 1);
    this.running.set(id, request);
    return request;
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

/** A call that was approved is shown already: what is new is what came of it. */
function outcomeOf({ id, name }: ApprovalRequest, item: llamaStack.Fields): AgentEvent[] {
  const call = { call_id: id, tool_name: name };
  const result = resultOf(call, item);
  if (result.length > 0) return result;
  return [{ type: 'tool_result', ...call, content: '', ...(item['status'] === 'failed' ? { is_error: true } : {}) }];
}

function resultOf(call: { call_id: string; tool_name: string }, item: llamaStack.Fields): AgentEvent[] {
  const { output, results, error } = item;
  if (error !== undefined && error !== null) return [{ type: 'tool_result', ...call, content: error, is_error: true }];
  const content = output ?? results;
  return content === undefined || content === null ? [] : [{ type: 'tool_result', ...call, content }];
}
