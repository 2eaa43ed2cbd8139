import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** One request as a {@link RawUpstream} got it. */
export interface RawRequest {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, unknown>;
  readonly response: ServerResponse;
  /** Resolves when the connection is closed, by whichever side. */
  readonly closed: Promise<void>;
  /** The connection; the same object for two requests that shared one. */
  readonly socket: IncomingMessage['socket'];
}

/** A model server that writes exactly what a test says. */
export interface RawUpstream {
  readonly baseURL: string;
  readonly requests: readonly RawRequest[];
  /** How requests are answered from now on; before, they are left waiting. */
  answer(handler: (request: RawRequest) => void): void;
  /** Resolves with the request of this index (0 is the first), which may be yet to come. */
  request(index: number): Promise<RawRequest>;
  stop(): Promise<void>;
}

/** The head of a streaming response. */
export function beginStream({ response }: RawRequest, contentType = 'text/event-stream'): ServerResponse {
  response.writeHead(200, { 'content-type': contentType });
  response.flushHeaders();
  return response;
}

/** Starts one on `127.0.0.1`, port 0. */
export async function startRawUpstream(): Promise<RawUpstream> {
  const requests: RawRequest[] = [];
  const waiting: { index: number; resolve: (request: RawRequest) => void }[] = [];
  /** One promise for all requests of a connection. */
  const closings = new WeakMap<object, Promise<void>>();
  let handler: (request: RawRequest) => void = () => undefined;
  const server = createServer((incoming, response) => {
    let body = '';
    incoming.setEncoding('utf8').on('data', (part: string) => (body += part));
    incoming.on('end', () => {
      const { socket, headers, url = '' } = incoming;
      const request: RawRequest = {
        url,
        headers,
        body: JSON.parse(body) as Record<string, unknown>,
        response,
        socket,
        closed: closings.get(socket)!,
      };
      requests.push(request);
      for (const { index, resolve } of waiting) if (index < requests.length) resolve(requests[index]!);
      handler(request);
    });
  });
  server.on('connection', (socket: Socket) => {
    closings.set(socket, new Promise((resolve) => void socket.once('close', () => resolve())));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseURL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    answer: (next) => (handler = next),
    request: (index) =>
      new Promise((resolve) => {
        if (index < requests.length) resolve(requests[index]!);
        else waiting.push({ index, resolve });
      }),
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
