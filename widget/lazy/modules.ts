import type { LazyModules, LazyName } from './lazy-module.js';

/**
 * Loads a part of the chat: for bundlers, which make files of their own out of these. `chat-stream.js` has
 * `script-modules.ts` in place of this (vite.config.mjs).
 *
 * @param attempt 0 for the first; counts on after failures.
 */
export async function importLazy(
  name: LazyName,
  _server: () => string,
  _attempt: number,
): Promise<LazyModules[LazyName]> {
  return IMPORTS[name]();
}

// Written out: bundlers read it.
const IMPORTS: { readonly [Name in LazyName]: () => Promise<LazyModules[Name]> } = {
  code: () => import('../code/index.js'),
  math: () => import('../math/index.js'),
  diagram: () => import('../diagram/index.js'),
  parts: () => import('../parts/index.js'),
};
