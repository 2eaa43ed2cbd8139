import type { ClientFrameInput, ServerFrameInput } from '@chat-stream/widget';

type Hello = Extract<ClientFrameInput, { type: 'hello' }>;

interface ServerEvent {
  readonly id?: number;
  readonly opened?: true;
  readonly frame?: ClientFrameInput;
  readonly closed?: number;
  readonly refused?: true;
  readonly swallowed?: true;
  readonly request?: number;
  readonly method?: string;
  readonly path?: string;
  readonly authorization?: string;
  readonly type?: string;
  readonly body?: string;
  readonly gone?: true;
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

  /**
   * Waits for the next socket that takes `connected` and says `hello`. The socket of an element that was just taken away may
   * still be on its way, come first, and close without a word: it is passed over.
   */
  async arrival(): Promise<{ visitor: Visitor; hello: Hello }> {
    for (;;) {
      const visitor = await this.connection();
      visitor.connected();
      const { frame } = await this.next(
        ({ id, frame, closed }) => id === visitor.id && (frame?.type === 'hello' || closed !== undefined),
      );
      if (frame !== undefined) return { visitor, hello: frame as Hello };
    }
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

  /** From now on upgrades are taken and never answered. */
  swallow(): void {
    this.order({ swallows: true });
  }

  /** From now on requests are served: the test answers each. Before, their connections are reset. */
  serve(serves = true): void {
    this.order({ serves });
  }

  /** Waits for the next request whose method and path begin so, `GET /api/chat/…`. */
  async request(begins = ''): Promise<Request> {
    return new Request(this, await this.next((event) => isRequest(event, begins)));
  }

  /** Requests that came and were not waited for. */
  pendingRequests(begins = ''): number {
    return this.pending((event) => isRequest(event, begins)).length;
  }

  /**
   * Opens a session over events, as the real server does: gives a token where there is none, then the stream. @returns the
   * stream's request, on which frames can be sent.
   */
  async openEvents(fields: object = {}): Promise<Request> {
    let request = await this.request();
    if (request.method === 'POST') {
      request.json(200, { success: true, data: { session_id: request.body['session_id'], token: 'given' } });
      request = await this.request('GET ');
    }
    const cursor = request.query.get('cursor');
    request.events();
    request.send({
      type: 'session',
      session_id: request.path.split('/')[4],
      epoch: 'e1',
      seq: 0,
      resumed: cursor !== null,
      agents: [],
      config: {},
      ...fields,
    });
    if (cursor === null) request.send({ type: 'history', messages: [], has_more: false, seq: 0, ...fields });
    return request;
  }

  order(order: object): void {
    this.#control.send(JSON.stringify(order));
  }

  close(): void {
    this.#control.close();
  }
}

function isRequest({ method, path }: ServerEvent, begins: string): boolean {
  return method !== undefined && `${method} ${path}`.startsWith(begins);
}

/** One request of an element, which the test answers. */
export class Request {
  readonly #server: FakeServer;
  readonly #id: number | undefined;
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly type: string | undefined;
  readonly body: Record<string, unknown>;

  constructor(server: FakeServer, { request, method = '', path = '', authorization, type, body }: ServerEvent) {
    this.#server = server;
    this.#id = request;
    this.method = method;
    const [before = '', query] = path.split('?');
    this.path = before;
    this.query = new URLSearchParams(query);
    this.authorization = authorization;
    this.type = type;
    this.body = body === undefined || body === '' ? {} : (JSON.parse(body) as Record<string, unknown>);
  }

  /** Answers with JSON, and ends. */
  json(status: number, body: unknown, headers: Record<string, string> = {}): void {
    this.#order({ head: { status, headers: { 'content-type': 'application/json', ...headers } } });
    this.write(JSON.stringify(body));
    this.end();
  }

  /** Answers with an error as the real server writes it. */
  refuse(status: number, code: string, retryable = false): void {
    this.json(status, { error: { code, message: `It is ${code}.`, retryable } });
  }

  /** Answers as something on the way does that is not the server. */
  foreign(status: number, headers: Record<string, string> = {}): void {
    this.#order({ head: { status, headers: { 'content-type': 'text/html', ...headers } } });
    this.write('<h1>Something on the way</h1>');
    this.end();
  }

  /** Begins a stream of events. */
  events(): void {
    this.#order({ head: { status: 200, headers: { 'content-type': 'text/event-stream' } } });
  }

  /** Sends a frame as an event. */
  send(frame: ServerFrameInput | Record<string, unknown>): void {
    this.write(`data: ${JSON.stringify(frame)}\n\n`);
  }

  /** Writes text, or bytes, as they are. */
  write(data: string | Uint8Array): void {
    const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
    this.#order({ bytes: btoa(String.fromCharCode(...bytes)) });
  }

  end(): void {
    this.#order({ end: true });
  }

  /** Tears the connection. */
  reset(): void {
    this.#order({ reset: true });
  }

  /** Waits until the other side has gone, or all was said. */
  async gone(): Promise<void> {
    await this.#server.next((event) => event.request === this.#id && event.gone === true);
  }

  #order(order: object): void {
    this.#server.order({ request: this.#id, ...order });
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
  async greet(fields: object = {}): Promise<Hello> {
    this.connected();
    const hello = await this.frame('hello');
    this.openSession(hello, fields);
    return hello;
  }

  /** Opens the session that a `hello` asks for. */
  openSession(hello: Hello, fields: object = {}): void {
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
