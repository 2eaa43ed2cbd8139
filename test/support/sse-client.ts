import { decodeServerFrame, type ServerFrame, type ServerFrameOf, type ServerFrameType } from '@chat-stream/protocol';
import { createParser } from 'eventsource-parser';
import { isOf } from './ws-client.js';

/** One event of a stream: the frame, and the id it can be resumed from. */
export interface ReceivedEvent {
  readonly id: string | undefined;
  readonly frame: ServerFrame;
}

/** A stream of server-sent events of a test: everything it receives is kept, and every event can be awaited. */
export class SseClient implements AsyncDisposable {
  readonly received: ReceivedEvent[] = [];
  /** Comment lines so far. */
  comments = 0;
  /** Resolves when the stream has ended, by whichever side. */
  readonly ended: Promise<void>;
  private readonly waiting = new Set<() => void>();
  private taken = 0;
  private isOver = false;

  private constructor(
    readonly response: Response,
    private readonly abort: AbortController,
  ) {
    this.ended = this.read().finally(() => {
      this.isOver = true;
      this.wake();
    });
  }

  /** Opens a stream. Rejects with the status and body when it is refused. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<SseClient> {
    const abort = new AbortController();
    const response = await fetch(url, { headers: { accept: 'text/event-stream', ...headers }, signal: abort.signal });
    if (response.status !== 200) throw new Error(`HTTP ${response.status} ${await response.text()}`);
    return new SseClient(response, abort);
  }

  /** The next frame of this type that no earlier call has passed. */
  async next<T extends ServerFrameType>(
    type: T,
    matches: (frame: ServerFrameOf<T>) => boolean = () => true,
  ): Promise<ServerFrameOf<T>> {
    for (;;) {
      while (this.taken < this.received.length) {
        const frame = this.received[this.taken++]?.frame;
        if (frame !== undefined && isOf(frame, type) && matches(frame)) return frame;
      }
      if (this.isOver) throw new Error(`The stream ended while waiting for ${type}.`);
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  /** Lets go of the stream as a client does that goes away. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.abort.abort();
    await this.ended;
  }

  private async read(): Promise<void> {
    const parser = createParser({
      onEvent: ({ id, data }) => {
        this.received.push({ id, frame: decodeServerFrame(data) });
        this.wake();
      },
      onComment: () => {
        this.comments++;
        this.wake();
      },
    });
    const decoder = new TextDecoder();
    try {
      for await (const bytes of this.response.body ?? []) parser.feed(decoder.decode(bytes, { stream: true }));
    } catch {
      // Cut off: what was received stays.
    }
  }

  private wake(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }
}
