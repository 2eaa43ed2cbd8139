import {
  type ClientFrameInput,
  decodeServerFrame,
  encodeFrame,
  type ServerFrame,
  type ServerFrameOf,
} from '@chat-stream/protocol';
import { type ClientOptions, WebSocket } from 'ws';
import { FrameInbox } from './frame-inbox.js';

/** A frame as it came: decoded, and as the raw object. */
export interface Received {
  readonly frame: ServerFrame;
  readonly raw: Record<string, unknown>;
}

/** How a socket ended. */
export interface Closed {
  readonly code: number;
  readonly reason: string;
}

/** A socket of a test: everything it receives is kept, and every event can be awaited. */
export class TestClient extends FrameInbox implements AsyncDisposable {
  /** Every frame so far, in order, with what stood on the wire. */
  readonly received: Received[] = [];
  /** Resolves when the socket is closed. */
  readonly closed: Promise<Closed>;

  private constructor(readonly socket: WebSocket) {
    super();
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      const frame = decodeServerFrame(text);
      this.received.push({ frame, raw: JSON.parse(text) as Record<string, unknown> });
      this.add(frame);
    });
    this.closed = new Promise((resolve) =>
      socket.on('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.end(`The socket closed with ${code} ${reason.toString()}`);
      }),
    );
    socket.on('error', () => undefined);
  }

  /** Connects and waits until the socket is open. Rejects with the HTTP status when the upgrade is refused. */
  static async connect(url: string, options: ClientOptions & { protocols?: string[] } = {}): Promise<TestClient> {
    const { protocols, ...rest } = options;
    const socket = new WebSocket(url, protocols ?? [], rest);
    const client = new TestClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('unexpected-response', (_request, response) => {
        reject(new Error(`HTTP ${response.statusCode}`));
        response.resume();
        socket.terminate();
      });
      socket.once('error', reject);
    });
    return client;
  }

  /** Connects and says hello; resolves with the `session` frame. */
  static async open(
    url: string,
    hello: Omit<Extract<ClientFrameInput, { type: 'hello' }>, 'type' | 'protocol' | 'client_id'> = {},
    options: ClientOptions = {},
  ): Promise<{ client: TestClient; session: ServerFrameOf<'session'> }> {
    const client = await TestClient.connect(url, options);
    client.send({ type: 'hello', protocol: 1, client_id: 'test-client', ...hello });
    return { client, session: await client.next('session') };
  }

  send(frame: ClientFrameInput): void {
    this.sendText(encodeFrame(frame));
  }

  sendText(text: string): void {
    this.socket.send(text);
  }

  /** Reads on until the next answer ends; resolves with its phases and text. */
  async answer(): Promise<Answered> {
    const start = await this.next('message_stream', (frame) => frame.stream_start);
    const frames = [start];
    for (;;) {
      const frame = await this.next('message_stream', ({ id }) => id === start.id);
      frames.push(frame);
      if (frame.stream_end)
        return { id: start.id, frames, end: frame, text: frames.map((f) => f.chunk ?? '').join('') };
    }
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }

  /** Cuts the connection without a close frame, as a lost network does. */
  async cut(): Promise<void> {
    this.socket.terminate();
    await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.terminate();
    await this.closed;
  }
}

/** One whole answer as a client saw it. */
export interface Answered {
  readonly id: string;
  readonly frames: readonly ServerFrameOf<'message_stream'>[];
  readonly end: ServerFrameOf<'message_stream'>;
  readonly text: string;
}
