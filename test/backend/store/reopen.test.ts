import * as fs from 'node:fs';
import { join } from 'node:path';
import { StoreError } from '@chat-stream/backend';
import { describe, expect, it } from 'vitest';
import { frameAt, messageAt } from '../../support/store-content.mjs';
import { journalLine, openStore, temporaryDirectory, type TestStore } from '../../support/store.js';

const now = '2026-01-01T00:00:00.000Z';
const ID = 'a-session-of-this-test';

async function append(store: TestStore, id: string, count: number): Promise<{ epoch: string; seq: number }> {
  const { epoch, seq } = await store.frameLog.open(id);
  const frames = Array.from({ length: count }, (_, index) => frameAt(id, epoch, seq + 1 + index));
  await store.frameLog.append(id, epoch, frames);
  return { epoch, seq: seq + count };
}

async function framesOf(store: TestStore, id: string) {
  const { epoch, trimmed } = await store.frameLog.open(id);
  const read = await store.frameLog.read(id, { epoch, seq: trimmed }, Infinity);
  if (read.kind === 'lost') throw new Error('lost');
  return read.frames;
}

describe('a store that is closed and opened again', () => {
  it('has the same epochs, frames and places', async () => {
    const first = openStore();
    const { epoch } = await append(first, ID, 9);
    await first.frameLog.trim(ID, 4);
    await first.close();

    const second = openStore({ dir: first.dir });
    expect(await second.frameLog.open(ID)).toEqual({ epoch, seq: 9, trimmed: 4 });
    expect(await framesOf(second, ID)).toEqual([5, 6, 7, 8, 9].map((seq) => frameAt(ID, epoch, seq)));
    expect(await second.frameLog.sessions()).toEqual([ID]);
    await append(second, ID, 1);
    expect(await second.frameLog.read(ID, { epoch, seq: 3 }, 10)).toEqual({ kind: 'lost' });
    expect(second.warnings).toEqual([]);
    await second.close();
  });

  it('remembers where a session stood whose frames are all trimmed, and goes on from there', async () => {
    const first = openStore();
    const { epoch } = await append(first, ID, 5);
    await first.frameLog.trim(ID, 5);
    await first.close();
    const second = openStore({ dir: first.dir });
    expect(await second.frameLog.sessions()).toEqual([]);
    expect(await second.frameLog.read(ID, { epoch, seq: 5 }, 10)).toEqual({ kind: 'frames', frames: [] });
    await second.frameLog.append(ID, epoch, [frameAt(ID, epoch, 6)]);
    await second.close();
    const third = openStore({ dir: first.dir });
    expect(await third.frameLog.open(ID)).toEqual({ epoch, seq: 6, trimmed: 5 });
    await third.close();
  });

  it('keeps a session dropped', async () => {
    const first = openStore();
    const { epoch } = await append(first, ID, 5);
    await first.frameLog.drop(ID);
    await first.close();
    const second = openStore({ dir: first.dir });
    const head = await second.frameLog.open(ID);
    expect(head.seq).toBe(0);
    expect(head.epoch).not.toBe(epoch);
    await second.close();
  });

  it('has the same sessions and messages', async () => {
    const first = openStore();
    const record = { id: ID, owner: 'me\u0000\ud83d', name: 'half \ud83d', created: now, updated: now };
    await first.history.createSession(record);
    for (let seq = 1; seq <= 12; seq++) await first.history.putMessage(ID, messageAt(ID, seq));
    const page = await first.history.page(ID, { limit: 5 });
    await first.close();
    const second = openStore({ dir: first.dir });
    expect(await second.history.getSession(ID)).toEqual(record);
    expect(await second.history.listSessions(record.owner, { limit: 5 })).toEqual([{ ...record, messageCount: 12 }]);
    expect(await second.history.page(ID, { limit: 5 })).toEqual(page);
    expect(page.messages).toEqual([8, 9, 10, 11, 12].map((seq) => messageAt(ID, seq)));
    await second.close();
  });

  it('counts a new epoch on from what the history knows, when the log is gone', async () => {
    const first = openStore();
    await first.history.createSession({ id: ID, owner: null, name: '', created: now, updated: now });
    const { epoch } = await append(first, ID, 7);
    await first.history.putMessage(ID, messageAt(ID, 7));
    await first.close();
    for (const name of fs.readdirSync(first.dir)) if (name.endsWith('.journal')) fs.rmSync(join(first.dir, name));
    const second = openStore({ dir: first.dir });
    const head = await second.frameLog.open(ID);
    expect(head).toEqual({ epoch: expect.not.stringMatching(epoch) as string, seq: 7, trimmed: 7 });
    await second.close();
  });

  it('keeps the secret of the visitors, for this user only', async () => {
    const first = openStore();
    await first.close();
    expect(first.visitorSecret).toMatch(/^[\w-]{43}$/);
    expect(fs.statSync(join(first.dir, 'visitor-secret')).mode & 0o777).toBe(0o600);
    const second = openStore({ dir: first.dir });
    expect(second.visitorSecret).toBe(first.visitorSecret);
    await second.close();
    fs.writeFileSync(join(first.dir, 'visitor-secret'), 'short');
    const third = openStore({ dir: first.dir });
    expect(third.visitorSecret).not.toBe(first.visitorSecret);
    expect(third.warnings).toEqual([expect.stringContaining('visitor-secret.damaged')]);
    await third.close();
  });
});

