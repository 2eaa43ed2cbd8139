import { createHash } from 'node:crypto';
import type { AnswerError, Delta, llamaStack, Message, MessageMetadata } from '@chat-stream/protocol';

/** What a turn says of itself before anything is answered. */
export interface TurnHead {
  readonly turnId: string;
  readonly sessionId: string;
  readonly inputMessages: readonly llamaStack.InputMessage[];
  /** ISO-8601. */
  readonly startedAt: string;
}

/** How far a turn has come. */
export type TurnState =
  | { readonly kind: 'running' }
  /** The client's tools must run; `calls` are those it has to answer. */
  | { readonly kind: 'waiting'; readonly calls: readonly llamaStack.ToolCall[] }
  | { readonly kind: 'complete' }
  /** It ended otherwise: `error` says why, where somebody knows. */
  | { readonly kind: 'failed'; readonly status: string; readonly error: AnswerError | undefined };

type ToolCallDelta = Extract<Delta, { type: 'tool_call' }>;
type StepDelta = Extract<Delta, { type: 'step' }>;

interface Inference {
  readonly type: 'inference';
  readonly id: string;
  readonly startedAt: string;
  text: string;
  /** How many line ends are still taken for the blank line that keeps steps apart in the one text of an answer. */
  gap: number;
  readonly calls: Map<string, { readonly call: llamaStack.ToolCall; readonly target: string | undefined }>;
}

interface Other {
  readonly type: Exclude<llamaStack.StepType, 'inference'>;
  readonly id: string;
  readonly startedAt: string;
  readonly calls: readonly llamaStack.ToolCall[];
  readonly responses: llamaStack.ToolResponse[];
  /** What the agent says of it. */
  details: StepDelta | undefined;
}

/**
 * Turns what an answer consists of (text, deltas, its end), in order, into the events and the steps of a turn. The same
 * for what comes live out of the log, and for a message that is stored: what was streamed is what is read later.
 *
 * An agent that says nothing of steps gets them all the same: what a model says is an `inference`, from its first word to
 * the moment when tools answer, and tools are a `tool_execution`.
 */
export class TurnFold {
  state: TurnState = { kind: 'running' };

  private readonly steps: llamaStack.Step[] = [];
  private open: Inference | Other | undefined;
  /** The calls that were told. One that is told again says what was decided about it, which is none of a turn's business. */
  private readonly called = new Set<string>();
  /** Whether any earlier step of this turn had text. */
  private hasSpoken = false;
  private lastResponse: llamaStack.CompletionMessage | undefined;
  private completedAt: string | undefined;
  /** When what happens now happens. */
  private now: string;
  /** When the step before ended: no step has to say when it begins. */
  private since: string;

  constructor(
    private readonly head: TurnHead,
    private readonly answerId: string,
    private readonly emit: (payload: llamaStack.Payload) => void,
  ) {
    this.now = head.startedAt;
    this.since = head.startedAt;
  }

  /** The answer begins. */
  begin(time: string): void {
    this.now = time;
    this.since = time;
  }

  /** More text. */
  text(text: string): void {
    if (text === '') return;
    const step = this.inference();
    const own = withoutGap(step, text);
    if (own === '') return;
    step.text += own;
    this.progress(step, { type: 'text', text: own });
  }

  /** Something that is not text. What Llama Stack has no word for is left out. */
  delta(delta: Delta, time: string): void {
    // Only what is kept with its time counts: what is read later must be what was streamed.
    if (isPlaced(delta)) this.now = delta.timestamp ?? time;
    if (delta.type === 'step') this.step(delta);
    else if (delta.type === 'tool_call') this.toolCall(delta);
    else if (delta.type === 'tool_result') this.toolResult(delta);
    else if (delta.type === 'image' && delta.image !== undefined) {
      this.progress(this.inference(), { type: 'image', image: delta.image });
    }
  }

  /** The answer is over. `content` takes the place of what was said, where its source corrected itself. */
  end({ status = 'complete', error, finish_reason }: MessageMetadata, time: string, content?: string): void {
    this.now = time;
    this.completedAt = time;
    if (status !== 'complete') {
      this.state = { kind: 'failed', status, error };
      if (this.open?.type === 'inference') this.complete(this.open, 'end_of_turn', silent);
      else if (this.open?.type === 'tool_execution') this.giveUp(this.open);
      return;
    }
    this.finish(finish_reason === 'length' ? 'out_of_tokens' : undefined, content);
    this.state = { kind: 'complete' };
    this.emit({ event_type: 'turn_complete', turn: this.turn() });
  }

