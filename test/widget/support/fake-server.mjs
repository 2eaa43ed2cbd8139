// A chat server whose every word a test decides: it relays what happens on its sockets to the test, and does what the
// test says. It runs beside web-test-runner, on a port of its own, which makes it another origin for the page.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

const SCRIPTS = new URL('../../../widget/dist/script/', import.meta.url);

/** A plugin for web-test-runner; a page asks `/fake-server.json` where the server is. */
export function fakeServerPlugin() {
  const rooms = new Map();
  // Chooses no subprotocol, as servers of the original kind: a browser fails a socket that was opened with one then.
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: () => false });
  const server = createServer((request, response) => {
    const [, room, path] = /^\/room\/([\w-]+)(\/(?:api|v1|v1alpha)\/.*)$/.exec(request.url) ?? [];
    if (room === undefined) return void serveScript(request, response);
    void ask(rooms.get(room), path, request, response);
  });
  server.on('upgrade', (request, socket, head) => {
    // Pages go away in the middle of anything, and a socket that nobody listens to would end the whole run.
    socket.on('error', () => socket.destroy());
    const [, kind, room] = /^\/(control|room)\/([\w-]+)(?:\/ws\/chat)?$/.exec(request.url) ?? [];
    if (kind === undefined) return socket.destroy();
    if (kind === 'room' && rooms.get(room)?.swallows) return tell(rooms.get(room), { swallowed: true });
    if (kind === 'room' && rooms.get(room)?.refuses !== false) {
      tell(rooms.get(room), { refused: true });
      return socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n');
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', () => ws.terminate());
      if (kind === 'control') control(rooms, room, ws);
      else visit(rooms.get(room), ws);
    });
  });
  // A swallowed upgrade leaves a socket that nobody else ends.
  server.on('connection', (socket) => socket.unref());
  return {
    name: 'fake-server',
    serverStart: () => new Promise((resolve) => server.listen(0, '127.0.0.1', resolve)),
    serverStop: () => {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
    serve: ({ path }) =>
      path === '/fake-server.json'
        ? { body: JSON.stringify({ origin: `http://127.0.0.1:${server.address().port}` }), type: 'json' }
        : undefined,
  };
}

/** The pages for frames, as the real server has them. */
const PAGES = {
  frame:
    '<!doctype html><title>Chat</title><script src="../chat-stream.js" defer></script><script src="../chat-stream-frame.js" defer></script><body></body>',
  diagram:
    '<!doctype html><title>Diagram</title><script type="module" src="../chat-stream-mermaid.js" crossorigin></script><body></body>',
};

async function serveScript(request, response) {
  const { pathname } = new URL(request.url, 'http://localhost');
  const [, page] = /\/chat-stream\/(frame|diagram)$/.exec(pathname) ?? [];
  if (page !== undefined) return response.writeHead(200, { 'content-type': 'text/html' }).end(PAGES[page]);
  const [, file] = /\/(chat-stream[\w-]*\.js)$/.exec(pathname) ?? [];
  const body = file === undefined ? undefined : await readFile(new URL(file, SCRIPTS)).catch(() => undefined);
  if (body === undefined) return response.writeHead(404).end();
  response.writeHead(200, {
    'content-type': 'text/javascript',
    'access-control-allow-origin': '*',
    'cross-origin-resource-policy': 'cross-origin',
  });
  response.end(body);
}

function tell(room, event) {
  room?.control.send(JSON.stringify(event));
}

/** The test's own socket: what it says is done to the sockets of its room. */
function control(rooms, name, ws) {
  const room = {
    control: ws,
    visitors: new Map(),
    responses: new Map(),
    count: 0,
    refuses: false,
    swallows: false,
    serves: false,
  };
  rooms.set(name, room);
  ws.on('message', (data) => {
    const order = JSON.parse(String(data));
    const visitor = room.visitors.get(order.id);
    const response = room.responses.get(order.request);
    for (const name of ['refuses', 'swallows', 'serves']) if (order[name] !== undefined) room[name] = order[name];
    if (order.head !== undefined) response?.writeHead(order.head.status, { ...CORS, ...order.head.headers });
    if (order.bytes !== undefined) response?.write(Buffer.from(order.bytes, 'base64'));
    if (order.end) response?.end();
    if (order.reset) response?.destroy();
    if (order.send !== undefined) visitor?.send(order.send);
    if (order.close !== undefined) visitor?.close(order.close);
    if (order.cut) visitor?.terminate();
    if (order.ack !== undefined) tell(room, { ack: order.ack });
  });
  ws.on('close', () => {
    rooms.delete(name);
    for (const visitor of room.visitors.values()) visitor.terminate();
    for (const response of room.responses.values()) response.destroy();
  });
}

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, content-type',
  'access-control-expose-headers': 'retry-after',
};

/** A request of an element: the test answers it. A room that does not serve resets the connection. */
async function ask(room, path, request, response) {
  if (!room?.serves) return response.destroy();
  if (request.method === 'OPTIONS') return response.writeHead(204, CORS).end();
  const parts = [];
  for await (const part of request) parts.push(part);
  const id = ++room.count;
  room.responses.set(id, response);
  response.on('close', () => {
    room.responses.delete(id);
    tell(room, { request: id, gone: true });
  });
  const { authorization, 'content-type': type } = request.headers;
  tell(room, { request: id, method: request.method, path, authorization, type, body: Buffer.concat(parts).toString() });
}

/** A socket of an element. */
function visit(room, ws) {
  const id = ++room.count;
  room.visitors.set(id, ws);
  ws.on('message', (data) => tell(room, { id, frame: JSON.parse(String(data)) }));
  ws.on('close', (code) => {
    room.visitors.delete(id);
    tell(room, { id, closed: code });
  });
  tell(room, { id, opened: true });
}
