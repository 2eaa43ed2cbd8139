import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A model server whose answer follows from the question alone: `<anything> tokens=<count>`. */
export interface DeterministicUpstream extends AsyncDisposable {
  /** What goes into `OPENAI_BASE_URL`. */
  readonly baseURL: string;
  /** How often each question was asked. */
  readonly counts: ReadonlyMap<string, number>;
  /** Tokens that were written so far, over all answers. */
  readonly written: number;
  /** Calls `resolve` once, as soon as `isTrue` is after a token was written. */
  listen(isTrue: () => boolean, resolve: () => void): void;
}

/** What the whole answer to a question is. */
export function answerTo(question: string): string {
  return Array.from({ length: tokensOf(question) }, (_, index) => token(index)).join('');
}

/** Starts one on 127.0.0.1 and a free port. `pauseMs`: between two writes, of one to three tokens each. */
export async function startDeterministicUpstream(pauseMs: number): Promise<DeterministicUpstream> {
  const counts = new Map<string, number>();
  const listeners = new Set<() => void>();
  const upstream = { written: 0 };
  const write = (response: ServerResponse, question: string): void => {
    const count = tokensOf(question);
    let next = 0;
    const timer = setInterval(() => {
      const upTo = Math.min(count, next + 1 + (next % 3));
      for (; next < upTo; next++) {
        response.write(chunk({ content: token(next) }));
        upstream.written++;
        for (const listener of listeners) listener();
      }
      if (next < count) return;
      clearInterval(timer);
      response.end(`${chunk({}, 'stop')}data: [DONE]\n\n`);
    }, pauseMs);
    response.on('close', () => clearInterval(timer));
  };
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      const { messages } = JSON.parse(body) as { messages: { content: string }[] };
      const question = messages.at(-1)?.content ?? '';
      counts.set(question, (counts.get(question) ?? 0) + 1);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      write(response, question);
    });
    request.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(upstream, {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    counts,
    listen: (isTrue: () => boolean, resolve: () => void) => {
      const listener = (): void => {
        if (isTrue() && listeners.delete(listener)) resolve();
      };
      listeners.add(listener);
      listener();
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  });
}

function tokensOf(question: string): number {
  return Number(/tokens=(\d+)$/.exec(question)?.[1] ?? 0);
}

function token(index: number): string {
  return `‹${index}›${['word ', 'über ', '\n', '"\\ ', '🔧'][index % 5] ?? ''}`;
}

function chunk(delta: { content?: string }, finish_reason: string | null = null): string {
  const body = { id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] };
  return `data: ${JSON.stringify(body)}\n\n`;
}
