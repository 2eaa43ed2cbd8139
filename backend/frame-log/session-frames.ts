import type { Cursor } from '@chat-stream/protocol';
import type { LoggedFrame, LogHead, LogRead } from './frame-log.js';

/** The frames of one session's log, in memory: what may be appended to it, what a cursor reads from it. */
export class SessionFrames {
  /** The `seq` of the last frame; of the last one ever when all were trimmed. */
  seq: number;

  constructor(
    readonly epoch: string,
    /** The last `seq` that was trimmed away. */
    public trimmed = 0,
    protected frames: LoggedFrame[] = [],
  ) {
    this.seq = trimmed + frames.length;
  }

  get head(): LogHead {
    return { epoch: this.epoch, seq: this.seq, trimmed: this.trimmed };
  }

  get isEmpty(): boolean {
    return this.frames.length === 0;
  }

  read(cursor: Cursor, limit: number): LogRead {
    if (cursor.epoch !== this.epoch || cursor.seq < this.trimmed || cursor.seq > this.seq) return { kind: 'lost' };
    const from = cursor.seq - this.trimmed;
    return { kind: 'frames', frames: this.frames.slice(from, from + limit) };
  }

  /** Adds frames that {@link breakIn} found nothing wrong with. */
  push(frames: readonly LoggedFrame[]): void {
    for (const frame of frames) this.frames.push(frame);
    this.seq += frames.length;
  }

  /** Forgets the frames up to and including `seq`. Returns them. */
  trim(seq: number): readonly LoggedFrame[] {
    const through = Math.min(seq, this.seq);
    if (through <= this.trimmed) return [];
    const gone = this.frames.slice(0, through - this.trimmed);
    this.frames = this.frames.slice(through - this.trimmed);
    this.trimmed = through;
    return gone;
  }
}

/** Why `frames` do not continue after `seq`; `undefined` when they do. */
export function breakIn(frames: readonly LoggedFrame[], seq: number): string | undefined {
  let expected = seq;
  for (const frame of frames) {
    if (frame.seq !== ++expected) return `expects frame ${expected}, not ${frame.seq}`;
  }
  return undefined;
}
