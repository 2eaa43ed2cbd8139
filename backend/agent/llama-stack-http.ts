import type { IncomingMessage } from 'node:http';
import { llamaStack } from '@chat-stream/protocol';
import { createParser } from 'eventsource-parser';
import { AgentError } from './agent.js';
import { httpFetch, release, StreamedResponse } from './http-fetch.js';
import { agentError, streamError } from './openai-errors.js';

/** One event may be so long (UTF-16 units). */
const MAX_PENDING = 8_388_608;
/** Of a line that can't be read, the log gets so much. */
const LOGGED_LENGTH = 200;
/** A whole answer that is not a stream may be so long (UTF-16 units). */
const MAX_BODY = 8_388_608;

/** What a Llama Stack server answered instead of what was asked for. */
export class StackRefusal extends Error {
  override readonly name = 'StackRefusal';

  constructor(
    readonly status: number,
    /** The server's own words. */
    readonly words: string,
  ) {
    super(`HTTP ${status}: ${words}`);
  }

  /** What a visitor is told. */
  toAgentError(): AgentError {
    const { status, words } = this;
    const named = streamError({ status, words });
    return new AgentError(named.code, named.message, { retryable: named.retryable, cause: this });
  }
}

/** Requests to one Llama Stack server. None is ever sent twice: a turn that was asked for again would be answered twice. */
export class StackHttp {
  /** Where the server is, without a slash at the end, and without `/v1`. */
  readonly base: string;

  /** @throws {TypeError} when `url` is no http or https URL. The key is not repeated. */
  constructor(
    url: string,
    private readonly apiKey: string | undefined,
  ) {
    if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
      throw new TypeError(`url must be an http or https URL; it is "${url}".`);
    }
    this.base = url.replace(/\/+$/, '').replace(/\/v1$/, '');
  }

  /**
   * A request whose answer is JSON.
   *
   * @throws {StackRefusal} when the server refuses it, {@link AgentError} when it can't be reached.
   */
  async json(path: string, body: object | undefined, signal: AbortSignal): Promise<llamaStack.Fields> {
    const text = await bodyOf(await this.send(path, body, signal));
    try {
      return llamaStack.asFields(JSON.parse(text));
    } catch (cause) {
      throw agentError('bad_upstream', new Error(`The answer to ${path} is not JSON.`, { cause }));
    }
  }

  /** A request whose answer is a stream of events. Throws as {@link json}. */
  stream(path: string, body: object, signal: AbortSignal): Promise<IncomingMessage> {
    return this.send(path, { ...body, stream: true }, signal, 'text/event-stream');
  }

  private async send(path: string, body: object | undefined, signal: AbortSignal, accept = 'application/json') {
    const headers: Record<string, string> = { accept };
    if (this.apiKey !== undefined) headers['authorization'] = `Bearer ${this.apiKey}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const init = { headers, signal, ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }) };
    let response: Response;
    try {
      response = await httpFetch(this.base + path, init);
    } catch (error) {
      throw agentError('unavailable', error);
    }
    if (response instanceof StreamedResponse) return response.stream;
    throw new StackRefusal(response.status, await response.text());
  }
}

/** All of a body, as text. @throws {AgentError} `unavailable` when it breaks off. */
export async function bodyOf(stream: IncomingMessage): Promise<string> {
  let text = '';
  try {
    for await (const part of stream.setEncoding('utf8')) {
      text += String(part);
      if (text.length > MAX_BODY) break;
    }
  } catch (error) {
    throw agentError('unavailable', error);
  }
  return text;
}

/** Who reads a stream of events. */
export interface EventReader {
  /** The parsed data of one event. @returns true when this was the last that matters. */
  take(value: unknown): boolean;
  /** Bytes came. */
  heard(): void;
  /** A line can't be read, and is skipped. */
  skipped(message: string): void;
}

/**
 * Reads a stream of events until its reader has what it wants. One line that is not JSON costs that line and no more.
 *
 * @throws {AgentError} `cut_off` when the stream ends or breaks before that, `bad_upstream` when it never ends a line;
 *   whatever the reader throws.
 */
export function readEvents(stream: IncomingMessage, reader: EventReader): Promise<void> {
  return new Promise((resolve, reject) => {
    let isOver = false;
    const settle = (error?: unknown) => {
      if (isOver) return;
      isOver = true;
      release(stream);
      if (error === undefined) resolve();
      else reject(error instanceof Error ? error : agentError('internal', error));
    };
    const parser = createParser({
      maxBufferSize: MAX_PENDING,
      onEvent: ({ data }) => {
        const value = isOver ? undefined : parse(data, reader);
        if (value !== undefined && reader.take(value)) settle();
      },
      onError: (error) => {
        if (error.type === 'max-buffer-size-exceeded') throw agentError('bad_upstream', error);
      },
    });
    const feed = (text: string) => {
      try {
        parser.feed(text);
      } catch (error) {
        settle(error);
      }
    };
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      reader.heard();
      if (!isOver) feed(text);
    });
    stream.on('end', () => {
      // The last event may lack its blank line.
      if (!isOver) feed('\n\n');
      settle(agentError('cut_off', new Error('The stream ended without a terminal event.')));
    });
    stream.on('error', (error) => settle(agentError('cut_off', error)));
  });
}

/** `undefined`: nothing to take. `[DONE]` is a habit of other APIs, and means nothing here. */
function parse(data: string, reader: EventReader): unknown {
  if (data === '' || data.trim() === '[DONE]') return undefined;
  try {
    return JSON.parse(data);
  } catch {
    reader.skipped(`A line that is not JSON was skipped: ${data.slice(0, LOGGED_LENGTH)}`);
    return undefined;
  }
}
