import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { frameAt, messageAt, randomFrom, SESSIONS } from '../../support/store-content.mjs';
import { openStore, temporaryDirectory, type TestStore } from '../../support/store.js';

const WRITER = fileURLToPath(new URL('../../support/store-writer.mjs', import.meta.url));
const ROUNDS = Number(process.env['KILL_ROUNDS'] ?? 40);
const SEED = Number(process.env['KILL_SEED'] ?? randomInt(2 ** 31));

/** What the writer was told of a session, and what it was about to do. */
interface Known {
  epoch: string | undefined;
  seq: number;
  /** Frames up to here may be gone. */
  trimmed: number;
  /** It may have been dropped. */
  mayBeDropped: boolean;
  readonly messages: Set<number>;
}

/** Starts a writer, kills it after so many milliseconds (from its start, or from its first word), returns what it said. */
async function writeAndDie(
  dir: string,
  seed: number,
  fileSize: number,
  after: { ms: number; from: 'start' | 'ready' },
) {
  const child = spawn(process.execPath, [WRITER, dir, String(seed), String(fileSize)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const ready = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('ready\n')) resolve();
    });
  });
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  if (after.from === 'ready') await Promise.race([ready, closed]);
  await sleep(after.ms);
  child.kill('SIGKILL');
  await closed;
  // It must have died by our hand, not by its own.
  expect(complaint).toBe('');
  expect(child.signalCode).toBe('SIGKILL');
  // A last line that was cut off says nothing.
  return said.split('\n').slice(0, -1);
}

function learn(known: Map<string, Known>, lines: readonly string[]): void {
  for (const line of lines) {
    const [what, id = '', ...rest] = line.split(' ');
    if (what === 'W') throw new Error(`the writer was warned: ${line}`);
    const session = known.get(id);
    if (session === undefined) continue;
    if (what === 'F') {
      const [epoch = '', seq] = rest;
      if (session.epoch !== epoch) Object.assign(session, { epoch, trimmed: 0 });
      session.seq = Number(seq);
      session.mayBeDropped = false;
    } else if (what === 'M') session.messages.add(Number(rest[0]));
    else if (what === 'T') session.trimmed = Math.max(session.trimmed, Number(rest[0]));
    else if (what === 'D') {
      session.mayBeDropped = true;
      session.messages.clear();
    } else if (what === 'd') Object.assign(session, { epoch: undefined, seq: 0, trimmed: 0, mayBeDropped: false });
  }
}

/** Checks a session against what is known of it. Returns how many acknowledged frames were looked at. */
async function check({ frameLog, history }: TestStore, id: string, known: Known): Promise<number> {
  const head = await frameLog.open(id);
  const isOther = known.epoch !== undefined && head.epoch !== known.epoch;
  if (isOther) expect(known.mayBeDropped, `${id} is in another epoch`).toBe(true);
  else if (known.epoch !== undefined) {
    expect(head.seq, `${id} lost acknowledged frames`).toBeGreaterThanOrEqual(known.seq);
    expect(head.trimmed, `${id} was trimmed too far`).toBeLessThanOrEqual(Math.max(0, known.trimmed));
  }
  const read = await frameLog.read(id, { epoch: head.epoch, seq: head.trimmed }, Infinity);
  const expected = Array.from({ length: head.seq - head.trimmed }, (_, index) =>
    frameAt(id, head.epoch, head.trimmed + 1 + index),
  );
  expect(read).toEqual({ kind: 'frames', frames: expected });
  for (const seq of known.messages) expect(await history.getMessage(id, `m${seq}`)).toEqual(messageAt(id, seq));
  // What is on the disk now may be more than what was acknowledged; from here on it has to stay.
  Object.assign(known, { epoch: head.epoch, seq: head.seq, trimmed: head.trimmed, mayBeDropped: false });
  return isOther ? 0 : known.seq - head.trimmed;
}

it(
  `loses nothing that was acknowledged when it is killed, ${ROUNDS} times (seed ${SEED})`,
  { timeout: 240_000 },
  async () => {
    const random = randomFrom(SEED);
    const dir = temporaryDirectory();
    const known = new Map<string, Known>(
      SESSIONS.map((id) => [
        id,
        { epoch: undefined, seq: 0, trimmed: 0, mayBeDropped: false, messages: new Set<number>() },
      ]),
    );
    let acknowledged = 0;
    let checked = 0;
    for (let round = 0; round < ROUNDS; round++) {
      // Some die while they start, some in small files that are given up all the time, some in one large file.
      const from = random() < 0.2 ? 'start' : 'ready';
      const after = { from, ms: random() * (from === 'start' ? 200 : 120) } as const;
      const lines = await writeAndDie(dir, Math.floor(random() * 2 ** 31), random() < 0.7 ? 30_000 : 16_000_000, after);
      acknowledged += lines.filter((line) => line.startsWith('F ')).length;
      learn(known, lines);
      // Sometimes it is the next writer who finds what this one left.
      if (random() < 0.3 && round < ROUNDS - 1) continue;
      const store = openStore({ dir });
      for (const [id, session] of known) checked += await check(store, id, session);
      expect(store.warnings).toEqual([]);
      await store.close();
    }
    console.log(`kill -9 × ${ROUNDS}, seed ${SEED}: ${acknowledged} frames acknowledged, ${checked} read back, 0 lost`);
    expect(acknowledged).toBeGreaterThan(ROUNDS * 10);
  },
);

it('is refused to a second process while one lives, and not after that was killed', async () => {
  const dir = temporaryDirectory();
  const child = spawn(process.execPath, [WRITER, dir, '1', '100000'], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  child.stdout.resume();
  expect(() => openStore({ dir })).toThrow(`${dir} is used by another process`);
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  await closed;
  await openStore({ dir }).close();
});
