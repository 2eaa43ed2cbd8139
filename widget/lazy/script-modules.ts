import { importBeside } from './beside.js';
import type { LazyModule, LazyName } from './lazy-module.js';

/** Loads the file beside our own script. */
export async function importLazy(name: LazyName, server: () => string, attempt: number): Promise<LazyModule> {
  return (await importBeside(name, server, attempt)) as LazyModule;
}
