import { serverAddress } from '../connection/server.js';
import { importBeside } from './beside.js';
import type { DebugModule } from './debug-module.js';

/** Loads `chat-stream-debug.js` from beside our own script. */
export function importDebug(server: string | undefined): Promise<DebugModule> {
  return importBeside('debug', () => serverAddress(server).key, 0) as Promise<DebugModule>;
}
