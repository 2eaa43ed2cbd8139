import { importBeside } from '../lazy/beside.js';
import type { SseModule } from './sse-module.js';

/** Loads `chat-stream-sse.js` from beside our own script. */
export async function importSse(server: string, attempt: number): Promise<SseModule> {
  return (await importBeside('sse', () => server, attempt)) as SseModule;
}
