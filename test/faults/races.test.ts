import * as backend from '@chat-stream/backend';
import { describe, expect, it } from 'vitest';
import { RACES, runRaces } from './races.js';

describe('whoever comes first', () => {
  it.each(RACES.map((race) => [race.name, race] as const))('%s', async (_, race) => {
    expect(await runRaces(backend, [race])).toEqual([]);
  });
});
