import { randomUUID } from 'node:crypto';
import { CloseCode, encodeFrame, ProtocolError, type ServerFrameInput } from '@chat-stream/protocol';
import { WebSocket } from 'ws';
import { ChatError } from '../chat-error.js';
import type { LoggedFrame } from '../frame-log/frame-log.js';
import type { Delivery, FrameSink } from '../session/delivery.js';

/** Ten bad frames in ten seconds end the socket. */
const BAD_FRAMES = { count: 10, withinMs: 10_000 } as const;

/** A socket that holds more than this is not read fast enough: nothing more is read from the log for it. */
const HIGH_WATER_BYTES = 1 << 20;

/** How long such a socket has to catch up before it is closed (it may resume). */
const SLOW_READER_MS = 30_000;

/** What a socket was opened for. */
export type ConnectionState =
  /** Nothing was said yet. */
  | { readonly kind: 'fresh' }
  /** `hello` was said and is being looked at, or was refused. */
  | { readonly kind: 'greeted' }
  /** Served: by `hello`, or as a client of the original kind that knows none. */
  | {
      readonly kind: 'attached';
      readonly by: 'hello' | 'first-message';
      readonly subject: string | null;
      readonly delivery: Delivery;
    };

/** One socket: what is sent to it, what came from it, and when. */
export class Connection implements FrameSink {
  /** The session id that `connected` names: used where the client chooses none. */
  readonly id = randomUUID();
  state: ConnectionState = { kind: 'fresh' };
  /** When the token of this socket ends; milliseconds since 1970. */
  expiresAt: number | undefined;
  /** Whether the client was told that its token is about to end. */
  toldExpiring = false;
  /** When something was last sent, and last heard; both as `performance.now()`. */
  lastSent = performance.now();
  lastHeard = this.lastSent;
  helloTimer: NodeJS.Timeout | undefined;

  private readonly badFrames: number[] = [];
  private tasks: Promise<void> = Promise.resolve();

  /** Not the request that it came with: its headers would stay in memory for as long as the socket. */
  constructor(readonly socket: WebSocket) {}

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** The time to say hello no longer runs out. Let go of as well: a timer that was cleared is still an object. */
  greeted(): void {
    clearTimeout(this.helloTimer);
    this.helloTimer = undefined;
  }

  /** Sends a frame that has no `seq`. */
  send(frame: ServerFrameInput): void {
    this.sendJson(encodeFrame(frame));
  }

  sendLogged({ json }: LoggedFrame): void {
    this.sendJson(json);
  }

  /** Sends text that is a frame already. */
  sendJson(json: string): void {
    if (!this.isOpen) return;
    this.lastSent = performance.now();
    // No callback: a send that fails means that the socket is closing; its `close` event is where that is handled.
    this.socket.send(json);
  }

  /** Resolves at once, or, when the client reads slowly, once it has caught up. Closes it with 4508 when it does not. */
  drained(): void | Promise<void> {
    if (this.socket.bufferedAmount <= HIGH_WATER_BYTES || !this.isOpen) return;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.terminateSlowly(), SLOW_READER_MS);
      const done = () => {
        clearTimeout(timer);
        this.socket.off('close', done);
        resolve();
      };
      this.socket.once('close', done);
      // A ping is queued behind everything that is buffered: its callback is the moment all of that was written.
      this.socket.ping(undefined, undefined, done);
    });
  }

  /** Says what is wrong; the socket lives on, unless it keeps sending rubbish. */
  refuse(error: ProtocolError | ChatError): void {
    const { code, message, ref } = error;
    const retryable = error instanceof ChatError && error.retryable;
    const retryAfterMs = error instanceof ChatError ? error.retryAfterMs : undefined;
    this.send({
      type: 'error',
      code,
      message,
      ...(ref === undefined ? {} : { ref }),
      retryable,
      ...(retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs }),
      timestamp: timestamp(),
    });
    if (error instanceof ProtocolError || code === 'bad_message') this.countBadFrame();
  }

  /** Runs what frames ask for one after another, in the order they came. */
  enqueue(task: () => Promise<unknown>): void {
    this.tasks = this.tasks.then(task).then(ignore, ignore);
  }

  close(code: CloseCode, reason: string): void {
    this.socket.close(code, reason);
  }

  private countBadFrame(): void {
    const now = performance.now();
    this.badFrames.push(now);
    if (this.badFrames.length > BAD_FRAMES.count) this.badFrames.shift();
    const oldest = this.badFrames[0] ?? now;
    if (this.badFrames.length === BAD_FRAMES.count && now - oldest < BAD_FRAMES.withinMs) {
      this.close(CloseCode.badFrames, 'too many bad frames');
    }
  }

  private terminateSlowly(): void {
    this.close(CloseCode.slowReader, 'reads too slowly');
    // The close frame waits behind what the client does not read.
    this.socket.terminate();
  }
}

/** ISO-8601 UTC with milliseconds, as all our frames carry. */
export function timestamp(): string {
  return new Date().toISOString();
}

function ignore(): void {}
