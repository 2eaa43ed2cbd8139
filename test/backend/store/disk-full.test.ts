import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { FrameLogUnavailable, HistoryUnavailable } from '@chat-stream/backend';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { frameAt, messageAt } from '../../support/store-content.mjs';
import { openStore, temporaryDirectory, type TestStore } from '../../support/store.js';

const now = '2026-01-01T00:00:00.000Z';
const ID = 'a-session-on-a-small-disk';

/** Mounts a disk of one megabyte. Says why not where that is not permitted. */
function mountSmallDisk(dir: string): string | undefined {
  if (process.platform !== 'linux') return 'no tmpfs on this system';
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'chat-stream-test', dir], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `mounting a tmpfs is not permitted here (${String(error).split('\n')[0]})`;
  }
}

const trial = temporaryDirectory();
const reason = mountSmallDisk(trial);
if (reason === undefined) execFileSync('umount', [trial]);
else console.log(`skipped: the tests of a full disk: ${reason}`);

describe.skipIf(reason !== undefined)('a full disk', () => {
  let disk: string;
  let dir: string;
  let store: TestStore;
  let epoch: string;
  let seq: number;

  beforeEach(async () => {
    disk = temporaryDirectory();
    mountSmallDisk(disk);
    dir = join(disk, 'data');
    fs.writeFileSync(join(disk, 'filler'), Buffer.alloc(300_000));
    store = openStore({ dir });
    await store.history.createSession({ id: ID, owner: null, name: '', created: now, updated: now });
    ({ epoch, seq } = await store.frameLog.open(ID));
  });
  afterEach(async () => {
    await store.close();
    execFileSync('umount', [disk]);
  });

  const next = () => store.frameLog.append(ID, epoch, [frameAt(ID, epoch, seq + 1)]).then(() => void seq++);

  /** Appends until the disk is full, one frame in each turn. Returns what the frame that did not fit was told. */
  async function fill(): Promise<unknown> {
    for (let count = 0; count < 20_000; count++) {
      const error: unknown = await next().then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error !== undefined) return error;
      // Files that were given up are closed between turns.
      if (count % 20 === 0) await setImmediate();
    }
    throw new Error('The disk does not become full.');
  }

  async function expectAllThere(): Promise<void> {
    const expected = Array.from({ length: seq }, (_, index) => frameAt(ID, epoch, index + 1));
    expect(await store.frameLog.open(ID)).toEqual({ epoch, seq, trimmed: 0 });
    expect(await store.frameLog.read(ID, { epoch, seq: 0 }, Infinity)).toEqual({ kind: 'frames', frames: expected });
  }

  it('is told to who appends, in a sentence that says what to do; what is there stays, and it works again with room', async () => {
    const error = await fill();
    expect(error).toBeInstanceOf(FrameLogUnavailable);
    expect(String(error)).toContain('the disk is full');
    expect(String(error)).toContain('free some space');
    await expectAllThere();
    await expect(next()).rejects.toBeInstanceOf(FrameLogUnavailable);

    fs.rmSync(join(disk, 'filler'));
    await next();
    await next();
    await expectAllThere();
    await store.close();
    store = openStore({ dir });
    await expectAllThere();
    expect(store.warnings).toEqual([]);
  });

  it('refuses what was queued behind a frame that did not fit, and wakes nobody', async () => {
    await fill();
    let woken = 0;
    const stop = store.frameLog.watch(ID, () => woken++);
    const both = [seq + 1, seq + 2].map((at) => store.frameLog.append(ID, epoch, [frameAt(ID, epoch, at)]));
    const later = Promise.resolve().then(() => store.frameLog.append(ID, epoch, [frameAt(ID, epoch, seq + 3)]));
    for (const result of await Promise.allSettled([...both, later])) expect(result.status).toBe('rejected');
    fs.rmSync(join(disk, 'filler'));
    await expect(store.frameLog.append(ID, epoch, [frameAt(ID, epoch, seq + 3)])).rejects.toThrow('expects frame');
    expect(woken).toBe(0);
    stop();
    await next();
    await expectAllThere();
  });

  it('leaves nothing of frames of which only some fitted, when the process is killed then', async () => {
    await fill();
    // Room for some lines of a batch.
    fs.truncateSync(join(disk, 'filler'), 300_000 - 8 * 4096);
    const batch = Array.from({ length: 300 }, (_, index) => frameAt(ID, epoch, seq + 1 + index));
    const appended = batch.map((frame) => store.frameLog.append(ID, epoch, [frame]));
    for (const result of await Promise.allSettled(appended)) expect(result.status).toBe('rejected');
    const copy = temporaryDirectory();
    fs.cpSync(dir, copy, { recursive: true });
    const restored = openStore({ dir: copy });
    expect(await restored.frameLog.open(ID)).toEqual({ epoch, seq, trimmed: 0 });
    expect(restored.warnings).toEqual([]);
    await restored.close();
  });

  it('does not keep older files that nobody needs from making room', async () => {
    await store.close();
    store = openStore({ dir, journalFileSize: 100_000 });
    await fill();
    const before = seq;
    await store.frameLog.trim(ID, seq);
    await next();
    expect(await store.frameLog.open(ID)).toEqual({ epoch, seq: before + 1, trimmed: before });
  });

  it('is told to who stores a message; the older ones stay, and it works again with room', async () => {
    await store.history.putMessage(ID, messageAt(ID, 1));
    await fill();
    let stored = 1;
    const error: unknown = await (async () => {
      for (;;) await store.history.putMessage(ID, messageAt(ID, stored + 1)).then(() => stored++);
    })().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(HistoryUnavailable);
    expect(String(error)).toContain('the disk is full');
    const expectMessages = async () => {
      const { messages } = await store.history.page(ID, { limit: 10_000 });
      expect(messages).toEqual(Array.from({ length: stored }, (_, index) => messageAt(ID, index + 1)));
    };
    await expectMessages();
    fs.rmSync(join(disk, 'filler'));
    await store.history.putMessage(ID, messageAt(ID, stored + 1)).then(() => stored++);
    await expectMessages();
    await store.close();
    store = openStore({ dir });
    await expectMessages();
    await expectAllThere();
  });

  it('either lets the service start, or says why not; the data is there afterwards', async () => {
    await fill();
    await store.close();
    try {
      store = openStore({ dir });
    } catch (error) {
      expect(String(error)).toMatch(/full|room/);
      fs.rmSync(join(disk, 'filler'));
      store = openStore({ dir });
    }
    await expectAllThere();
    expect(store.warnings).toEqual([]);
  });
});
