import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { ScriptedAgent } from '../support/scripted-agent.js';
import { SseClient } from '../support/sse-client.js';
import { TestClient } from '../support/ws-client.js';

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

describe('over server-sent events', () => {
  let app: TestApp;
  const agent = new ScriptedAgent();
  beforeAll(async () => void (app = await startApp({ agents: [agent], auth: { mode: 'open' }, heartbeatMs: 100 })));
  afterAll(() => app.close());
  const session = () => `${app.url}/api/chat/sessions/${randomUUID()}`;

  it('the very same frames come: session, history, then everything live, durable ones with an id', async () => {
    const url = session();
    await using client = await SseClient.open(`${url}/stream`);
    expect(Object.fromEntries(client.response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    const { epoch } = await client.next('session');
    await client.next('history');
    const accepted = await post(`${url}/messages`, { id: 'q-1', content: 'hi' });
    expect([accepted.status, await accepted.json()]).toEqual([202, { id: 'q-1', seq: 1 }]);
    const run = await agent.nextRun();
    run.finish('hello');
    await client.next('typing', (frame) => !frame.is_typing);
    expect(client.received.map(({ id, frame }) => [frame.type, id])).toEqual([
      ['session', undefined],
      ['history', undefined],
      ['message', `${epoch}-1`],
      ['typing', undefined],
      ['message_stream', `${epoch}-2`],
      ['message_stream', `${epoch}-3`],
      ['message_stream', `${epoch}-4`],
      ['typing', undefined],
    ]);
  });

  it.each(['Last-Event-ID', 'cursor'])('a client resumes by %s without a gap', async (by) => {
    const url = session();
    const first = await SseClient.open(`${url}/stream`);
    await first.next('history');
    await post(`${url}/messages`, { content: 'hi' });
    const run = await agent.nextRun();
    run.say('one ');
    await first.next('message_stream', (frame) => frame.stream_chunk);
    await first[Symbol.asyncDispose]();
    run.say('two ');
    const last = first.received.findLast(({ id }) => id !== undefined)!.id!;
    await using again =
      by === 'cursor'
        ? await SseClient.open(`${url}/stream?cursor=${last}`)
        : await SseClient.open(`${url}/stream`, { 'last-event-id': last });
    expect((await again.next('session')).resumed).toBe(true);
    run.finish('three');
    await again.next('message_stream', (frame) => frame.stream_end);
    expect(again.conversation(first.conversation()).messages.map(({ content }) => content)).toEqual([
      'hi',
      'one two three',
    ]);
  });

  it.each(['rubbish', 'x-', '-5', 'x-99999', `${'y'.repeat(300)}-1`])(
    'a cursor that is %s brings a snapshot',
    async (cursor) => {
      await using client = await SseClient.open(`${session()}/stream?cursor=${cursor}`);
      expect((await client.next('session')).resumed).toBe(false);
      await client.next('history');
    },
  );

  it('shares a session with a socket', async () => {
    const url = session();
    const session_id = url.split('/').at(-1)!;
    await using client = await SseClient.open(`${url}/stream`);
    const { client: socket } = await TestClient.open(app.chatUrl, { session_id });
    await using _ = socket;
    await client.next('history');
    socket.send({ type: 'message', content: 'hi' });
    const run = await agent.nextRun();
    run.say('part');
    await client.next('message_stream', (frame) => frame.chunk === 'part');
    const stopped = await post(`${url}/stop`, '');
    expect(await stopped.json()).toMatchObject({ success: true, id: expect.any(String) });
    for (const one of [client, socket])
      await one.next('message_stream', (frame) => frame.metadata.status === 'stopped');
    await run.released;
  });

  it('sends comments while there is nothing to say', async () => {
    await using client = await SseClient.open(`${session()}/stream`);
    await client.next('history');
    while (client.comments < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  });

  it('a message that is sent again starts nothing', async () => {
    const url = session();
    for (let count = 0; count < 3; count++) {
      const response = await post(`${url}/messages`, { id: 'same', content: 'hi' });
      expect(await response.json()).toEqual({ id: 'same', seq: 1 });
    }
    const before = agent.runs.length;
    (await agent.nextRun()).finish();
    expect(agent.runs.length).toBe(before);
    const conflict = await post(`${url}/messages`, { id: 'same', content: 'other' });
    expect([conflict.status, await conflict.json()]).toMatchObject([409, { error: { code: 'conflict' } }]);
  });

  it.each([
    ['no JSON', 'rubbish', 400, 'bad_json'],
    ['a list', '[]', 400, 'bad_message'],
    ['no content', '{}', 400, 'bad_message'],
    ['a blank content', '{"content":" "}', 400, 'bad_message'],
    ['too deep', `{"content":"x","metadata":${'['.repeat(20)}${']'.repeat(20)}}`, 413, 'too_large'],
    ['too large', JSON.stringify({ content: 'x'.repeat(70_000) }), 413, 'too_large'],
  ])('a body with %s is refused by name', async (_, body, status, code) => {
    const response = await post(`${session()}/messages`, body);
    expect([response.status, await response.json()]).toMatchObject([status, { error: { code, retryable: false } }]);
  });

  it('a body that is not JSON by its type is 415', async () => {
    const response = await post(`${session()}/messages`, 'content=x', {
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect(response.status).toBe(415);
  });

  it('a page of another origin is refused', async () => {
    const response = await post(`${session()}/messages`, { content: 'x' }, { origin: 'https://evil.example' });
    expect(response.status).toBe(403);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('a page of an allowed origin may ask, by name', async () => {
    const response = await fetch(`${session()}/messages`, {
      method: 'OPTIONS',
      headers: { origin: 'http://localhost:8080', 'access-control-request-method': 'POST' },
    });
    expect(response.status).toBe(204);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': 'http://localhost:8080',
      'access-control-allow-headers': 'authorization, content-type, last-event-id',
    });
  });
});

describe('REST', () => {
  let app: TestApp;
  const agent = new ScriptedAgent();
  beforeAll(async () => void (app = await startApp({ agents: [agent] })));
  afterAll(() => app.close());

  const create = async (body: unknown = {}, headers = {}) =>
    (await (await post(`${app.url}/api/chat/sessions`, body, headers)).json()) as {
      data: { session_id: string; token?: string };
    };
  const ask = async (id: string, token: string, content: string) => {
    const headers = { authorization: `Bearer ${token}` };
    await post(`${app.url}/api/chat/sessions/${id}/messages`, { content }, headers);
    (await agent.nextRun()).finish(content.toUpperCase());
  };
  const get = async (path: string, token: string) =>
    (await (await fetch(`${app.url}/api/chat/${path}`, { headers: { authorization: `Bearer ${token}` } })).json()) as {
      data: { id: string; content: string; name: string; message_count: number; updated: number }[];
      has_more: boolean;
    };

  it('gives a new visitor a session and a token, and asks for it everywhere else', async () => {
    const { data } = await create();
    expect(data.token).toMatch(/^ey/);
    for (const path of ['sessions', `messages?session_id=${data.session_id}`, `sessions/${data.session_id}/stream`]) {
      const response = await fetch(`${app.url}/api/chat/${path}`);
      expect([path, response.status]).toEqual([path, 401]);
    }
    const again = await create({}, { authorization: `Bearer ${data.token!}` });
    expect(again.data.token).toBeUndefined();
  });

  it('pages from the newest message back, stable while messages arrive', async () => {
    const { session_id, token } = (await create()).data;
    for (const content of ['a', 'b', 'c']) await ask(session_id, token!, content);
    const first = await get(`messages?session_id=${session_id}&limit=3`, token!);
    expect([first.data.map(({ content }) => content), first.has_more]).toEqual([['B', 'c', 'C'], true]);
    await ask(session_id, token!, 'd');
    const second = await get(`messages?session_id=${session_id}&limit=3&before=${first.data[0]!.id}`, token!);
    expect([second.data.map(({ content }) => content), second.has_more]).toEqual([['a', 'A', 'b'], false]);
  });

  it("lists, renames, clears and deletes a visitor's own sessions, and nobody else's", async () => {
    const { session_id, token } = (await create({ session_id: randomUUID() })).data;
    const other = (await create()).data;
    await ask(session_id, token!, 'what is this about?\nmore');
    const listed = await get('sessions', token!);
    expect(listed.data).toMatchObject([{ id: session_id, name: 'what is this about?', message_count: 2 }]);
    expect(Math.abs(listed.data[0]!.updated - Date.now() / 1000)).toBeLessThan(60);
    expect((await get('sessions', other.token!)).data).toEqual([]);
    // Without a session: the one of this visitor that was written to last.
    expect((await get('messages', token!)).data).toHaveLength(2);
    expect((await get('messages', other.token!)).data).toEqual([]);

    const as = (who: string, method: string, path: string, body?: unknown) =>
      fetch(`${app.url}/api/chat/${path}`, {
        method,
        headers: { authorization: `Bearer ${who}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    for (const [method, path] of [
      ['PUT', `sessions/${session_id}`],
      ['DELETE', `sessions/${session_id}`],
      ['POST', `clear?session_id=${session_id}`],
      ['GET', `messages?session_id=${session_id}`],
      ['GET', `sessions/${session_id}/stream`],
      ['POST', `sessions/${session_id}/stop`],
    ] as const) {
      expect([
        method,
        path,
        (await as(other.token!, method, path, method === 'GET' ? undefined : { name: 'x' })).status,
      ]).toEqual([method, path, 404]);
    }
    expect((await as(other.token!, 'POST', 'clear', {})).status).toBe(200);
    expect((await get('messages', token!)).data).toHaveLength(2);
    expect((await as(token!, 'PUT', `sessions/${session_id}`, { name: ' New name ' })).status).toBe(200);
    expect((await get('sessions', token!)).data[0]?.name).toBe('New name');
    const { client } = await TestClient.open(app.chatUrl, { session_id, token: token! });
    expect((await as(token!, 'POST', `clear?session_id=${session_id}`)).status).toBe(200);
    expect((await client.closed).code).toBe(1012);
    expect((await get(`messages?session_id=${session_id}`, token!)).data).toEqual([]);
    expect((await as(token!, 'DELETE', `sessions/${session_id}`)).status).toBe(200);
    expect((await as(token!, 'DELETE', `sessions/${session_id}`)).status).toBe(404);
  });

  it.each([
    ['messages?limit=0', 400],
    ['messages?session_id=x', 404],
    ['messages?session_id=x&limit=0', 400],
    ['messages?session_id=x&limit=100000', 400],
    ['messages?session_id=x&session_id=y', 400],
  ])('GET %s is %d, by name', async (path, status) => {
    const { token } = (await create()).data;
    const response = await fetch(`${app.url}/api/chat/${path}`, { headers: { authorization: `Bearer ${token!}` } });
    expect([response.status, await response.json()]).toMatchObject([status, { error: { code: expect.any(String) } }]);
  });

  it('names the agents', async () => {
    expect(await (await fetch(`${app.url}/api/custom-agents`)).json()).toEqual({ success: true, agents: ['scripted'] });
    expect(await (await fetch(`${app.url}/api/custom-agents/configured`)).json()).toMatchObject({
      success: true,
      agents: [{ name: 'scripted', displayName: 'Scripted' }],
      settings: { defaultAgent: 'scripted' },
    });
  });
});
