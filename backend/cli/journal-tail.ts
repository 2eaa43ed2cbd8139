import * as fs from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { JOURNAL_FILE } from '../frame-log/journal-files.js';
import { NEWLINE } from '../frame-log/journal-lines.js';
import { decodeLine } from '../frame-log/journal-record.js';

/** A frame of the journal. */
export interface TailedFrame {
  readonly sessionId: string;
  readonly epoch: string;
  readonly seq: number;
  /** The frame as clients are sent it. */
  readonly json: string;
  /** When it was written, as `performance.now()`, to {@link POLL_MS}; `undefined`: before the tail began. */
  readonly at: number | undefined;
}

/** How {@link tailJournal} goes about it. */
export interface TailOptions {
  /** Whether to wait for what comes, for ever; default: ends with what is there. */
  readonly follow?: boolean;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/** How often the files are looked at, in milliseconds: no event of a file system is as dependable. */
const POLL_MS = 20;

/** Bytes of one read. */
const READ_SIZE = 1 << 20;

/**
 * The frames of a journal in the order in which they were written: those that are there, then those that come. It only
 * reads, beside the running service or without one. Lines that are damaged are left out; a frame comes once, although
 * younger files repeat what older ones held.
 *
 * @example for await (const { json } of tailJournal('data/frames', { follow: true, signal })) console.log(json);
 * @throws when the directory can't be read.
 */
export async function* tailJournal(
  dir: string,
  { follow = false, signal }: TailOptions = {},
): AsyncGenerator<TailedFrame> {
  const files = new Map<string, FileTail>();
  const seen = new Map<string, number>();
  for (let isFirst = true; !hasEnded(signal); isFirst = false) {
    for (const name of fs
      .readdirSync(dir)
      .filter((found) => JOURNAL_FILE.test(found))
      .sort()) {
      const file = files.get(name) ?? new FileTail(join(dir, name));
      files.set(name, file);
      const at = isFirst ? undefined : performance.now();
      for (const line of file.lines()) yield* unseen(line, seen, at);
    }
    if (!follow) return;
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

function hasEnded(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function* unseen(line: Buffer, seen: Map<string, number>, at: number | undefined): Generator<TailedFrame> {
  const record = decodeLine(line);
  if (record?.type !== 'frames' && record?.type !== 'kept') return;
  const { sessionId, epoch } = record.of;
  const key = JSON.stringify([sessionId, epoch]);
  const last = seen.get(key) ?? 0;
  for (const [index, json] of record.frames.entries()) {
    const seq = record.seq + index;
    if (seq <= last) continue;
    seen.set(key, seq);
    yield { sessionId, epoch, seq, json, at };
  }
}

/** One file, read as far as it goes. A line without its end is left for the next time: it is being written. */
class FileTail {
  private position = 0;
  private rest: Buffer = Buffer.alloc(0);

  constructor(private readonly path: string) {}

  *lines(): Generator<Buffer> {
    const size = fs.statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
    // A write that failed was cut off again.
    if (size < this.position) this.restart(size);
    while (this.position < size) {
      const bytes = this.read(Math.min(READ_SIZE, size - this.position));
      if (bytes.length === 0) return;
      this.position += bytes.length;
      yield* this.split(bytes);
    }
  }

  private restart(size: number): void {
    this.position = size;
    this.rest = Buffer.alloc(0);
  }

  private read(length: number): Buffer {
    const fd = fs.openSync(this.path, 'r');
    try {
      const bytes = Buffer.alloc(length);
      return bytes.subarray(0, fs.readSync(fd, bytes, 0, length, this.position));
    } finally {
      fs.closeSync(fd);
    }
  }

  private *split(bytes: Buffer): Generator<Buffer> {
    let all = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    for (let end = all.indexOf(NEWLINE); end >= 0; end = all.indexOf(NEWLINE)) {
      yield all.subarray(0, end);
      all = all.subarray(end + 1);
    }
    this.rest = all;
  }
}
