import { randomUUID } from 'node:crypto';
import Client213 from 'llama-stack-client-0.2.13';
import Client223 from 'llama-stack-client-0.2.23';
import Client300 from 'llama-stack-client-0.3.0';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { INSTRUCTIONS, type LlamaStackService, says, startService, WEATHER } from './service.js';

/**
 * The real clients from npm, as people have them: each lives the whole life of an agent on our service, in front of a
 * model server that nobody here wrote.
 */

type Client = Client300;
type Chunk = Client300.Agents.AgentTurnResponseStreamChunk;

const CLIENTS: readonly [string, (baseURL: string) => Client][] = [
  ['0.2.13', (baseURL) => new Client213({ baseURL, maxRetries: 0 }) as unknown as Client],
  ['0.2.23', (baseURL) => new Client223({ baseURL, maxRetries: 0 }) as unknown as Client],
  ['0.3.0', (baseURL) => new Client300({ baseURL, maxRetries: 0 })],
];

/** The routes of servers since 0.3 have another prefix, which no client on npm asks for: the address is rewritten on the way. */
const alpha: typeof fetch = (input, init) =>
  fetch(String(input instanceof Request ? input.url : input).replace('/v1/agents', '/v1alpha/agents'), init);

async function collect(stream: AsyncIterable<Chunk>): Promise<Chunk['event']['payload'][]> {
  const payloads: Chunk['event']['payload'][] = [];
  for await (const { event } of stream) payloads.push(event.payload);
  return payloads;
}

function textOf(payloads: readonly Chunk['event']['payload'][]): string {
  return payloads
    .map((payload) =>
      payload.event_type === 'step_progress' && payload.delta.type === 'text' ? payload.delta.text : '',
    )
    .join('');
}

