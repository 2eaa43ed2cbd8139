import { randomUUID } from 'node:crypto';
import type { Cursor } from '@chat-stream/protocol';
import {
  type FrameLog,
  FrameLogConflict,
  FrameLogUnavailable,
  type LoggedFrame,
  type LogHead,
  type LogRead,
} from './frame-log.js';
import { JournalFiles } from './journal-files.js';
import type { HeadStore } from './journal-heads.js';
import { dropLine, framesLine, trimLine } from './journal-record.js';
import { restore } from './journal-restore.js';
import { JournalSession } from './journal-session.js';
import { breakIn } from './session-frames.js';
import { Watchers } from './watchers.js';

/** How a {@link JournalFrameLog} works. */
export interface JournalOptions {
  /** Keeps the heads of sessions that have no frames left. */
  readonly heads: HeadStore;
  /** Gets a sentence about everything that is not as it should be, and does not stop the rest. */
  readonly warn: (message: string) => void;
  /** A file of this many bytes is followed by another; default 16 MiB. */
  readonly fileSize?: number;
  /**
   * Whether to wait for the disk before a frame counts as safe; default `false`. Without it every frame survives the death
   * of the process, however sudden, but a power failure may take the last moments.
   */
  readonly fsync?: boolean;
  /** Called when it is closed and needs the head store no more. */
  readonly onClose?: () => void;
}

/** What waits for the end of this turn of the event loop. */
type Operation =
  | { readonly type: 'append'; readonly log: JournalSession; readonly frames: readonly LoggedFrame[] }
  | { readonly type: 'trim'; readonly log: JournalSession; readonly seq: number; readonly head: number }
  | { readonly type: 'drop'; readonly log: JournalSession };

