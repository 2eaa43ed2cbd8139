import type { LazyModule, LazyName } from './lazy-module.js';

/**
 * Loads a part of the chat: for bundlers, which make files of their own out of these. `chat-stream.js` has
 * `script-modules.ts` in place of this (vite.config.mjs).
 *
 * @param attempt 0 for the first; counts on after failures.
 */
export async function importLazy(name: LazyName, _server: () => string, _attempt: number): Promise<LazyModule> {
  if (name === 'code') return import('../code/index.js');
  return name === 'math' ? import('../math/index.js') : import('../diagram/index.js');
}
