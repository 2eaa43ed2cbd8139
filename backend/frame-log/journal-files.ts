import * as fs from 'node:fs';
import { join } from 'node:path';
import { encodeLines } from './journal-lines.js';
import { closedLine, fileLine } from './journal-record.js';

/** One file of the journal. Files are numbered; a higher number is younger. */
export interface JournalFile {
  readonly id: number;
  readonly path: string;
  /** Bytes that count: what is behind them was never acknowledged. */
  size: number;
}

/** The names of the journal's files. */
export const JOURNAL_FILE = /^frames-(\d{8})\.journal$/;

/**
 * The files of the journal: one that is written to, at its end, and older ones that are only read at the next start. Every
 * start begins a new file, so that nothing is ever written behind a line that a crash cut off.
 */
export class JournalFiles {
  private readonly files: JournalFile[];
  /** The file that is written to; opened by the first write, so that a start needs no room on the disk. */
  private open: { readonly fd: number; readonly file: JournalFile } | undefined;
  private readonly retiring = new Set<Promise<void>>();

  constructor(
    private readonly dir: string,
    private readonly options: { readonly fsync: boolean },
  ) {
    this.files = fs
      .readdirSync(dir)
      .flatMap((name) => {
        const id = JOURNAL_FILE.exec(name)?.[1];
        return id === undefined ? [] : [{ id: Number(id), path: join(dir, name), size: 0 }];
      })
      .sort((a, b) => a.id - b.id);
    for (const file of this.files) file.size = fs.statSync(file.path).size;
  }

  /** All files, the oldest first. */
  get all(): readonly JournalFile[] {
    return this.files;
  }

  get totalSize(): number {
    return this.files.reduce((sum, { size }) => sum + size, 0);
  }

  /** The file that the next {@link write} goes to. Throws when none can be made. */
  current(): JournalFile {
    this.open ??= this.create();
    return this.open.file;
  }

  /**
   * Adds lines to the current file with one write. All or nothing: when it throws, the file is as it was, or another file
   * takes what comes next.
   */
  write(lines: readonly string[]): void {
    const { fd, file } = (this.open ??= this.create());
    const bytes = encodeLines(file.size === 0 ? [fileLine(bootId()), ...lines] : lines);
    try {
      writeAll(fd, bytes, file.size);
      if (this.options.fsync) fs.fdatasyncSync(fd);
    } catch (error) {
      this.takeBack(fd, file);
      throw error;
    }
    file.size += bytes.length;
  }

  /** The next write begins a new file. */
  rotate(): void {
    if (this.open === undefined) return;
    const { fd } = this.open;
    this.open = undefined;
    // Flushed in the background: what a power failure can take is bounded by the file that is being written.
    const retired: Promise<void> = new Promise((resolve) => {
      fs.fdatasync(fd, () => fs.close(fd, () => resolve()));
    });
    this.retiring.add(retired);
    void retired.then(() => this.retiring.delete(retired));
  }

  /**
   * Deletes the files older than `id`, the oldest first: a line that ends something is never gone before what it ends.
   * Returns how many.
   */
  deleteBefore(id: number): number {
    let count = 0;
    for (let oldest = this.files[0]; oldest !== undefined && oldest.id < id; oldest = this.files[0]) {
      if (oldest === this.open?.file) break;
      fs.rmSync(oldest.path, { force: true });
      this.files.shift();
      count++;
    }
    return count;
  }

  /** Writes what is still in the system's buffers to the disk, and says that nothing is missing. */
  async close(): Promise<void> {
    await Promise.all(this.retiring);
    if (this.open === undefined) return;
    const { fd } = this.open;
    try {
      fs.fdatasyncSync(fd);
      this.write([closedLine()]);
      fs.fdatasyncSync(fd);
    } finally {
      this.open = undefined;
      fs.closeSync(fd);
    }
  }

  private create(): { fd: number; file: JournalFile } {
    const id = (this.files.at(-1)?.id ?? 0) + 1;
    const path = join(this.dir, `frames-${String(id).padStart(8, '0')}.journal`);
    // Nobody else's eyes: these are conversations.
    const fd = fs.openSync(path, 'wx', 0o600);
    if (this.options.fsync) syncDirectory(this.dir);
    const file = { id, path, size: 0 };
    this.files.push(file);
    return { fd, file };
  }

  /** After a failed write: cuts off what it left behind, or never writes to this file again. */
  private takeBack(fd: number, file: JournalFile): void {
    try {
      fs.ftruncateSync(fd, file.size);
    } catch {
      this.open = undefined;
      fs.closeSync(fd);
    }
  }
}

/** One system call, except where the disk becomes full: that is often announced by a short write first. */
function writeAll(fd: number, bytes: Buffer, at: number): void {
  for (let done = 0; done < bytes.length;) {
    const written = fs.writeSync(fd, bytes, done, bytes.length - done, at + done);
    if (written === 0) throw new Error('the system wrote nothing, and gave no reason.');
    done += written;
  }
}

function syncDirectory(dir: string): void {
  const fd = fs.openSync(dir, 'r');
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** Changes whenever the machine starts; empty where the system does not say. */
export function bootId(): string {
  try {
    return fs.readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return '';
  }
}
