import { randomUUID } from 'node:crypto';
import { FrameLogConflict, type FrameLog, follow, type LoggedFrame } from '@chat-stream/backend';
import { decodeServerFrame, encodeFrame } from '@chat-stream/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** How the suite gets a fresh, empty log; `close` is the suite's own business. */
export type MakeFrameLog = () => Promise<FrameLog> | FrameLog;

const frame = (seq: number, text = `t${seq}`): LoggedFrame => ({
  seq,
  json: encodeFrame({ type: 'message_stream', id: 'a', stream_chunk: true, chunk: text, seq }),
});
const frames = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => frame(from + index));

/** What every frame log promises. An implementation is done when it passes. */
export function frameLogConformance(name: string, make: MakeFrameLog): void {
  describe(`frame log: ${name}`, () => {
    let log: FrameLog;
    let id: string;
    beforeEach(async () => {
      log = await make();
      id = randomUUID();
    });
    afterEach(() => log.close());

    it('opens a session at 0, and names the same epoch every time', async () => {
      const first = await log.open(id);
      expect(first.seq).toBe(0);
      expect(first.epoch).not.toBe('');
      expect(await log.open(id)).toEqual(first);
    });

    it('gives sessions epochs of their own', async () => {
      expect((await log.open(id)).epoch).not.toBe((await log.open(randomUUID())).epoch);
    });

    it('returns exactly what was appended, after any cursor, in order', async () => {
      const { epoch } = await log.open(id);
      await log.append(id, epoch, frames(1, 3));
      await log.append(id, epoch, frames(4, 9));
      for (let seq = 0; seq <= 9; seq++) {
        const read = await log.read(id, { epoch, seq }, 100);
        expect(read).toEqual({ kind: 'frames', frames: frames(seq + 1, 9) });
      }
      expect(await log.open(id)).toEqual({ epoch, seq: 9, trimmed: 0 });
    });

    it('returns at most the limit', async () => {
      const { epoch } = await log.open(id);
      await log.append(id, epoch, frames(1, 9));
      expect(await log.read(id, { epoch, seq: 2 }, 3)).toEqual({ kind: 'frames', frames: frames(3, 5) });
    });

    it('keeps text of every kind as it is', async () => {
      const { epoch } = await log.open(id);
      const texts = ['\u0000', '\n\r\u2028', '"\\', '🔧', 'ü', '\ud83d', '\udd27', 'x'.repeat(100_000)];
      const written = texts.map((text, index) => frame(index + 1, text));
      await log.append(id, epoch, written);
      expect(await log.read(id, { epoch, seq: 0 }, 100)).toEqual({ kind: 'frames', frames: written });
    });

    it('keeps the order of appends that were not waited for', async () => {
      const { epoch } = await log.open(id);
      await Promise.all(frames(1, 200).map((one) => log.append(id, epoch, [one])));
      const read = await log.read(id, { epoch, seq: 0 }, 1000);
      expect(read).toEqual({ kind: 'frames', frames: frames(1, 200) });
    });

    it.each([
      ['a frame twice', frames(3, 3)],
      ['a frame too early', frames(2, 4)],
      ['a frame after a hole', frames(5, 5)],
      ['a batch with a hole in it', [frame(4), frame(6)]],
    ])('refuses %s, and stores nothing of it', async (_, bad) => {
      const { epoch } = await log.open(id);
      await log.append(id, epoch, frames(1, 3));
      await expect(log.append(id, epoch, bad)).rejects.toBeInstanceOf(FrameLogConflict);
      expect(await log.read(id, { epoch, seq: 0 }, 100)).toEqual({ kind: 'frames', frames: frames(1, 3) });
      await log.append(id, epoch, frames(4, 4));
    });

    it('refuses frames of another epoch', async () => {
      await log.open(id);
      await expect(log.append(id, 'another', frames(1, 1))).rejects.toBeInstanceOf(FrameLogConflict);
    });

    it('calls a cursor lost when it is of another epoch, in the future, or of no session', async () => {
      const { epoch } = await log.open(id);
      await log.append(id, epoch, frames(1, 3));
      expect(await log.read(id, { epoch: 'another', seq: 1 }, 10)).toEqual({ kind: 'lost' });
      expect(await log.read(id, { epoch, seq: 4 }, 10)).toEqual({ kind: 'lost' });
      expect(await log.read(randomUUID(), { epoch, seq: 0 }, 10)).toEqual({ kind: 'lost' });
    });

    it('calls a cursor lost when what follows it was trimmed, and goes on counting', async () => {
      const { epoch } = await log.open(id);
      await log.append(id, epoch, frames(1, 6));
      await log.trim(id, 4);
      expect(await log.read(id, { epoch, seq: 3 }, 10)).toEqual({ kind: 'lost' });
      expect(await log.read(id, { epoch, seq: 4 }, 10)).toEqual({ kind: 'frames', frames: frames(5, 6) });
      await log.trim(id, 6);
      expect(await log.open(id)).toEqual({ epoch, seq: 6, trimmed: 6 });
      await log.append(id, epoch, frames(7, 7));
      expect(await log.read(id, { epoch, seq: 6 }, 10)).toEqual({ kind: 'frames', frames: frames(7, 7) });
    });

    it('starts a new epoch after a session was dropped', async () => {
      const before = await log.open(id);
      await log.append(id, before.epoch, frames(1, 2));
      await log.drop(id);
      const after = await log.open(id);
      expect(after.seq).toBe(0);
      expect(after.epoch).not.toBe(before.epoch);
      expect(await log.read(id, { epoch: before.epoch, seq: 1 }, 10)).toEqual({ kind: 'lost' });
    });

    it('starts a new epoch also where the session that was dropped never had a frame', async () => {
      const before = await log.open(id);
      await log.drop(id);
      expect(await log.read(id, { epoch: before.epoch, seq: 0 }, 10)).toEqual({ kind: 'lost' });
      const after = await log.open(id);
      expect(after.epoch).not.toBe(before.epoch);
      await expect(log.append(id, before.epoch, frames(1, 1))).rejects.toBeInstanceOf(FrameLogConflict);
      await log.append(id, after.epoch, frames(1, 1));
    });

    it('names the sessions that hold frames', async () => {
      const { epoch } = await log.open(id);
      await log.open(randomUUID());
      expect(await log.sessions()).toEqual([]);
      await log.append(id, epoch, frames(1, 2));
      expect(await log.sessions()).toEqual([id]);
      await log.trim(id, 2);
      expect(await log.sessions()).toEqual([]);
    });

    it('wakes the watchers of that session, and only until they stop', async () => {
      const { epoch } = await log.open(id);
      const other = randomUUID();
      await log.open(other);
      let woken = 0;
      let others = 0;
      const stop = log.watch(id, () => woken++);
      const stopOther = log.watch(other, () => others++);
      await log.append(id, epoch, frames(1, 1));
      expect(woken).toBeGreaterThan(0);
      expect(others).toBe(0);
      stop();
      const before = woken;
      await log.append(id, epoch, frames(2, 2));
      expect(woken).toBe(before);
      stopOther();
    });

    it('brings a follower every frame once and in order, wherever it begins and however appends fall', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 12 }),
          fc.nat(),
          fc.array(fc.boolean(), { maxLength: 12 }),
          async (sizes, at, pauses) => {
            const session = randomUUID();
            const { epoch } = await log.open(session);
            const total = sizes.reduce((sum, size) => sum + size, 0);
            const joinAt = at % sizes.length;
            const reading = new AbortController();
            const seen: string[] = [];
            let following: Promise<unknown> | undefined;
            let seq = 0;
            // A reader's cursor is of a frame that it has seen, so of one that is safe.
            let safe = 0;
            let from = 0;
            for (const [index, size] of sizes.entries()) {
              if (index === joinAt) {
                from = at % (safe + 1);
                const done = new Promise<void>((resolve, reject) => {
                  const deliver = (batch: readonly LoggedFrame[]) => {
                    for (const { json } of batch) seen.push(json);
                    if (batch.at(-1)?.seq === total) resolve();
                  };
                  follow(log, session, { epoch, seq: from }, { deliver }, reading.signal)
                    .then((end) => reject(new Error(end)))
                    .catch(reject);
                });
                following = done;
              }
              const appended = log.append(session, epoch, frames(seq + 1, seq + size));
              seq += size;
              if (!pauses[index]) continue;
              await appended;
              safe = seq;
            }
            await following;
            reading.abort();
            expectUnbroken(seen, from, total);
          },
        ),
        { numRuns: 50 },
      );
    });

    it('tells a follower that its place is lost', async () => {
      const { epoch } = await log.open(id);
      await log.append(id, epoch, frames(1, 5));
      await log.trim(id, 5);
      const { signal } = new AbortController();
      expect(await follow(log, id, { epoch, seq: 2 }, { deliver: () => undefined }, signal)).toBe('lost');
    });

    it('lets go of a follower that stops', async () => {
      const { epoch } = await log.open(id);
      const reading = new AbortController();
      const following = follow(log, id, { epoch, seq: 0 }, { deliver: () => undefined }, reading.signal);
      reading.abort();
      expect(await following).toBe('stopped');
    });
  });
}

/** Checks text and numbering: merged frames say where they begin, and nothing is missing between them. */
function expectUnbroken(seen: readonly string[], from: number, total: number): void {
  let expected = from + 1;
  let text = '';
  for (const json of seen) {
    const decoded = decodeServerFrame(json);
    if (decoded.type !== 'message_stream') throw new Error(`unexpected ${decoded.type}`);
    expect(decoded.first_seq ?? decoded.seq).toBe(expected);
    expected = (decoded.seq ?? 0) + 1;
    text += decoded.chunk ?? '';
  }
  expect(expected).toBe(total + 1);
  expect(text).toBe(Array.from({ length: total - from }, (_, index) => `t${from + 1 + index}`).join(''));
}
