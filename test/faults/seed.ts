/**
 * Every run of the fault suite says which seed it used. The same plans again: `FAULT_SEED=<seed> npm test -- faults`; more
 * of them: `FAULT_RUNS=10` makes ten times as many. A plan is the same for a seed; when exactly a cut falls is not.
 */
export const SEED = Number(process.env.FAULT_SEED ?? Math.floor(Math.random() * 0x7fffffff));

/** How many times the normal amount of work is done. */
export const RUNS = Number(process.env.FAULT_RUNS ?? 1);

/** How a failure says what to run again. */
export const REPRODUCE = `FAULT_SEED=${SEED}${RUNS === 1 ? '' : ` FAULT_RUNS=${RUNS}`}`;

/** A generator of numbers from 0 up to 1 that gives the same ones for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
