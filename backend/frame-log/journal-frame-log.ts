import { randomUUID } from 'node:crypto';
import type { Cursor } from '@chat-stream/protocol';
import { type FrameLog, FrameLogConflict, type LoggedFrame, type LogHead, type LogRead } from './frame-log.js';
import { Batch, lineOf, type Operation } from './journal-batch.js';
import { JournalFiles } from './journal-files.js';
import type { HeadStore } from './journal-heads.js';
import { type JournalOptions, unavailable } from './journal-options.js';
import { restore } from './journal-restore.js';
import { JournalSession } from './journal-session.js';
import { JournalUpkeep } from './journal-upkeep.js';
import { breakIn } from './session-frames.js';
import { Watchers } from './watchers.js';

/**
 * A {@link FrameLog} that survives the death of its process at any moment, with nothing to install: an append-only journal
 * of checksummed lines, and the frames in memory. What is appended within one turn of the event loop is written with one
 * system call; only then readers see it and the promises resolve.
 *
 * The directory must not be used by another process: `openEmbeddedStore` takes care of that.
 */
export class JournalFrameLog implements FrameLog {
  private readonly sessionsById = new Map<string, JournalSession>();
  private readonly watchers = new Watchers();
  private batch: Batch | undefined;
  private isClosed = false;
  private readonly files: JournalFiles;
  private readonly heads: HeadStore;
  private readonly upkeep: JournalUpkeep;

  /**
   * Opens the journal in `dir`, which must be there. Damage is named through `warn` and does not stop it.
   *
   * @throws {FrameLogUnavailable} when the directory can't be read, or what is damaged can't be mended on the disk.
   */
  constructor(
    private readonly dir: string,
    private readonly options: JournalOptions,
  ) {
    this.heads = options.heads;
    try {
      this.files = new JournalFiles(dir, { fsync: options.fsync ?? false });
      this.upkeep = new JournalUpkeep(dir, this.sessionsById, this.files, options);
      this.restore();
    } catch (error) {
      throw unavailable(this.dir, error);
    }
  }

  open(sessionId: string): Promise<LogHead> {
    return this.attempt(() => (this.find(sessionId) ?? this.begin(sessionId)).head);
  }

  append(sessionId: string, epoch: string, frames: readonly LoggedFrame[]): Promise<void> {
    let log: JournalSession | undefined;
    try {
      log = this.find(sessionId);
    } catch (error) {
      return Promise.reject(unavailable(this.dir, error));
    }
    if (log?.epoch !== epoch) {
      return Promise.reject(new FrameLogConflict(`Session ${sessionId} is not in epoch ${epoch}.`));
    }
    // What is queued counts: it is stored before this, or this is refused as well.
    const broken = breakIn(frames, log.queued);
    if (broken !== undefined) return Promise.reject(new FrameLogConflict(`Session ${sessionId} ${broken}.`));
    if (!frames.every(isOneLine)) {
      return Promise.reject(new TypeError('A frame must be well-formed JSON text without line breaks.'));
    }
    if (frames.length === 0) return Promise.resolve();
    log.queued += frames.length;
    return this.enqueue({ type: 'append', log, frames });
  }

  read(sessionId: string, cursor: Cursor, limit: number): LogRead | Promise<LogRead> {
    try {
      return this.find(sessionId)?.read(cursor, limit) ?? { kind: 'lost' };
    } catch (error) {
      return Promise.reject(unavailable(this.dir, error));
    }
  }

  watch(sessionId: string, wake: () => void): () => void {
    return this.watchers.add(sessionId, wake);
  }

  async trim(sessionId: string, seq: number): Promise<void> {
    const log = this.sessionsById.get(sessionId);
    if (log === undefined || Math.min(seq, log.queued) <= log.trimmed) return;
    // Where there is no room for the line, the frames are forgotten all the same: until the next start.
    const operation = { type: 'trim', log, seq: Math.min(seq, log.queued), head: log.queued } as const;
    await this.enqueue(operation).catch(() => undefined);
  }

  sessions(): Promise<readonly string[]> {
    return Promise.resolve([...this.sessionsById].filter(([, log]) => !log.isEmpty).map(([id]) => id));
  }

