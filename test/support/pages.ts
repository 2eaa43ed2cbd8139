import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A web server of its own origin that serves pages which have nothing of ours but what the test writes into them. */
export interface PageServer extends AsyncDisposable {
  /** `http://localhost:<port>`: another origin than any service under test. */
  readonly origin: string;
  /** Serves `html` from now on at `path`, with these headers; returns its address. */
  put(path: string, html: string, headers?: Readonly<Record<string, string>>): string;
}

/** Starts a page server on a free port. */
export async function startPages(): Promise<PageServer> {
  const pages = new Map<string, { html: string; headers: Readonly<Record<string, string>> }>();
  const server: Server = createServer((request, response) => {
    const page = pages.get(new URL(request.url ?? '/', 'http://localhost').pathname);
    if (page === undefined) return void response.writeHead(request.url === '/favicon.ico' ? 204 : 404).end();
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', ...page.headers }).end(page.html);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    put: (path, html, headers = {}) => {
      pages.set(path, { html, headers });
      return origin + path;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
