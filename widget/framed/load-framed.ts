import { backoffDelay } from '../connection/backoff.js';
import { serverAddress } from '../connection/server.js';
import { importBeside } from '../lazy/beside.js';
import { TAG_NAME } from '../script-tag.js';
import type { defineFramed } from './index.js';

/** How often the file is asked for: then the page forbids that, too, or the server has been away for long. */
const ATTEMPTS = 8;

/** Loads and defines the element that has the chat in a frame. Never rejects; says so in the console where it can't. */
export async function loadFramed(...why: Parameters<typeof defineFramed>): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      const framed = (await importBeside('framed', server, attempt)) as { defineFramed: typeof defineFramed };
      return framed.defineFramed(...why);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, backoffDelay(attempt)));
    }
  }
  console.warn('chat-stream: there is no chat on this page: chat-stream-framed.js can not be loaded.');
}

/** Where the page has our script in it, and no tag that says where it is from. */
function server(): string {
  return serverAddress(document.querySelector(`${TAG_NAME}[server]`)?.getAttribute('server') ?? undefined).key;
}
