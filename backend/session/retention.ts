import type { FrameLog } from '../frame-log/frame-log.js';

/** How long frames of finished answers are kept for clients that come back with a cursor. Older ones get a snapshot. */
export interface RetentionPolicy {
  /** Milliseconds after the answer ended. */
  readonly ms: number;
  /** Of one session; the newest are kept. */
  readonly frames: number;
}

/** A point up to which everything in a session's log is finished and in the history. */
interface SafePoint {
  readonly seq: number;
  readonly at: number;
}

/** Trims the logs. Only up to safe points: what a crash would need to be mended stays. */
export class Retention {
  private readonly points = new Map<string, SafePoint[]>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly log: FrameLog,
    private readonly policy: RetentionPolicy,
    private readonly warn: (message: string, cause: unknown) => void,
  ) {}

  /** Everything up to `seq` is finished and stored. */
  settled(sessionId: string, seq: number): void {
    if (seq === 0) return;
    const points = this.points.get(sessionId) ?? [];
    if (points.at(-1)?.seq === seq) return;
    points.push({ seq, at: performance.now() });
    this.points.set(sessionId, points);
    this.trim(sessionId, points, (point) => seq - point.seq >= this.policy.frames);
    this.timer ??= setInterval(() => this.sweep(), Math.max(1_000, this.policy.ms / 10)).unref();
  }

  /** The log is dropped: in the one that follows, with numbers from 1 again, none of the safe points is one. */
  forget(sessionId: string): void {
    this.points.delete(sessionId);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.points.clear();
  }

  private sweep(): void {
    const before = performance.now() - this.policy.ms;
    for (const [sessionId, points] of this.points) this.trim(sessionId, points, ({ at }) => at <= before);
  }

  private trim(sessionId: string, points: SafePoint[], isOver: (point: SafePoint) => boolean): void {
    const place = points.findLastIndex(isOver);
    const last = points[place];
    if (last === undefined) return;
    points.splice(0, place + 1);
    if (points.length === 0) this.points.delete(sessionId);
    this.log.trim(sessionId, last.seq).catch((error: unknown) => this.warn(`Could not trim ${sessionId}`, error));
  }
}
