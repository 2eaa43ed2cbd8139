import type { Delta } from '../delta.js';
import { AnswerText, type TextOutput } from './answer-text.js';
import { asFields, asList, asText, type Fields, textOf } from './fields.js';

/** A tool that the client has to run before the turn goes on. */
export interface AwaitedCall {
  readonly call_id: string;
  readonly tool_name: string;
  /** What the model wrote: JSON text, or an object. */
  readonly arguments: unknown;
}

/** What {@link TurnReader} makes of a turn's events. */
export type TurnOutput =
  | TextOutput
  | Delta
  /** The turn is complete, and why the model stopped. */
  | { readonly type: 'end'; readonly reason: 'stop' | 'length' | 'tool_calls' }
  /** The turn waits for these tools: `resume` the turn with what they say. */
  | { readonly type: 'awaiting'; readonly turnId: string; readonly calls: readonly AwaitedCall[] }
  /** The turn failed. `message` is the server's own words, and not for visitors. */
  | { readonly type: 'failed'; readonly message: string };

const REASONS: Readonly<Record<string, 'stop' | 'length' | 'tool_calls'>> = {
  out_of_tokens: 'length',
  end_of_message: 'tool_calls',
};

/**
 * Reads the events of one turn of a Llama Stack agent, in every dialect from 0.1 to 0.3, and says what they mean for an
 * answer: text, deltas, and one end. A field that is not as it should be is as good as absent, and an event of an unknown
 * type is skipped: one odd event of a server must not cost the answer.
 *
 * The text of `step_complete` and `turn_complete` wins over what was streamed, since servers swallow tokens. A turn that is
 * resumed goes on in the same reader, and what the client's own tools said is not repeated.
 *
 * @example
 * const reader = new TurnReader();
 * for (const data of events) for (const output of reader.take(JSON.parse(data))) show(output);
 */
export class TurnReader {
  readonly #text = new AnswerText();
  /** What was told already: `turn_complete` says everything once more. */
  readonly #told = new Set<string>();
  /** Calls that the client answers: when the turn goes on, the server repeats what it was told. */
  readonly #awaited = new Set<string>();
  #turnId = '';
  /** Whether a shield objected to what came last. */
  #isBlocked = false;
  /** Whether the last step ran tools: a text after that is not that of the step before. */
  #isAfterTools = false;
  #isOver = false;

  /** All text so far. */
  get text(): string {
    return this.#text.text;
  }

  /** Whether the turn has ended, or failed; what comes after that says nothing. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes the parsed `data` of one event. */
  take(data: unknown): TurnOutput[] {
    if (this.#isOver) return [];
    const { error, event, detail } = asFields(data);
    if (error !== undefined && error !== null) return this.#failed(textOfError(error));
    if (event === undefined && detail !== undefined) return this.#failed(textOfError(detail));
    const payload = asFields(asFields(event)['payload']);
    switch (payload['event_type']) {
      case 'step_start':
        return this.#step(payload, 'start', { ...asFields(payload['metadata']) });
      case 'step_progress':
        return this.#progress(payload);
      case 'step_complete':
        return this.#complete({ ...payload, ...asFields(payload['step_details']) });
      case 'turn_complete':
        return this.#end(asFields(payload['turn']));
      case 'turn_awaiting_input':
        return this.#await(asFields(payload['turn']));
      default:
        return [];
    }
  }

  #progress(payload: Fields): TurnOutput[] {
    const delta = asFields(payload['delta']);
    const stepId = asText(payload['step_id']);
    if (delta['type'] === 'image') return [{ type: 'image', image: asText(delta['image']) }];
    if (delta['type'] === 'tool_call') return this.#callProgress(stepId, delta);
    this.#isBlocked = false;
    this.#isAfterTools = false;
    return this.#text.append(stepId, asText(delta['text']));
  }