/** The operations of one turn: written together, with one outcome. */
interface Batch {
  readonly operations: Operation[];
  readonly written: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** After so many sessions were opened, those that have no frames leave the memory. */
const SWEEP_AFTER = 1_000;

/** Old files are emptied once the journal is so many times larger than the frames in it. */
const GARBAGE = 3;

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
  private openedSinceSweep = 0;
  private isClosed = false;
  private readonly files: JournalFiles;
  private readonly heads: HeadStore;
  private readonly fileSize: number;

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
    this.fileSize = options.fileSize ?? 16 * 1024 * 1024;
    try {
      this.files = new JournalFiles(dir, { fsync: options.fsync ?? false });
      this.restore();
    } catch (error) {
      throw this.unavailable(error);
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
      return Promise.reject(this.unavailable(error));
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

  read(sessionId: string, cursor: Cursor, limit: number): Promise<LogRead> {
    return this.attempt(() => this.find(sessionId)?.read(cursor, limit) ?? { kind: 'lost' });
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
    this.sweep();
    this.sessionsById.clear();
    this.watchers.clear();
    try {
      await this.files.close();
    } catch (error) {
      this.options.warn(this.unavailable(error).message);
    }
    this.options.onClose?.();
  }

  private attempt<Result>(work: () => Result): Promise<Result> {
    try {
      if (this.isClosed) throw new Error('it is closed');
      return Promise.resolve(work());
    } catch (error) {
      return Promise.reject(this.unavailable(error));
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
    this.sweep();
    this.reclaim();
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
    if (++this.openedSinceSweep >= SWEEP_AFTER) this.sweep();
    this.sessionsById.set(log.sessionId, log);
    return log;
  }

  private enqueue(operation: Operation): Promise<void> {
    if (this.batch === undefined) {
      const { promise, resolve, reject } = promiseWithResolvers();
      this.batch = { operations: [], written: promise, resolve, reject };
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
      batch.reject(this.unavailable(error));
      return;
    }
    for (const operation of batch.operations) {
      const { log } = operation;
      if (operation.type === 'append') log.store(operation.frames, file);
      else if (operation.type === 'trim') log.trim(operation.seq);
    }
    batch.resolve();
    if (this.files.current().size >= this.fileSize) this.rotate();
    for (const { type, log } of batch.operations) if (type === 'append') this.watchers.wake(log.sessionId);
  }

  /** Writes the lines of a batch; when there is no room, once more after what is not needed was deleted. */
  private write(operations: readonly Operation[]): number {
    try {
      return this.writeOnce(operations);
    } catch (error) {
      if (this.reclaim() === 0) throw error;
      return this.writeOnce(operations);
    }
  }

  private writeOnce(operations: readonly Operation[]): number {
    const file = this.files.current();
    const introduced = new Set<JournalSession>();
    let lines = '';
    for (const operation of operations) {
      const { log } = operation;
      if (!introduced.has(log)) {
        lines += log.introduce(file);
        introduced.add(log);
      }
      lines += lineOf(operation);
    }
    this.files.write(lines);
    for (const log of introduced) log.wasWrittenTo(file.id);
    return file.id;
  }

  /** Nothing of a batch was written. */
  private takeBack(operation: Operation): void {
    const { log } = operation;
    // Appends that follow one that was refused don't continue the log, so they are refused as well.
    if (operation.type === 'append') log.queued = log.seq;
    else if (operation.type === 'trim') log.trim(operation.seq);
    else if (!this.sessionsById.has(log.sessionId)) this.sessionsById.set(log.sessionId, log);
  }

  private rotate(): void {
    try {
      this.files.rotate();
      this.sweep();
      this.reclaim();
      this.emptyOldest();
    } catch (error) {
      // The journal only gets longer than it must be.
      this.options.warn(this.unavailable(error).message);
    }
  }

  /** Lets sessions that have no frames leave the memory: the head store knows them. */
  private sweep(): void {
    this.openedSinceSweep = 0;
    const idle = [...this.sessionsById.values()].filter((log) => log.isIdle);
    const unknown = idle.filter((log) => !log.isStored);
    try {
      if (unknown.length > 0) this.heads.putMany(unknown.map((log) => ({ sessionId: log.sessionId, ...log.head })));
    } catch (error) {
      this.options.warn(`${this.unavailable(error).message} Idle sessions stay in memory until it works again.`);
      return;
    }
    for (const log of idle) {
      log.isStored = true;
      this.sessionsById.delete(log.sessionId);
    }
  }

  /** Deletes files that no session needs. */
  private reclaim(): number {
    let oldest = Infinity;
    for (const log of this.sessionsById.values()) oldest = Math.min(oldest, log.oldestFile);
    return this.files.deleteBefore(oldest);
  }

  /** Where little of a large journal is needed, a few sessions hold old files: copies what they need, and deletes one. */
  private emptyOldest(): void {
    const [oldest] = this.files.all;
    let length = 0;
    for (const log of this.sessionsById.values()) length += log.length;
    const { totalSize } = this.files;
    if (oldest === undefined || totalSize < (GARBAGE + 1) * this.fileSize || totalSize < GARBAGE * length) return;
    const file = this.files.current();
    if (file.id === oldest.id) return;
    for (const log of this.sessionsById.values()) {
      const held = log.oldestFile === oldest.id ? log.heldBy(oldest.id) : [];
      if (held.length > 0) {
        this.files.write(log.introduce(file) + held.map((frame) => framesLine(log.prefix, [frame], true)).join(''));
        log.wasWrittenTo(file.id);
        log.wasMoved(oldest.id, file.id);
      }
    }
    this.reclaim();
  }

  private unavailable(cause: unknown): FrameLogUnavailable {
    if (cause instanceof FrameLogUnavailable) return cause;
    return new FrameLogUnavailable(`The frame log in ${this.dir} can't be used: ${reasonOf(cause)}`, { cause });
  }
}

function lineOf(operation: Operation): string {
  const { prefix } = operation.log;
  switch (operation.type) {
    case 'append':
      return framesLine(prefix, operation.frames);
    case 'trim':
      return trimLine(prefix, operation.seq, operation.head);
    case 'drop':
      return dropLine(prefix);
  }
}

/** A line break would end the line of the journal; half of a surrogate pair would not come back as it was. */
function isOneLine({ json }: LoggedFrame): boolean {
  return !json.includes('\n') && json.isWellFormed();
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return 'the disk is full. Nothing that was stored is lost; free some space, and it works again.';
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') return 'it may not be written. Check its permissions.';
  return cause instanceof Error ? cause.message : String(cause);
}

function promiseWithResolvers(): { promise: Promise<void>; resolve: () => void; reject: (error: Error) => void } {
  let resolve!: () => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
