import { randomUUID } from 'node:crypto';
import { openEmbeddedStore } from '@chat-stream/backend';
import { decodeServerFrame, type ServerFrame } from '@chat-stream/protocol';
import { ResumingClient } from '../support/resuming-client.js';
import { ServiceProcess, SHIPPED_HEARTBEAT_MS } from './process.js';
import { Progress } from './progress.js';
import { temporaryFolder } from './stores.js';
import type { DeterministicUpstream } from './upstream.js';

/** What became of answers that a crash cut off. */
export interface UnfinishedFigures {
  /** From the start of the process until it answered that it is ready: by then every end must be there. */
  readonly readyMs: number;
  readonly problems: string[];
}

/**
 * Kills the service, -9, with an answer being written in every session and one question waiting, starts it, and kills it
 * again as soon as it says that it serves; then the same once more. What is in the store after that was there before
 * anybody could ask for it: no client has come, so nothing was mended because of one.
 */
export async function runUnfinished(
  upstream: DeterministicUpstream,
  options: { readonly sessions: number; readonly main?: string },
): Promise<UnfinishedFigures> {
  const folder = await temporaryFolder();
  const env = { OPENAI_BASE_URL: upstream.baseURL, OPENAI_MODEL: 'deterministic', CONCURRENT_TURNS: 'queue' };
  const service = new ServiceProcess(folder.path, env, options.main);
  const progress = new Progress();
  const ids = Array.from({ length: options.sessions }, () => randomUUID());
  const problems: string[] = [];
  let readyMs = 0;
  try {
    if (!(await service.start())) throw new Error(`The service did not start: ${service.complaints}`);
    const shown = await cutOff(service, ids, progress);
    for (let life = 0; life < 2; life++) {
      const begun = performance.now();
      if (!(await service.start())) throw new Error(`The service did not start again: ${service.complaints}`);
      const ready = await fetch(`${service.url}/health/ready`);
      readyMs = Math.max(readyMs, Math.round(performance.now() - begun));
      if (ready.status !== 200) problems.push(`it serves, and is not ready: ${ready.status}`);
      await service.end('SIGKILL');
    }
    problems.push(...(await examine(folder.path, ids, shown)));
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
  } finally {
    progress.stop();
    await service.end('SIGKILL');
    await folder.remove();
  }
  return { readyMs, problems };
}

/** Asks in every session, and twice in the first, kills the service once all is under way, and returns what was on a screen. */
async function cutOff(service: ServiceProcess, ids: readonly string[], progress: Progress): Promise<string> {
  const server = () => service.url;
  const clients = ids.map((sessionId) => {
    const transport = 'websocket';
    const options = {
      server,
      sessionId,
      transport,
      heartbeatMs: SHIPPED_HEARTBEAT_MS,
      signal: progress.stalled,
    } as const;
    const client = new ResumingClient(options);
    client.ledger.onProgress = progress.moved;
    return client;
  });
  try {
    for (const client of clients) {
      client.start();
      const id = client.send(ENDLESS);
      await client.until(() => (client.answerTo(id)?.content ?? '') !== '', 'the first words');
    }
    const [first] = clients;
    const waiting = first!.send(ENDLESS);
    await first!.until(() => first!.acknowledged.has(waiting), 'an acknowledgement');
    await service.end('SIGKILL');
    return first!.conversation.messages.find(({ sender }) => sender === 'ai')?.content ?? '';
  } finally {
    for (const client of clients) client.close();
  }
}

/** More than a test will ever wait for. */
const ENDLESS = 'tokens=1000000';

/** Reads the store itself, with nobody in between. */
async function examine(folder: string, ids: readonly string[], shown: string): Promise<string[]> {
  const problems: string[] = [];
  const store = openEmbeddedStore(folder, { warn: (message) => void problems.push(`the store complains: ${message}`) });
  try {
    for (const [index, sessionId] of ids.entries()) {
      const { epoch, seq, trimmed } = await store.frameLog.open(sessionId);
      const read = await store.frameLog.read(sessionId, { epoch, seq: trimmed }, seq);
      const frames = read.kind === 'frames' ? read.frames.map(({ json }) => decodeServerFrame(json)) : [];
      const count = (isMeant: (frame: ServerFrame) => boolean) => frames.filter(isMeant).length;
      const starts = count((frame) => frame.type === 'message_stream' && frame.stream_start);
      const ends = count((frame) => isEnd(frame) && frame.metadata.status === 'interrupted');
      const others = count((frame) => isEnd(frame) && frame.metadata.status !== 'interrupted');
      const questions = index === 0 ? 2 : 1;
      if (starts !== questions || ends !== questions || others > 0) {
        problems.push(`${starts} starts, ${ends} ends and ${others} others in the log for ${questions} questions`);
      }
      const { messages } = await store.history.page(sessionId, { limit: 100 });
      const ended = messages.filter(({ message }) => message.metadata.status === 'interrupted');
      if (ended.length !== questions) problems.push(`${ended.length} ends in the history for ${questions} questions`);
      const content = messages.find(({ message }) => message.sender === 'ai')?.message.content ?? '';
      if (index === 0 && !content.startsWith(shown)) {
        problems.push(`shown, then lost: ${shown.length} characters were shown, ${content.length} are there`);
      }
    }
  } finally {
    await store.close();
  }
  return problems;
}

function isEnd(frame: ServerFrame): frame is Extract<ServerFrame, { type: 'message_stream' }> {
  return frame.type === 'message_stream' && frame.stream_end;
}
