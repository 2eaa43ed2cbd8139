import * as fs from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { LoggedFrame, StoredMessage } from '@chat-stream/backend';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { frameAt, messageAt } from '../../support/store-content.mjs';
import { journalLine, openStore, temporaryDirectory, type TestStore } from '../../support/store.js';

const SESSIONS = Array.from({ length: 6 }, (_, index) => `session-to-be-damaged-${index}`);
const MESSAGES = 24;
const now = '2026-01-01T00:00:00.000Z';

/** What a session's log holds. */
interface Contents {
  readonly epoch: string;
  readonly seq: number;
  readonly frames: readonly LoggedFrame[];
}

async function contentsOf({ frameLog }: TestStore, id: string): Promise<Contents> {
  const { epoch, seq, trimmed } = await frameLog.open(id);
  const read = await frameLog.read(id, { epoch, seq: trimmed }, Infinity);
  if (read.kind === 'lost') throw new Error(`${id} can't be read`);
  expect(read.frames.map((frame) => frame.seq)).toEqual(read.frames.map((_, index) => trimmed + 1 + index));
  return { epoch, seq, frames: read.frames };
}

/** A store as a killed process leaves it (no goodbye in its journal), and what is in it. */
async function makeTemplate(): Promise<{ dir: string; contents: Map<string, Contents> }> {
  const store = openStore({ journalFileSize: 8_000 });
  const { frameLog, history } = store;
  const heads = new Map<string, { epoch: string; seq: number }>();
  for (const id of SESSIONS) {
    heads.set(id, { ...(await frameLog.open(id)) });
    await history.createSession({ id, owner: 'me', name: 'a name', created: now, updated: now });
  }
  for (let turn = 0; turn < 20; turn++) {
    const appended = SESSIONS.filter((_, index) => (turn + index) % 3 !== 0).map((id) => {
      const head = heads.get(id)!;
      return frameLog.append(id, head.epoch, [
        frameAt(id, head.epoch, ++head.seq),
        frameAt(id, head.epoch, ++head.seq),
      ]);
    });
    await Promise.all(appended);
  }
  await frameLog.trim(SESSIONS[1]!, 6);
  for (const id of SESSIONS) for (let seq = 1; seq <= MESSAGES; seq++) await history.putMessage(id, messageAt(id, seq));
  const contents = new Map<string, Contents>();
  for (const id of SESSIONS) contents.set(id, await contentsOf(store, id));
  const dir = temporaryDirectory();
  await store.close();
  fs.cpSync(store.dir, dir, { recursive: true });
  return { dir, contents };
}

let template: { dir: string; contents: Map<string, Contents> };
beforeAll(async () => {
  template = await makeTemplate();
});

function copyOfTemplate(): string {
  const dir = temporaryDirectory();
  fs.cpSync(template.dir, dir, { recursive: true });
  return dir;
}

function journalsIn(dir: string): string[] {
  return fs
    .readdirSync(dir)
    .filter((name) => name.endsWith('.journal'))
    .sort();
}

function flip(path: string, offset: number, bit: number): void {
  const bytes = fs.readFileSync(path);
  bytes[offset % bytes.length]! ^= 1 << bit;
  fs.writeFileSync(path, bytes);
}

/** The frames without their numbers: a new epoch may count them differently. */
function textsOf(frames: readonly LoggedFrame[]): unknown[] {
  return frames.map(({ json }) => ({ ...(JSON.parse(json) as object), seq: 0 }));
}

/** Frames in a row, as they were written; they may begin with some that were trimmed, when that line was lost. */
function expectPartOf(texts: unknown[], id: string, epoch: string): void {
  if (texts.length === 0) return;
  const all = textsOf(Array.from({ length: 40 }, (_, index) => frameAt(id, epoch, index + 1)));
  const from = all.findIndex((text) => JSON.stringify(text) === JSON.stringify(texts[0]));
  expect(texts).toEqual(all.slice(from, from + texts.length));
}

