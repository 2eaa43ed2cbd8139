import { createParser, type ParseError } from 'eventsource-parser';
import type { Observer } from 'rxjs';
import type { AgentError, AgentEvent } from './agent.js';
import { type Chunk, parseChunk, parseJson } from './openai-chunk.js';
import { agentError, streamError } from './openai-errors.js';
import type { ToolCallParts } from './openai-tool-calls.js';

/** One event, or a whole answer of a server that does not stream, may be so long (UTF-16 units). */
const MAX_PENDING = 8_388_608;

/**
 * Reads the body of one `/chat/completions` response, as text in pieces of any size, and tells the observer what it says.
 * Events that one piece completes are emitted within {@link write}, so that they can travel together.
 *
 * The body's first character decides what it is, because servers label it in every way: an event stream, a whole
 * completion as JSON (some servers ignore `stream`), or a web page (a base URL that leads to no API).
 */
export class OpenAiAnswer {
  private state: 'reading' | 'ending' | 'done' = 'reading';
  private kind: 'events' | 'json' | undefined;
  private json = '';
  private usage: Chunk['usage'];
  private finishReason: string | undefined;

  private readonly parser = createParser({
    maxBufferSize: MAX_PENDING,
    onEvent: ({ event, data }) => this.takeEvent(event, data),
    onError: (error) => takeParseError(error),
  });

  /** `calls` collects what the model calls; without, it was offered nothing to call. */
  constructor(
    private readonly observer: Observer<AgentEvent>,
    private readonly calls?: ToolCallParts,
  ) {}

  /** Whether the observer was told the end; what comes after it is ignored. */
  get isDone(): boolean {
    return this.state === 'done';
  }

  /** The next piece of the body. */
  write(text: string): void {
    if (this.isDone) return;
    try {
      this.kind ??= kindOf(text);
      if (this.kind === 'events') this.parser.feed(text);
      else if (this.kind === 'json') this.keep(text);
    } catch (error) {
      this.settle(error);
    }
  }

  /** The body ended properly, as far as HTTP can tell. */
  end(): void {
    if (this.isDone) return;
    this.state = 'ending';
    try {
      // Some servers forget the blank line after the last event.
      if (this.kind === 'events') this.parser.feed('\n\n');
      if (this.kind === 'json') this.takeChunk(parseChunk(this.json), this.json);
      this.settle(agentError('cut_off', new Error('The model’s answer ended without a finish_reason.')));
    } catch (error) {
      this.settle(error);
    }
  }

  /** The connection broke. */
  fail(error: unknown): void {
    this.settle(agentError('cut_off', error));
  }

  private keep(text: string): void {
    this.json += text;
    if (this.json.length > MAX_PENDING) throw agentError('bad_upstream', new Error('The model’s answer is too long.'));
  }

  private takeEvent(event: string | undefined, data: string): void {
    if (this.isDone || data === '') return;
    if (data.startsWith('[DONE]')) {
      this.settle(agentError('cut_off', new Error('[DONE] came without a finish_reason.')));
    } else if (event === 'error') {
      throw reported(data);
    } else {
      const chunk = parseChunk(data);
      // At the end of the body it is only the first half of a chunk: the answer is cut off, nobody wrote nonsense.
      if (chunk !== undefined || this.state === 'reading') this.takeChunk(chunk, data);
    }
  }

  private takeChunk(chunk: Chunk | undefined, source: string): void {
    if (chunk === undefined) throw agentError('bad_upstream', new Error(`Not a chunk: ${source.slice(0, 1000)}`));
    if (chunk.error) throw streamError(chunk.error);
    this.usage = chunk.usage ?? this.usage;
    const choice = chunk.choices?.find(({ index }) => (index ?? 0) === 0);
    if (choice === undefined) return;
    const { content, refusal, reasoning_content, reasoning, tool_calls } = choice.delta ?? choice.message ?? {};
    const thought = reasoning_content || reasoning;
    if (thought) this.observer.next({ type: 'reasoning', text: thought });
    if (content) this.observer.next({ type: 'text', text: content });
    if (refusal) this.observer.next({ type: 'refusal', text: refusal });
    if (tool_calls && this.calls) this.tell(this.calls.take(tool_calls));
    this.finishReason = choice.finish_reason || this.finishReason;
  }

  private tell(events: readonly AgentEvent[]): void {
    for (const event of events) this.observer.next(event);
  }

  /** The end: complete where the model said why it stopped, else `error`. What goes wrong after that word is no loss. */
  private settle(error: unknown): void {
    if (this.isDone) return;
    this.state = 'done';
    const { usage, finishReason: reason } = this;
    if (usage) {
      this.observer.next({
        type: 'usage',
        input_tokens: usage.prompt_tokens,
        output_tokens: usage.completion_tokens,
      });
    }
    if (reason === undefined) return this.observer.error(error);
    if (this.calls) this.tell(this.calls.endings());
    this.observer.next({ type: 'finish', reason });
    if (reason === 'content_filter') this.observer.error(agentError('content_filter'));
    else this.observer.complete();
  }
}

/** `undefined` while there is only white space. */
function kindOf(text: string): 'events' | 'json' | undefined {
  // Also trims a byte order mark.
  const first = text.trimStart()[0];
  if (first === '<') throw agentError('misconfigured', new Error(`A web page came instead: ${text.slice(0, 1000)}`));
  if (first === undefined) return undefined;
  return first === '{' || first === '[' ? 'json' : 'events';
}

function takeParseError(error: ParseError): void {
  if (error.type === 'max-buffer-size-exceeded') throw agentError('bad_upstream', error);
  // llama.cpp reports errors in a field of its own: `error: {"message": …}`.
  if (error.field === 'error') throw reported(error.value ?? '');
}

function reported(data: string): AgentError {
  const value = parseJson(data);
  const inner = typeof value === 'object' && value !== null && 'error' in value ? value.error : value;
  return streamError(inner ?? data);
}
