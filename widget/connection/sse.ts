import { type ClientFrameInput, type Cursor, decodeServerFrame } from '@chat-stream/protocol';
import { parseServerFrame, PROTOCOL_VERSION, type ServerFrame, type ServerFrameInput } from '@chat-stream/protocol';
import { backoffDelay } from './backoff.js';
import { eventParser } from './event-parser.js';
import { Refusal, refusalOf } from './http-refusal.js';
import { newId } from './ids.js';
import { receive } from './receive.js';
import type { Transport, TransportHandlers } from './transport.js';

/** How often a server lets us hear from it where it does not say, in milliseconds. */
const HEARTBEAT_MS = 15_000;
/** How long a request other than the stream may take, in milliseconds. */
const REQUEST_MS = 20_000;

type FrameOf<T extends ClientFrameInput['type']> = Extract<ClientFrameInput, { type: T }>;

/**
 * For networks that block WebSockets: frames come down as server-sent events, and go up as requests, one message at a
 * time. Read with `fetch`, because an `EventSource` can send no token. What a socket would have said and this wire has
 * no word for (`connected`, an acknowledgement that is not in the stream) is said here, so that nobody else knows.
 */
export class SseTransport implements Transport {
  readonly opensWith = 'server';
  readonly #base: string;
  readonly #cursor: () => Cursor | undefined;
  readonly #ending = new AbortController();
  #handlers: TransportHandlers | undefined;
  #sessionId = '';
  #token: string | undefined;
  /** A token that we were given before the stream, which does not repeat it. */
  #newToken: string | undefined;
  #stream: AbortController | undefined;
  #isListening = false;
  #isOpen = false;
  /** The last frame that was here, or is on its way with the snapshot. */
  #seen = 0;
  #queue = Promise.resolve();

  /**
   * @param server The server's `http:` or `https:` URL, without a slash at the end.
   * @param cursor The last frame that was seen, at any moment.
   */
  constructor(server: string, cursor: () => Cursor | undefined) {
    this.#base = `${server}/api/chat`;
    this.#cursor = cursor;
  }

  connect(handlers: TransportHandlers): void {
    this.#handlers = handlers;
    // The answer to this is `hello`, which has all that the first request needs.
    this.#say({ type: 'connected', session_id: '', protocol: PROTOCOL_VERSION, heartbeat_ms: HEARTBEAT_MS });
  }

  send(frame: ClientFrameInput): void {
    switch (frame.type) {
      case 'hello':
        return this.#run(() => this.#open(frame));
      case 'ping':
        // A stream can't be asked whether it is alive. Another one from the same place can: it takes over once it is there.
        return this.#isListening ? undefined : this.#run(() => this.#listen());
      case 'token':
        this.#token = frame.token;
        return;
      case 'stop':
        // One that names its answer waits for nothing; any other is about the messages before it.
        return frame.id ? this.#run(() => this.#stop(frame)) : this.#enqueue(() => this.#stop(frame));
      case 'message':
        return this.#enqueue(() => this.#message(frame));
      case 'history':
        return this.#run(() => this.#reporting('history', () => this.#page(frame)));
      default:
        return this.#enqueue(() => this.#reporting(frame.type, () => this.#post('actions', frame)));
    }
  }

  close(): void {
    this.#ending.abort();
  }

  // ------------------------------------------------------------------------------------------------- down

  async #open({ session_id: sessionId = newId(), token }: FrameOf<'hello'>): Promise<void> {
    this.#sessionId = sessionId;
    this.#token = token;
    if (token === undefined) {
      const { data } = (await this.#request('/sessions', { session_id: sessionId })) as { data?: { token?: string } };
      this.#token = this.#newToken = data?.token;
    }
    await this.#listen();
  }

