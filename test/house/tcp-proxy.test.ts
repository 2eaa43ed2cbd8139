import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

/** What one side of a connection saw. */
interface Seen {
  readonly socket: Socket;
  /** Every piece as it arrived. */
  readonly pieces: Buffer[];
  readonly text: () => string;
  readonly ended: Promise<unknown>;
  /** Resolves with the error's code, or `undefined` after a clean close. */
  readonly closed: Promise<string | undefined>;
}

function watch(socket: Socket): Seen {
  const pieces: Buffer[] = [];
  let code: string | undefined;
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  socket.on('error', (error: NodeJS.ErrnoException) => (code = error.code));
  return {
    socket,
    pieces,
    text: () => Buffer.concat(pieces).toString(),
    ended: new Promise((resolve) => socket.once('end', resolve)),
    closed: new Promise((resolve) => socket.once('close', () => resolve(code))),
  };
}

describe('the fault-injecting TCP proxy', () => {
  let upstream: Server;
  let proxy: TcpProxy;
  let served: Seen[];
  const clients: Socket[] = [];

  beforeEach(async () => {
    served = [];
    upstream = createServer((socket) => served.push(watch(socket)));
    upstream.listen(0, '127.0.0.1');
    await once(upstream, 'listening');
    proxy = await startTcpProxy({ port: (upstream.address() as AddressInfo).port });
  });

  afterEach(async () => {
    for (const socket of clients.splice(0)) socket.destroy();
    await proxy.close();
    await new Promise((resolve) => upstream.close(resolve));
  });

  /** A connection through the proxy, and what its other end sees. */
  async function open(): Promise<{ client: Seen; server: Seen }> {
    const before = served.length;
    const client = dial();
    await expect.poll(() => served.length).toBe(before + 1);
    return { client, server: served[before]! };
  }

  function dial(): Seen {
    const socket = connect({ port: proxy.port, host: '127.0.0.1' });
    clients.push(socket);
    return watch(socket);
  }

  it('passes bytes both ways, and counts them', async () => {
    const { client, server } = await open();
    client.socket.write('question');
    server.socket.write('answer');
    await expect.poll(() => server.text()).toBe('question');
    await expect.poll(() => client.text()).toBe('answer');
    expect(proxy.connections[0]?.bytes).toEqual({ up: 8, down: 6 });
  });

  it('passes a megabyte unchanged to a reader that pauses', async () => {
    const { client, server } = await open();
    const big = Buffer.alloc(1 << 20, 'abcdefg');
    client.socket.pause();
    server.socket.end(big);
    setTimeout(() => client.socket.resume(), 50);
    await client.ended;
    expect(Buffer.concat(client.pieces).equals(big)).toBe(true);
  });

  it('resets both sides', async () => {
    const { client, server } = await open();
    proxy.reset();
    expect(await client.closed).toBe('ECONNRESET');
    expect(await server.closed).toBe('ECONNRESET');
    expect(proxy.connections[0]?.open).toBe(false);
  });

  it('ends both sides cleanly with FIN', async () => {
    const { client, server } = await open();
    proxy.fin();
    await Promise.all([client.ended, server.ended]);
    expect(await client.closed).toBeUndefined();
  });

  it('passes on a FIN of either side', async () => {
    const { client, server } = await open();
    client.socket.end('bye');
    await server.ended;
    expect(server.text()).toBe('bye');
  });

  it.each(['up', 'down'] as const)('swallows bytes in one direction only: %s', async (direction) => {
    const { client, server } = await open();
    proxy.set({ blackhole: true }, direction);
    client.socket.write('from the client');
    server.socket.write('from the server');
    const [through, swallowed] = direction === 'up' ? [client, server] : [server, client];
    await expect.poll(() => through.text()).not.toBe('');
    await expect.poll(() => proxy.connections[0]?.bytes[direction]).toBe(15);
    expect(swallowed.text()).toBe('');
    expect(client.socket.destroyed || server.socket.destroyed).toBe(false);
  });

  it('hands over one byte at a time, in order', async () => {
    proxy.set({ oneByteAtATime: true }, 'down');
    const { client, server } = await open();
    server.socket.write('0123456789');
    await expect.poll(() => client.text()).toBe('0123456789');
    expect(client.pieces.length).toBeGreaterThan(5);
  });

  it('holds bytes back, and keeps their order when the delay goes away', async () => {
    const { client, server } = await open();
    proxy.set({ delayMs: 150 }, 'up');
    const started = performance.now();
    client.socket.write('late ');
    setTimeout(() => {
      proxy.heal();
      client.socket.write('later');
    }, 20);
    await expect.poll(() => server.text(), { interval: 5 }).toBe('late later');
    expect(performance.now() - started).toBeGreaterThan(140);
  });

  it.each(['up', 'down'] as const)('cuts after a number of bytes: %s', async (direction) => {
    proxy.set({ cutAfterBytes: 5 }, direction);
    const { client, server } = await open();
    const [from, to] = direction === 'up' ? [client, server] : [server, client];
    from.socket.write('0123456789');
    expect(await to.closed).toBe('ECONNRESET');
    expect(to.text()).toBe('01234');
    expect(await from.closed).toBe('ECONNRESET');
  });

  it('cuts one connection and leaves the other', async () => {
    const first = await open();
    const second = await open();
    proxy.connections[0]?.reset();
    await first.client.closed;
    second.client.socket.write('still here');
    await expect.poll(() => second.server.text()).toBe('still here');
  });

  it('refuses connections until healed', async () => {
    proxy.admission = 'refuse';
    expect(await dial().closed).toBe('ECONNRESET');
    expect(served).toHaveLength(0);
    proxy.heal();
    await open();
  });

  it('lets connections hang', async () => {
    proxy.admission = 'hang';
    const client = dial();
    client.socket.write('anyone?');
    await once(client.socket, 'connect');
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(client.text()).toBe('');
    expect(served).toHaveLength(0);
  });

  it('answers an upgrade with 403 and passes on any other request', async () => {
    proxy.admission = 'forbid-upgrade';
    const upgrade = dial();
    upgrade.socket.write('GET /ws/chat HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await upgrade.ended;
    expect(upgrade.text()).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
    expect(served).toHaveLength(0);

    const request = 'GET /api/config HTTP/1.1\r\nHost: x\r\n\r\n';
    const { client, server } = await openWith(request);
    await expect.poll(() => server.text()).toBe(request);
    server.socket.write('HTTP/1.1 200 OK\r\n\r\n');
    await expect.poll(() => client.text()).toBe('HTTP/1.1 200 OK\r\n\r\n');
  });

  async function openWith(first: string): Promise<{ client: Seen; server: Seen }> {
    const client = dial();
    client.socket.write(first);
    await expect.poll(() => served.length).toBe(1);
    return { client, server: served[0]! };
  }

  it('resets the client when the target is not there', async () => {
    const gone = await startTcpProxy({ port: 1 });
    const client = watch(connect({ port: gone.port, host: '127.0.0.1' }));
    expect(await client.closed).toBe('ECONNRESET');
    await gone.close();
  });

  it('leaves nothing open', async () => {
    const { client, server } = await open();
    proxy.admission = 'hang';
    const hanging = dial();
    await once(hanging.socket, 'connect');
    await proxy.close();
    await Promise.all([client.closed, server.closed, hanging.closed]);
    expect(proxy.connections.every((connection) => !connection.open)).toBe(true);
    await expect(once(connect({ port: 1, host: '127.0.0.1' }), 'connect')).rejects.toThrow(/ECONNREFUSED/);
    // Closed twice is closed.
    proxy = await startTcpProxy({ port: 1 });
  });
});
