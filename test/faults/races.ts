import { ABANDONING } from './races-of-abandoning.js';
import { KEEPING } from './races-of-keeping.js';
import { READING } from './races-of-reading.js';
import { TAKING } from './races-of-taking.js';
import { type Race, Scene } from './scene.js';
import type { Backend } from './service.js';

/** Every race that was ever lost, here or in the systems that we learned from. */
export const RACES = [...READING, ...TAKING, ...KEEPING, ...ABANDONING] as const;

/** What one of the races is called. */
export type RaceName = (typeof RACES)[number]['name'];

/** Runs races up to the first that is lost, each on a service of its own. Returns a sentence for all that was not as promised. */
export async function runRaces(backend: Backend, races: readonly Race[] = RACES): Promise<string[]> {
  for (const race of races) {
    const scene = await Scene.open(backend, race);
    await scene.run(race);
    await scene.close();
    if (scene.problems.length > 0) return scene.problems.map((problem) => `${race.name}: ${problem}`);
  }
  return [];
}
