import { randomUUID } from 'node:crypto';
import { LlamaStackAgent, type LlamaStackAgentOptions } from '@chat-stream/backend';
import type { Delta } from '@chat-stream/protocol';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startApp } from '../support/app.js';
import { message, type StackResponse, startResponsesServer } from '../support/responses-server.js';
import { TestClient } from '../support/ws-client.js';

async function setUp(options: Partial<LlamaStackAgentOptions> = {}, idleTimeoutMs = 10_000) {
  const server = await startResponsesServer();
  const warnings: string[] = [];
  const agent = new LlamaStackAgent({ url: server.stack.url, warn: (text) => warnings.push(text), ...options });
  const app = await startApp({ agents: [agent], auth: { mode: 'open' }, idleTimeoutMs });
  const { client } = await TestClient.open(app.chatUrl, { session_id: randomUUID() });
  onTestFinished(async () => {
    await client[Symbol.asyncDispose]();
    await app.close();
    await server.stack[Symbol.asyncDispose]();
  });
  let asked = 0;
  const ask = (content: string) => client.send({ type: 'message', id: `m${asked++}`, content, metadata: {} });
  const shown = async () => {
    const answer = await client.answer();
    const { content, metadata } = answer.end as { content?: string; metadata: typeof answer.end.metadata };
    const deltas = answer.frames.flatMap(({ delta }) => delta ?? []);
    return { metadata, status: metadata.status, error: metadata.error, shows: content ?? answer.text, deltas };
  };
  return { ...server, client, ask, shown, warnings };
}

