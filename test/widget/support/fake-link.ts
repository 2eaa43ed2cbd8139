import type {
  ChatStreamLink,
  ClientFrameInput,
  ConnectionState,
  Cursor,
  LinkHandlers,
  ServerFrameInput,
} from '@chat-stream/widget';

/** One call of `connect`. */
export interface Connect {
  readonly handlers: LinkHandlers;
  readonly cursor: Cursor | undefined;
}

/** A page that plays the server, and remembers what the element did. */
export class FakeLink implements ChatStreamLink {
  readonly connects: Connect[] = [];
  readonly sent: ClientFrameInput[] = [];
  closes = 0;
  /** The answer to `hello`; set it to `() => {}` for a link that takes its time. */
  onHello: () => void = () => this.session();
  /** Called inside `connect`. */
  onConnect: () => void = () => {};
  /** Called inside `send`, after a message was acknowledged. */
  onMessage: () => void = () => {};
  /** Whether a message is acknowledged at once. */
  echoes = true;
  #seq = 0;

  connect(handlers: LinkHandlers, cursor: Cursor | undefined): void {
    this.connects.push({ handlers, cursor });
    this.onConnect();
  }

  send(frame: ClientFrameInput): void {
    this.sent.push(frame);
    if (frame.type === 'hello') this.onHello();
    if (frame.type === 'message' && this.echoes) this.echo(frame);
    if (frame.type === 'message') this.onMessage();
  }

  close(): void {
    this.closes++;
  }

  /** Frames that the element sent, by type. */
  sentOf<T extends ClientFrameInput['type']>(type: T): Extract<ClientFrameInput, { type: T }>[] {
    return this.sent.filter((frame): frame is Extract<ClientFrameInput, { type: T }> => frame.type === type);
  }

  /** The last frame that was written with a `seq`. */
  get seq(): number {
    return this.#seq;
  }

  frame(frame: ServerFrameInput): void {
    this.connects.at(-1)?.handlers.frame(frame);
  }

  state(state: ConnectionState): void {
    this.connects.at(-1)?.handlers.state(state);
  }

  session(fields: Partial<Extract<ServerFrameInput, { type: 'session' }>> = {}): void {
    const resumed = this.connects.at(-1)?.cursor !== undefined;
    this.frame({ type: 'session', session_id: 'session-of-the-test', epoch: 'e1', seq: this.#seq, resumed, ...fields });
    if (!resumed && fields.resumed !== true)
      this.frame({ type: 'history', messages: [], has_more: false, seq: this.#seq });
  }

  echo(frame: Extract<ClientFrameInput, { type: 'message' }>): void {
    const { id = 'no id', content } = frame;
    this.frame({ type: 'message', id, content, sender: 'user', timestamp: new Date().toISOString(), seq: ++this.#seq });
  }

  start(id: string, replyTo?: string): void {
    this.frame({
      type: 'message_stream',
      id,
      stream_start: true,
      metadata: { reply_to: replyTo, streaming: true },
      seq: ++this.#seq,
    });
  }

  chunk(id: string, chunk: string): void {
    this.frame({ type: 'message_stream', id, stream_chunk: true, chunk, seq: ++this.#seq });
  }

  end(id: string, status: 'complete' | 'stopped' | 'error' | 'interrupted' = 'complete', fields: object = {}): void {
    const metadata = { streaming: false, status, ...fields };
    this.frame({ type: 'message_stream', id, stream_end: true, metadata, seq: ++this.#seq });
  }

  /** A whole answer. */
  answer(id: string, text: string): void {
    this.start(id);
    this.chunk(id, text);
    this.end(id);
  }
}
