import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import type { FrameLog } from '@chat-stream/backend';
import { afterEach, describe, expect, it } from 'vitest';
import { frameAt, messageAt, randomFrom } from '../../support/store-content.mjs';
import { openStore, temporaryDirectory } from '../../support/store.js';

const now = '2026-01-01T00:00:00.000Z';
const name = (index: number) => `session-that-rotates-${index}`;

function journalsIn(dir: string): string[] {
  return fs.readdirSync(dir).filter((file) => file.endsWith('.journal'));
}

function sizeOf(dir: string): number {
  return journalsIn(dir).reduce((sum, file) => sum + fs.statSync(join(dir, file)).size, 0);
}

/** Appends so many frames, one turn each. */
async function grow(log: FrameLog, id: string, count: number): Promise<{ epoch: string; seq: number }> {
  const { epoch, seq } = await log.open(id);
  for (let next = seq + 1; next <= seq + count; next++) await log.append(id, epoch, [frameAt(id, epoch, next)]);
  return { epoch, seq: seq + count };
}

/** Checks that a session holds the frames from `first` to `last`, as they were written. */
async function expectFrames(log: FrameLog, id: string, epoch: string, first: number, last: number): Promise<void> {
  const expected = Array.from({ length: last - first + 1 }, (_, index) => frameAt(id, epoch, first + index));
  const read = await log.read(id, { epoch, seq: first - 1 }, Infinity);
  expect(read).toEqual({ kind: 'frames', frames: expected });
}

describe('the files of the journal', () => {
  it('are deleted once nobody needs a frame in them', async () => {
    const store = openStore({ journalFileSize: 4_000 });
    const id = name(0);
    for (let turn = 0; turn < 60; turn++) {
      const { seq } = await grow(store.frameLog, id, 10);
      await store.frameLog.trim(id, seq - 5);
    }
    expect(sizeOf(store.dir)).toBeLessThan(20_000);
    const { epoch } = await store.frameLog.open(id);
    await store.close();
    const again = openStore({ dir: store.dir });
    await expectFrames(again.frameLog, id, epoch, 596, 600);
    expect(again.warnings).toEqual([]);
    await again.close();
  });

  it('are deleted although a few sessions still need some of what is in them', async () => {
    const store = openStore({ journalFileSize: 4_000 });
    // An old answer that nobody trims, and a busy session.
    const old = await grow(store.frameLog, name(1), 7);
    for (let turn = 0; turn < 100; turn++) {
      const { seq } = await grow(store.frameLog, name(2), 10);
      await store.frameLog.trim(name(2), seq - 5);
    }
    expect(sizeOf(store.dir)).toBeLessThan(40_000);
    await expectFrames(store.frameLog, name(1), old.epoch, 1, 7);
    await store.close();
    const again = openStore({ dir: store.dir });
    await expectFrames(again.frameLog, name(1), old.epoch, 1, 7);
    await again.close();
  });

  it('do not keep sessions that have nothing left, and their places are not forgotten', async () => {
    const store = openStore({ journalFileSize: 10_000 });
    const heads = new Map<string, { epoch: string; seq: number }>();
    for (let index = 0; index < 300; index++) {
      const id = name(index);
      const head = await grow(store.frameLog, id, 1 + (index % 4));
      await store.frameLog.trim(id, head.seq);
      heads.set(id, head);
    }
    expect(sizeOf(store.dir)).toBeLessThan(40_000);
    const check = async (log: FrameLog) => {
      for (const [id, { epoch, seq }] of heads) expect(await log.open(id)).toEqual({ epoch, seq, trimmed: seq });
    };
    await check(store.frameLog);
    await store.close();
    const again = openStore({ dir: store.dir });
    await check(again.frameLog);
    await grow(again.frameLog, name(7), 2);
    await expectFrames(again.frameLog, name(7), heads.get(name(7))!.epoch, 5, 6);
    expect(again.warnings).toEqual([]);
    await again.close();
  });

  it('keep sessions that were only opened out of the memory, and their epochs the same', async () => {
    const store = openStore();
    const first = await store.frameLog.open(name(0));
    for (let index = 1; index < 2_500; index++) await store.frameLog.open(name(index));
    const inMemory = (store.frameLog as unknown as { sessionsById: Map<string, unknown> }).sessionsById;
    expect(inMemory.size).toBeLessThan(1_100);
    expect(await store.frameLog.open(name(0))).toEqual(first);
    await grow(store.frameLog, name(0), 1);
    await store.close();
  });
});

