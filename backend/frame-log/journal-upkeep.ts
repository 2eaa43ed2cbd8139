import type { JournalFiles } from './journal-files.js';
import { type JournalOptions, unavailable } from './journal-options.js';
import { framesLine } from './journal-record.js';
import type { JournalSession } from './journal-session.js';

/** After so many sessions were opened, those that have no frames leave the memory. */
const SWEEP_AFTER = 1_000;

/** Old files are emptied once the journal is so many times larger than the frames in it. */
const GARBAGE = 3;

/**
 * Keeps journal and memory bounded: new files, files that nobody needs any more, sessions that have nothing left. Each step
 * leaves a directory that says the same as before it.
 */
export class JournalUpkeep {
  private openedSinceSweep = 0;
  private readonly fileSize: number;

  constructor(
    private readonly dir: string,
    private readonly sessions: Map<string, JournalSession>,
    private readonly files: JournalFiles,
    private readonly options: JournalOptions,
  ) {
    this.fileSize = options.fileSize ?? 16 * 1024 * 1024;
  }

  /** A session is about to come into memory. */
  opened(): void {
    if (++this.openedSinceSweep >= SWEEP_AFTER) this.sweep();
  }

  /** Begins a new file when the current one is full, and gives up what is not needed. */
  rotateIfFull(): void {
    if (this.files.current().size >= this.fileSize) this.rotate();
  }

  private rotate(): void {
    try {
      this.files.rotate();
      this.sweep();
      this.reclaim();
      this.emptyOldest();
    } catch (error) {
      // The journal only gets longer than it must be.
      this.options.warn(unavailable(this.dir, error).message);
    }
  }

  /** Lets sessions that have no frames leave the memory: the head store knows them. */
  sweep(): void {
    this.openedSinceSweep = 0;
    const idle = [...this.sessions.values()].filter((log) => log.isIdle);
    const unknown = idle.filter((log) => !log.isStored);
    try {
      if (unknown.length > 0)
        this.options.heads.putMany(unknown.map((log) => ({ sessionId: log.sessionId, ...log.head })));
    } catch (error) {
      this.options.warn(`${unavailable(this.dir, error).message} Idle sessions stay in memory until it works again.`);
      return;
    }
    for (const log of idle) {
      log.isStored = true;
      this.sessions.delete(log.sessionId);
    }
  }

  /** Deletes files that no session needs. */
  reclaim(): number {
    let oldest = Infinity;
    for (const log of this.sessions.values()) oldest = Math.min(oldest, log.oldestFile);
    return this.files.deleteBefore(oldest);
  }

  /** Where little of a large journal is needed, a few sessions hold old files: copies what they need, and deletes one. */
  private emptyOldest(): void {
    const [oldest] = this.files.all;
    let length = 0;
    for (const log of this.sessions.values()) length += log.length;
    const { totalSize } = this.files;
    if (oldest === undefined || totalSize < (GARBAGE + 1) * this.fileSize || totalSize < GARBAGE * length) return;
    const file = this.files.current();
    if (file.id === oldest.id) return;
    for (const log of this.sessions.values()) {
      const held = log.oldestFile === oldest.id ? log.heldBy(oldest.id) : [];
      if (held.length > 0) {
        const lines: string[] = [];
        log.introduce(file, lines);
        for (const frame of held) lines.push(framesLine(log.prefix, [frame], true));
        this.write(log, lines);
        log.wasWrittenTo(file.id);
        log.wasMoved(oldest.id, file.id);
      }
    }
    this.reclaim();
  }

  private write(log: JournalSession, lines: readonly string[]): void {
    try {
      this.files.write(lines);
    } catch (error) {
      log.wasNotWritten();
      throw error;
    }
  }
}