describe('an agent on a Llama Stack server since 0.4, which has no agents', () => {
  it('answers with responses, in one conversation', async () => {
    const { next, client, ask, shown, conversations } = await setUp({ instructions: 'Be brief.' });
    ask('hi');
    const first = await next();
    const [conversation] = conversations.keys();
    expect(first.request.body).toEqual({
      model: 'llama',
      conversation,
      input: [{ type: 'message', role: 'user', content: 'hi' }],
      instructions: 'Be brief.',
      stream: true,
    });
    first.event('response.created', { response: {} }).event('response.in_progress', { response: {} });
    first.text('Hel');
    await client.next('message_stream', ({ chunk }) => chunk === 'Hel');
    first.text('lo').complete([message('msg-1', 'Hello')], { usage: { input_tokens: 3, output_tokens: 2 } });
    const end = await client.next('message_stream', ({ stream_end }) => stream_end);
    expect(end.metadata).toMatchObject({
      status: 'complete',
      finish_reason: 'stop',
      usage: { input_tokens: 3, output_tokens: 2 },
    });
    ask('more');
    const second = await next();
    expect(second.request.body['conversation']).toBe(conversation);
    second.answer('Yes');
    expect(await shown()).toMatchObject({ shows: 'Yes', status: 'complete' });
  });

  it('reasoning, tools and corrections arrive', async () => {
    const { next, ask, shown } = await setUp({ model: 'other' });
    ask('look it up');
    const response = await next();
    expect(response.request.body['model']).toBe('other');
    const call = { type: 'mcp_call', id: 'c1', name: 'weather', arguments: '{"city":"Wien"}' };
    response
      .event('response.reasoning_text.delta', { item_id: 'r', delta: 'Hm.' })
      .event('response.output_item.added', { item: { ...call, status: 'in_progress' } })
      .event('response.mcp_call.arguments.delta', { item_id: 'c1', delta: '{' })
      .event('response.output_item.done', { item: { ...call, status: 'completed', output: 'sunny' } })
      .write('data: oops\n\n')
      .text('It is sunn')
      .complete([message('msg-1', 'It is sunny.')]);
    const answer = await shown();
    expect(answer).toMatchObject({ shows: 'It is sunny.', status: 'complete' });
    expect(answer.deltas).toMatchObject([
      { type: 'reasoning', text: 'Hm.' },
      { type: 'tool_call', call_id: 'c1', tool_name: 'weather', parse_status: 'in_progress', target: 'server' },
      { type: 'tool_call', call_id: 'c1', parse_status: 'succeeded', arguments: '{"city":"Wien"}' },
      { type: 'tool_result', call_id: 'c1', tool_name: 'weather', content: 'sunny' },
    ]);
  });

  it('a call that needs an approval is declined for everybody to see, and the model goes on without it', async () => {
    const { next, ask, shown, count } = await setUp();
    ask('delete it');
    const wanted = {
      type: 'mcp_approval_request',
      id: 'ap1',
      name: 'delete_all',
      arguments: '{}',
      server_label: 'files',
    };
    const first = await next();
    first.text('Let me see.').event('response.output_item.added', { item: wanted });
    first.event('response.output_item.done', { item: wanted }).complete([message('msg-1', 'Let me see.'), wanted]);
    const second = await next();
    expect(second.request.body['conversation']).toBe(first.request.body['conversation']);
    expect(second.request.body['input']).toEqual([
      {
        type: 'mcp_approval_response',
        approval_request_id: 'ap1',
        approve: false,
        reason: expect.stringContaining('needs the approval of a person') as string,
      },
    ]);
    second.text('I may not do that.', 'msg-2').complete([message('msg-2', 'I may not do that.')]);
    const answer = await shown();
    expect(answer).toMatchObject({ shows: 'Let me see.\n\nI may not do that.', status: 'complete' });
    expect(answer.deltas).toMatchObject([
      { type: 'tool_call', call_id: 'ap1', tool_name: 'delete_all', needs_approval: true, approved: false },
      { type: 'tool_result', call_id: 'ap1', tool_name: 'delete_all', is_error: true },
    ]);
    ask('and now?');
    (await next()).answer('No.');
    expect(await shown()).toMatchObject({ shows: 'No.', status: 'complete' });
    expect(count()).toBe(3);
  });

  describe('where the site lets its visitors approve', () => {
    const wanted = { type: 'mcp_approval_request', id: 'ap1', name: 'delete_all', arguments: '{"in":"/tmp"}' };
    const isAsked = ({ delta }: { delta?: Delta | undefined }) => delta?.type === 'tool_call';
    const asked = async () => {
      const server = await setUp({ approvals: 'ask' });
      server.ask('delete it');
      const first = await server.next();
      first.event('response.output_item.done', { item: wanted }).complete([wanted]);
      const { delta } = await server.client.next('message_stream', isAsked);
      expect(delta).toEqual({
        type: 'tool_call',
        call_id: 'ap1',
        tool_name: 'delete_all',
        arguments: '{"in":"/tmp"}',
        parse_status: 'succeeded',
        target: 'server',
        needs_approval: true,
      });
      expect(server.count()).toBe(1);
      return { ...server, first };
    };
    const inputOf = (response: StackResponse) => response.request.body['input'];
    const merged = (client: TestClient) => client.conversation().messages.at(-1)?.deltas;

    it('a call runs when they do, and its result is that of the call they saw', async () => {
      const { next, client, first } = await asked();
      client.send({ type: 'approval', call_id: 'ap1', approved: true });
      const second = await next();
      expect(second.request.body['conversation']).toBe(first.request.body['conversation']);
      expect(inputOf(second)).toEqual([{ type: 'mcp_approval_response', approval_request_id: 'ap1', approve: true }]);
      const ran = { type: 'mcp_call', id: 'mcp-9', name: 'delete_all', approval_request_id: 'ap1' };
      second
        .event('response.output_item.added', { item: { ...ran, arguments: '' } })
        .event('response.output_item.done', { item: { ...ran, arguments: '{}', output: 'All gone.' } })
        .text('Done.', 'msg-2')
        .complete([message('msg-2', 'Done.')]);
      const end = await client.next('message_stream', ({ stream_end }) => stream_end);
      expect(end.metadata.status).toBe('complete');
      expect(merged(client)).toMatchObject([
        { type: 'tool_call', call_id: 'ap1', needs_approval: true, approved: true },
        { type: 'tool_result', call_id: 'ap1', tool_name: 'delete_all', content: 'All gone.' },
      ]);
      expect(client.conversation().messages.at(-1)?.content).toBe('Done.');
    });

    it('a call is found again by what it does, where the server does not say which approval it had', async () => {
      const { next, client } = await asked();
      client.send({ type: 'approval', call_id: 'ap1', approved: true, comment: 'Sure.' });
      const second = await next();
      expect(inputOf(second)).toMatchObject([{ approve: true, reason: 'Sure.' }]);
      const other = { type: 'mcp_call', id: 'mcp-8', name: 'list', arguments: '{}', output: 'a, b' };
      const ran = {
        type: 'mcp_call',
        id: 'mcp-9',
        name: 'delete_all',
        arguments: '{"in":"/tmp"}',
        error: 'Disk is busy.',
      };
      second.complete([other, ran, { ...ran, id: 'mcp-10', error: null, output: 'All gone.' }]);
      await client.next('message_stream', ({ stream_end }) => stream_end);
      expect(merged(client)).toMatchObject([
        { type: 'tool_call', call_id: 'ap1', approved: true, comment: 'Sure.' },
        { type: 'tool_call', call_id: 'mcp-8', tool_name: 'list' },
        { type: 'tool_result', call_id: 'mcp-8' },
        { type: 'tool_result', call_id: 'ap1', content: 'Disk is busy.', is_error: true },
        { type: 'tool_call', call_id: 'mcp-10', tool_name: 'delete_all' },
        { type: 'tool_result', call_id: 'mcp-10', content: 'All gone.' },
      ]);
    });

    it('a call does not run when they decline, and the model hears why', async () => {
      const { next, client } = await asked();
      client.send({ type: 'approval', call_id: 'ap1', approved: false, comment: 'Not on a Friday.' });
      const second = await next();
      expect(inputOf(second)).toEqual([
        { type: 'mcp_approval_response', approval_request_id: 'ap1', approve: false, reason: 'Not on a Friday.' },
      ]);
      second.answer('I did not.');
      await client.next('message_stream', ({ stream_end }) => stream_end);
      expect(merged(client)).toMatchObject([
        { type: 'tool_call', call_id: 'ap1', approved: false, comment: 'Not on a Friday.' },
        { type: 'tool_result', call_id: 'ap1', content: 'Not on a Friday.', is_error: true },
      ]);
    });

    it('what is asked for together is decided together, and what was approved may ask for more than ten', async () => {
      const { next, client, ask } = await setUp({ approvals: 'ask' });
      ask('delete it all');
      for (let round = 0; round < 12; round++) {
        const wants = ['a', 'b'].map((id) => ({ ...wanted, id: `${id}${round}` }));
        (await next()).complete(wants);
        for (const { id: call_id } of wants) {
          await client.next('message_stream', ({ delta }) => delta?.type === 'tool_call' && delta.call_id === call_id);
        }
        client.send({ type: 'approval', call_id: `b${round}`, approved: false });
        client.send({ type: 'approval', call_id: `a${round}`, approved: true });
      }
      const last = await next();
      expect(inputOf(last)).toMatchObject([
        { approval_request_id: 'a11', approve: true },
        { approval_request_id: 'b11', approve: false },
      ]);
      last.answer('Done.');
      expect((await client.next('message_stream', ({ stream_end }) => stream_end)).metadata.status).toBe('complete');
    });

    it('a stop while they think ends the answer, and nothing more is said to the server', async () => {
      const { client, count } = await asked();
      client.send({ type: 'stop' });
      expect((await client.next('message_stream', ({ stream_end }) => stream_end)).metadata.status).toBe('stopped');
      client.send({ type: 'approval', call_id: 'ap1', approved: true });
      expect((await client.next('error')).code).toBe('not_found');
      expect(count()).toBe(1);
    });
  });

  it('a model that asks for nothing but approvals comes to an end', async () => {
    const { next, ask, shown, count } = await setUp();
    ask('delete it');
    for (let id = 0; id < 10; id++) {
      (await next()).complete([{ type: 'mcp_approval_request', id: `ap${id}`, name: 'delete_all', arguments: '{}' }]);
    }
    expect(await shown()).toMatchObject({ status: 'complete', shows: '' });
    expect(count()).toBe(10);
  });

  it('a stream that ends, breaks, fails or falls silent ends the answer as what it is', async () => {
    const { next, ask, client } = await setUp({}, 400);
    // Bytes that a reset overtakes are lost.
    const read = () => client.next('message_stream', ({ chunk }) => chunk === 'Hel');
    const cases = [
      [(r: StackResponse) => r.text('Hel').end(), 'cut_off'],
      [(r: StackResponse) => r.text('Hel').resetOnce(read()), 'cut_off'],
      [(r: StackResponse) => r.text('Hel').event('error', { code: '500', message: 'RAW' }).end(), 'unavailable'],
      [
        (r: StackResponse) =>
          r.event('response.failed', { response: { error: { code: 'server_error', message: 'RAW' } } }),
        'unavailable',
      ],
      [(r: StackResponse) => r.text('Hel'), 'timeout'],
      [(r: StackResponse) => r.refuse(429, { detail: 'RAW' }), 'rate_limited'],
      [(r: StackResponse) => r.refuse(500, { detail: 'RAW' }), 'unavailable'],
    ] as const;
    for (const [go, code] of cases) {
      ask('hi');
      const response = await next();
      go(response);
      const { metadata } = await client.next('message_stream', ({ stream_end }) => stream_end);
      expect(metadata).toMatchObject({ status: 'error', error: { code } });
    }
    expect(JSON.stringify(client.received)).not.toContain('RAW');
  });

  it('what was cut short by the model says so', async () => {
    const { next, ask, shown } = await setUp();
    ask('hi');
    const response = await next();
    const incomplete = { incomplete_details: { reason: 'max_output_tokens' }, output: [] };
    response.text('Hel').event('response.incomplete', { response: incomplete });
    expect((await shown()).metadata).toMatchObject({ status: 'complete', finish_reason: 'length' });
  });

  it('stop closes the connection, and the next answer begins a conversation with all that was said', async () => {
    const { next, client, ask, conversations } = await setUp();
    ask('hi');
    const response = await next();
    response.text('Hel');
    await client.next('message_stream', ({ chunk }) => chunk === 'Hel');
    client.send({ type: 'stop' });
    await response.request.closed;
    ask('go on');
    const second = await next();
    expect(conversations.get(String(second.request.body['conversation']))).toEqual([
      { type: 'message', role: 'user', content: 'hi' },
      { type: 'message', role: 'assistant', content: 'Hel' },
    ]);
  });

  it('a conversation that is gone is replaced', async () => {
    const { next, ask, shown, conversations } = await setUp();
    ask('hi');
    (await next()).answer('Hello');
    await shown();
    conversations.clear();
    ask('still there?');
    (await next()).answer('Yes');
    expect(await shown()).toMatchObject({ shows: 'Yes', status: 'complete' });
    expect([...conversations.values()][0]).toHaveLength(2);
  });

  it('the id of an agent is for the operator to mend: there are none', async () => {
    const { ask, shown } = await setUp({ agentId: 'agent-1' });
    ask('hi');
    expect(await shown()).toMatchObject({ status: 'error', error: { code: 'misconfigured' } });
  });
});
