import { decodeServerFrame, type ServerFrame } from '@chat-stream/protocol';
import { createParser } from 'eventsource-parser';
import { FrameInbox } from './frame-inbox.js';

/** One event of a stream: the frame, and the id it can be resumed from. */
export interface ReceivedEvent {
  readonly id: string | undefined;
  readonly frame: ServerFrame;
}

/** A stream of server-sent events of a test: everything it receives is kept, and every event can be awaited. */
export class SseClient extends FrameInbox implements AsyncDisposable {
  readonly received: ReceivedEvent[] = [];
  /** Comment lines so far. */
  comments = 0;
  /** Resolves when the stream has ended, by whichever side. */
  readonly done: Promise<void>;
  private constructor(
    readonly response: Response,
    private readonly abort: AbortController,
  ) {
    super();
    this.done = this.read().finally(() => this.end('The stream ended'));
  }

  /** Opens a stream. Rejects with the status and body when it is refused. */
  static async open(url: string, headers: Record<string, string> = {}): Promise<SseClient> {
    const abort = new AbortController();
    const response = await fetch(url, { headers: { accept: 'text/event-stream', ...headers }, signal: abort.signal });
    if (response.status !== 200) throw new Error(`HTTP ${response.status} ${await response.text()}`);
    return new SseClient(response, abort);
  }

  /** Lets go of the stream as a client does that goes away. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.abort.abort();
    await this.done;
  }

  private async read(): Promise<void> {
    const parser = createParser({
      onEvent: ({ id, data }) => {
        const frame = decodeServerFrame(data);
        this.received.push({ id, frame });
        this.add(frame);
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
}
