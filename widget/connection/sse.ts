// The file `chat-stream-sse.js`: loaded where no WebSocket gets through. Of the protocol it has types only.
import type { ClientFrameInput, Cursor, ServerFrame, ServerFrameInput } from '@chat-stream/protocol';
import { eventParser } from './event-parser.js';
import { Refusal } from './http-refusal.js';
import { Requests } from './requests.js';
import type { Transport, TransportHandlers } from './transport.js';
import type { Wire } from './wire.js';

/** How often a server lets us hear from it where it does not say, in milliseconds. */
const HEARTBEAT_MS = 15_000;

export { originalHistory } from './original-history.js';

type FrameOf<T extends ClientFrameInput['type']> = Extract<ClientFrameInput, { type: T }>;

/**
 * For networks that block WebSockets: frames come down as server-sent events, and go up as requests, one message at a
 * time. Read with `fetch`, because an `EventSource` can send no token. What a socket would have said and this wire has
 * no word for (`connected`, an acknowledgement that is not in the stream) is said here, so that nobody else knows.
 */
export class SseTransport implements Transport {
  readonly name = 'sse';
  readonly opensWith = 'server';
  readonly #requests: Requests;
  readonly #cursor: () => Cursor | undefined;
  readonly #wire: Wire;
  #handlers: TransportHandlers | undefined;
  #sessionId = '';
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
   * @param wire What reads and writes frames.
   */
  constructor(server: string, cursor: () => Cursor | undefined, wire: Wire) {
    this.#requests = new Requests(`${server}/api/chat`, wire);
    this.#cursor = cursor;
    this.#wire = wire;
  }

  connect(handlers: TransportHandlers): void {
    this.#handlers = handlers;
    // The answer to this is `hello`, which has all that the first request needs.
    this.#say({ type: 'connected', session_id: '', protocol: this.#wire.PROTOCOL_VERSION, heartbeat_ms: HEARTBEAT_MS });
  }

  send(frame: ClientFrameInput): void {
    switch (frame.type) {
      case 'hello':
        return this.#run(() => this.#open(frame));
      case 'ping':
        // A stream can't be asked whether it is alive. Another one from the same place can: it takes over once it is there.
        return this.#isListening ? undefined : this.#run(() => this.#listen());
      case 'token':
        this.#requests.token = frame.token;
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
    this.#requests.end();
  }

  // ------------------------------------------------------------------------------------------------- down

  async #open({ session_id: sessionId = this.#wire.newId(), token }: FrameOf<'hello'>): Promise<void> {
    this.#sessionId = sessionId;
    this.#requests.token = token;
    if (token === undefined) {
      const { data } = (await this.#requests.json('/sessions', { session_id: sessionId })) as {
        data?: { token?: string };
      };
      this.#requests.token = this.#newToken = data?.token;
    }
    await this.#listen();
  }

  async #listen(): Promise<void> {
    const before = this.#stream;
    const stream = (this.#stream = new AbortController());
    const cursor = this.#cursor();
    const from = cursor === undefined ? '' : `?cursor=${encodeURIComponent(`${cursor.epoch}-${cursor.seq}`)}`;
    this.#isListening = true;
    try {
      const { body } = await this.#requests.send(`${this.#path}/stream${from}`, undefined, stream.signal);
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
      this.#wire.receive(() => this.#wire.decodeServerFrame(data), {
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
      this.#requests.token = frame.token ?? this.#requests.token;
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
    const page = (await this.#requests.json(`/messages?${query}`)) as { data: never[]; has_more: boolean };
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

  #post(action: string, { type, ...fields }: ClientFrameInput): Promise<unknown> {
    // The address says what it is, except for actions, which share one.
    return this.#requests.insist(`${this.#path}/${action}`, action === 'actions' ? { type, ...fields } : fields);
  }

  // ---------------------------------------------------------------------------------------------- details

  get #path(): string {
    return `/sessions/${encodeURIComponent(this.#sessionId)}`;
  }

  #say(frame: ServerFrameInput): void {
    const { parseServerFrame, receive } = this.#wire;
    if (this.#handlers !== undefined) receive(() => parseServerFrame(frame), this.#handlers);
  }

  #enqueue(work: () => Promise<void>): void {
    this.#run(() => (this.#queue = this.#queue.then(work)));
  }

  #run(work: () => Promise<void>): void {
    work().catch((error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    if (this.#requests.isEnded) return;
    // Before the session is open, a refusal is the answer to `hello`.
    if (error instanceof Refusal && !this.#isOpen) return this.#handlers?.frame(error.frame);
    this.#handlers?.state('closed', error instanceof Refusal ? error.closeCode : undefined);
  }
}
