import { type Cursor, encodeFrame } from '@chat-stream/protocol';
import { follow } from '../frame-log/follow.js';
import type { FrameLog, LoggedFrame } from '../frame-log/frame-log.js';
import type { Notice, Session, SessionListener } from './session.js';

/** Where a delivery ends: a socket, an event stream. None of these throws when the other side is gone. */
export interface FrameSink {
  /** Sends a frame of the log. */
  sendLogged(frame: LoggedFrame): void;
  /** Sends a frame that has no place in the log. */
  sendJson(json: string): void;
  /** Resolves at once, or, where the client reads slowly, once it has caught up. */
  drained(): void | Promise<void>;
}

/**
 * Brings what a session's log says to one client, from a cursor on, and slips notices (frames without `seq`) in at their place.
 */
export class Delivery implements SessionListener {
  private readonly ending = new AbortController();
  private isStopped = false;
  private readonly notices: { readonly after: number; readonly json: string }[] = [];

  constructor(
    private readonly sink: FrameSink,
    readonly session: Session,
    private readonly log: FrameLog,
    /** The last frame that the client has. */
    private cursor: Cursor,
  ) {}

  /** Delivers until stopped. Resolves with `lost` when the client needs a snapshot to go on. */
  async run(): Promise<'stopped' | 'lost'> {
    const { session } = this;
    session.listen(this);
    if (session.hasFailed) this.failed();
    try {
      const outcome = await follow(this.log, session.id, this.cursor, this, this.ending.signal);
      return session.hasFailed && !this.isStopped ? 'lost' : outcome;
    } finally {
      session.unlisten(this);
    }
  }

  stop(): void {
    this.isStopped = true;
    this.ending.abort();
    this.session.unlisten(this);
  }

  /** The session is of no use any more: {@link run} resolves with `lost`. */
  failed(): void {
    this.ending.abort();
  }

  /** Sends a notice once the frame `after` was sent. */
  notify({ after, frame }: Notice): void {
    this.insert(after, encodeFrame(frame));
  }

  /** Sends a frame of the log once more, after it was sent, or would have been. */
  repeat({ seq, json }: LoggedFrame): void {
    this.insert(seq, json);
  }

  /** Takes frames of the log. */
  deliver(frames: readonly LoggedFrame[]): void | Promise<void> {
    for (const frame of frames) {
      this.sendNoticesUpTo(frame.seq - 1);
      this.sink.sendLogged(frame);
      this.cursor = { epoch: this.cursor.epoch, seq: frame.seq };
    }
    this.sendNoticesUpTo(this.cursor.seq);
    return this.sink.drained();
  }

  private sendNoticesUpTo(seq: number): void {
    while (this.notices[0] !== undefined && this.notices[0].after <= seq) {
      const notice = this.notices.shift();
      if (notice !== undefined) this.sink.sendJson(notice.json);
    }
  }

  private insert(after: number, json: string): void {
    const place = this.notices.findLastIndex((notice) => notice.after <= after) + 1;
    this.notices.splice(place, 0, { after, json });
    this.sendNoticesUpTo(this.cursor.seq);
  }
}
