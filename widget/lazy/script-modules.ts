import { importBeside } from './beside.js';
import type { LazyModules, LazyName } from './lazy-module.js';

/** Loads the file beside our own script. */
export async function importLazy(
  name: LazyName,
  server: () => string,
  attempt: number,
): Promise<LazyModules[LazyName]> {
  return (await importBeside(name, server, attempt)) as LazyModules[LazyName];
}
