import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { ScriptedAgent } from '../support/scripted-agent.js';
import { TestClient } from '../support/ws-client.js';

const SECRET = 'a secret of the tests, long enough';

describe('opening, in visitor mode', () => {
  let app: TestApp;
  const agent = new ScriptedAgent();
  beforeAll(
    async () =>
      void (app = await startApp({ agents: [agent], auth: { mode: 'visitor', secret: SECRET }, helloTimeoutMs: 300 })),
  );
  afterAll(() => app.close());

  it('says who answers and how to go on, in this order', async () => {
    await using client = await TestClient.connect(app.chatUrl);
    await client.next('connected');
    const [status, connected] = client.received.map(({ raw }) => raw);
    expect(status).toMatchObject({
      type: 'agent_status',
      agent: { available: true, name: 'Scripted', type: 'scripted', capabilities: [], agent_id: 'scripted' },
    });
    expect(connected).toMatchObject({ type: 'connected', protocol: 1, heartbeat_ms: 15_000, auth: 'visitor' });
    expect(connected?.session_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(connected?.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('gives a new visitor a token and an empty history', async () => {
    const { client, session } = await TestClient.open(app.chatUrl);
    await using _ = client;
    expect(session).toMatchObject({ seq: 0, resumed: false, agents: [{ name: 'scripted' }] });
    expect(session.token).toMatch(/^ey/);
    expect(await client.next('history')).toMatchObject({ messages: [], has_more: false, seq: 0 });
  });

  it('opens a session again for its owner, without a new token', async () => {
    const first = await TestClient.open(app.chatUrl, { session_id: randomUUID() });
    await using _ = first.client;
    const { token, session_id } = first.session;
    const again = await TestClient.open(app.chatUrl, { session_id, token: token! });
    await using __ = again.client;
    expect(again.session).toMatchObject({ session_id, epoch: first.session.epoch });
    expect(again.session.token).toBeUndefined();
  });

  it("does not open someone else's session, and does not say that it is there", async () => {
    const { client, session } = await TestClient.open(app.chatUrl);
    await using _ = client;
    for (const hello of [{}, { token: (await TestClient.open(app.chatUrl)).session.token! }]) {
      await using thief = await TestClient.connect(app.chatUrl);
      thief.send({ type: 'hello', protocol: 1, client_id: 'x', session_id: session.session_id, ...hello });
      expect(await thief.next('error')).toMatchObject({ code: 'not_found', retryable: false });
      thief.send({ type: 'message', content: 'hi', metadata: { session_id: session.session_id } });
      expect(await thief.next('error')).toMatchObject({ code: 'unauthorized' });
      expect(thief.all('session')).toEqual([]);
    }
  });

  it.each([['short'], ['x'.repeat(129)], ['spaces are not in it'], ['../../../etc/passwd']])(
    'does not open a session with the id %j',
    async (session_id) => {
      await using client = await TestClient.connect(app.chatUrl);
      client.send({ type: 'hello', protocol: 1, client_id: 'x', session_id });
      expect((await client.next('error')).code).toMatch(/not_found|bad_message/);
    },
  );

  const forge = (claims: { secret?: string; exp?: string; iss?: string }) =>
    new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('me')
      .setIssuer(claims.iss ?? 'chat-stream')
      .setAudience('chat-stream:visitor')
      .setExpirationTime(claims.exp ?? '1h')
      .sign(new TextEncoder().encode(claims.secret ?? SECRET));

  it.each([
    ['rubbish', () => Promise.resolve('rubbish'), 'unauthorized'],
    ['signed by someone else', () => forge({ secret: 'another secret, also long enough' }), 'unauthorized'],
    ['of another issuer', () => forge({ iss: 'evil' }), 'unauthorized'],
    ['expired', () => forge({ exp: '-1h' }), 'token_expired'],
    ['without a signature', () => Promise.resolve('eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSJ9.'), 'unauthorized'],
  ])('closes with 4401 for a token that is %s', async (_, make, code) => {
    await using client = await TestClient.connect(app.chatUrl);
    client.send({ type: 'hello', protocol: 1, client_id: 'x', token: await make() });
    expect((await client.next('error')).code).toBe(code);
    expect((await client.closed).code).toBe(4401);
  });

  it('renews a token that is more than half used', async () => {
    const token = await forge({ exp: '10d' });
    const { client, session } = await TestClient.open(app.chatUrl, { token });
    await using _ = client;
    expect(session.token).toMatch(/^ey/);
    expect(session.token).not.toBe(token);
  });

  it('closes with 4408 without a hello, and not when there was one', async () => {
    const { client } = await TestClient.open(app.chatUrl);
    await using _ = client;
    await using silent = await TestClient.connect(app.chatUrl);
    expect((await silent.closed).code).toBe(4408);
    client.send({ type: 'ping' });
    await client.next('pong');
  });

  it('closes with 4429 for a second hello', async () => {
    const { client } = await TestClient.open(app.chatUrl);
    await using _ = client;
    client.send({ type: 'hello', protocol: 1, client_id: 'x' });
    expect((await client.closed).code).toBe(4429);
  });

  it('handles a message that comes right behind the hello', async () => {
    await using client = await TestClient.connect(app.chatUrl);
    client.send({ type: 'hello', protocol: 1, client_id: 'x' });
    client.send({ type: 'message', content: 'hi' });
    (await agent.nextRun()).finish('hello');
    expect((await client.answer()).text).toBe('hello');
  });

  it('refuses a message before the hello', async () => {
    await using client = await TestClient.connect(app.chatUrl);
    client.send({ type: 'message', id: 'm-1', content: 'hi' });
    expect(await client.next('error')).toMatchObject({ code: 'unauthorized', ref: 'm-1' });
  });

  it.each([
    ['https://evil.example', 403],
    ['null', 403],
    ['not a url', 403],
    ['https://localhost.evil.example', 403],
  ])('refuses the origin %s with HTTP %d before the upgrade', async (origin, status) => {
    await expect(TestClient.connect(app.chatUrl, { origin })).rejects.toThrow(`HTTP ${status}`);
  });

  it.each([['http://localhost:8080'], ['http://127.0.0.1'], ['https://localhost']])('lets %s in', async (origin) => {
    await using client = await TestClient.connect(app.chatUrl, { origin });
    await client.next('connected');
  });

  it('answers an unknown path with HTTP 404', async () => {
    await expect(TestClient.connect(app.chatUrl.replace('/chat', '/other'))).rejects.toThrow('HTTP 404');
  });

  it('survives a client that goes away during the upgrade', async () => {
    const { connect } = await import('node:net');
    for (let count = 0; count < 20; count++) {
      const socket = connect(app.port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(
        `GET /ws/chat HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`,
      );
      socket.resetAndDestroy();
    }
    await using client = await TestClient.connect(app.chatUrl);
    await client.next('connected');
  });

  it('echoes the subprotocol when it is offered, and none otherwise', async () => {
    await using offered = await TestClient.connect(app.chatUrl, { protocols: ['other', 'chat-stream.v1'] });
    expect(offered.socket.protocol).toBe('chat-stream.v1');
    await using none = await TestClient.connect(app.chatUrl);
    expect(none.socket.protocol).toBe('');
  });
});

describe('allowed origins', () => {
  it('are exactly those that are listed, and our own', async () => {
    await using app = await startApp({ agents: [new ScriptedAgent()], allowedOrigins: ['https://www.example.com'] });
    await using listed = await TestClient.connect(app.chatUrl, { origin: 'https://www.example.com' });
    await listed.next('connected');
    await using own = await TestClient.connect(app.chatUrl, { origin: app.url });
    await own.next('connected');
    for (const origin of ['http://localhost:8080', 'http://www.example.com', 'https://www.example.com:8443', 'null']) {
      await expect(TestClient.connect(app.chatUrl, { origin })).rejects.toThrow('HTTP 403');
    }
  });
});

describe('a quiet socket', () => {
  it('gets heartbeats, and lives as long as it answers pings', async () => {
    await using app = await startApp({ agents: [new ScriptedAgent()], heartbeatMs: 50 });
    const { client } = await TestClient.open(app.chatUrl);
    await using _ = client;
    for (let count = 0; count < 5; count++) await client.next('heartbeat');
  });

  it('is cut when the other side is gone', async () => {
    await using app = await startApp({ agents: [new ScriptedAgent()], heartbeatMs: 50 });
    // autoPong off: like a machine that lost its network, it answers nothing.
    const { client } = await TestClient.open(app.chatUrl, {}, { autoPong: false });
    await using _ = client;
    expect((await client.closed).code).toBe(1006);
  });
});

describe('a planned stop', () => {
  it('closes every socket with 1012', async () => {
    const app = await startApp({ agents: [new ScriptedAgent()] });
    const { client } = await TestClient.open(app.chatUrl);
    await app.close();
    expect((await client.closed).code).toBe(1012);
  });
});
