/** What is loaded for server-sent events. */
export type SseModule = typeof import('./sse.js');

/**
 * Loads the transport for server-sent events: for bundlers, which make a file of its own out of it. `chat-stream.js` has
 * `sse-script.ts` in place of this (vite.config.mjs).
 *
 * @param attempt 0 for the first; counts on after failures.
 */
export async function importSse(_server: string, _attempt: number): Promise<SseModule> {
  return import('./sse.js');
}
