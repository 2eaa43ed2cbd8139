import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCrashes } from './crash.js';
import { REPRODUCE, RUNS, SEED } from './seed.js';
import { runUnfinished } from './unfinished.js';
import { type DeterministicUpstream, startDeterministicUpstream } from './upstream.js';

describe('the shipped service, killed with -9', () => {
  let upstream: DeterministicUpstream;
  beforeAll(async () => void (upstream = await startDeterministicUpstream(2)));
  afterAll(() => upstream[Symbol.asyncDispose]());

  // Two at a time, each with a folder of its own: most of it is waiting for a process to start.
  it(
    'at 100 moments, has lost nothing that was shown, and ends every answer once',
    { timeout: 300_000 * RUNS },
    async () => {
      const lanes = [SEED, SEED + 1].map((seed) => runCrashes(upstream, { seed, kills: 50 * RUNS, sessions: 4 }));
      const results = await Promise.all(lanes);
      for (const { problems, ...figures } of results) {
        console.info(`kill -9: ${JSON.stringify(figures)} | ${REPRODUCE}`);
        expect(problems.slice(0, 10), `run it again with ${REPRODUCE}`).toEqual([]);
        expect(figures.doubleRuns).toBe(0);
        expect(figures.kills).toBeGreaterThanOrEqual(50 * RUNS);
        expect(figures.interrupted).toBeGreaterThan(0);
      }
    },
  );

  it('has ended every answer of 200 sessions before it serves', { timeout: 120_000 }, async () => {
    await using slow = await startDeterministicUpstream(50);
    const { problems, readyMs } = await runUnfinished(slow, { sessions: 200 });
    console.info(`200 unfinished answers: ended, and ready, ${readyMs} ms after the start of the process`);
    expect(problems).toEqual([]);
  });
});
