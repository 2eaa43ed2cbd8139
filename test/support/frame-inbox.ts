import {
  applyFrame,
  type Conversation,
  EMPTY_CONVERSATION,
  type ServerFrame,
  type ServerFrameOf,
  type ServerFrameType,
} from '@chat-stream/protocol';

/** Whether a frame is of a type. */
function isOf<T extends ServerFrameType>(frame: ServerFrame, type: T): frame is ServerFrame & ServerFrameOf<T> {
  return frame.type === type;
}

/** The frames that a client of a test has received: all are kept, and each can be awaited. */
export class FrameInbox {
  /** Every frame so far, in order. */
  readonly frames: ServerFrame[] = [];
  private readonly waiting = new Set<() => void>();
  private taken = 0;
  private ended: string | undefined;

  add(frame: ServerFrame): void {
    this.frames.push(frame);
    this.wake();
  }

  /** No more will come: whoever waits is told why. */
  end(reason: string): void {
    this.ended = reason;
    this.wake();
  }

  /** Something else happened that someone may wait for. */
  wake(): void {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  }

  /** The next frame of this type that no earlier call has passed; frames of other types are skipped. */
  async next<T extends ServerFrameType>(
    type: T,
    matches: (frame: ServerFrameOf<T>) => boolean = () => true,
  ): Promise<ServerFrameOf<T>> {
    for (;;) {
      while (this.taken < this.frames.length) {
        const frame = this.frames[this.taken++];
        if (frame !== undefined && isOf(frame, type) && matches(frame)) return frame;
      }
      if (this.ended !== undefined) throw new Error(`${this.ended} while waiting for ${type}.`);
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  /** Every frame of one type so far. */
  all<T extends ServerFrameType>(type: T): ServerFrameOf<T>[] {
    return this.frames.filter((frame) => isOf(frame, type));
  }

  /** What a client that follows the specification shows after these frames. A gap fails the test. */
  conversation(before: Conversation = EMPTY_CONVERSATION): Conversation {
    let conversation = before;
    for (const frame of this.frames) {
      const result = applyFrame(conversation, frame);
      if (result.kind === 'gap') throw new Error(`gap: expected ${result.expected}, received ${result.received}`);
      if (result.kind === 'applied') conversation = result.conversation;
    }
    return conversation;
  }
}
