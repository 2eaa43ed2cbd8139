import { encodeFrame, type ServerFrameInput } from '@chat-stream/protocol';
import type { Response } from 'express';
import type { LoggedFrame } from '../frame-log/frame-log.js';
import type { FrameSink } from '../session/delivery.js';

/** How long a client that reads slowly has to catch up before its stream is cut (it may resume). */
const SLOW_READER_MS = 30_000;

/** One response of server-sent events that carries frames. Durable ones have an `id` to resume from. */
export class EventStream implements FrameSink {
  private lastSent = performance.now();
  private readonly heartbeat: NodeJS.Timeout;
  private isFull = false;

  /** Writes the headers. A comment goes out when nothing else did for `heartbeatMs`. */
  constructor(
    private readonly response: Response,
    private readonly epoch: () => string,
    heartbeatMs: number,
  ) {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      // nginx collects a response before it passes it on, unless told not to.
      'X-Accel-Buffering': 'no',
      Connection: 'keep-alive',
    });
    this.heartbeat = setInterval(() => {
      if (performance.now() - this.lastSent >= 0.8 * heartbeatMs) this.write(':\n\n');
    }, heartbeatMs / 5);
    response.on('close', () => clearInterval(this.heartbeat));
  }

  send(frame: ServerFrameInput): void {
    this.sendJson(encodeFrame(frame));
  }

  sendLogged({ seq, json }: LoggedFrame): void {
    this.write(`id: ${this.epoch()}-${seq}\ndata: ${json}\n\n`);
  }

  sendJson(json: string): void {
    this.write(`data: ${json}\n\n`);
  }

  drained(): void | Promise<void> {
    if (!this.isFull || this.response.destroyed) return;
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.response.destroy(), SLOW_READER_MS);
      const done = () => {
        clearTimeout(timer);
        this.response.off('drain', done).off('close', done);
        this.isFull = false;
        resolve();
      };
      this.response.once('drain', done).once('close', done);
    });
  }

  end(): void {
    clearInterval(this.heartbeat);
    this.response.end();
  }

  private write(text: string): void {
    if (this.response.destroyed || this.response.writableEnded) return;
    this.lastSent = performance.now();
    if (!this.response.write(text)) this.isFull = true;
  }
}