/** Opens a damaged store and checks every session: whole, or in a new epoch with what was before the damage. */
async function checkLogs(dir: string): Promise<{ renewed: string[]; warnings: readonly string[] }> {
  const store = openStore({ dir });
  const renewed: string[] = [];
  for (const [id, before] of template.contents) {
    const after = await contentsOf(store, id);
    if (after.epoch === before.epoch) expect(after).toEqual(before);
    else {
      renewed.push(id);
      // Nothing behind a hole, nothing changed; and what comes next has a number that was never given out.
      expectPartOf(textsOf(after.frames), id, before.epoch);
      expect(after.seq).toBeGreaterThanOrEqual(before.seq - 2);
      after.frames.forEach(({ seq, json }) => expect((JSON.parse(json) as LoggedFrame).seq).toBe(seq));
    }
    const { epoch, seq } = await store.frameLog.open(id);
    await store.frameLog.append(id, epoch, [frameAt(id, epoch, seq + 1)]);
  }
  await store.close();
  // What was mended stays mended.
  const again = openStore({ dir });
  for (const id of SESSIONS) {
    const { epoch } = await contentsOf(again, id);
    expect(renewed.includes(id)).toBe(epoch !== template.contents.get(id)?.epoch);
  }
  await again.close();
  return { renewed, warnings: store.warnings };
}

// Hundreds of stores are opened.
const PATIENCE = { timeout: 120_000 };

describe('a damaged journal', PATIENCE, () => {
  it('is read whole when it is whole', async () => {
    expect(await checkLogs(copyOfTemplate())).toEqual({ renewed: [], warnings: [] });
  });

  it('costs one session its place for each bit that flips, names it, and leaves the others alone', async () => {
    let hits = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), fc.nat({ max: 7 }), async (file, offset, bit) => {
        const dir = copyOfTemplate();
        const names = journalsIn(dir);
        flip(join(dir, names[file % names.length]!), offset, bit);
        const { renewed, warnings } = await checkLogs(dir);
        for (const id of renewed) expect(warnings.join('\n')).toContain(id);
        // A newline that was hit joins two lines, of two sessions.
        expect(renewed.length).toBeLessThanOrEqual(2);
        if (renewed.length > 0) hits++;
        fs.rmSync(dir, { recursive: true });
      }),
      { numRuns: Number(process.env['FLIPS'] ?? 150) },
    );
    expect(hits).toBeGreaterThan(0);
  });

  it('starts, and mixes nothing up, wherever and however many bytes are overwritten', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.nat(),
        fc.uint8Array({ minLength: 1, maxLength: 3_000 }),
        fc.boolean(),
        async (file, at, noise, zero) => {
          const dir = copyOfTemplate();
          const names = journalsIn(dir);
          const path = join(dir, names[file % names.length]!);
          const bytes = fs.readFileSync(path);
          const offset = at % bytes.length;
          bytes.set((zero ? new Uint8Array(noise.length) : noise).subarray(0, bytes.length - offset), offset);
          fs.writeFileSync(path, bytes);
          await checkLogs(dir);
          fs.rmSync(dir, { recursive: true });
        },
      ),
      { numRuns: 60 },
    );
  });

  it('starts without a file of its middle, and says so', async () => {
    const dir = copyOfTemplate();
    const [, second] = journalsIn(dir);
    fs.rmSync(join(dir, second!));
    const { warnings, renewed } = await checkLogs(dir);
    expect(renewed.length).toBeGreaterThan(0);
    expect(warnings.join('\n')).toContain('is missing');
  });

  it('gives every session a new epoch when the machine went down', async () => {
    const dir = copyOfTemplate();
    const next = join(dir, `frames-${String(journalsIn(dir).length + 1).padStart(8, '0')}.journal`);
    fs.writeFileSync(next, journalLine('s', '1', 'another-boot'));
    const { warnings, renewed } = await checkLogs(dir);
    expect(renewed).toEqual(SESSIONS);
    expect(warnings.join('\n')).toContain('the machine went down');
  });
});