describe.each([
  ...CLIENTS,
  [
    '0.3.0 under /v1alpha',
    (baseURL: string) => new Client300({ baseURL, maxRetries: 0, fetch: alpha as never }),
  ] as const,
])('llama-stack-client %s', (version, connect) => {
  let service: LlamaStackService;
  let client: Client;
  beforeAll(async () => {
    service = await startService();
    client = connect(service.app.url);
  });
  beforeEach(() => service.upstream.reset());
  afterAll(() => service[Symbol.asyncDispose]());

  const config = (more: object = {}) => ({ agent_config: { model: 'llama3', instructions: INSTRUCTIONS, ...more } });

  async function open(more: object = {}): Promise<{ agent: string; session: string }> {
    const { agent_id: agent } = await client.agents.create(config(more));
    const { session_id: session } = await client.agents.session.create(agent, { session_name: 'a talk' });
    return { agent, session };
  }

  it('lives the whole life of an agent', async () => {
    service.upstream.mock.onMessage('Who are you', { content: 'I am a model that was asked who it is.' });
    const { agent, session } = await open({
      sampling_params: { strategy: { type: 'top_p', temperature: 0.5, top_p: 0.9 } },
    });
    const payloads = await collect(
      await client.agents.turn.create(agent, session, { messages: [says('Who are you?')], stream: true }),
    );
    expect(payloads.map(({ event_type }) => event_type).filter((type) => type !== 'step_progress')).toEqual([
      'step_start',
      'step_complete',
      'turn_complete',
    ]);
    expect(textOf(payloads)).toBe('I am a model that was asked who it is.');
    const last = payloads.at(-1)!;
    if (last.event_type !== 'turn_complete') throw new Error('no end');
    const { turn } = last;
    expect(turn).toMatchObject({
      session_id: session,
      input_messages: [{ role: 'user', content: 'Who are you?' }],
      output_message: { role: 'assistant', content: textOf(payloads), stop_reason: 'end_of_turn', tool_calls: [] },
      output_attachments: [],
    });
    // What the agent was made of is what the model was asked.
    expect(service.upstream.requests()[0]?.body).toMatchObject({
      model: 'llama3',
      temperature: 0.5,
      top_p: 0.9,
      messages: [{ role: 'system', content: INSTRUCTIONS }, says('Who are you?')],
    });

    expect(await client.agents.turn.retrieve(agent, session, turn.turn_id)).toEqual(turn);
    const [step] = turn.steps;
    expect(await client.agents.steps.retrieve(agent, session, turn.turn_id, step!.step_id)).toEqual({ step });
    const read = await client.agents.session.retrieve(agent, session);
    expect(read).toMatchObject({ session_id: session, session_name: 'a talk', turns: [turn] });

    await client.agents.session.delete(agent, session);
    await expect(client.agents.session.retrieve(agent, session)).rejects.toMatchObject({ status: 404 });
    await client.agents.delete(agent);
    await expect(client.agents.session.create(agent, { session_name: 'x' })).rejects.toMatchObject({ status: 404 });
  });

  it('makes an agent with everything that its wrappers fill in', async () => {
    service.upstream.mock.onMessage('hi', { content: 'Hello.' });
    const { agent, session } = await open({
      name: 'filled in',
      toolgroups: [],
      input_shields: [],
      output_shields: [],
      client_tools: [],
      tool_config: { tool_choice: 'auto', tool_prompt_format: 'json', system_message_behavior: 'append' },
      sampling_params: { strategy: { type: 'greedy' }, max_tokens: 0, repetition_penalty: 1, stop: [] },
      max_infer_iters: 10,
      enable_session_persistence: false,
      response_format: null,
    });
    const messages = [says('hi')];
    const turn = await client.agents.turn.create(agent, session, {
      messages,
      stream: false,
      documents: [],
      toolgroups: [],
      tool_config: {},
    });
    expect(turn.output_message.content).toBe('Hello.');
    expect(service.upstream.requests()[0]?.body).not.toHaveProperty('tools');
  });

  it('is told which tool groups and shields of its agent this server does not have', async () => {
    const config = { model: 'a-model', instructions: INSTRUCTIONS, enable_session_persistence: false };
    const made = client.agents.create({
      agent_config: { ...config, toolgroups: ['builtin::websearch'], input_shields: ['llama_guard'] },
    });
    await expect(made).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(/Tool Group 'builtin::websearch', Shield 'llama_guard' not found/) as string,
    });
  });

  it('remembers what was said before, in the same session', async () => {
    service.upstream.mock.onMessage('My name is Ada', { content: 'Hello Ada.' });
    service.upstream.mock.onMessage('What is my name', { content: 'Ada.' });
    const { agent, session } = await open();
    for (const content of ['My name is Ada', 'What is my name?']) {
      await collect(await client.agents.turn.create(agent, session, { messages: [says(content)], stream: true }));
    }
    expect(service.upstream.requests()[1]?.body).toMatchObject({
      messages: [
        { role: 'system' },
        says('My name is Ada'),
        { role: 'assistant', content: 'Hello Ada.' },
        says('What is my name?'),
      ],
    });
  });

  it('gets a whole turn where it does not stream', async () => {
    service.upstream.mock.onMessage('whole', { content: 'All at once.' });
    const { agent, session } = await open();
    const turn = await client.agents.turn.create(agent, session, { messages: [says('whole')], stream: false });
    expect(turn.output_message.content).toBe('All at once.');
    expect(await client.agents.turn.retrieve(agent, session, turn.turn_id)).toEqual(turn);
  });

  it('gives documents to the model, and keeps them out of what was said', async () => {
    service.upstream.mock.onMessage('In short', { content: 'It is about whales.' });
    const { agent, session } = await open();
    const turn = await client.agents.turn.create(agent, session, {
      messages: [says('In short?')],
      documents: [{ content: 'Call me Ishmael.', mime_type: 'text/plain' }],
      stream: false,
    });
    expect(turn.input_messages).toEqual([{ role: 'user', content: 'In short?', context: null }]);
    const [asked] = service.upstream.requests();
    expect(JSON.stringify(asked?.body)).toContain('Call me Ishmael.');
  });

  it('runs its own tools in the middle of a turn, and the same turn goes on', async () => {
    const call_id = `call_${randomUUID()}`;
    // Of the fixtures that match, aimock takes the first: what follows the tool's answer comes before.
    service.upstream.mock.addFixture({
      match: { toolCallId: call_id },
      response: { content: 'It is 21 degrees in Oslo.' },
    });
    service.upstream.mock.onMessage('weather', {
      toolCalls: [{ id: call_id, name: 'get_weather', arguments: '{"city":"Oslo"}' }],
    });
    const { agent, session } = await open({ client_tools: [WEATHER] });
    const first = await collect(
      await client.agents.turn.create(agent, session, { messages: [says('The weather?')], stream: true }),
    );
    const waiting = first.at(-1)!;
    if (waiting.event_type !== 'turn_awaiting_input') throw new Error(`no wait: ${waiting.event_type}`);
    const { turn } = waiting;
    expect(turn.completed_at).toBeUndefined();
    expect(turn.output_message).toMatchObject({
      stop_reason: 'end_of_message',
      content: '',
      tool_calls: [{ call_id, tool_name: 'get_weather', arguments: { city: 'Oslo' } }],
    });
    expect(first.filter(({ event_type }) => event_type === 'step_progress')).toMatchObject([
      { delta: { type: 'tool_call', tool_call: '', parse_status: 'started' } },
      { delta: { type: 'tool_call', tool_call: { call_id }, parse_status: 'succeeded' } },
    ]);
    expect(service.upstream.requests()[0]?.body).toMatchObject({
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            description: WEATHER.description,
            parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
          },
        },
      ],
    });

    const rest = await collect(
      await client.agents.turn.resume(agent, session, turn.turn_id, {
        tool_responses: [{ call_id, tool_name: 'get_weather', content: '21 degrees' }],
        stream: true,
      }),
    );
    expect(rest.map(({ event_type }) => event_type).filter((type) => type !== 'step_progress')).toEqual([
      'step_complete',
      'step_start',
      'step_complete',
      'turn_complete',
    ]);
    expect(rest[0]).toMatchObject({
      step_type: 'tool_execution',
      step_details: { tool_responses: [{ call_id, tool_name: 'get_weather', content: '21 degrees' }] },
    });
    const end = rest.at(-1)!;
    if (end.event_type !== 'turn_complete') throw new Error('no end');
    expect(end.turn.turn_id).toBe(turn.turn_id);
    expect(end.turn.steps.map(({ step_type }) => step_type)).toEqual(['inference', 'tool_execution', 'inference']);
    expect(end.turn.output_message.content).toBe('It is 21 degrees in Oslo.');
    expect(await client.agents.turn.retrieve(agent, session, turn.turn_id)).toEqual(end.turn);
  });

  it('hears of a model that fails, and the next turn works', async () => {
    service.upstream.mock.onMessage('bad', { error: { message: 'provider secret', type: 'x' }, status: 400 });
    service.upstream.mock.onMessage('good', { content: 'Better.' });
    const { agent, session } = await open();
    const items: unknown[] = [];
    for await (const item of await client.agents.turn.create(agent, session, {
      messages: [says('bad')],
      stream: true,
    })) {
      items.push(item);
    }
    expect(items.at(-1)).toMatchObject({
      error: { message: expect.stringMatching(/^500: The connection to the model/) },
    });
    expect(JSON.stringify(items)).not.toContain('provider secret');
    await expect(
      client.agents.turn.create(agent, session, { messages: [says('bad')], stream: false }),
    ).rejects.toMatchObject({ status: 400 });
    const turn = await client.agents.turn.create(agent, session, { messages: [says('good')], stream: false });
    expect(turn.output_message.content).toBe('Better.');
  });

  if (version !== '0.2.13') {
    it('lists agents and their sessions', async () => {
      const { agent, session } = await open({ name: 'listed' });
      const agents = await client.agents.list();
      expect(agents.data.find((one) => (one as { agent_id: string }).agent_id === agent)).toMatchObject({
        agent_config: { name: 'listed' },
      });
      expect(await client.agents.retrieve(agent)).toMatchObject({ agent_id: agent, agent_config: { model: 'llama3' } });
      const sessions = await client.agents.session.list(agent);
      expect(sessions).toMatchObject({ data: [{ session_id: session, session_name: 'a talk' }], has_more: false });
    });
  }
});