  /** A call that is still being written comes in pieces without a name: there is nothing to show before it is whole. */
  #callProgress(stepId: string, { tool_call: given, parse_status: status }: Fields): TurnOutput[] {
    const call = asFields(given);
    const name = asText(call['tool_name']);
    if (name !== '') return this.#call(call, status === 'failed' ? 'failed' : 'in_progress');
    if (status !== 'failed') return [];
    // Nobody can tell which tool it was to be.
    const failed = { call_id: `${stepId}:failed`, tool_name: '', arguments: asText(given) };
    return [{ type: 'tool_call', ...failed, parse_status: 'failed' }];
  }

  #complete(step: Fields): TurnOutput[] {
    const key = `${asText(step['step_id'])} ${asText(step['step_type'])}`;
    if (this.#told.has(key)) return [];
    this.#told.add(key);
    this.#turnId = asText(step['turn_id']) || this.#turnId;
    switch (step['step_type']) {
      case 'inference':
        return [...this.#inferred(step), ...this.#step(step, 'complete')];
      case 'tool_execution':
        this.#isAfterTools = true;
        if (asList(step['tool_calls']).some((call) => this.#awaited.has(asText(call['call_id'])))) return [];
        return [...this.#executed(step), ...this.#step(step, 'complete')];
      case 'shield_call': {
        const { violation } = step;
        // A warning lets the text pass.
        const level = asFields(violation)['violation_level'] ?? 'error';
        this.#isBlocked = typeof violation === 'object' && violation !== null && level === 'error';
        return this.#step(step, 'complete', violation ? { violation } : {});
      }
      default:
        return this.#step(step, 'complete');
    }
  }

  #inferred(step: Fields): TurnOutput[] {
    const response = asFields(step['model_response']);
    const text = textOf(response['content']);
    const calls = asList(response['tool_calls']);
    this.#isBlocked = false;
    this.#isAfterTools = false;
    // An empty text takes nothing back, unless a call is what the text turned out to be.
    const settled = text === '' && calls.length === 0 ? [] : this.#text.settle(asText(step['step_id']), text);
    return [...settled, ...calls.flatMap((call) => this.#call(call, 'succeeded'))];
  }

  #executed(step: Fields): TurnOutput[] {
    const calls = asList(step['tool_calls']).flatMap((call) => this.#call(call, 'succeeded', 'server'));
    const results = asList(step['tool_responses']).map((response): TurnOutput => {
      const { content } = response;
      const text = textOf(content);
      return { type: 'tool_result', ...identityOf(response), content: text === '' ? (content ?? '') : text };
    });
    return [...calls, ...results];
  }

  #call(call: Fields, status: 'in_progress' | 'succeeded' | 'failed', target?: 'server' | 'page'): TurnOutput[] {
    const identity = identityOf(call);
    const key = `${identity.call_id} ${status} ${target ?? ''}`;
    if (identity.tool_name === '' || this.#told.has(key)) return [];
    this.#told.add(key);
    const args = call['arguments_json'] ?? call['arguments'];
    return [
      {
        type: 'tool_call',
        ...identity,
        arguments: args,
        parse_status: status,
        ...(target === undefined ? {} : { target }),
      },
    ];
  }

  #step(step: Fields, phase: 'start' | 'complete', more: Fields = {}): TurnOutput[] {
    const [step_id, step_type] = [asText(step['step_id']), asText(step['step_type'])];
    return step_type === '' ? [] : [{ ...more, type: 'step', step_id, step_type, phase }];
  }

  /** Also says what was lost on the way: all steps are in the turn once more. */
  #repeat(turn: Fields): TurnOutput[] {
    this.#turnId = asText(turn['turn_id']) || this.#turnId;
    const steps = asList(turn['steps']);
    const outputs = steps.flatMap((step) => this.#complete(step));
    this.#text.order(steps.map((step) => asText(step['step_id'])));
    return outputs;
  }

  #end(turn: Fields): TurnOutput[] {
    const repeated = this.#repeat(turn);
    const output = asFields(turn['output_message']);
    const text = textOf(output['content']);
    // A shield's word takes the place of what it objects to, also where it has no words.
    const settled = text !== '' || this.#isBlocked ? this.#settleLast(text) : [];
    const images = asList([output['content']].flat()).flatMap(imageOf);
    const attachments = asList(turn['output_attachments']).map(attachmentOf);
    this.#isOver = true;
    const reason = REASONS[asText(output['stop_reason'])] ?? 'stop';
    return [...repeated, ...settled, ...this.#text.finish(), ...images, ...attachments, { type: 'end', reason }];
  }

  #settleLast(text: string): TurnOutput[] {
    const isNew = this.#isAfterTools && text !== this.#text.last;
    return isNew ? this.#text.append(`${this.#turnId}:output`, text) : this.#text.settleLast(text);
  }

  #await(turn: Fields): TurnOutput[] {
    const repeated = this.#repeat(turn);
    const calls = asList(asFields(turn['output_message'])['tool_calls']);
    for (const call of calls) this.#awaited.add(asText(call['call_id']));
    const deltas = calls.flatMap((call) => this.#call(call, 'succeeded', 'page'));
    const awaited = calls.map((call) => ({
      ...identityOf(call),
      arguments: call['arguments_json'] ?? call['arguments'],
    }));
    return [...repeated, ...deltas, { type: 'awaiting', turnId: this.#turnId, calls: awaited }];
  }

  #failed(message: string): TurnOutput[] {
    this.#isOver = true;
    return [{ type: 'failed', message }];
  }
}

function identityOf(call: Fields): { call_id: string; tool_name: string } {
  return { call_id: asText(call['call_id']), tool_name: asText(call['tool_name']) };
}

function imageOf(item: Fields): TurnOutput[] {
  const image = asFields(item['image']);
  if (item['type'] !== 'image') return [];
  const url = asText(asFields(image['url'])['uri']);
  return [url === '' ? { type: 'image', image: asText(image['data']) } : { type: 'image', url }];
}

function attachmentOf(attachment: Fields): TurnOutput {
  const { content, mime_type: given } = attachment;
  const [mime_type, url] = [asText(given), asText(asFields(content)['uri'])];
  if (mime_type.startsWith('image/') && url !== '') return { type: 'image', url, mime_type };
  return { type: 'data', name: 'attachment', data: { content, mime_type } };
}

function textOfError(error: unknown): string {
  return asText(error) || asText(asFields(error)['message']) || (JSON.stringify(error) ?? '');
}
