import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MemoryAgentDefinitions } from '@chat-stream/backend';
import Client300 from 'llama-stack-client-0.3.0';
import { startApp, type TestApp } from '../../support/app.js';
import { ScriptedAgent } from '../../support/scripted-agent.js';
import { rawPost } from './raw-http.js';
import { call, eventsIn, type LlamaStackService, openSession, says, startService, WEATHER } from './service.js';

const NOBODY = '00000000-0000-4000-8000-000000000000';

describe('what is refused is refused in the words of a Llama Stack server', () => {
  let service: LlamaStackService;
  let url: string;
  beforeAll(async () => {
    service = await startService();
    ({ url } = service.app);
  });
  beforeEach(() => service.upstream.reset());
  afterAll(() => service[Symbol.asyncDispose]());

  it('a body that is not as it must be: 400, with what is wrong and where', async () => {
    expect(await call(url, 'POST', '/v1/agents', { agent_config: { model: 5 } })).toMatchObject({
      status: 400,
      body: {
        error: {
          detail: {
            errors: [
              { loc: ['body', 'agent_config', 'model'], msg: 'Input should be string', type: 'string_type' },
              { loc: ['body', 'agent_config', 'instructions'], msg: 'Field required', type: 'missing' },
            ],
          },
        },
      },
    });
    expect(await call(url, 'POST', '/v1/agents', '{"agent_config":')).toMatchObject({
      status: 400,
      body: { error: { detail: { errors: [{ loc: ['body'], type: 'json_invalid' }] } } },
    });
    expect((await call(url, 'POST', '/v1/agents', '[1]')).status).toBe(400);
    expect((await call(url, 'POST', '/v1/agents')).status).toBe(400);
  });

  it('a turn that is not one begins no stream', async () => {
    const { path } = await openSession(url);
    for (const body of [
      { stream: true },
      { messages: [], stream: true },
      { messages: [{ role: 'x' }], stream: true },
    ]) {
      expect((await call(url, 'POST', `${path}/turn`, body)).status).toBe(400);
    }
  });

  it('a body that is too large or too deep: 413', async () => {
    const { path } = await openSession(url);
    const large = await call(url, 'POST', `${path}/turn`, { messages: [says('x'.repeat(70_000))], stream: true });
    expect(large).toMatchObject({ status: 413, body: { detail: expect.stringContaining('larger') } });
    const deep = await call(url, 'POST', '/v1/agents', `{"agent_config":${'['.repeat(50)}${']'.repeat(50)}}`);
    expect(deep.status).toBe(413);
  });

  it('an agent or a session that is not there: 404, and in a stream 200 with one event that says so', async () => {
    const { agent, path } = await openSession(url);
    const turn = { messages: [says('hi')] };
    for (const place of [`/v1/agents/${NOBODY}/session/${NOBODY}`, `/v1/agents/${agent}/session/${NOBODY}`]) {
      expect((await call(url, 'POST', `${place}/turn`, turn)).status).toBe(404);
      const streamed = await call(url, 'POST', `${place}/turn`, { ...turn, stream: true });
      expect(streamed.status).toBe(200);
      expect(eventsIn(streamed.text)).toEqual([{ error: { message: expect.stringMatching(/^404: .* not found$/) } }]);
    }
    for (const [method, where] of [
      ['GET', `/v1/agents/${NOBODY}`],
      ['DELETE', `/v1/agents/${NOBODY}`],
      ['GET', `/v1/agents/${NOBODY}/sessions`],
      ['GET', `/v1/agents/${agent}/session/${NOBODY}`],
      ['DELETE', `/v1/agents/${agent}/session/${NOBODY}`],
      ['GET', `${path}/turn/${NOBODY}`],
      ['GET', `${path}/turn/${NOBODY}/step/${NOBODY}`],
    ] as const) {
      const { status, body } = await call(url, method, where);
      expect([where, status]).toEqual([where, 404]);
      expect(body).toEqual({ detail: expect.stringMatching(/^\w+ '.*' not found$/) });
    }
  });

  it.each([
    [{ toolgroups: ['builtin::websearch'] }, /^Invalid value: Tool Group 'builtin::websearch' not found: /],
    [
      { toolgroups: [{ name: 'builtin::rag', args: {} }], output_shields: ['a', 'b'] },
      /'builtin::rag', .*'a', .*'b' not/,
    ],
    [{ input_shields: ['guard'] }, /^Invalid value: Shield 'guard' not found: /],
    [{ response_format: { type: 'grammar', bnf: {} } }, /response_format of type 'grammar'/],
  ])(
    'an agent with what this server does not have is not made, and all of that is named: %s',
    async (config, words) => {
      const before = (await call(url, 'GET', '/v1/agents')).body;
      const agent_config = { model: 'm', instructions: 'i', ...config };
      const refused = await call(url, 'POST', '/v1/agents', { agent_config });
      expect(refused).toMatchObject({ status: 400, body: { detail: expect.stringMatching(words) as string } });
      expect((await call(url, 'GET', '/v1/agents')).body).toEqual(before);
    },
  );

  it('a turn with tool groups, or of an agent that has some from elsewhere, is told so, and no model is asked', async () => {
    const { path } = await openSession(url);
    const turn = { messages: [says('hi')], stream: true };
    const { text } = await call(url, 'POST', `${path}/turn`, { ...turn, toolgroups: ['builtin::websearch'] });
    const words = expect.stringMatching(/^400: Invalid value: Tool Group 'builtin::websearch' not found/) as string;
    expect(eventsIn(text)).toEqual([{ error: { message: words } }]);

    const agentDefinitions = new MemoryAgentDefinitions();
    await using app = await startApp({ agents: [new ScriptedAgent()], auth: { mode: 'open' }, agentDefinitions });
    const config = { model: 'm', instructions: 'i', toolgroups: ['builtin::websearch'] };
    await agentDefinitions.putAgent({ id: NOBODY, owner: null, config, created: new Date().toISOString() });
    const { body } = await call(app.url, 'POST', `/v1/agents/${NOBODY}/session`, { session_name: 's' });
    const where = `/v1/agents/${NOBODY}/session/${(body as { session_id: string }).session_id}/turn`;
    expect(eventsIn((await call(app.url, 'POST', where, turn)).text)).toEqual([{ error: { message: words } }]);
    expect(service.upstream.requests()).toEqual([]);
  });

  it('answers to tools that nobody waits for', async () => {
    service.upstream.mock.onMessage('weather', {
      toolCalls: [{ id: 'call_1', name: 'get_weather', arguments: '{"city":"Oslo"}' }],
    });
    const { path } = await openSession(url, { client_tools: [WEATHER] });
    const turn = (await call(url, 'POST', `${path}/turn`, { messages: [says('weather')] })).body as { turn_id: string };
    const answer = (call_id: string) => ({ call_id, tool_name: 'get_weather', content: 'sun' });
    const resume = async (id: string, ...tool_responses: unknown[]) =>
      (await call(url, 'POST', `${path}/turn/${id}/resume`, { tool_responses })).status;
    expect(await resume(NOBODY, answer('call_1'))).toBe(404);
    expect(await resume(turn.turn_id)).toBe(400);
    expect(await resume(turn.turn_id, answer('call_1'), answer('call_2'))).toBe(400);
    // None of this ended the wait.
    service.upstream.reset();
    service.upstream.mock.addFixture({ match: { toolCallId: 'call_1' }, response: { content: 'Sunny.' } });
    const resumed = await call(url, 'POST', `${path}/turn/${turn.turn_id}/resume`, {
      tool_responses: [answer('call_1')],
    });
    expect(resumed.body).toMatchObject({ turn_id: turn.turn_id, output_message: { content: 'Sunny.' } });
    expect(await resume(turn.turn_id, answer('call_1'))).toBe(400);
  });

  it('a turn that takes long makes no client send it again: the headers are there before it is over', async () => {
    const agent = new ScriptedAgent();
    const app = await startApp({ agents: [agent], auth: { mode: 'open' }, heartbeatMs: 20 });
    const { path } = await openSession(app.url);
    const ask = async () => {
      // Resolves with the headers, while the agent still writes.
      const pending = rawPost(app.port, `${path}/turn`, { messages: [says('hi')] });
      return { run: await agent.nextRun(), response: await pending };
    };
    const slow = await ask();
    expect(slow.response.head).toMatch(/^HTTP\/1\.1 200 .*content-type: application\/json/is);
    slow.run.finish('slow');
    expect(JSON.parse(await slow.response.whole)).toMatchObject({ output_message: { content: 'slow' } });
    const failing = await ask();
    failing.run.subscriber.error(new Error('secret'));
    expect(JSON.parse(await failing.response.whole)).toEqual({
      error: { message: expect.stringMatching(/^400: 500: Something went wrong/) },
    });
    for (const { response } of [slow, failing]) response.socket.destroy();
    await app.close();
  });

  it('a model that fails makes no client send the turn again', async () => {
    service.upstream.mock.onMessage('fail', { error: { message: 'x', type: 'server_error' }, status: 500 });
    const client = new Client300({ baseURL: url, maxRetries: 5 });
    const { agent, session, path } = await openSession(url);
    await expect(
      client.agents.turn.create(agent, session, { messages: [says('fail')], stream: false }),
    ).rejects.toMatchObject({ status: 400 });
    const { turns } = (await call(url, 'GET', path)).body as { turns: unknown[] };
    expect(turns).toHaveLength(1);
  });
});

