import { besides, findTags } from '../script-tag.js';

/** The tags that this script came from: only while the script runs for the first time does the page say which. */
export const tags = findTags();

/**
 * Loads `chat-stream-<name>.js` from beside our own script; without a script tag of ours, from the server.
 *
 * @param attempt 0 for the first; counts on after failures: some browsers remember that a module failed, by its address.
 */
export async function importBeside(name: string, server: () => string, attempt: number): Promise<unknown> {
  const file = `chat-stream-${name}.js`;
  const url = (tags[0] && besides(tags[0], file)) ?? `${server()}/${file}`;
  return import(/* @vite-ignore */ attempt === 0 ? url : `${url}?retry=${attempt}`);
}
