import * as backend from '@chat-stream/backend';
import { describe, expect, it } from 'vitest';
import { REPRODUCE, RUNS, SEED } from './seed.js';
import { STORES } from './stores.js';
import { runFaultSuite } from './suite.js';

describe.each(STORES.map((kind) => [kind.name, kind] as const))('a network that breaks, on %s', (name, kind) => {
  it(
    'loses nothing, doubles nothing, keeps the order, and leaves no gap on the wire',
    { timeout: 240_000 * RUNS },
    async () => {
      const { figures, failure } = await runFaultSuite(backend, kind, {
        seed: SEED,
        batch: 80,
        streams: 240 * RUNS,
        cuts: 1_100 * RUNS,
        shrink: true,
      });
      console.info(`faults on ${name}: ${figures.toString()} | ${REPRODUCE}`);
      expect(failure, `run it again with ${REPRODUCE}`).toBeUndefined();
      expect(figures.broken).toBe(0);
      expect(figures.streams).toBeGreaterThanOrEqual(200 * RUNS);
      expect(figures.cuts).toBeGreaterThanOrEqual(1_000 * RUNS);
      expect(figures.frames).toBeGreaterThanOrEqual(figures.streams);
    },
  );
});