describe('what a store that is open refuses', () => {
  it('appends that come after it was closed', async () => {
    const store = openStore();
    const { epoch } = await append(store, ID, 1);
    await store.close();
    await store.close();
    const late = store.frameLog.append(ID, epoch, [frameAt(ID, epoch, 2)]);
    await expect(late).rejects.toMatchObject({ name: 'FrameLogUnavailable' });
    await expect(store.history.getSession(ID)).rejects.toMatchObject({ name: 'HistoryUnavailable' });
  });

  it('stores what was appended before it was closed, waited for or not', async () => {
    const store = openStore();
    const { epoch } = await append(store, ID, 1);
    const appended = store.frameLog.append(ID, epoch, [frameAt(ID, epoch, 2)]);
    await store.close();
    await appended;
    const again = openStore({ dir: store.dir });
    expect(await framesOf(again, ID)).toHaveLength(2);
    await again.close();
  });

  it('text that would not come back as it was', async () => {
    const store = openStore();
    const { epoch } = await store.frameLog.open(ID);
    for (const json of ['{"a":\n1}', '{"a":"\ud83d"}']) {
      await expect(store.frameLog.append(ID, epoch, [{ seq: 1, json }])).rejects.toThrow(TypeError);
    }
    await append(store, ID, 1);
    await store.close();
  });
});

describe('the directory', () => {
  it('is made, with the directories above it', async () => {
    const dir = join(temporaryDirectory(), 'a', 'b');
    const store = openStore({ dir });
    await store.close();
    expect(fs.statSync(dir).mode & 0o777).toBe(0o700);
  });

  it('is refused with a sentence that names it, when it can not be made', () => {
    const file = join(temporaryDirectory(), 'file');
    fs.writeFileSync(file, '');
    expect(() => openStore({ dir: join(file, 'data') })).toThrow(StoreError);
    expect(() => openStore({ dir: join(file, 'data') })).toThrow(`${file}/data`);
    expect(() => openStore({ dir: file })).toThrow(file);
  });

  it('is used by one at a time', async () => {
    const first = openStore();
    expect(() => openStore({ dir: first.dir })).toThrow(/used by another process.*DATA_DIR/);
    await first.close();
    await openStore({ dir: first.dir }).close();
  });

  it('is free again when frame log and history were closed one by one', async () => {
    const first = openStore();
    await first.frameLog.close();
    expect(() => openStore({ dir: first.dir })).toThrow(StoreError);
    await first.history.close();
    await openStore({ dir: first.dir }).close();
  });

  it('refuses files of a newer version, and leaves them alone', async () => {
    const first = openStore();
    await append(first, ID, 1);
    await first.close();
    const path = join(first.dir, 'frames-00000001.journal');
    fs.writeFileSync(path, journalLine('s', '2', 'boot'));
    expect(() => openStore({ dir: first.dir })).toThrow(/another version/);
    expect(fs.existsSync(path)).toBe(true);
  });
});
