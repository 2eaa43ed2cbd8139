import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A TCP proxy that breaks connections on request, between a client under test and a real server. It stands in for the
 * network: what it does is what a lost Wi-Fi, a frozen middlebox or a corporate firewall does to the bytes.
 *
 * @example
 * const proxy = await startTcpProxy({ port: serverPort });
 * const socket = new WebSocket(`ws://127.0.0.1:${proxy.port}/ws/chat`);
 * proxy.reset(); // every connection ends with RST, as when a NAT forgot it
 * await proxy.close();
 */

/** `up` is from the client to the server, `down` from the server to the client. */
export type Direction = 'up' | 'down';

/** What the proxy does to the bytes of one direction. */
export interface Faults {
  /** Bytes are read and thrown away: neither side learns of it. */
  blackhole: boolean;
  /** One byte per write, each in its own turn of the event loop: no frame arrives in one piece. */
  oneByteAtATime: boolean;
  /** Milliseconds that every byte is held back. Order is kept. */
  delayMs: number;
  /** After so many bytes, counted from when this is set, the connection is reset. The bytes before it arrive. */
  cutAfterBytes: number | undefined;
}

/** What the proxy does to new connections. */
export type Admission =
  /** Connects them to the target. */
  | 'accept'
  /** Ends them with RST before a byte was read: the port seems closed. */
  | 'refuse'
  /** Accepts them and never answers: a server that hangs. */
  | 'hang'
  /** Answers a WebSocket upgrade with HTTP 403 and passes everything else on: a proxy that blocks WebSockets. */
  | 'forbid-upgrade';

/** One connection through the proxy. */
export interface ProxiedConnection {
  /** 1, 2, 3 … in the order they came. */
  readonly number: number;
  /** False once either side is gone. */
  readonly open: boolean;
  /** Bytes that came from the client (`up`) and from the server (`down`), passed on or not. */
  readonly bytes: Readonly<Record<Direction, number>>;
  /** Sets faults of this connection from now on; both directions unless one is named. */
  set(faults: Partial<Faults>, direction?: Direction): void;
  /** Ends both sides with RST. */
  reset(): void;
  /** Ends the client's side with FIN, and the server's. */
  fin(): void;
}

/** A running proxy. */
export interface TcpProxy {
  /** The port on 127.0.0.1 to connect to. */
  readonly port: number;
  /** `127.0.0.1:port` */
  readonly host: string;
  /** All connections so far, ended ones included. */
  readonly connections: readonly ProxiedConnection[];
  /** What happens to new connections. */
  admission: Admission;
  /** Sets faults of every open connection and of those to come; both directions unless one is named. */
  set(faults: Partial<Faults>, direction?: Direction): void;
  /** Removes all faults, and accepts connections again. What a black hole swallowed stays lost. */
  heal(): void;
  /** Ends every open connection with RST. */
  reset(): void;
  /** Ends every open connection with FIN. */
  fin(): void;
  /** Resolves with the next connection after this call. */
  nextConnection(): Promise<ProxiedConnection>;
  /** Ends everything and resolves when nothing is left open. */
  close(): Promise<void>;
}

const NO_FAULTS: Faults = { blackhole: false, oneByteAtATime: false, delayMs: 0, cutAfterBytes: undefined };

const FORBIDDEN = 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n';

/** Starts a proxy on a free port of 127.0.0.1 that passes connections on to `target`. */
export async function startTcpProxy(target: { port: number; host?: string }): Promise<TcpProxy> {
  const proxy = new Proxy(target.port, target.host ?? '127.0.0.1');
  await proxy.listen();
  return proxy;
}

class Proxy implements TcpProxy {
  readonly connections: Connection[] = [];
  admission: Admission = 'accept';
  readonly #faults: Record<Direction, Faults> = { up: { ...NO_FAULTS }, down: { ...NO_FAULTS } };
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #waiting: ((connection: ProxiedConnection) => void)[] = [];