  /** A whole stored answer, or one that is still being written, as far as it has come. */
  replay({ content, deltas = [], metadata, timestamp }: Message): void {
    const begun = timestamp ?? this.now;
    this.begin(begun);
    let from = 0;
    for (const delta of deltas) {
      const { at = from } = isPlaced(delta) ? delta : {};
      this.text(content.slice(from, at));
      from = Math.max(from, at);
      this.delta(delta, this.now);
    }
    this.text(content.slice(from));
    if (metadata.streaming === true) return;
    const { ended_at } = metadata;
    this.end(metadata, typeof ended_at === 'string' ? ended_at : begun);
  }

  /** The turn, as far as it has come. */
  turn(): llamaStack.Turn {
    const { turnId, sessionId, inputMessages, startedAt } = this.head;
    const soFar = this.open?.type === 'inference' ? response(this.open) : undefined;
    return {
      turn_id: turnId,
      session_id: sessionId,
      input_messages: [...inputMessages],
      steps: [...this.steps],
      output_message: soFar ?? this.lastResponse ?? NOTHING_SAID,
      output_attachments: [],
      started_at: startedAt,
      ...(this.completedAt === undefined ? {} : { completed_at: this.completedAt }),
    };
  }

  /** Tools are still called when the turn ends: who reads it later must not take it for one that waits. */
  private giveUp(step: Other): void {
    const { state } = this;
    this.complete(step, undefined, silent);
    this.state = state;
    if (this.lastResponse === undefined) return;
    this.lastResponse = { ...this.lastResponse, stop_reason: 'end_of_turn', tool_calls: [] };
  }

  /** The last word of a turn is the model's, if it is an empty one. */
  private finish(reason: llamaStack.StopReason | undefined, content: string | undefined): void {
    if (this.open === undefined && this.lastResponse !== undefined && this.steps.at(-1)?.step_type === 'inference') {
      if (content !== undefined) this.lastResponse = { ...this.lastResponse, content };
      return;
    }
    const last = this.inference();
    if (content !== undefined) last.text = content;
    this.complete(last, reason);
  }

  private inference(): Inference {
    if (this.open?.type === 'inference') return this.open;
    this.settle();
    return this.start(this.newInference(this.nextId(), this.since));
  }

  private newInference(id: string, startedAt: string): Inference {
    return { type: 'inference', id, startedAt, text: '', gap: this.hasSpoken ? 2 : 0, calls: new Map() };
  }

  private start<Step extends Inference | Other>(step: Step, metadata: Record<string, unknown> = {}): Step {
    this.open = step;
    this.emit({ event_type: 'step_start', step_type: step.type, step_id: step.id, metadata });
    return step;
  }

  private progress(step: Inference | Other, delta: llamaStack.ContentDelta): void {
    this.emit({ event_type: 'step_progress', step_type: step.type, step_id: step.id, delta });
  }

  private step(delta: StepDelta): void {
    if (delta.phase === 'complete') {
      const { open } = this;
      if (open === undefined || (open.type !== delta.step_type && open.id !== delta.step_id)) return;
      if (open.type !== 'inference') open.details = delta;
      this.settle();
      return;
    }
    if (delta.step_type === 'inference') {
      this.settle();
      const id = this.uniqueId(delta.step_id);
      this.start(this.newInference(id, this.now));
    } else if (delta.step_type === 'tool_execution') {
      this.beginTools(delta);
    } else if (delta.step_type === 'shield_call' || delta.step_type === 'memory_retrieval') {
      this.settle();
      this.start(this.other(delta.step_type, delta), isRecord(delta['metadata']) ? delta['metadata'] : {});
    }
  }

  private beginTools(delta: StepDelta): void {
    const called = this.open?.type === 'inference' ? [...this.open.calls.values()] : [];
    const calls = called.map(({ call }) => call);
    const areTheClients = called.length > 0 && called.every(({ target }) => target === 'client' || target === 'page');
    if (this.open?.type === 'inference') this.complete(this.open, 'end_of_message');
    else this.settle();
    const step = this.other('tool_execution', delta, calls);
    if (!areTheClients) {
      this.start(step);
      for (const call of calls)
        this.progress(step, { type: 'tool_call', tool_call: call, parse_status: 'in_progress' });
      return;
    }
    // A client that runs tools hears of this step only when they have answered.
    this.open = step;
    this.state = { kind: 'waiting', calls };
    this.emit({ event_type: 'turn_awaiting_input', turn: this.turn() });
  }