describe('where tokens are used', () => {
  const agent = new ScriptedAgent();
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp({ agents: [agent], auth: { mode: 'visitor' } });
  });
  afterAll(() => app.close());

  const token = async () => {
    const { body } = await call(app.url, 'POST', '/api/chat/sessions', {});
    return (body as { data: { token: string } }).data.token;
  };

  it('a client says its token as its key, and gets what is its own', async () => {
    const apiKey = await token();
    const client = new Client300({ baseURL: app.url, apiKey, maxRetries: 0 });
    const { agent_id } = await client.agents.create({ agent_config: { model: 'm', instructions: 'i' } });
    const { session_id } = await client.agents.session.create(agent_id, { session_name: 's' });
    const pending = client.agents.turn.create(agent_id, session_id, { messages: [says('hi')], stream: false });
    (await agent.nextRun()).finish('hello');
    expect((await pending).output_message.content).toBe('hello');

    const other = { authorization: `Bearer ${await token()}` };
    expect((await call(app.url, 'GET', `/v1/agents/${agent_id}`, undefined, other)).status).toBe(404);
    expect((await call(app.url, 'GET', '/v1/agents', undefined, other)).body).toMatchObject({ data: [] });
    const stolen = await call(
      app.url,
      'POST',
      `/v1/agents/${agent_id}/session/${session_id}/turn`,
      { messages: [says('hi')], stream: true },
      other,
    );
    expect(eventsIn(stolen.text)).toEqual([{ error: { message: expect.stringMatching(/^404: /) } }]);
  });

  it('without one, or with a wrong one, nothing is done: 401', async () => {
    for (const headers of [{}, { authorization: 'Bearer nonsense' }]) {
      const { status, body } = await call(app.url, 'POST', '/v1/agents', { agent_config: {} }, headers as never);
      expect([status, body]).toEqual([401, { detail: expect.any(String) as unknown }]);
    }
  });

  it('a page of an origin that is not allowed is refused, one that is allowed may read', async () => {
    const headers = { authorization: `Bearer ${await token()}`, origin: 'https://evil.example' };
    expect((await call(app.url, 'GET', '/v1/agents', undefined, headers)).status).toBe(403);
    const preflight = await fetch(`${app.url}/v1/agents/x/session/y/turn`, {
      method: 'OPTIONS',
      headers: { origin: 'http://localhost:8080', 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('http://localhost:8080');
  });
});
