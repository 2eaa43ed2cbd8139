import type { ClientFrameInput, ServerFrameInput } from '@chat-stream/widget';

interface ServerEvent {
  readonly id?: number;
  readonly opened?: true;
  readonly frame?: ClientFrameInput;
  readonly closed?: number;
  readonly refused?: true;
  readonly ack?: number;
}

/** A real WebSocket server of another origin that does what the test says. See fake-server.mjs. */
export class FakeServer {
  readonly #control: WebSocket;
  readonly #events: ServerEvent[] = [];
  readonly #waiting = new Set<() => void>();
  #acks = 0;

  private constructor(
    /** The server's origin, where also `/chat-stream.js` is. */
    readonly origin: string,
    /** What goes into the attribute `server`. */
    readonly url: string,
    control: WebSocket,
  ) {
    this.#control = control;
    control.addEventListener('message', ({ data }) => {
      this.#events.push(JSON.parse(String(data)) as ServerEvent);
      for (const wake of this.#waiting) wake();
      this.#waiting.clear();
    });
  }

  static async open(): Promise<FakeServer> {
    const { origin } = (await (await fetch('/fake-server.json')).json()) as { origin: string };
    const room = crypto.randomUUID();
    const control = new WebSocket(`${origin.replace('http', 'ws')}/control/${room}`);
    await new Promise((resolve, reject) => {
      control.addEventListener('open', resolve);
      control.addEventListener('error', reject);
    });
    return new FakeServer(origin, `${origin}/room/${room}`, control);
  }

  /** Waits for the next socket of an element. */
  async connection(): Promise<Visitor> {
    const { id = 0 } = await this.next((event) => event.opened === true);
    return new Visitor(this, id);
  }

  /** Waits for an event, and takes it; those before it stay. */
  async next(matches: (event: ServerEvent) => boolean): Promise<ServerEvent> {
    for (;;) {
      const index = this.#events.findIndex(matches);
      if (index >= 0) return this.#events.splice(index, 1)[0] ?? {};
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  /** Events that came and were not waited for. */
  pending(matches: (event: ServerEvent) => boolean): readonly ServerEvent[] {
    return this.#events.filter(matches);
  }

  /** Waits until everything was done that was ordered, and everything was told that happened before. */
  async settled(): Promise<void> {
    const ack = ++this.#acks;
    this.order({ ack });
    await this.next((event) => event.ack === ack);
  }

  /** From now on the server answers 503, or accepts again. */
  refuse(refuses = true): void {
    this.order({ refuses });
  }

  order(order: object): void {
    this.#control.send(JSON.stringify(order));
  }

  close(): void {
    this.#control.close();
  }
}

/** One socket of an element, seen from the server. */
export class Visitor {
  readonly #server: FakeServer;

  constructor(
    server: FakeServer,
    readonly id: number,
  ) {
    this.#server = server;
  }

  send(frame: ServerFrameInput | Record<string, unknown>): void {
    this.#server.order({ id: this.id, send: JSON.stringify(frame) });
  }

  sendText(text: string): void {
    this.#server.order({ id: this.id, send: text });
  }

  /** Waits for the next frame of this type. */
  async frame<T extends ClientFrameInput['type']>(type: T): Promise<Extract<ClientFrameInput, { type: T }>> {
    const { frame } = await this.#server.next((event) => event.id === this.id && event.frame?.type === type);
    return frame as Extract<ClientFrameInput, { type: T }>;
  }

  /** Frames that came and were not waited for. */
  pending(type: ClientFrameInput['type']): number {
    return this.#server.pending((event) => event.id === this.id && event.frame?.type === type).length;
  }

  connected(fields: object = {}): void {
    this.send({
      type: 'connected',
      session_id: 'minted-by-the-server',
      protocol: 1,
      heartbeat_ms: 15_000,
      auth: 'visitor',
      ...fields,
    });
  }

  /** Says `connected`, takes `hello`, and opens the session. @returns the `hello`. */
  async greet(fields: object = {}): Promise<Extract<ClientFrameInput, { type: 'hello' }>> {
    this.connected();
    const hello = await this.frame('hello');
    const resumed = hello.cursor !== undefined;
    const sessionId = hello.session_id ?? 'session-of-the-server';
    this.send({
      type: 'session',
      session_id: sessionId,
      epoch: 'e1',
      seq: 0,
      resumed,
      agents: [],
      config: {},
      ...fields,
    });
    if (!resumed) this.send({ type: 'history', messages: [], has_more: false, seq: 0 });
    return hello;
  }

  /** Closes with a code. */
  close(code: number): void {
    this.#server.order({ id: this.id, close: code });
  }

  /** Tears the TCP connection. */
  cut(): void {
    this.#server.order({ id: this.id, cut: true });
  }

  /** Waits until the socket is closed. */
  async closed(): Promise<number> {
    return (await this.#server.next((event) => event.id === this.id && event.closed !== undefined)).closed ?? 0;
  }
}
