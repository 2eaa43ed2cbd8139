import { type Cursor, encodeFrame } from '@chat-stream/protocol';
import { follow } from '../frame-log/follow.js';
import type { FrameLog, LoggedFrame } from '../frame-log/frame-log.js';
import type { Notice, Session } from './session.js';

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
export class Delivery {
  private readonly ending = new AbortController();
  private isStopped = false;
  private readonly notices: { readonly after: number; readonly json: string }[] = [];
  private unlisten: (() => void) | undefined;

  constructor(
    private readonly sink: FrameSink,
    readonly session: Session,
    private readonly log: FrameLog,
    /** The last frame that the client has. */
    private cursor: Cursor,
    /** Frames that this kind of client must not get. */
    private readonly skips: (frame: LoggedFrame) => boolean = () => false,
  ) {}

  /** Delivers until stopped. Resolves with `lost` when the client needs a snapshot to go on. */
  async run(): Promise<'stopped' | 'lost'> {
    const { failed, id } = this.session;
    this.unlisten = this.session.listen((notice) => this.notify(notice));
    const end = () => this.ending.abort();
    if (failed.aborted) end();
    failed.addEventListener('abort', end);
    try {
      const outcome = await follow(this.log, id, this.cursor, this, this.ending.signal);
      return failed.aborted && !this.isStopped ? 'lost' : outcome;
    } finally {
      failed.removeEventListener('abort', end);
      this.unlisten();
    }
  }

  stop(): void {
    this.isStopped = true;
    this.ending.abort();
    this.unlisten?.();
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
      if (!this.skips(frame)) this.sink.sendLogged(frame);
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