describe('a line that a crash cut off', PATIENCE, () => {
  it('is forgotten without a word, wherever it was cut', async () => {
    const id = SESSIONS[0]!;
    const store = openStore();
    const { epoch } = await store.frameLog.open(id);
    const frames = Array.from({ length: 4 }, (_, index) => frameAt(id, epoch, index + 1));
    await store.frameLog.append(id, epoch, frames.slice(0, 3));
    const path = join(store.dir, journalsIn(store.dir)[0]!);
    const { size } = fs.statSync(path);
    await store.frameLog.append(id, epoch, frames.slice(3));
    const whole = fs.readFileSync(path);
    expect(whole.length).toBeGreaterThan(size);
    for (let length = size; length <= whole.length; length++) {
      const dir = temporaryDirectory();
      fs.writeFileSync(join(dir, 'frames-00000001.journal'), whole.subarray(0, length));
      const torn = openStore({ dir });
      // Without its newline the line is whole, though nobody was told so.
      const count = length >= whole.length - 1 ? 4 : 3;
      expect(await contentsOf(torn, id)).toEqual({ epoch, seq: count, frames: frames.slice(0, count) });
      expect(torn.warnings).toEqual([]);
      await torn.frameLog.append(id, epoch, [frameAt(id, epoch, count + 1)]);
      await torn.close();
      const again = openStore({ dir });
      expect((await contentsOf(again, id)).seq).toBe(count + 1);
      expect(again.warnings).toEqual([]);
      await again.close();
      fs.rmSync(dir, { recursive: true });
    }
    await store.close();
  });
});