describe('a crash at any step', () => {
  const original = {
    writeSync: fs.writeSync,
    openSync: fs.openSync,
    rmSync: fs.rmSync,
    ftruncateSync: fs.ftruncateSync,
  };
  afterEach(() => {
    Object.assign(fs, original);
    syncBuiltinESMExports();
  });

  it(
    'loses nothing: before, in the middle of and after every call that changes the directory',
    { timeout: 120_000 },
    async () => {
      const dir = temporaryDirectory();
      const root = temporaryDirectory();
      /** What was acknowledged when a picture of the directory was taken. */
      const pictures: {
        dir: string;
        heads: Map<string, { epoch: string; seq: number }>;
        trimmed: Map<string, number>;
      }[] = [];
      const heads = new Map<string, { epoch: string; seq: number }>();
      const trimmed = new Map<string, number>();
      const take = () => {
        const picture = join(root, String(pictures.length));
        fs.cpSync(dir, picture, { recursive: true });
        pictures.push({ dir: picture, heads: new Map(heads), trimmed: new Map(trimmed) });
      };
      const wrap = (call: 'openSync' | 'rmSync') => {
        const inner = original[call] as (...args: unknown[]) => unknown;
        Object.assign(fs, {
          [call]: (path: string, ...rest: unknown[]) => {
            if (!path.startsWith(dir) || !path.endsWith('.journal')) return inner(path, ...rest);
            take();
            const result = inner(path, ...rest);
            take();
            return result;
          },
        });
      };
      wrap('openSync');
      wrap('rmSync');
      let writes = 0;
      Object.assign(fs, {
        writeSync: (fd: number, bytes: Buffer, offset: number, length: number, position: number) => {
          // Not every write: one in three is cut in the middle.
          if (writes++ % 3 === 0) {
            const half = original.writeSync(fd, bytes, offset, length >> 1, position);
            take();
            const rest = original.writeSync(fd, bytes, offset + half, length - half, position + half);
            take();
            return half + rest;
          }
          return original.writeSync(fd, bytes, offset, length, position);
        },
      });
      syncBuiltinESMExports();

      const random = randomFrom(7);
      const store = openStore({ dir, journalFileSize: 1_500 });
      for (let index = 0; index < 8; index++) {
        await store.history.createSession({ id: name(index), owner: null, name: '', created: now, updated: now });
      }
      for (let turn = 0; turn < 90; turn++) {
        // The first is written once and never trimmed, so that files are emptied by copying.
        const id = name(turn === 0 ? 0 : 1 + Math.floor(random() * 7));
        const { epoch, seq } = await store.frameLog.open(id);
        await store.frameLog.append(id, epoch, [frameAt(id, epoch, seq + 1), frameAt(id, epoch, seq + 2)]);
        heads.set(id, { epoch, seq: seq + 2 });
        if (turn % 10 === 9) await store.history.putMessage(id, messageAt(id, seq + 2));
        if (turn > 0 && random() < 0.6) {
          const through = random() < 0.5 ? seq + 2 : seq;
          trimmed.set(id, Math.max(through, trimmed.get(id) ?? 0));
          await store.frameLog.trim(id, through);
        }
      }
      await store.close();
      Object.assign(fs, original);
      syncBuiltinESMExports();

      for (const picture of pictures) {
        const restored = openStore({ dir: picture.dir });
        for (const [id, { epoch, seq }] of picture.heads) {
          const head = await restored.frameLog.open(id);
          expect(head.epoch).toBe(epoch);
          expect(head.seq).toBeGreaterThanOrEqual(seq);
          expect(head.trimmed).toBeLessThanOrEqual(picture.trimmed.get(id) ?? 0);
          await expectFrames(restored.frameLog, id, epoch, head.trimmed + 1, head.seq);
        }
        expect(restored.warnings).toEqual([]);
        await restored.close();
        fs.rmSync(picture.dir, { recursive: true });
      }
      console.log(`crash at each step: ${pictures.length} states of the directory, 0 lost`);
      expect(pictures.length).toBeGreaterThan(100);
    },
  );

  it('does not bring back what was refused, also where the disk would not let it be cut off', async () => {
    const store = openStore();
    const id = name(0);
    const { epoch, seq } = await grow(store.frameLog, id, 3);
    const fail = () => {
      throw Object.assign(new Error('the disk is broken'), { code: 'EIO' });
    };
    Object.assign(fs, {
      // All lines but the last end are there, and the write failed all the same.
      writeSync: (fd: number, bytes: Buffer, offset: number, length: number, position: number) => {
        original.writeSync(fd, bytes, offset, length - 1, position);
        return fail();
      },
      ftruncateSync: fail,
    });
    syncBuiltinESMExports();
    const refused = [1, 2, 3].map((step) => store.frameLog.append(id, epoch, [frameAt(id, 'refused', seq + step)]));
    for (const result of await Promise.allSettled(refused)) expect(result.status).toBe('rejected');
    Object.assign(fs, original);
    syncBuiltinESMExports();

    await grow(store.frameLog, id, 1);
    await expectFrames(store.frameLog, id, epoch, 1, seq + 1);
    const copy = temporaryDirectory();
    fs.cpSync(store.dir, copy, { recursive: true });
    await store.close();
    const restored = openStore({ dir: copy });
    expect(await restored.frameLog.open(id)).toEqual({ epoch, seq: seq + 1, trimmed: 0 });
    await expectFrames(restored.frameLog, id, epoch, 1, seq + 1);
    expect(restored.warnings).toEqual([]);
    await restored.close();
  });
});
