import { randomUUID } from 'node:crypto';
import type { Cursor } from '@chat-stream/protocol';
import { type FrameLog, FrameLogConflict, type LoggedFrame, type LogHead, type LogRead } from './frame-log.js';

interface SessionLog {
  readonly epoch: string;
  /** The `seq` before the first frame in `frames`. */
  trimmed: number;
  frames: LoggedFrame[];
}

/** A {@link FrameLog} in memory: for tests, and where nothing needs to outlive the process. */
export class MemoryFrameLog implements FrameLog {
  private readonly logs = new Map<string, SessionLog>();
  private readonly watchers = new Map<string, Set<() => void>>();

  open(sessionId: string): Promise<LogHead> {
    let log = this.logs.get(sessionId);
    if (log === undefined) {
      log = { epoch: randomUUID(), trimmed: 0, frames: [] };
      this.logs.set(sessionId, log);
    }
    return Promise.resolve({ epoch: log.epoch, seq: headOf(log), trimmed: log.trimmed });
  }

  append(sessionId: string, epoch: string, frames: readonly LoggedFrame[]): Promise<void> {
    const log = this.logs.get(sessionId);
    if (log === undefined || log.epoch !== epoch) {
      return Promise.reject(new FrameLogConflict(`Session ${sessionId} is not in epoch ${epoch}.`));
    }
    let expected = headOf(log);
    for (const { seq } of frames) {
      if (seq !== ++expected) {
        return Promise.reject(new FrameLogConflict(`Session ${sessionId} expects frame ${expected}, not ${seq}.`));
      }
    }
    log.frames.push(...frames);
    for (const wake of this.watchers.get(sessionId) ?? []) wake();
    return Promise.resolve();
  }

  read(sessionId: string, cursor: Cursor, limit: number): Promise<LogRead> {
    const log = this.logs.get(sessionId);
    if (log === undefined || log.epoch !== cursor.epoch || cursor.seq < log.trimmed || cursor.seq > headOf(log)) {
      return Promise.resolve({ kind: 'lost' });
    }
    const from = cursor.seq - log.trimmed;
    return Promise.resolve({ kind: 'frames', frames: log.frames.slice(from, from + limit) });
  }

  watch(sessionId: string, wake: () => void): () => void {
    const watchers = this.watchers.get(sessionId) ?? new Set();
    this.watchers.set(sessionId, watchers.add(wake));
    return () => {
      watchers.delete(wake);
      if (watchers.size === 0 && this.watchers.get(sessionId) === watchers) this.watchers.delete(sessionId);
    };
  }

  trim(sessionId: string, seq: number): Promise<void> {
    const log = this.logs.get(sessionId);
    if (log !== undefined && seq > log.trimmed) {
      const through = Math.min(seq, headOf(log));
      log.frames = log.frames.slice(through - log.trimmed);
      log.trimmed = through;
    }
    return Promise.resolve();
  }

  sessions(): Promise<readonly string[]> {
    return Promise.resolve([...this.logs].filter(([, { frames }]) => frames.length > 0).map(([id]) => id));
  }

  drop(sessionId: string): Promise<void> {
    this.logs.delete(sessionId);
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.logs.clear();
    this.watchers.clear();
    return Promise.resolve();
  }
}

function headOf(log: SessionLog): number {
  return log.trimmed + log.frames.length;
}
