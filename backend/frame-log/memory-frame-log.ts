import { randomUUID } from 'node:crypto';
import type { Cursor } from '@chat-stream/protocol';
import { type FrameLog, FrameLogConflict, type LoggedFrame, type LogHead, type LogRead } from './frame-log.js';
import { breakIn, SessionFrames } from './session-frames.js';
import { Watchers } from './watchers.js';

/** A {@link FrameLog} in memory: for tests, and where nothing needs to outlive the process. */
export class MemoryFrameLog implements FrameLog {
  private readonly logs = new Map<string, SessionFrames>();
  private readonly watchers = new Watchers();

  open(sessionId: string): Promise<LogHead> {
    let log = this.logs.get(sessionId);
    if (log === undefined) {
      log = new SessionFrames(randomUUID());
      this.logs.set(sessionId, log);
    }
    return Promise.resolve(log.head);
  }

  append(sessionId: string, epoch: string, frames: readonly LoggedFrame[]): Promise<void> {
    const log = this.logs.get(sessionId);
    if (log === undefined || log.epoch !== epoch) {
      return Promise.reject(new FrameLogConflict(`Session ${sessionId} is not in epoch ${epoch}.`));
    }
    const broken = breakIn(frames, log.seq);
    if (broken !== undefined) return Promise.reject(new FrameLogConflict(`Session ${sessionId} ${broken}.`));
    log.push(frames);
    this.watchers.wake(sessionId);
    return Promise.resolve();
  }

  read(sessionId: string, cursor: Cursor, limit: number): LogRead {
    return this.logs.get(sessionId)?.read(cursor, limit) ?? { kind: 'lost' };
  }

  watch(sessionId: string, wake: () => void): () => void {
    return this.watchers.add(sessionId, wake);
  }

  trim(sessionId: string, seq: number): Promise<void> {
    this.logs.get(sessionId)?.trim(seq);
    return Promise.resolve();
  }

  sessions(): Promise<readonly string[]> {
    return Promise.resolve([...this.logs].filter(([, log]) => !log.isEmpty).map(([id]) => id));
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
