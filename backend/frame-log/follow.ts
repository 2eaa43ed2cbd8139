import type { Cursor } from '@chat-stream/protocol';
import { coalesce } from './coalesce.js';
import type { FrameLog, LoggedFrame } from './frame-log.js';

/** Frames of one read: bounds what a reader holds in memory. */
const PAGE = 512;

/** Where the frames go. */
export interface Follower {
  /** Takes frames in order; what it returns is awaited before the next are read, so a slow socket holds nothing up but itself. */
  deliver(frames: readonly LoggedFrame[]): void | Promise<void>;
}

/**
 * Reads a session's log from `cursor` on, for ever: what is there already, then what comes, from one ordered source and
 * through one loop. First connect, second tab, reconnect and late join are all this.
 *
 * Resolves with `stopped` when `signal` aborts, and with `lost` when the log can't serve the cursor: the reader then
 * needs a snapshot.
 */
export async function follow(
  log: FrameLog,
  sessionId: string,
  cursor: Cursor,
  follower: Follower,
  signal: AbortSignal,
): Promise<'stopped' | 'lost'> {
  if (signal.aborted) return 'stopped';
  const wakeUp = new WakeUp();
  // Watch before the first read: what is appended between the two is seen by one or the other.
  const unwatch = log.watch(sessionId, wakeUp.ring);
  signal.addEventListener('abort', wakeUp.stop);
  let { seq } = cursor;
  try {
    while (!wakeUp.isStopped) {
      wakeUp.reset();
      const reading = log.read(sessionId, { epoch: cursor.epoch, seq }, PAGE);
      const read = reading instanceof Promise ? await reading : reading;
      if (wakeUp.isStopped) break;
      if (read.kind === 'lost') return 'lost';
      const last = read.frames.at(-1);
      if (last !== undefined) {
        const delivered = follower.deliver(coalesce(read.frames));
        if (delivered !== undefined) await delivered;
        seq = last.seq;
      }
      if (read.frames.length < PAGE) await wakeUp.next();
    }
    return 'stopped';
  } finally {
    signal.removeEventListener('abort', wakeUp.stop);
    unwatch();
  }
}

/** Remembers that it rang, from `reset` on, until somebody waits for it. */
class WakeUp {
  /** For good. Asked twice for each frame: a field, as a signal is slow to ask. */
  isStopped = false;
  private rung = false;
  private waiting: (() => void) | undefined;
  private readonly wait = (resolve: () => void): void => void (this.waiting = resolve);

  readonly ring = (): void => {
    this.rung = true;
    this.waiting?.();
    this.waiting = undefined;
  };

  readonly stop = (): void => {
    this.isStopped = true;
    this.ring();
  };

  reset(): void {
    this.rung = false;
  }

  /** Until it rings; nothing to wait for when it rang since `reset`: that may be about a frame that the read did not see. */
  next(): Promise<void> | undefined {
    return this.rung ? undefined : new Promise(this.wait);
  }
}
