// Serves the page of the benchmark, the widgets that it loads, and nothing else.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.css': 'text/css' };

/**
 * Serves folders by prefix (`/page/` → a folder) on a free port.
 *
 * @returns `url`, `close()`, and `loaded()`: what was asked for since the last call, as `{ path, bytes, gzip }`.
 */
export async function serve(folders) {
  const cache = new Map();
  const asked = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const file = cache.get(pathname) ?? read(folders, pathname);
    if (file === undefined) return response.writeHead(404).end();
    cache.set(pathname, file);
    asked.push({ path: pathname, bytes: file.length, gzip: () => gzipSync(file, { level: 9 }).length });
    const type = TYPES[extname(pathname)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(file);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    loaded: () => asked.splice(0).map(({ path, bytes, gzip }) => ({ path, bytes, gzip: gzip() })),
    close: () => server.close(),
  };
}

function read(folders, pathname) {
  const prefix = Object.keys(folders).find((each) => pathname.startsWith(each));
  if (prefix === undefined || pathname.includes('..')) return undefined;
  try {
    return readFileSync(join(folders[prefix], pathname.slice(prefix.length)));
  } catch {
    return undefined;
  }
}