  constructor(
    private readonly targetPort: number,
    private readonly targetHost: string,
  ) {
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => this.#accept(client));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get host(): string {
    return `127.0.0.1:${this.port}`;
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, '127.0.0.1', resolve);
    });
  }

  set(faults: Partial<Faults>, direction?: Direction): void {
    for (const one of directions(direction)) Object.assign(this.#faults[one], faults);
    for (const connection of this.#open()) connection.set(faults, direction);
  }

  heal(): void {
    this.admission = 'accept';
    this.set(NO_FAULTS);
  }

  reset(): void {
    for (const connection of this.#open()) connection.reset();
  }

  fin(): void {
    for (const connection of this.#open()) connection.fin();
  }

  nextConnection(): Promise<ProxiedConnection> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.reset();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #open(): Connection[] {
    return this.connections.filter((connection) => connection.open);
  }

  #accept(client: Socket): void {
    this.#track(client);
    if (this.admission === 'refuse') {
      client.resetAndDestroy();
      return;
    }
    if (this.admission === 'hang') return;
    if (this.admission === 'forbid-upgrade') {
      this.#inspect(client);
      return;
    }
    this.#pass(client);
  }

  /** Reads the head of the first request, and passes on all but an upgrade. */
  #inspect(client: Socket): void {
    let head = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      head = Buffer.concat([head, chunk]);
      if (!head.includes('\r\n\r\n')) return;
      client.off('data', onData);
      if (/^upgrade:\s*websocket/im.test(head.toString('latin1'))) {
        client.end(FORBIDDEN);
        return;
      }
      client.pause();
      client.unshift(head);
      this.#pass(client);
    };
    client.on('data', onData);
  }

  #pass(client: Socket): void {
    const server = connect({ port: this.targetPort, host: this.targetHost, noDelay: true, allowHalfOpen: true });
    this.#track(server);
    const faults = { up: { ...this.#faults.up }, down: { ...this.#faults.down } };
    const connection = new Connection(this.connections.length + 1, client, server, faults);
    this.connections.push(connection);
    for (const resolve of this.#waiting.splice(0)) resolve(connection);
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    // A broken connection is what this proxy is for: the other side is told by `close`.
    socket.on('error', () => undefined);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}

class Connection implements ProxiedConnection {
  readonly bytes = { up: 0, down: 0 };
  readonly #faults: Record<Direction, Faults>;
  readonly #untilCut: Record<Direction, number | undefined>;

  constructor(
    readonly number: number,
    private readonly client: Socket,
    private readonly server: Socket,
    faults: Record<Direction, Faults>,
  ) {
    this.#faults = faults;
    this.#untilCut = { up: faults.up.cutAfterBytes, down: faults.down.cutAfterBytes };
    this.#pump('up', client, server);
    this.#pump('down', server, client);
    // It was paused if the head of its request was looked at.
    client.resume();
  }

  get open(): boolean {
    return !this.client.destroyed && !this.server.destroyed;
  }

  set(faults: Partial<Faults>, direction?: Direction): void {
    for (const one of directions(direction)) {
      Object.assign(this.#faults[one], faults);
      if ('cutAfterBytes' in faults) this.#untilCut[one] = faults.cutAfterBytes;
      if (this.#untilCut[one] === 0) this.reset();
    }
  }

  reset(): void {
    this.client.resetAndDestroy();
    // A socket that is still connecting can't be reset.
    if (this.server.connecting) this.server.destroy();
    else this.server.resetAndDestroy();
  }

  fin(): void {
    this.client.end();
    this.server.end();
  }

  #pump(direction: Direction, from: Socket, to: Socket): void {
    // One chain of writes per direction: whatever faults come and go, bytes keep their order.
    let last: Promise<void> = Promise.resolve();
    const then = (step: () => Promise<void> | void): void => {
      last = last.then(step);
    };
    from.on('data', (chunk: Buffer) => {
      this.bytes[direction] += chunk.length;
      const arrived = Date.now();
      from.pause();
      then(async () => {
        await this.#forward(direction, chunk, arrived, to);
        from.resume();
      });
    });
    from.on('end', () => {
      then(() => {
        if (!this.#faults[direction].blackhole) to.end();
      });
    });
    from.on('close', (hadError) => {
      if (this.#faults[direction].blackhole) return;
      if (hadError) this.reset();
      // After a clean end the other side may still have something to say; it is not kept for ever.
      else if (to.writableEnded) then(() => to.destroySoon());
    });
  }

  async #forward(direction: Direction, chunk: Buffer, arrived: number, to: Socket): Promise<void> {
    const faults = this.#faults[direction];
    if (faults.blackhole) return;
    const wait = faults.delayMs - (Date.now() - arrived);
    if (wait > 0) await sleep(wait);
    const left = this.#untilCut[direction];
    const allowed = left === undefined ? chunk : chunk.subarray(0, left);
    await write(to, allowed, faults);
    if (left === undefined) return;
    this.#untilCut[direction] = left - allowed.length;
    if (left <= chunk.length) await this.#cut(to);
  }

  /** Resets both sides, after what was written before has left for good: RST would throw it away. */
  async #cut(to: Socket): Promise<void> {
    while (to.writableLength > 0 && !to.destroyed) await turn();
    await sleep(20);
    this.reset();
  }
}

async function write(to: Socket, bytes: Buffer, faults: Faults): Promise<void> {
  if (!faults.oneByteAtATime) {
    await drained(to, bytes);
    return;
  }
  for (let index = 0; index < bytes.length && !to.destroyed; index++) {
    // Looked at for each byte: a long chunk must not go on trickling after the fault was removed.
    if (!faults.oneByteAtATime) {
      await drained(to, bytes.subarray(index));
      return;
    }
    await drained(to, bytes.subarray(index, index + 1));
    await turn();
  }
}

/** Writes and waits for room, so that a reader who does not read holds back the writer, as a real network does. */
async function drained(to: Socket, bytes: Buffer): Promise<void> {
  if (to.destroyed || to.writableEnded || bytes.length === 0 || to.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      to.off('drain', done);
      to.off('close', done);
      resolve();
    };
    to.on('drain', done);
    to.on('close', done);
  });
}

function directions(direction: Direction | undefined): readonly Direction[] {
  return direction === undefined ? ['up', 'down'] : [direction];
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
