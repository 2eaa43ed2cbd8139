import Client213 from 'llama-stack-client-0.2.13';
import Client223 from 'llama-stack-client-0.2.23';
import Client300 from 'llama-stack-client-0.3.0';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DemoAgent, OpenAiAgent } from '@chat-stream/backend';
import { type Aimock, startAimock } from '../../support/aimock.js';
import { startApp, type TestApp } from '../../support/app.js';
import { ScriptedAgent } from '../../support/scripted-agent.js';
import { call, openSession, says } from './service.js';

type Client = Client300;

const CLIENTS: readonly [string, (baseURL: string) => Client][] = [
  ['0.2.13', (baseURL) => new Client213({ baseURL, maxRetries: 0 }) as unknown as Client],
  ['0.2.23', (baseURL) => new Client223({ baseURL, maxRetries: 0 }) as unknown as Client],
  ['0.3.0', (baseURL) => new Client300({ baseURL, maxRetries: 0 })],
];

describe('what clients ask a server before they make an agent', () => {
  let upstream: Aimock;
  let app: TestApp;
  const bot = new ScriptedAgent();
  beforeAll(async () => {
    upstream = await startAimock();
    const { baseURL } = upstream;
    app = await startApp({
      agents: [
        bot,
        new OpenAiAgent({ baseURL, apiKey: 'sk-test', model: 'meta-llama/Llama-3.3-70B', name: 'big' }),
        new OpenAiAgent({ baseURL, apiKey: 'sk-test', model: 'meta-llama/Llama-3.3-70B', name: 'same' }),
      ],
      defaultAgent: 'big',
      auth: { mode: 'open' },
    });
  });
  afterAll(async () => {
    await app.close();
    await upstream.stop();
  });

  describe.each(CLIENTS)('llama-stack-client %s', (_version, connect) => {
    let client: Client;
    beforeAll(() => void (client = connect(app.url)));

    it('lists the models of all agents, and each can be looked up', async () => {
      const models = await client.models.list();
      expect(models).toEqual([
        {
          identifier: 'meta-llama/Llama-3.3-70B',
          provider_id: 'big',
          provider_resource_id: 'meta-llama/Llama-3.3-70B',
          type: 'model',
          model_type: 'llm',
          metadata: {},
        },
        expect.objectContaining({ identifier: bot.info.name, provider_id: bot.info.name }),
        expect.objectContaining({ identifier: 'same', provider_id: 'same' }),
      ]);
      for (const model of models) expect(await client.models.retrieve(model.identifier)).toEqual(model);
      await expect(client.models.retrieve('no/such')).rejects.toMatchObject({ status: 404 });
    });

    it('finds no tools and no shields, and is told so of each that it looks for', async () => {
      expect(await client.tools.list()).toEqual([]);
      expect(await client.tools.list({ toolgroup_id: 'builtin::websearch' })).toEqual([]);
      expect(await client.toolgroups.list()).toEqual([]);
      expect(await client.shields.list()).toEqual([]);
      expect(await client.toolRuntime.listTools()).toEqual([]);
      await expect(client.tools.get('web_search')).rejects.toMatchObject({ status: 404 });
      await expect(client.toolgroups.get('builtin::websearch')).rejects.toMatchObject({ status: 404 });
      await expect(client.shields.retrieve('llama/guard')).rejects.toMatchObject({ status: 404 });
      await expect(
        client.toolRuntime.invokeTool({ tool_name: 'web_search', kwargs: { query: 'x' } }),
      ).rejects.toMatchObject({ status: 404, error: { detail: "Tool 'web_search' not found" } });
    });

    it('can add none over the API, and is told so', async () => {
      const refused = { status: 400, error: { detail: expect.stringMatching(/can not be changed over its API/) } };
      await expect(client.models.register({ model_id: 'x' })).rejects.toMatchObject(refused);
      await expect(client.toolgroups.register({ provider_id: 'a', toolgroup_id: 'b' })).rejects.toMatchObject(refused);
      await expect(client.shields.register({ shield_id: 'x' })).rejects.toMatchObject(refused);
      await expect(client.toolgroups.unregister('b')).rejects.toMatchObject(refused);
    });

    it('hears that the server is there, and which one', async () => {
      expect(await client.inspect.health()).toEqual({ status: 'OK' });
      expect(await client.inspect.version()).toEqual({ version: expect.stringMatching(/^\d+\.\d+\.\d+/) });
    });

    it('is answered by the agent that has the model', async () => {
      const { agent_id } = await client.agents.create({ agent_config: { model: bot.info.name, instructions: 'i' } });
      const { session_id } = await client.agents.session.create(agent_id, { session_name: 's' });
      const pending = client.agents.turn.create(agent_id, session_id, { messages: [says('hi')], stream: false });
      (await bot.nextRun()).finish('from the bot');
      expect((await pending).output_message.content).toBe('from the bot');
    });
  });

  it('tells a model server its own names only: an agent that stands for its model is not told a model', async () => {
    upstream.mock.onMessage('hi', { content: 'Hello.' });
    for (const [model, told] of [
      ['meta-llama/Llama-3.3-70B', 'meta-llama/Llama-3.3-70B'],
      ['same', 'meta-llama/Llama-3.3-70B'],
      ['some-other', 'some-other'],
    ] as const) {
      const { path } = await openSession(app.url, { model });
      const { body } = await call(app.url, 'POST', `${path}/turn`, { messages: [says('hi')] });
      expect(body).toMatchObject({ output_message: { content: 'Hello.' } });
      expect(upstream.requests().at(-1)?.body).toMatchObject({ model: told });
    }
  });

  it('gives the model what the Llama Stack UI attaches to a message: text to read, an image to see', async () => {
    upstream.mock.onMessage('look', { content: 'Seen.' });
    const { path } = await openSession(app.url);
    const inline = (type: string, text: string) => `data:${type};base64,${Buffer.from(text).toString('base64')}`;
    for (const [type, content, seen] of [
      ['text/plain', inline('text/plain', 'Call me Ishmael.'), 'Call me Ishmael.'],
      ['application/json', inline('application/json', '[1]'), '[1]'],
      ['image/png', inline('image/png', 'x'), inline('image/png', 'x')],
    ] as const) {
      const messages = [{ ...says('look'), file: { name: 'a', type, content } }];
      const { body } = await call(app.url, 'POST', `${path}/turn`, { messages });
      expect(body).toMatchObject({ input_messages: [{ content: 'look' }], output_message: { content: 'Seen.' } });
      expect(JSON.stringify(upstream.requests().at(-1)?.body)).toContain(seen);
    }
  });

  it('is the same under /v1alpha', async () => {
    for (const path of [
      'models',
      'models/meta-llama/Llama-3.3-70B',
      'tools',
      'toolgroups',
      'shields',
      'health',
      'version',
    ]) {
      const [stable, alpha] = await Promise.all(
        ['/v1/', '/v1alpha/'].map((prefix) => call(app.url, 'GET', prefix + path)),
      );
      expect([path, alpha]).toEqual([path, stable]);
      expect([path, stable?.status]).toEqual([path, 200]);
    }
  });

  it('the demo agent is a model, too: an agent can be made without any model server', async () => {
    await using demo = await startApp({ agents: [new DemoAgent()], auth: { mode: 'open' } });
    const { body } = await call(demo.url, 'GET', '/v1/models');
    expect(body).toMatchObject({ data: [{ identifier: 'demo', model_type: 'llm' }] });
  });
});

it('where tokens are used, lists need one, and health does not', async () => {
  await using app = await startApp({ agents: [new DemoAgent()], auth: { mode: 'visitor' } });
  expect((await call(app.url, 'GET', '/v1/models')).status).toBe(401);
  expect((await call(app.url, 'GET', '/v1/toolgroups')).status).toBe(401);
  expect((await call(app.url, 'GET', '/v1/health')).body).toEqual({ status: 'OK' });
});