  async drop(sessionId: string): Promise<void> {
    const log = await this.attempt(() => {
      const found = this.find(sessionId);
      // First: a head that outlived its session would bring it back.
      this.heads.delete(sessionId);
      return found;
    });
    if (log === undefined || this.sessionsById.get(sessionId) !== log) return;
    this.sessionsById.delete(sessionId);
    await this.enqueue({ type: 'drop', log });
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.flush();
    this.isClosed = true;
    this.upkeep.sweep();
    this.sessionsById.clear();
    this.watchers.clear();
    try {
      await this.files.close();
    } catch (error) {
      this.options.warn(unavailable(this.dir, error).message);
    }
    this.options.onClose?.();
  }

  private attempt<Result>(work: () => Result): Promise<Result> {
    try {
      if (this.isClosed) throw new Error('it is closed');
      return Promise.resolve(work());
    } catch (error) {
      return Promise.reject(unavailable(this.dir, error));
    }
  }

  private restore(): void {
    const { warn, fsync = false } = this.options;
    const { sessions, renewals } = restore(this.files.all, this.heads, { fsync, warn });
    for (const log of sessions) this.sessionsById.set(log.sessionId, log);
    for (const { log, frames, lines } of renewals) {
      const { id } = this.files.current();
      this.files.write(lines);
      log.wasWrittenTo(id);
      log.store(frames, id);
      log.queued = log.seq;
      this.sessionsById.set(log.sessionId, log);
    }
    this.upkeep.sweep();
    this.upkeep.reclaim();
  }

  private find(sessionId: string): JournalSession | undefined {
    if (this.isClosed) throw new Error('it is closed');
    const known = this.sessionsById.get(sessionId);
    if (known !== undefined) return known;
    const head = this.heads.get(sessionId);
    if (head === undefined) return undefined;
    if (head.seq < this.heads.floor(sessionId)) {
      // It lags behind the history, so it is not the last one.
      this.heads.delete(sessionId);
      return undefined;
    }
    const log = new JournalSession(sessionId, head.epoch, head.seq);
    log.isStored = true;
    return this.keep(log);
  }

  private begin(sessionId: string): JournalSession {
    return this.keep(new JournalSession(sessionId, randomUUID(), this.heads.floor(sessionId)));
  }

  private keep(log: JournalSession): JournalSession {
    this.upkeep.opened();
    this.sessionsById.set(log.sessionId, log);
    return log;
  }

  private enqueue(operation: Operation): Promise<void> {
    if (this.batch === undefined) {
      this.batch = new Batch();
      queueMicrotask(() => this.flush());
    }
    this.batch.operations.push(operation);
    return this.batch.written;
  }

  private flush(): void {
    const { batch } = this;
    if (batch === undefined) return;
    this.batch = undefined;
    let file: number;
    try {
      file = this.write(batch.operations);
    } catch (error) {
      for (const operation of batch.operations) this.takeBack(operation);
      batch.reject(unavailable(this.dir, error));
      return;
    }
    for (const operation of batch.operations) {
      const { log } = operation;
      log.wasWrittenTo(file);
      if (operation.type === 'append') log.store(operation.frames, file);
      else if (operation.type === 'trim') log.trim(operation.seq);
    }
    batch.resolve();
    this.upkeep.rotateIfFull();
    for (const { type, log } of batch.operations) if (type === 'append') this.watchers.wake(log.sessionId);
  }

  /** Writes the lines of a batch; when there is no room, once more after what is not needed was deleted. */
  private write(operations: readonly Operation[]): number {
    try {
      return this.writeOnce(operations);
    } catch (error) {
      for (const { log } of operations) log.wasNotWritten();
      if (this.upkeep.reclaim() === 0) throw error;
      return this.writeOnce(operations);
    }
  }

  private writeOnce(operations: readonly Operation[]): number {
    const file = this.files.current();
    const lines: string[] = [];
    for (const operation of operations) {
      operation.log.introduce(file, lines);
      lines.push(lineOf(operation));
    }
    this.files.write(lines);
    return file.id;
  }

  /** Nothing of a batch was written. */
  private takeBack(operation: Operation): void {
    const { log } = operation;
    log.wasNotWritten();
    // Appends that follow one that was refused don't continue the log, so they are refused as well.
    if (operation.type === 'append') log.queued = log.seq;
    else if (operation.type === 'trim') log.trim(operation.seq);
    else if (!this.sessionsById.has(log.sessionId)) this.sessionsById.set(log.sessionId, log);
  }
}

/** A line break would end the line of the journal; half of a surrogate pair would not come back as it was. */
function isOneLine({ json }: LoggedFrame): boolean {
  return !json.includes('\n') && json.isWellFormed();
}