  private toolCall({ call_id, tool_name, arguments: args, parse_status, target, approved }: ToolCallDelta): void {
    if (approved !== undefined && this.called.has(call_id)) return;
    const step = this.inference();
    const written = typeof args === 'string' ? args : (JSON.stringify(args ?? {}) ?? '{}');
    if (parse_status === 'succeeded') {
      const call = {
        call_id,
        tool_name,
        arguments: isRecord(args) ? args : written,
        arguments_json: written,
      };
      this.called.add(call_id);
      step.calls.set(call_id, { call, target });
      this.progress(step, { type: 'tool_call', tool_call: call, parse_status });
    } else {
      this.progress(step, { type: 'tool_call', tool_call: parse_status === 'started' ? '' : written, parse_status });
    }
  }

  private toolResult({ call_id, tool_name, content }: Extract<Delta, { type: 'tool_result' }>): void {
    if (this.open?.type !== 'tool_execution') {
      const calls = this.open?.type === 'inference' ? [...this.open.calls.values()].map(({ call }) => call) : [];
      this.settle('end_of_message');
      this.start(this.other('tool_execution', undefined, calls));
    }
    if (this.open?.type !== 'tool_execution') return;
    const said = typeof content === 'string' ? content : (JSON.stringify(content) ?? '');
    this.open.responses.push({ call_id, tool_name, content: said });
  }

  private other(type: Other['type'], details?: StepDelta, calls: readonly llamaStack.ToolCall[] = []): Other {
    const id = details === undefined ? this.nextId() : this.uniqueId(details.step_id);
    return { type, id, startedAt: this.now, calls, responses: [], details };
  }

  /** Completes whatever step is open. */
  private settle(reason?: llamaStack.StopReason): void {
    if (this.open !== undefined) this.complete(this.open, reason);
  }

  private complete(step: Inference | Other, reason?: llamaStack.StopReason, emit = this.emit): void {
    const common = { turn_id: this.head.turnId, step_id: step.id, started_at: step.startedAt, completed_at: this.now };
    const details = step.type === 'inference' ? this.spoken(step, common, reason) : finished(step, common);
    this.steps.push(details);
    this.open = undefined;
    this.since = this.now;
    if (this.state.kind === 'waiting') this.state = { kind: 'running' };
    emit({ event_type: 'step_complete', step_type: step.type, step_id: step.id, step_details: details });
  }

  private spoken(step: Inference, common: Common, reason?: llamaStack.StopReason): llamaStack.Step {
    this.hasSpoken ||= step.text !== '';
    this.lastResponse = response(step, reason);
    return { ...common, step_type: 'inference', model_response: this.lastResponse };
  }

  /** An id that is the same whenever the turn is read. */
  private nextId(): string {
    return uuidFrom(`${this.answerId}:${this.steps.length}`);
  }

  private uniqueId(id: string): string {
    return id === '' || this.steps.some(({ step_id }) => step_id === id) ? this.nextId() : id;
  }
}

interface Common {
  readonly turn_id: string;
  readonly step_id: string;
  readonly started_at: string;
  readonly completed_at: string;
}

const NOTHING_SAID: llamaStack.CompletionMessage = {
  role: 'assistant',
  content: '',
  stop_reason: 'end_of_turn',
  tool_calls: [],
};

function silent(): void {}

/** The text of a step is the same however it was cut into pieces. */
function withoutGap(step: Inference, text: string): string {
  let from = 0;
  while (step.gap > 0 && text[from] === '\n') {
    from++;
    step.gap--;
  }
  if (from < text.length) step.gap = 0;
  return text.slice(from);
}

function response({ text, calls }: Inference, reason?: llamaStack.StopReason): llamaStack.CompletionMessage {
  return {
    role: 'assistant',
    content: text,
    stop_reason: reason ?? 'end_of_turn',
    tool_calls: [...calls.values()].map(({ call }) => call),
  };
}

function finished({ type, calls, responses, details }: Other, common: Common): llamaStack.Step {
  if (type === 'tool_execution') {
    return { ...common, step_type: type, tool_calls: [...calls], tool_responses: [...responses] };
  }
  if (type === 'memory_retrieval') return { ...common, step_type: type, vector_db_ids: '', inserted_context: '' };
  const violation = details?.['violation'];
  return { ...common, step_type: type, violation: isViolation(violation) ? violation : null };
}

type Violation = NonNullable<Extract<llamaStack.Step, { step_type: 'shield_call' }>['violation']>;

function isViolation(value: unknown): value is Violation {
  return isRecord(value) && typeof value['violation_level'] === 'string';
}

/** What divides the text of an answer: see `Answer.placed`. */
function isPlaced(delta: Delta): delta is Extract<Delta, { type: 'step' | 'tool_result' }> {
  return delta.type === 'step' || delta.type === 'tool_result';
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function uuidFrom(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
