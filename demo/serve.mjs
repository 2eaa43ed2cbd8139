// Serves the page of another site from an origin of its own, to see the chat where it will live: on a page elsewhere.
//
//   npm run demo -w demo                             http://localhost:8080, with the chat of http://localhost:3000
//   node demo/serve.mjs --port 9000 --chat https://chat.example.com
//
// PORT and CHAT_STREAM_ORIGIN say the same.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: process.env.PORT ?? '8080' },
    chat: { type: 'string', default: process.env.CHAT_STREAM_ORIGIN ?? 'http://localhost:3000' },
  },
});

if (!/^\d{1,5}$/.test(values.port) || Number(values.port) > 65535)
  fail(`--port is "${values.port}", and must be 0 to 65535.`);
if (!/^https?:$/.test(protocolOf(values.chat))) {
  fail(`--chat is "${values.chat}", and must be the address of a chat-stream service, such as http://localhost:3000.`);
}
const chat = new URL(values.chat).origin;

/** The least that a page has to allow, in one line of its own for each directive. */
const POLICY = [
  "default-src 'none'",
  `script-src ${chat}`,
  "style-src 'self'",
  'img-src data:',
  `connect-src ${chat} ${chat.replace('http', 'ws')}`,
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types lit-html',
].join(';\n');

/** All that is served. */
const PAGES = {
  '/': ['index.html', 'text/html'],
  '/strict': ['strict.html', 'text/html', { 'Content-Security-Policy': POLICY.replaceAll('\n', ' ') }],
  '/index.css': ['index.css', 'text/css'],
};

const server = createServer((request, response) => {
  answer(request, response).catch((/** @type {unknown} */ error) => {
    console.error(error);
    response.destroy();
  });
});

async function answer(request, response) {
  const { pathname } = new URL(request.url ?? '/', 'http://demo');
  const page = Object.hasOwn(PAGES, pathname) ? PAGES[pathname] : undefined;
  if (page === undefined || !['GET', 'HEAD'].includes(request.method ?? '')) {
    response.writeHead(page === undefined ? 404 : 405, { 'Content-Type': 'text/plain' }).end();
    return;
  }
  const [file, type, headers] = page;
  const source = await readFile(fileURLToPath(new URL(`other-site/${file}`, import.meta.url)), 'utf8');
  response.writeHead(200, { 'Content-Type': `${type}; charset=utf-8`, 'Cache-Control': 'no-store', ...headers });
  const text = source.replaceAll('%CHAT_STREAM_ORIGIN%', chat).replaceAll('%POLICY%', POLICY);
  response.end(request.method === 'HEAD' ? undefined : text);
}

server.on('error', (error) => {
  if (error.code !== 'EADDRINUSE') throw error;
  fail(`Port ${values.port} is taken: choose another with --port.`);
});

server.listen(Number(values.port), '127.0.0.1', () => {
  const address = `http://localhost:${server.address().port}`;
  console.log(
    `A page of another site: ${address} (its chat comes from ${chat}); under a strict policy: ${address}/strict`,
  );
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
  });
}

function protocolOf(address) {
  return URL.canParse(address) ? new URL(address).protocol : '';
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
