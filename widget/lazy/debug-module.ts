/** What is loaded for the attribute `debug`. */
export type DebugModule = typeof import('../debug/index.js');

/**
 * Loads what shows the frames: for bundlers, which make a file of its own out of it. `chat-stream.js` has
 * `debug-script.ts` in place of this (vite.config.mjs).
 */
export function importDebug(_server: string | undefined): Promise<DebugModule> {
  return import('../debug/index.js');
}
