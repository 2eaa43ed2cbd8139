import type { LoggedFrame } from './frame-log.js';
import type { JournalFile } from './journal-files.js';
import { logPrefix, stateLine } from './journal-record.js';
import { SessionFrames } from './session-frames.js';

/** Which file holds the frames up to `last`, from where the mark before it ends. */
interface Mark {
  file: number;
  last: number;
}

/** One session's log as the journal keeps it: its frames, and which files it needs. */
export class JournalSession extends SessionFrames {
  /** What its lines have in common. */
  readonly prefix: string;
  /** The `seq` of the last frame that was given to the log, written or not. */
  queued: number;
  /** Whether its head is in the head store as it is now. */
  isStored = false;
  /** Characters of the frames. */
  length = 0;
  /** The last file that a line about it was written to; 0 for none. */
  private file = 0;
  /** The file that has its first line there, or gets it with the write that is being made. */
  private introducedIn = 0;
  private marks: Mark[] = [];

  constructor(
    readonly sessionId: string,
    epoch: string,
    trimmed = 0,
  ) {
    super(epoch, trimmed);
    this.prefix = logPrefix({ sessionId, epoch });
    this.queued = trimmed;
  }

  /** Nothing here that the head store could not tell. */
  get isIdle(): boolean {
    return this.isEmpty && this.queued === this.seq;
  }

  /** The oldest file that is needed to know this log after a restart; `Infinity` when none is. */
  get oldestFile(): number {
    if (this.marks.length > 0) return Math.min(...this.marks.map(({ file }) => file));
    return this.isStored || this.file === 0 ? Infinity : this.file;
  }

  /** Adds the line that a file needs before the first other line about this log, unless it is there. */
  introduce(file: JournalFile, lines: string[]): void {
    if (this.introducedIn === file.id) return;
    this.introducedIn = file.id;
    lines.push(stateLine(this.prefix, this.trimmed, this.seq));
  }

  /** The write failed: what {@link introduce} added is not there. */
  wasNotWritten(): void {
    this.introducedIn = 0;
  }

  /** `file` has a line about this log now. */
  wasWrittenTo(file: number): void {
    this.file = file;
    this.isStored = false;
  }

  /** Adds frames that `file` holds. */
  store(frames: readonly LoggedFrame[], file: number): void {
    this.push(frames);
    this.length += lengthOf(frames);
    const mark = this.marks.at(-1);
    if (mark?.file === file) mark.last = this.seq;
    else this.marks.push({ file, last: this.seq });
  }

  override trim(seq: number): readonly LoggedFrame[] {
    const gone = super.trim(seq);
    this.length -= lengthOf(gone);
    if (gone.length > 0) this.marks = this.marks.filter(({ last }) => last > this.trimmed);
    return gone;
  }

  /** The frames that `file` holds. */
  heldBy(file: number): readonly LoggedFrame[] {
    let from = this.trimmed;
    return this.marks.flatMap((mark) => {
      const held = mark.file === file ? this.frames.slice(from - this.trimmed, mark.last - this.trimmed) : [];
      from = mark.last;
      return held;
    });
  }

  /** What `from` held is now in `to` as well. */
  wasMoved(from: number, to: number): void {
    for (const mark of this.marks) if (mark.file === from) mark.file = to;
  }
}

function lengthOf(frames: readonly LoggedFrame[]): number {
  let length = 0;
  for (const { json } of frames) length += json.length;
  return length;
}