describe('a damaged database', PATIENCE, () => {
  /** Reads every message there should be; those that are there are as they were. */
  async function missingIn({ history }: TestStore): Promise<string[]> {
    const missing: string[] = [];
    for (const id of SESSIONS) {
      for (let seq = 1; seq <= MESSAGES; seq++) {
        const found = await history.getMessage(id, `m${seq}`);
        if (found === undefined) missing.push(`${id}/m${seq}`);
        else expect(found).toEqual(messageAt(id, seq));
      }
      const listed: StoredMessage[] = [];
      for (let before: string | undefined; ; before = listed.at(-1)?.message.id) {
        const page = await history.page(id, { limit: 7, ...(before === undefined ? {} : { before }) });
        listed.push(...page.messages.toReversed());
        if (!page.hasMore) break;
      }
      for (const stored of listed) expect(stored).toEqual(messageAt(id, stored.seq));
      if (listed.length < MESSAGES) missing.push(`${id}/page`);
      if ((await history.getSession(id))?.owner !== 'me') missing.push(id);
    }
    return missing;
  }

  it('starts whatever bits flip in it; what it gives is as it was, and what is missing was named', async () => {
    let worst = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(), fc.nat({ max: 7 })), { minLength: 1, maxLength: 2 }),
        async (flips) => {
          const dir = copyOfTemplate();
          for (const [offset, bit] of flips) flip(join(dir, 'chat-stream.db'), offset, bit);
          const store = openStore({ dir });
          const missing = await missingIn(store);
          if (missing.length > 0) expect(store.warnings).not.toEqual([]);
          worst = Math.max(worst, missing.length);
          await store.history.createSession({
            id: 'a-new-session-1234',
            owner: null,
            name: '',
            created: now,
            updated: now,
          });
          await store.history.putMessage('a-new-session-1234', messageAt('a-new-session-1234', 1));
          await store.close();
          fs.rmSync(dir, { recursive: true });
        },
      ),
      { numRuns: Number(process.env['FLIPS'] ?? 150) },
    );
    console.log(`flips in the database cost at most ${worst} of ${SESSIONS.length * (MESSAGES + 2)} things`);
  });

  it('leaves out a message that is not as it was written, names it, and fills the page with others', async () => {
    const dir = copyOfTemplate();
    const id = SESSIONS[0]!;
    const database = new DatabaseSync(join(dir, 'chat-stream.db'));
    database
      .prepare(`UPDATE messages SET json = replace(json, ' of ', ' oF ') WHERE session_id = ? AND seq = 22`)
      .run(id);
    database.close();
    const store = openStore({ dir });
    const page = await store.history.page(id, { limit: 5 });
    expect(page.messages.map(({ seq }) => seq)).toEqual([19, 20, 21, 23, 24]);
    expect(page.hasMore).toBe(true);
    expect(await store.history.getMessage(id, 'm22')).toBeUndefined();
    expect(store.warnings).toEqual([expect.stringContaining(`message "m22" of session ${id}`)]);
    await store.close();
  });

  it('gives a session whose record is damaged to nobody, and the others to theirs', async () => {
    const dir = copyOfTemplate();
    const [damaged, whole] = SESSIONS as [string, string];
    const database = new DatabaseSync(join(dir, 'chat-stream.db'));
    database.prepare(`UPDATE sessions SET json = replace(json, '"me"', '"you"') WHERE id = ?`).run(damaged);
    database.close();
    const store = openStore({ dir });
    const record = { owner: 'you', name: '', created: now, updated: now };
    await expect(store.history.createSession({ id: damaged, ...record })).rejects.toThrow(damaged);
    expect(await store.history.getSession(damaged)).toBeUndefined();
    expect((await store.history.listSessions('me', { limit: 100 })).map(({ id }) => id)).not.toContain(damaged);
    expect((await store.history.createSession({ id: whole, ...record })).owner).toBe('me');
    await store.close();
  });

  it.each([
    ['text', Buffer.from('this is no database, and it is longer than a header of a hundred bytes. '.repeat(9))],
    ['nothing but zeros', Buffer.alloc(20_000)],
  ])('is set aside when it is %s, and the process starts', async (_, bytes) => {
    const dir = copyOfTemplate();
    fs.writeFileSync(join(dir, 'chat-stream.db'), bytes);
    const store = openStore({ dir });
    expect(store.warnings.join('\n')).toMatch(/set aside as .*chat-stream\.db\.damaged-/);
    expect(fs.readdirSync(dir).filter((name) => name.includes('.damaged-')).length).toBeGreaterThan(0);
    // The frames are in the journal: none of them is lost.
    for (const [id, before] of template.contents) expect(await contentsOf(store, id)).toEqual(before);
    await store.close();
  });

  it('loses nothing when its first page is gone, which says where everything is', async () => {
    const dir = copyOfTemplate();
    const path = join(dir, 'chat-stream.db');
    const bytes = fs.readFileSync(path);
    fs.writeFileSync(path, bytes.fill(0, 0, 4096));
    const store = openStore({ dir });
    expect(await missingIn(store)).toEqual([]);
    expect(store.warnings.join('\n')).toContain(
      `${SESSIONS.length} sessions and ${SESSIONS.length * MESSAGES} messages`,
    );
    await store.close();
    const again = openStore({ dir });
    expect(again.warnings).toEqual([]);
    expect(await missingIn(again)).toEqual([]);
    await again.close();
  });

  it('carries over what can be read when pages of it are gone', async () => {
    const dir = copyOfTemplate();
    const path = join(dir, 'chat-stream.db');
    const bytes = fs.readFileSync(path);
    // A page in the middle; the first holds the tables themselves.
    const page = Math.floor(bytes.length / 4096 / 2) * 4096;
    bytes.fill(0xff, page, page + 4096);
    fs.writeFileSync(path, bytes);
    const store = openStore({ dir });
    const missing = await missingIn(store);
    expect(missing.length).toBeLessThan((SESSIONS.length * MESSAGES) / 2);
    expect(store.warnings.join('\n')).toContain('carried over');
    await store.close();
  });
});
