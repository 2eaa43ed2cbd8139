import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { startApp, type TestApp } from '../support/app.js';
import { ScriptedAgent } from '../support/scripted-agent.js';
import { TestClient } from '../support/ws-client.js';

/** A client of the original system: it knows no `hello`, and has bugs of its own that we must not trigger. */
describe('a client that knows nothing of hello, in open mode', () => {
  let app: TestApp;
  const agent = new ScriptedAgent();
  beforeAll(async () => void (app = await startApp({ agents: [agent], auth: { mode: 'open' }, helloTimeoutMs: 50 })));
  afterAll(() => app.close());

  const original = (content: string, session_id?: string) =>
    JSON.stringify({
      type: 'message',
      content,
      metadata: {
        session_id,
        agentType: 'EchoAgent',
        streaming: true,
        timestamp: new Date().toISOString(),
        attachments: [],
      },
      id: `msg-${Date.now()}-${Math.random()}`,
      timestamp: Date.now(),
    });

  it('is served: typing, start, chunks, end, typing, and never its own message', async () => {
    await using client = await TestClient.connect(app.chatUrl);
    const session = 'session_1795225539_3a97bd8d';
    client.sendText(original('short', session));
    (await agent.nextRun()).finish('answer');
    await client.next('typing', (frame) => !frame.is_typing);
    const types = client.received.map(({ raw }) => raw.type);
    expect(types).toEqual([
      'agent_status',
      'connected',
      'typing',
      'message_stream',
      'message_stream',
      'message_stream',
      'typing',
    ]);
    expect(client.all('message_stream').every((frame) => frame.session_id === session)).toBe(true);
  });

  it('is told of tools in frames of its own: what runs, what came of it, and what nobody answered', async () => {
    // Our own client knows no such frames.
    const socket = new WebSocket(app.chatUrl);
    const frames: Record<string, unknown>[] = [];
    const ended = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        const frame = JSON.parse(data.toString()) as Record<string, unknown>;
        frames.push(frame);
        if (frame['stream_end'] === true) resolve();
      });
    });
    await once(socket, 'open');
    const session = `session_${randomUUID()}`;
    socket.send(original('tools', session));
    const run = await agent.nextRun();
    const called = { type: 'tool_call', parse_status: 'succeeded', target: 'server' } as const;
    run.subscriber.next({ ...called, call_id: 'a', tool_name: 'read', parse_status: 'started' });
    for (const [call_id, tool_name] of ['aread', 'bwrite', 'cfind'].map((text) => [text[0]!, text.slice(1)] as const)) {
      run.subscriber.next({ ...called, call_id, tool_name, arguments: { path: call_id } });
    }
    run.subscriber.next({ type: 'tool_result', call_id: 'a', tool_name: 'read', content: { lines: 3 } });
    run.subscriber.next({ type: 'tool_result', call_id: 'b', tool_name: 'write', content: 'full', is_error: true });
    run.finish('Nothing like "type":"tool_call" is one. "stream_end":true is none, either.');
    await ended;
    socket.close();
    await once(socket, 'close');
    const about = { session_id: session, category: 'custom', timestamp: expect.any(String) as string };
    const [read, write, find] = ['aread', 'bwrite', 'cfind'].map((text) => ({
      ...about,
      toolId: text[0],
      toolName: text.slice(1),
      input: { path: text[0] },
    }));
    expect(frames.filter(({ type }) => String(type).startsWith('tool_'))).toEqual([
      { type: 'tool_call_start', ...read },
      { type: 'tool_call_start', ...write },
      { type: 'tool_call_start', ...find },
      { type: 'tool_call_complete', ...read, output: '{"lines":3}' },
      { type: 'tool_call_error', ...write, error: 'full' },
      { type: 'tool_call_error', ...find, error: 'The answer ended before the tool did.' },
    ]);
    // What came after the end would be a message of its own.
    const isTool = ({ type }: Record<string, unknown>) => String(type).startsWith('tool_');
    expect(frames.findLastIndex(isTool)).toBeLessThan(frames.findIndex((frame) => frame['stream_end'] === true));
  });

  it('is not closed for want of a hello', async () => {
    await using client = await TestClient.connect(app.chatUrl);
    await new Promise((resolve) => setTimeout(resolve, 120));
    client.send({ type: 'ping' });
    await client.next('pong');
  });

  it('is in the session of its connected frame when it names none', async () => {
    await using client = await TestClient.connect(app.chatUrl);
    const { session_id } = await client.next('connected');
    client.sendText(JSON.stringify({ type: 'message', content: 'hi', sender: 'user', timestamp: 1, metadata: {} }));
    (await agent.nextRun()).finish('x');
    expect((await client.answer()).end.session_id).toBe(session_id);
  });

  it('moves to another session with the message that names it', async () => {
    await using client = await TestClient.connect(app.chatUrl);
    const [one, two] = [`session_${randomUUID()}`, `session_${randomUUID()}`];
    client.sendText(original('hi', one));
    const first = await agent.nextRun();
    first.say('a');
    await client.next('message_stream', (frame) => frame.stream_chunk);
    client.sendText(original('hi', two));
    const second = await agent.nextRun();
    first.finish('not seen');
    second.finish('b');
    await client.next('message_stream', (frame) => frame.stream_end);
    expect(
      client
        .all('message_stream')
        .map((frame) => frame.chunk)
        .filter(Boolean),
    ).toEqual(['a', 'b']);
    expect(first.subscriber.closed).toBe(true);
  });

  it('shares a session with others: both see every frame', async () => {
    const session = `session_${randomUUID()}`;
    await using one = await TestClient.connect(app.chatUrl);
    await using two = await TestClient.connect(app.chatUrl);
    for (const client of [one, two]) {
      client.sendText(original('hi', session));
      (await agent.nextRun()).finish('x');
      await client.answer();
    }
    one.sendText(original('again', session));
    (await agent.nextRun()).finish('both');
    for (const client of [one, two]) await client.next('message_stream', (frame) => frame.chunk === 'both');
  });

  it('gets stop answered as before, and the end that the original forgot', async () => {
    await using client = await TestClient.connect(app.chatUrl);
    client.send({ type: 'stop' });
    expect(await client.next('stop_response')).toMatchObject({ success: false, error: 'no_session_for_connection' });
    client.sendText(original('hi', `session_${randomUUID()}`));
    const run = await agent.nextRun();
    run.say('part');
    await client.next('message_stream', (frame) => frame.stream_chunk);
    // The UI numbers every frame it sends: this id is no answer's.
    client.sendText(JSON.stringify({ type: 'stop', session_id: 'whatever', timestamp: Date.now(), id: 'msg-1-3' }));
    await client.next('stop_response', (frame) => frame.success);
    expect(client.received.slice(-4).map(({ raw }) => raw.type)).toEqual([
      'message_stream',
      'stream_stopped',
      'typing',
      'stop_response',
    ]);
    client.send({ type: 'stop' });
    expect(await client.next('stop_response')).toMatchObject({ success: true });
  });

  it('gets status and config in the shapes it knows', async () => {
    await using client = await TestClient.connect(app.chatUrl);
    client.send({ type: 'get_status' });
    client.send({ type: 'get_config' });
    expect((await client.next('status')).agent).toMatchObject({ available: true, agent_id: 'scripted' });
    expect(Object.keys((await client.next('config')).config).sort()).toEqual([
      'agent_id',
      'agent_name',
      'auto_scroll',
      'enable_typing_indicators',
      'max_messages',
      'message_retention_days',
      'system_prompt',
    ]);
  });

  it.each(['get_agents', 'create_agent', 'execute_task', 'update_config'])(
    'may send %s, which its own server ignored too',
    async (type) => {
      await using client = await TestClient.connect(app.chatUrl);
      client.sendText(JSON.stringify({ type }));
      client.send({ type: 'ping' });
      await client.next('pong');
      expect(client.all('error')).toEqual([]);
    },
  );

  it('keeps its socket when its conversation is cleared or deleted, is told that nothing is written any more, and begins anew', async () => {
    await using client = await TestClient.connect(app.chatUrl);
    for (const [method, path] of [
      ['POST', (id: string) => `clear?session_id=${id}`],
      ['DELETE', (id: string) => `sessions/${id}`],
    ] as const) {
      const session = `session_${randomUUID()}`;
      client.sendText(original('before', session));
      const run = await agent.nextRun();
      run.say('part');
      await client.next('message_stream', (frame) => frame.session_id === session && frame.stream_chunk);
      expect((await fetch(`${app.url}/api/chat/${path(session)}`, { method })).status).toBe(200);
      await client.next('stream_stopped', (frame) => frame.session_id === session);
      await client.next('typing', (frame) => frame.session_id === session && !frame.is_typing);
      expect(run.subscriber.closed).toBe(true);
      client.sendText(original('after', session));
      (await agent.nextRun()).finish('new');
      await client.next('message_stream', (frame) => frame.session_id === session && frame.stream_end);
      expect(await messages(`?session_id=${session}`)).toEqual(['after', 'new']);
    }
  });

  it('gets and clears the conversation that was written to last where it names none', async () => {
    await using client = await TestClient.connect(app.chatUrl);
    const [one, two] = [`session_${randomUUID()}`, `session_${randomUUID()}`];
    for (const session of [one, two]) {
      client.sendText(original(`to ${session}`, session));
      (await agent.nextRun()).finish('x');
      await client.next('message_stream', (frame) => frame.session_id === session && frame.stream_end);
    }
    // Not one that was only begun.
    const body = JSON.stringify({ name: 'Begun' });
    await fetch(`${app.url}/api/chat/sessions`, { method: 'POST', body });
    expect(await messages('?limit=100&offset=0')).toEqual([`to ${two}`, 'x']);
    await fetch(`${app.url}/api/chat/clear`, { method: 'POST' });
    expect(await messages(`?session_id=${two}`)).toEqual([]);
    expect(await messages(`?session_id=${one}`)).toEqual([`to ${one}`, 'x']);
  });

  it('gets the answers to all that its buttons ask for', async () => {
    const get = async (path: string, method = 'GET') => {
      const response = await fetch(`${app.url}/api/${path}`, { method, ...(method === 'POST' && { body: '{}' }) });
      return (await response.json()) as Record<string, unknown>;
    };
    expect(await get('custom-agents/reload', 'POST')).toMatchObject({ success: true, agents: ['scripted'] });
    expect(await get('agents/status')).toMatchObject({
      success: true,
      data: { available: true, agent_id: 'scripted' },
    });
    const { data: config } = await get('chat/config');
    expect((await get('chat/config', 'POST'))['data']).toEqual(config);
  });

  const messages = async (query: string) => {
    const { data } = (await (await fetch(`${app.url}/api/chat/messages${query}`)).json()) as {
      data: { content: string }[];
    };
    return data.map(({ content }) => content);
  };
});
