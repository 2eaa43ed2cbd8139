import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AgentSettings, AgentTools, AgentTurn, ToolAnswer } from '../../../backend/agent/agent.js';
import { OpenAiAgent } from '../../../backend/agent/openai.agent.js';
import { beginStream, type RawRequest, type RawUpstream, startRawUpstream } from './raw-upstream.js';
import { run, start, turnOf } from './running.js';

/** A model server that writes exactly these deltas, and then why it stopped. */
function writes(deltas: readonly unknown[], finish_reason: string) {
  return (request: RawRequest) => {
    const response = beginStream(request);
    for (const delta of deltas) response.write(`data: ${JSON.stringify({ choices: [{ index: 0, delta }] })}\n\n`);
    const usage = { prompt_tokens: 10, completion_tokens: 1 };
    response.end(
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: {}, finish_reason }], usage })}\n\ndata: [DONE]\n\n`,
    );
  };
}

const part = (index: number | undefined, id: string | undefined, name: string | undefined, args: unknown) => ({
  ...(index === undefined ? {} : { index }),
  ...(id === undefined ? {} : { id }),
  function: { ...(name === undefined ? {} : { name }), arguments: args },
});

describe('OpenAiAgent with tools', () => {
  let upstream: RawUpstream;
  let agent: OpenAiAgent;
  beforeAll(async () => {
    upstream = await startRawUpstream();
  });
  beforeEach(() => {
    agent = new OpenAiAgent({ baseURL: upstream.baseURL, model: 'm', systemPrompt: 'usual', maxRetries: 0 });
  });
  afterAll(() => upstream.stop());

  /** Tools that answer with what they were called with. */
  function tools(answer: (name: string) => ToolAnswer = (name) => ({ content: `${name} said`, isError: false })) {
    const called: { id: string; name: string }[] = [];
    const given: AgentTools = {
      target: 'client',
      offered: [
        { name: 'one', description: 'The first.', parameters: { type: 'object' } },
        { name: 'two', parameters: { type: 'object' } },
      ],
      call: (call) => {
        called.push(call);
        return Promise.resolve(answer(call.name));
      },
    };
    return { given, called };
  }

  function turn(given: AgentTools, settings: AgentSettings = {}): AgentTurn {
    return { ...turnOf('go'), tools: given, settings };
  }

  /** What the server is asked, in order, with an answer for each. */
  async function answered(deltas: readonly (readonly unknown[])[], given: AgentTools, settings?: AgentSettings) {
    const first = upstream.requests.length;
    let round = 0;
    upstream.answer((request) => {
      const said = deltas[round++] ?? [{ content: 'Done.' }];
      writes(said, said.some((delta) => JSON.stringify(delta).includes('tool_calls')) ? 'tool_calls' : 'stop')(request);
    });
    const outcome = await run(agent, turn(given, settings));
    return { ...outcome, asked: upstream.requests.slice(first).map(({ body }) => body) };
  }

  it.each([
    [
      'in pieces, two at a time',
      [
        { tool_calls: [part(0, 'a', 'one', '')] },
        { tool_calls: [part(1, 'b', 'two', '')] },
        { tool_calls: [part(0, undefined, undefined, '{"x"')] },
        { tool_calls: [part(1, undefined, undefined, '{"y":')] },
        { tool_calls: [part(0, undefined, undefined, ':1}'), part(1, undefined, undefined, '2}')] },
      ],
    ],
    ['whole, in one delta', [{ tool_calls: [part(0, 'a', 'one', '{"x":1}'), part(1, 'b', 'two', '{"y":2}')] }]],
    [
      'whole, every one with the number 0',
      [{ tool_calls: [part(0, 'a', 'one', '{"x":1}')] }, { tool_calls: [part(0, 'b', 'two', '{"y":2}')] }],
    ],
    [
      'whole, without numbers, with objects for arguments',
      [{ tool_calls: [part(undefined, 'a', 'one', { x: 1 }), part(undefined, 'b', 'two', { y: 2 })] }],
    ],
  ])('understands calls that are written %s', async (_, deltas) => {
    const { given, called } = tools();
    const { events, asked, text } = await answered([deltas], given);
    expect(called).toEqual([
      { id: 'a', name: 'one', arguments: { x: 1 }, json: expect.any(String) as unknown },
      { id: 'b', name: 'two', arguments: { y: 2 }, json: expect.any(String) as unknown },
    ]);
    expect(events.filter((event) => event.type === 'tool_call')).toEqual([
      { type: 'tool_call', call_id: 'a', tool_name: 'one', target: 'client', arguments: '', parse_status: 'started' },
      { type: 'tool_call', call_id: 'b', tool_name: 'two', target: 'client', arguments: '', parse_status: 'started' },
      {
        type: 'tool_call',
        call_id: 'a',
        tool_name: 'one',
        target: 'client',
        arguments: { x: 1 },
        parse_status: 'succeeded',
      },
      {
        type: 'tool_call',
        call_id: 'b',
        tool_name: 'two',
        target: 'client',
        arguments: { y: 2 },
        parse_status: 'succeeded',
      },
    ]);
    expect(text).toBe('Done.');
    expect(asked).toHaveLength(2);
    expect(asked[1]).toMatchObject({
      messages: [
        { role: 'system', content: 'usual' },
        { role: 'user', content: 'go' },
        { role: 'assistant', content: null, tool_calls: [{ id: 'a' }, { id: 'b', type: 'function' }] },
        { role: 'tool', tool_call_id: 'a', content: 'one said' },
        { role: 'tool', tool_call_id: 'b', content: 'two said' },
      ],
    });
  });

  it('gives calls without an id, or with one that is taken, an id of their own', async () => {
    const { given, called } = tools();
    await answered(
      [[{ tool_calls: [part(0, '', 'one', '{}'), part(1, 'x', 'one', '{}'), part(2, 'x', 'two', '')] }]],
      given,
    );
    expect(new Set(called.map(({ id }) => id)).size).toBe(3);
    expect(called.every(({ id }) => id.length > 0)).toBe(true);
  });

  it('tells the model of calls that can’t be made, and asks nobody', async () => {
    const { given, called } = tools();
    const deltas = [{ tool_calls: [part(0, 'a', 'one', '{"x":'), part(1, 'b', 'three', '{}')] }];
    const { events, asked } = await answered([deltas], given);
    expect(called).toEqual([]);
    expect(events.filter((event) => event.type === 'tool_call').slice(2)).toMatchObject([
      { call_id: 'a', parse_status: 'failed', arguments: '{"x":' },
      { call_id: 'b', parse_status: 'succeeded' },
    ]);
    expect((asked[1]!['messages'] as unknown[]).slice(-2)).toEqual([
      { role: 'tool', tool_call_id: 'a', content: 'Error: The arguments are not a JSON object.' },
      { role: 'tool', tool_call_id: 'b', content: 'Error: There is no such tool.' },
    ]);
  });

  it('passes on what a tool says: text as it is, all else as JSON, failures as such', async () => {
    const { given } = tools((name) => ({
      content: name === 'one' ? { celsius: 21 } : 'broken',
      isError: name === 'two',
    }));
    const { asked } = await answered([[{ tool_calls: [part(0, 'a', 'one', '{}'), part(1, 'b', 'two', '{}')] }]], given);
    expect((asked[1]!['messages'] as { content: string }[]).slice(-2).map(({ content }) => content)).toEqual([
      '{"celsius":21}',
      'Error: broken',
    ]);
  });

  it('puts a blank line between what is said before and after the tools, and counts all tokens', async () => {
    const { given } = tools();
    const call = { tool_calls: [part(0, 'a', 'one', '{}')] };
    const { text, events } = await answered(
      [[{ content: 'Let me ' }, { content: 'see.' }, call], [{ content: 'So.' }]],
      given,
    );
    expect(text).toBe('Let me see.\n\nSo.');
    expect(events.findLast(({ type }) => type === 'usage')).toEqual({
      type: 'usage',
      input_tokens: 20,
      output_tokens: 2,
    });
  });

  it('asks the model no more often than it may', async () => {
    const { given, called } = tools();
    const forever = Array.from({ length: 20 }, (_, n) => [{ tool_calls: [part(0, `c${n}`, 'one', '{}')] }]);
    expect((await answered(forever, given)).asked).toHaveLength(10);
    called.length = 0;
    const { asked, error } = await answered(forever, given, { maxInferences: 2 });
    expect([asked.length, called.length, error]).toEqual([2, 1, undefined]);
  });

  it('forces a tool once: else the turn would never end', async () => {
    const call = [{ tool_calls: [part(0, 'a', 'one', '{}')] }];
    const choices = async (toolChoice: AgentSettings['toolChoice']) =>
      (await answered([call], tools().given, { toolChoice })).asked.map((body) => body['tool_choice']);
    expect(await choices('required')).toEqual(['required', undefined]);
    expect(await choices({ name: 'one' })).toEqual([{ type: 'function', function: { name: 'one' } }, undefined]);
    expect(await choices('none')).toEqual(['none', 'none']);
    expect(await choices('auto')).toEqual([undefined, undefined]);
  });

  it('does not run a call that was cut off for want of tokens', async () => {
    const { given, called } = tools();
    upstream.answer(writes([{ tool_calls: [part(0, 'a', 'one', '{}')] }], 'length'));
    const { error } = await run(agent, turn(given));
    expect([called, error]).toEqual([[], undefined]);
  });

  it('asks no more once nobody listens, also while a tool is waited for', async () => {
    let wait: () => void = () => undefined;
    const waiting = new Promise<void>((resolve) => (wait = resolve));
    let answer: (answer: ToolAnswer) => void = () => undefined;
    const given: AgentTools = {
      ...tools().given,
      call: () =>
        new Promise((resolve) => {
          answer = resolve;
          wait();
        }),
    };
    upstream.answer(writes([{ tool_calls: [part(0, 'a', 'one', '{}')] }], 'tool_calls'));
    const before = upstream.requests.length;
    const running = start(agent, turn(given));
    await waiting;
    running.subscription.unsubscribe();
    answer({ content: 'late', isError: false });
    upstream.answer(writes([{ content: 'ok' }], 'stop'));
    await run(agent, 'another turn, to see that no request came before it');
    expect(upstream.requests.length - before).toBe(2);
    expect(JSON.stringify(upstream.requests.at(-1)?.body)).not.toContain('late');
  });

  it('does as the settings of a turn say, and as it was made where they say nothing', async () => {
    upstream.answer(writes([{ content: 'ok' }], 'stop'));
    await run(agent, {
      ...turnOf('go'),
      settings: {
        instructions: 'other',
        model: 'n',
        temperature: 0,
        topP: 0.5,
        topK: 40,
        maxTokens: 7,
        repetitionPenalty: 1.1,
        stop: ['END'],
        responseSchema: { type: 'object' },
      },
    });
    expect(upstream.requests.at(-1)?.body).toMatchObject({
      model: 'n',
      messages: [
        { role: 'system', content: 'other' },
        { role: 'user', content: 'go' },
      ],
      temperature: 0,
      top_p: 0.5,
      top_k: 40,
      max_tokens: 7,
      repetition_penalty: 1.1,
      stop: ['END'],
      response_format: { type: 'json_schema', json_schema: { name: 'response', schema: { type: 'object' } } },
    });
    await run(agent, { ...turnOf('go'), settings: { temperature: 1 } });
    expect(upstream.requests.at(-1)?.body).toEqual({
      model: 'm',
      messages: [
        { role: 'system', content: 'usual' },
        { role: 'user', content: 'go' },
      ],
      stream: true,
      stream_options: { include_usage: true },
      temperature: 1,
    });
  });

  it('shows the model images and what came along with a message', async () => {
    upstream.answer(writes([{ content: 'ok' }], 'stop'));
    const attachments = [
      { kind: 'image', url: 'https://img.example/a.png' },
      { kind: 'image', url: 'file:///etc/passwd' },
      { kind: 'file', url: 'https://img.example/b.pdf' },
    ];
    await run(agent, {
      ...turnOf('go'),
      message: { role: 'user', content: 'See.', context: 'A letter.', attachments },
    });
    expect(upstream.requests.at(-1)?.body['messages']).toEqual([
      { role: 'system', content: 'usual' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'See.\n\nA letter.' },
          { type: 'image_url', image_url: { url: 'https://img.example/a.png' } },
        ],
      },
    ]);
  });
});
