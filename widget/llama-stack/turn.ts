import { type ClientFrameOf, llamaStack } from '@chat-stream/protocol';
import type { AnswerFrames } from './answer.js';
import { readStream } from './read-stream.js';
import { Silence, type StackRequests } from './requests.js';
import { CUT_OFF, type Failure, failureOf, failureOfWords } from './sentences.js';

/** How long a turn waits for a tool of the page, in milliseconds. */
const TOOL_MS = 600_000;

/** The server no longer has the session. */
export class Gone extends Error {
  override readonly name = 'Gone';
}

class Failed extends Error {
  override readonly name = 'Failed';
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

/** One turn, from the request to the end of its answer; over as many responses as its tools take. */
export class Turn {
  readonly answer: AnswerFrames;
  readonly #requests: StackRequests;
  readonly #ending = new AbortController();
  readonly #reader = new llamaStack.TurnReader();
  /** What tools of the page said, and who waits for it. */
  readonly #results = new Map<string, string>();
  #wakeTools: (() => void) | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reason: string | undefined;
  #hasSpoken = false;
  #isStopped = false;

  constructor(requests: StackRequests, answer: AnswerFrames) {
    this.#requests = requests;
    this.answer = answer;
  }

  /** Whether it was stopped by whoever is here. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Closes the connection, which is the only way to cancel a turn. */
  stop(): void {
    this.#isStopped = true;
    this.#ending.abort();
    this.#wakeTools?.();
  }

  /** A tool of the page has something to say. */
  toolResult({ call_id, content, is_error: isError }: ClientFrameOf<'tool_result'>): void {
    const text = typeof content === 'string' ? content : (JSON.stringify(content) ?? '');
    this.#results.set(call_id, isError ? `Error: ${text}` : text);
    this.#wakeTools?.();
  }

  /**
   * Runs the turn. Resolves when it is complete, and with why the model stopped.
   *
   * @param path The session's `…/turn`.
   * @throws {Gone} when the server has no such session, and nothing was said yet; else what {@link failureOfTurn} reads.
   */
  async run(path: string, messages: readonly object[]): Promise<string> {
    try {
      let awaited = await this.#respond(path, { messages });
      while (awaited !== undefined) {
        const tool_responses = await this.#runTools(awaited.calls);
        awaited = await this.#respond(`${path}/${encodeURIComponent(awaited.turnId)}/resume`, { tool_responses });
      }
      return this.#reason ?? 'stop';
    } catch (thrown) {
      const { signal } = this.#ending;
      throw signal.aborted && signal.reason instanceof Silence ? signal.reason : thrown;
    } finally {
      clearTimeout(this.#timer);
      this.#ending.abort();
    }
  }

  /** Reads one response, up to the end of the turn (`undefined`) or until it waits for tools. */
  async #respond(path: string, body: object) {
    let awaited: Extract<llamaStack.TurnOutput, { type: 'awaiting' }> | undefined;
    this.#watch();
    const response = await this.#requests.send(path, { ...body, stream: true }, this.#ending.signal);
    this.answer.start();
    const isOver = await readStream(
      response.body,
      (value) => {
        for (const output of this.#reader.take(value)) {
          if (output.type === 'awaiting') awaited = output;
          else this.#take(output);
        }
        return awaited !== undefined || this.#reader.isOver;
      },
      () => this.#watch(),
    );
    if (!isOver) throw new Failed(CUT_OFF);
    return awaited;
  }

  #take(output: Exclude<llamaStack.TurnOutput, { type: 'awaiting' }>): void {
    switch (output.type) {
      case 'failed':
        if (!this.#hasSpoken && /not found|could not find/i.test(output.message)) throw new Gone(output.message);
        console.warn(`chat-stream: the Llama Stack server reported an error: ${output.message}`);
        throw new Failed(failureOfWords(output.message));
      case 'end':
        this.#reason = output.reason;
        return;
      case 'correction':
        this.answer.correct(output.text);
        return;
      case 'text':
        this.#hasSpoken = true;
        this.answer.write(output.text);
        return;
      default:
        this.#hasSpoken = true;
        this.answer.add(output);
    }
  }

  async #runTools(calls: readonly llamaStack.AwaitedCall[]): Promise<object[]> {
    clearTimeout(this.#timer);
    const until = performance.now() + TOOL_MS;
    while (!calls.every(({ call_id }) => this.#results.has(call_id))) {
      const left = until - performance.now();
      if (this.#ending.signal.aborted || left <= 0) throw new Silence('A tool of the page did not answer.');
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wakeTools = () => (clearTimeout(timer), resolve());
      });
    }
    return calls.map(({ call_id, tool_name }) => {
      const content = this.#results.get(call_id) ?? '';
      this.answer.add({ type: 'tool_result', call_id, tool_name, content });
      return { call_id, tool_name, content };
    });
  }

  /** Anything that comes is a sign of life. */
  #watch(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#ending.abort(new Silence('Nothing came.')), this.#requests.idleMs);
  }
}

/** What a visitor reads of a turn that failed. */
export function failureOfTurn(thrown: unknown): Failure {
  return thrown instanceof Failed ? thrown.failure : failureOf(thrown);
}
