import fc from 'fast-check';

/**
 * Properties whose failures can be run again: every run says which seed it used. Run it again with
 * `FC_SEED=<seed> npm test -- protocol`, and longer with `FC_RUNS=5000`.
 */

const seed = Number(process.env.FC_SEED ?? Math.floor(Math.random() * 0x7fffffff));
const numRuns = Number(process.env.FC_RUNS ?? 300);

fc.configureGlobal({ seed, numRuns });
console.info(`fast-check: FC_SEED=${seed} FC_RUNS=${numRuns}`);

export { fc };

/** Freezes a value and everything in it: whoever changes it throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