  async #listen(): Promise<void> {
    const before = this.#stream;
    const stream = (this.#stream = new AbortController());
    const cursor = this.#cursor();
    const from = cursor === undefined ? '' : `?cursor=${encodeURIComponent(`${cursor.epoch}-${cursor.seq}`)}`;
    const signal = AbortSignal.any([this.#ending.signal, stream.signal]);
    this.#isListening = true;
    try {
      const { body } = await this.#fetch(`${this.#path}/stream${from}`, undefined, signal);
      before?.abort();
      this.#isListening = false;
      await this.#read(body);
    } catch (error) {
      // Another stream took over.
      if (stream.signal.aborted) return;
      throw error;
    }
    this.#handlers?.state('closed');
  }

  async #read(body: ReadableStream<Uint8Array> | null): Promise<void> {
    const decoder = new TextDecoder();
    const parse = eventParser((data) =>
      receive(() => decodeServerFrame(data), {
        frame: (frame) => this.#receive(frame),
        invalid: (error) => this.#handlers?.invalid(error),
      }),
    );
    const reader = body?.getReader();
    for (;;) {
      const part = await reader?.read();
      if (part === undefined || part.done) return;
      // Also a comment is a sign of life.
      this.#handlers?.heard();
      parse(decoder.decode(part.value, { stream: true }));
    }
  }

  #receive(frame: ServerFrame): void {
    if (frame.type === 'session') {
      this.#isOpen = true;
      this.#seen = frame.resumed ? (this.#cursor()?.seq ?? 0) : frame.seq;
      this.#token = frame.token ?? this.#token;
      const token = frame.token ?? this.#newToken;
      this.#handlers?.frame(token === undefined ? frame : { ...frame, token });
      return;
    }
    if ('seq' in frame && typeof frame.seq === 'number') this.#seen = frame.seq;
    this.#handlers?.frame(frame);
  }

  // --------------------------------------------------------------------------------------------------- up

  async #message(frame: FrameOf<'message'>): Promise<void> {
    const { id, content } = frame;
    await this.#reporting(id ?? '', async () => {
      const { seq } = (await this.#post('messages', frame)) as { seq: number };
      // The acknowledgement is the echo in the stream. One that was there before this stream began does not come again.
      if (seq <= this.#seen) this.#say({ type: 'message', id: id ?? '', content, sender: 'user', seq });
    });
  }

  async #stop(frame: FrameOf<'stop'>): Promise<void> {
    await this.#reporting('stop', async () => {
      const { id } = (await this.#post('stop', frame)) as { id?: string };
      this.#say({ type: 'stop_response', success: true, session_id: this.#sessionId, id });
    });
  }

  async #page({ before, limit }: FrameOf<'history'>): Promise<void> {
    const query = new URLSearchParams({ session_id: this.#sessionId });
    if (before !== undefined) query.set('before', before);
    if (limit !== undefined) query.set('limit', String(limit));
    const page = (await this.#request(`/messages?${query}`)) as { data: never[]; has_more: boolean };
    this.#say({ type: 'history', messages: page.data, has_more: page.has_more, before });
  }

  /** What the server refuses is said as a socket would say it; what concerns the whole connection ends it. */
  async #reporting(ref: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof Refusal) || error.isAboutSession) throw error;
      this.#handlers?.frame({ ...error.frame, ref });
    }
  }

  /** Posts until the server takes it, or refuses it for good. */
  async #post(action: string, { type, ...fields }: ClientFrameInput): Promise<unknown> {
    // The address says what it is, except for actions, which share one.
    const body = action === 'actions' ? { type, ...fields } : fields;
    for (let failures = 0; ; failures++) {
      try {
        return await this.#request(`${this.#path}/${action}`, body);
      } catch (error) {
        if (!(error instanceof Refusal) || !error.isForNow) throw error;
        await this.#wait((error.frame.retry_after_ms ?? 0) + backoffDelay(failures));
      }
    }
  }

  // ---------------------------------------------------------------------------------------------- details

  get #path(): string {
    return `/sessions/${encodeURIComponent(this.#sessionId)}`;
  }

  async #request(path: string, body?: object): Promise<unknown> {
    const signal = AbortSignal.any([this.#ending.signal, AbortSignal.timeout(REQUEST_MS)]);
    return (await this.#fetch(path, body, signal)).json();
  }

  /** @throws {Refusal} where the server answers with a failure; whatever `fetch` throws where it does not answer. */
  async #fetch(path: string, body: object | undefined, signal: AbortSignal): Promise<Response> {
    const response = await fetch(this.#base + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      cache: 'no-store',
      signal,
    });
    if (!response.ok) throw await refusalOf(response);
    return response;
  }

  #say(frame: ServerFrameInput): void {
    if (this.#handlers !== undefined) receive(() => parseServerFrame(frame), this.#handlers);
  }

  #enqueue(work: () => Promise<void>): void {
    this.#run(() => (this.#queue = this.#queue.then(work)));
  }

  #run(work: () => Promise<void>): void {
    work().catch((error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    if (this.#ending.signal.aborted) return;
    // Before the session is open, a refusal is the answer to `hello`.
    if (error instanceof Refusal && !this.#isOpen) return this.#handlers?.frame(error.frame);
    this.#handlers?.state('closed', error instanceof Refusal ? error.closeCode : undefined);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#ending.signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
    });
  }
}
