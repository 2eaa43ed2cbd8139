import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type Concern, JournalDamages } from './journal-damage.js';
import { bootId, type JournalFile } from './journal-files.js';
import { decodeLine, type JournalRecord, type LogId, VERSION } from './journal-record.js';
import { NEWLINE } from './journal-lines.js';

/** What the journal says of one epoch of a session. */
export class ReplayedLog {
  trimmed: number;
  head: number;
  readonly frames = new Map<number, { readonly json: string; readonly file: number }>();
  /** The number of the last line about it, and its file. */
  line = 0;
  file = 0;

  constructor(
    readonly id: LogId,
    /** The first frame that is known of it, where nothing else is said. */
    firstSeq: number,
  ) {
    this.trimmed = firstSeq - 1;
    this.head = firstSeq - 1;
  }

  /**
   * Where the log stood when the line was written. What a refused write left behind in the file before is no part of it: a
   * file that could not be mended is followed by another, where this is the first line of the log.
   */
  stand(trimmed: number, head: number): void {
    for (let seq = head + 1; seq <= this.head; seq++) this.frames.delete(seq);
    this.trimmed = trimmed;
    this.head = head;
  }
}

/** What {@link JournalReplay.finish} found. */
export interface Replayed {
  /** The last epoch of each session. */
  readonly logs: readonly ReplayedLog[];
  readonly dropped: readonly LogId[];
  /** Logs whose last frames may be missing: nothing that came later shows that none is. */
  readonly suspects: ReadonlySet<ReplayedLog>;
  /** Whom the damage concerns. */
  readonly concerns: readonly Concern[];
}

/**
 * Reads the files of a journal, oldest first, and tells what they say. Damage costs the line it is in and is remembered; a
 * last line without its end was cut off by a crash: nobody was told that it was stored.
 */
export class JournalReplay {
  private readonly byEpoch = new Map<string, ReplayedLog>();
  private readonly dropped: LogId[] = [];
  private readonly damages = new JournalDamages();
  private line = 0;
  private isClosed = true;
  private boot = bootId();
  private lastId: number | undefined;

  /** Reads one file. @throws when a newer version of chat-stream wrote it. */
  read(file: JournalFile): void {
    if (this.lastId !== undefined && file.id !== this.lastId + 1) {
      this.damages.addLoss(this.line, `the file before ${basename(file.path)} is missing`);
    }
    this.lastId = file.id;
    let bytes: Buffer;
    try {
      bytes = readFileSync(file.path);
    } catch (error) {
      this.damages.addLoss(this.line, `${basename(file.path)} can't be read (${String(error)})`);
      return;
    }
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, from)) {
      this.readLine(file, from, bytes.subarray(from, end));
      from = end + 1;
    }
    if (from < bytes.length) this.readTail(file, from, bytes.subarray(from));
  }

  /**
   * What it all amounts to.
   *
   * @param fsync whether the files were written with it.
   * @param isKnown whether there is a session of this name that the journal itself may say nothing of.
   */
  finish(fsync: boolean, isKnown: (name: string) => boolean, warn: (message: string) => void): Replayed {
    // A process that was killed loses nothing that it wrote; a machine that went down may have, unless it was waited for.
    if (!this.isClosed && !fsync && this.boot !== bootId()) {
      this.damages.addLoss(this.line + 1, 'the machine went down, and the last moments before may be missing');
    }
    const latest = new Map<string, ReplayedLog>();
    for (const log of this.byEpoch.values()) {
      const known = latest.get(log.id.sessionId);
      if (known === undefined || known.line < log.line) latest.set(log.id.sessionId, log);
    }
    const logs = [...latest.values()];
    const named = [...logs.map(({ id }) => id), ...this.dropped];
    const concerns = this.damages.assess(named, isKnown, warn);
    const isHit = ({ line, id }: ReplayedLog) =>
      concerns.some((concern) => line < concern.line && (concern.sessions?.has(id.sessionId) ?? true));
    return { logs, dropped: this.dropped, suspects: new Set(logs.filter(isHit)), concerns };
  }

  private readLine(file: JournalFile, offset: number, bytes: Buffer): void {
    this.line++;
    const record = decodeLine(bytes);
    if (record !== undefined) return this.apply(record, file);
    this.damages.addLine(this.line, `${basename(file.path)} at byte ${offset}`, bytes);
  }

  /** What follows the last newline of a file. */
  private readTail(file: JournalFile, offset: number, bytes: Buffer): void {
    this.line++;
    const whole = decodeLine(bytes) ?? decodeLine(bytes.subarray(0, -1));
    // Only a damaged newline was behind it, or none yet.
    if (whole !== undefined) return this.apply(whole, file);
    // Cut off by a crash: nobody was told that it was stored. Zeros are what a disk puts where it lost something.
    if (bytes.includes(0)) this.damages.addLoss(this.line, `${basename(file.path)} at byte ${offset}: zeros`);
  }

  private apply(record: JournalRecord, file: JournalFile): void {
    this.isClosed = record.type === 'closed';
    if (record.type === 'closed') return;
    if (record.type === 'file') {
      if (record.version !== VERSION) {
        throw new Error(`${file.path} was written by another version of chat-stream (format ${record.version}).`);
      }
      this.boot = record.boot;
      return;
    }
    if (record.type === 'drop') {
      this.byEpoch.delete(record.of.epoch);
      this.dropped.push(record.of);
      return;
    }
    const { of } = record;
    const firstSeq = 'frames' in record ? record.seq : record.trimmed + 1;
    let log = this.byEpoch.get(of.epoch);
    if (log === undefined) this.byEpoch.set(of.epoch, (log = new ReplayedLog(of, firstSeq)));
    log.line = this.line;
    log.file = file.id;
    if (!('frames' in record)) return log.stand(record.trimmed, record.head);
    for (const [index, json] of record.frames.entries()) log.frames.set(record.seq + index, { json, file: file.id });
    log.head = Math.max(log.head, record.seq + record.frames.length - 1);
  }
}
