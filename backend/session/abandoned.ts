import { decodeServerFrame } from '@chat-stream/protocol';
import type { FrameLog, LoggedFrame, LogHead } from '../frame-log/frame-log.js';
import type { History } from '../history/history.js';

/** Sessions that are looked at before others have their turn. */
const AT_A_TIME = 100;

/** Between two looks, in milliseconds: at least, at most. */
const INTERVAL = { least: 1_000, most: 600_000 } as const;

/** How long what nobody can miss is kept, in milliseconds; 0: for ever. */
export interface AbandonedPolicy {
  /** A session that was begun, and nobody ever wrote to: since it was begun. */
  readonly emptySessionsMs: number;
  /** The frames of a session whose record is lost: since the last of them was written. */
  readonly lostSessionsMs: number;
}

/** What {@link Abandoned} needs of those who keep the sessions. */
export interface AbandonedHost {
  readonly log: FrameLog;
  readonly history: History;
  /** Does `work` while nobody can come to the session; does nothing when somebody is there, or something runs in it. */
  whileUnused(sessionId: string, work: () => Promise<void>): Promise<void>;
  /** Forgets the session's log. */
  dropLog(sessionId: string): Promise<void>;
  readonly warn: (message: string, cause: unknown) => void;
}

/**
 * Forgets sessions that nobody can miss: those that nobody ever wrote to, and frames whose session has no record any more.
 * Whoever comes back to one begins it anew, in a new epoch: a cursor of the old one gets a snapshot.
 */
export class Abandoned {
  private timer: NodeJS.Timeout | undefined;
  private sweeping: Promise<void> | undefined;
  private isStopped = false;

  constructor(
    private readonly host: AbandonedHost,
    private readonly policy: AbandonedPolicy,
  ) {}

  /** Looks every now and then, until {@link stop}. */
  start(): void {
    const periods = [this.policy.emptySessionsMs, this.policy.lostSessionsMs].filter((ms) => ms > 0);
    if (periods.length === 0 || this.isStopped) return;
    const interval = Math.min(INTERVAL.most, Math.max(INTERVAL.least, Math.min(...periods) / 10));
    this.timer ??= setInterval(() => void this.sweep(Date.now()), interval).unref();
  }

  /** Resolves when nothing is being forgotten any more. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.timer);
    await this.sweeping;
  }

  /** Forgets what was abandoned by `now` (milliseconds since 1970). Never rejects: what fails now is tried again later. */
  sweep(now: number): Promise<void> {
    this.sweeping ??= this.forgetAll(now).finally(() => (this.sweeping = undefined));
    return this.sweeping;
  }

  private async forgetAll(now: number): Promise<void> {
    const { emptySessionsMs, lostSessionsMs } = this.policy;
    try {
      if (emptySessionsMs > 0) await this.forgetEmpty(new Date(now - emptySessionsMs).toISOString());
      if (lostSessionsMs > 0) await this.forgetLost(now - lostSessionsMs);
    } catch (error) {
      this.host.warn('Abandoned sessions could not be forgotten', error);
    }
  }

  private async forgetEmpty(before: string): Promise<void> {
    let after: string | undefined;
    do {
      const { ids, next } = await this.host.history.emptySessions({ before, limit: AT_A_TIME, after });
      for (const id of ids) {
        if (this.isStopped) return;
        await this.host.whileUnused(id, () => this.forgetIfEmpty(id, before));
      }
      after = next;
      await new Promise(setImmediate);
    } while (after !== undefined && !this.isStopped);
  }

  /** Somebody may have come and gone since it was found. */
  private async forgetIfEmpty(id: string, before: string): Promise<void> {
    const { history, log } = this.host;
    const record = await history.getSession(id);
    if (record === undefined || record.name !== '' || record.updated >= before) return;
    if ((await history.page(id, { limit: 1 })).messages.length > 0) return;
    // What the log holds was taken, also where the history could not store it yet.
    const head = await log.open(id);
    if (head.seq > 0) return;
    await this.host.dropLog(id);
    await history.deleteSession(id);
  }

  private async forgetLost(before: number): Promise<void> {
    const { history, log } = this.host;
    for (const [place, id] of (await log.sessions()).entries()) {
      if (this.isStopped) return;
      if (place % AT_A_TIME === AT_A_TIME - 1) await new Promise(setImmediate);
      if ((await history.getSession(id)) !== undefined) continue;
      await this.host.whileUnused(id, async () => {
        // Its owner may have come: then it has a record again.
        if ((await history.getSession(id)) !== undefined) return;
        const written = await this.lastWritten(id, await log.open(id));
        if (written < before) await this.host.dropLog(id);
      });
    }
  }

  /** When the last frame was written, in milliseconds since 1970; `Infinity` where it does not say. */
  private async lastWritten(id: string, { epoch, seq }: LogHead): Promise<number> {
    const read = await this.host.log.read(id, { epoch, seq: seq - 1 }, 1);
    return read.kind === 'frames' && read.frames[0] !== undefined ? timeOf(read.frames[0]) : Infinity;
  }
}

function timeOf({ json }: LoggedFrame): number {
  try {
    const frame = decodeServerFrame(json);
    const time = 'timestamp' in frame && typeof frame.timestamp === 'string' ? Date.parse(frame.timestamp) : NaN;
    return Number.isNaN(time) ? Infinity : time;
  } catch {
    return Infinity;
  }
}
