import { besides, findTags } from '../script-tag.js';
import type { LazyModule, LazyName } from './lazy-module.js';

/** The tag that this script came from: only while the script runs for the first time does the page say which. */
const [tag] = findTags();

/** Loads the file beside our own script; without a script tag of ours, the server's. */
export async function importLazy(name: LazyName, server: () => string, attempt: number): Promise<LazyModule> {
  const file = `chat-stream-${name}.js`;
  const url = (tag && besides(tag, file)) ?? `${server()}/${file}`;
  // Some browsers remember that a module failed, by its address.
  return (await import(/* @vite-ignore */ attempt === 0 ? url : `${url}?retry=${attempt}`)) as LazyModule;
}
