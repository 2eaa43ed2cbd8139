import { randomUUID } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Agent, LlamaStackAgent, type LlamaStackAgentOptions } from '@chat-stream/backend';
import { of } from 'rxjs';
import { startApp } from '../support/app.js';
import { dataOf, LlamaStackServer, says, type StackOptions } from '../support/llama-stack-server.js';
import { TestClient } from '../support/ws-client.js';

/** An agent beside it. */
const other: Agent = { info: { name: 'other' }, execute: () => of({ type: 'text', text: 'Other.' } as const) };

/** A service whose agent runs on a scripted Llama Stack server, and a visitor of it. */
async function setUp(options: Partial<LlamaStackAgentOptions> = {}, server: StackOptions = {}, idleTimeoutMs = 10_000) {
  const stack = await LlamaStackServer.start(server);
  const warnings: string[] = [];
  const agent = new LlamaStackAgent({ url: stack.url, warn: (message) => warnings.push(message), ...options });
  const app = await startApp({ agents: [other, agent], auth: { mode: 'open' }, idleTimeoutMs });
  const { client } = await TestClient.open(app.chatUrl, { session_id: randomUUID() });
  onTestFinished(async () => {
    await client[Symbol.asyncDispose]();
    await app.close();
    await stack[Symbol.asyncDispose]();
  });
  let asked = 0;
  const ask = (content: string, agentType = 'llama-stack') =>
    client.send({ type: 'message', id: `m${asked++}`, content, metadata: { agentType } });
  /** What the answer is once it has ended, as a client shows it. */
  const shown = async () => {
    const answer = await client.answer();
    const { content, metadata } = answer.end as { content?: string; metadata: typeof answer.end.metadata };
    return { ...answer, status: metadata.status, error: metadata.error, shows: content ?? answer.text };
  };
  const deltasOf = (frames: readonly { delta?: unknown }[]) => frames.flatMap(({ delta }) => delta ?? []);
  return { stack, app, client, ask, shown, deltasOf, warnings };
}

describe('an agent on a Llama Stack server', () => {
  it('is listed beside the others, by the name llama-stack', async () => {
    const { app } = await setUp();
    const { agents } = (await (await fetch(`${app.url}/api/custom-agents`)).json()) as { agents: string[] };
    expect(agents).toEqual(['other', 'llama-stack']);
  });

  it('answers as it is written, token by token, and goes on in the same upstream session', async () => {
    const { stack, client, ask, shown } = await setUp({ agentId: 'agent-1' });
    ask('hi');
    const turn = await stack.nextTurn();
    expect(turn.request.body).toEqual({ messages: [{ role: 'user', content: 'hi' }], stream: true });
    const step = turn.start();
    turn.text(step, 'Hel');
    await client.next('message_stream', ({ chunk }) => chunk === 'Hel');
    turn.text(step, 'lo');
    await client.next('message_stream', ({ chunk }) => chunk === 'lo');
    turn.finish(says('Hello'), [turn.complete(step, { model_response: says('Hello') })]);
    const end = await client.next('message_stream', ({ stream_end }) => stream_end);
    expect(end.metadata).toMatchObject({ status: 'complete', finish_reason: 'stop' });
    ask('and now?');
    const second = await stack.nextTurn();
    expect(second.sessionId).toBe(turn.sessionId);
    expect(second.request.body['messages']).toEqual([{ role: 'user', content: 'and now?' }]);
    second.answer('Bye');
    expect(await shown()).toMatchObject({ shows: 'Bye', status: 'complete' });
    expect(stack.sessions.size).toBe(1);
  });

  it.each([
    ['/v1', true],
    ['/v1', false],
    ['/v1alpha', true],
  ] as const)('creates an agent of its own where none is named (%s, lists them: %s)', async (agents, lists) => {
    const { stack, ask, shown } = await setUp({ instructions: 'Be brief.' }, { agents, lists });
    ask('hi');
    (await stack.nextTurn()).answer('Hel', 'lo');
    expect(await shown()).toMatchObject({ shows: 'Hello', status: 'complete' });
    ask('again');
    (await stack.nextTurn()).answer('Yes');
    await shown();
    const created = stack.requests.filter(({ method, path }) => method === 'POST' && path === `${agents}/agents`);
    expect(created.map(({ body }) => body)).toEqual([
      { agent_config: { model: 'llama', instructions: 'Be brief.', enable_session_persistence: true } },
    ]);
  });

  it('every step, call, result, image and violation becomes a delta', async () => {
    const { stack, ask, shown, deltasOf } = await setUp();
    ask('look it up');
    const turn = await stack.nextTurn();
    turn.event({ event_type: 'turn_start', turn_id: turn.turnId });
    const shield = turn.start('shield_call', { touchpoint: 'user-input' });
    turn.complete(shield, { violation: { violation_level: 'warn', metadata: {} } }, 'shield_call');
    const first = turn.start();
    turn.text(first, 'Let me look.');
    const progress = (step_id: string, delta: object, step_type = 'inference') =>
      turn.event({ event_type: 'step_progress', step_type, step_id, delta });
    const call = { call_id: 'c1', tool_name: 'web_search', arguments: { query: 'x' } };
    progress(first, { type: 'tool_call', tool_call: '', parse_status: 'started' });
    progress(first, { type: 'tool_call', tool_call: '{"qu', parse_status: 'in_progress' });
    progress(first, { type: 'tool_call', tool_call: 'nonsense', parse_status: 'failed' });
    progress(first, { type: 'tool_call', tool_call: call, parse_status: 'succeeded' });
    turn.complete(first, { model_response: says('Let me look.', [call]) });
    const tool = turn.start('tool_execution');
    progress(tool, { type: 'tool_call', tool_call: call, parse_status: 'in_progress' }, 'tool_execution');
    const tool_responses = [{ call_id: 'c1', tool_name: 'web_search', content: [{ type: 'text', text: 'found' }] }];
    turn.complete(tool, { tool_calls: [call], tool_responses }, 'tool_execution');
    turn.event({ event_type: 'of_the_future', what: 1 });
    const second = turn.start();
    progress(second, { type: 'of_the_future', what: 1 });
    progress(second, { type: 'image', image: 'aW1hZ2U=' });
    turn.text(second, 'It is 42.');
    turn.complete(second, { model_response: says('It is 42.') });
    turn.finish(says('It is 42.'));
    const answer = await shown();
    expect(answer).toMatchObject({ shows: 'Let me look.\n\nIt is 42.', status: 'complete' });
    const deltas = deltasOf(answer.frames) as Record<string, unknown>[];
    expect(deltas.filter(({ type }) => type === 'step').map(({ step_type, phase }) => [step_type, phase])).toEqual([
      ['shield_call', 'start'],
      ['shield_call', 'complete'],
      ['inference', 'start'],
      ['inference', 'complete'],
      ['tool_execution', 'start'],
      ['tool_execution', 'complete'],
      ['inference', 'start'],
      ['inference', 'complete'],
    ]);
    expect(deltas.filter(({ type }) => type !== 'step')).toMatchObject([
      { type: 'tool_call', parse_status: 'failed', arguments: 'nonsense' },
      { type: 'tool_call', call_id: 'c1', tool_name: 'web_search', parse_status: 'in_progress' },
      { type: 'tool_call', call_id: 'c1', parse_status: 'succeeded', arguments: { query: 'x' } },
      { type: 'tool_call', call_id: 'c1', parse_status: 'succeeded', target: 'server' },
      { type: 'tool_result', call_id: 'c1', tool_name: 'web_search', content: 'found' },
      { type: 'image', image: 'aW1hZ2U=' },
    ]);
  });

  describe('the text at the end wins over the pieces', () => {
    it('a tail that was swallowed is a chunk', async () => {
      const { stack, ask, shown } = await setUp();
      ask('hi');
      const turn = await stack.nextTurn();
      const step = turn.start();
      turn.text(step, 'Hel');
      turn.complete(step, { model_response: says('Hello') });
      turn.finish(says('Hello!'));
      const answer = await shown();
      expect(answer.text).toBe('Hello!');
      expect(answer.end).not.toHaveProperty('content');
    });

    it('another text replaces what was shown, in the history as well', async () => {
      const { stack, ask, shown, client } = await setUp();
      ask('hi');
      const turn = await stack.nextTurn();
      const step = turn.start();
      turn.text(step, 'Helo');
      turn.complete(step, { model_response: says('Hello') });
      turn.finish(says('Hello, you'));
      expect(await shown()).toMatchObject({ text: 'Helo', shows: 'Hello, you', status: 'complete' });
      client.send({ type: 'history' });
      const { messages } = await client.next('history', ({ messages: page }) => page.length === 2);
      expect(messages[1]?.content).toBe('Hello, you');
    });

    it('what a shield says takes the place of what it objects to', async () => {
      const { stack, ask, shown } = await setUp();
      ask('hi');
      const turn = await stack.nextTurn();
      const step = turn.start();
      turn.text(step, 'Something bad');
      turn.complete(step, { model_response: says('Something bad') });
      const shield = turn.start('shield_call', { touchpoint: 'assistant-output' });
      const violation = { violation_level: 'error', user_message: 'I can’t say that.', metadata: {} };
      turn.complete(shield, { violation }, 'shield_call');
      turn.finish(says('I can’t say that.'));
      expect(await shown()).toMatchObject({ shows: 'I can’t say that.', status: 'complete' });
    });

    it('a text that only the end has is shown', async () => {
      const { stack, ask, shown } = await setUp();
      ask('hi');
      (await stack.nextTurn()).finish(
        says([
          { type: 'text', text: 'All ' },
          { type: 'text', text: 'at once' },
        ]),
      );
      expect(await shown()).toMatchObject({ shows: 'All at once', status: 'complete' });
    });
  });

  describe('faults of the server', () => {
    it('a line that is not JSON is skipped and logged; the answer goes on', async () => {
      const { stack, ask, shown, warnings } = await setUp();
      ask('hi');
      const turn = await stack.nextTurn();
      const step = turn.start();
      turn.text(step, 'Hel').write('data: {"event": oops\n\n: a comment\n\ndata:\n\nevent: named\n').text(step, 'lo');
      turn.write('data: [DONE]\n\n').finish(says('Hello'));
      expect(await shown()).toMatchObject({ text: 'Hello', status: 'complete' });
      expect(warnings).toEqual(['A line that is not JSON was skipped: {"event": oops']);
    });

    it('a last event without its blank line counts', async () => {
      const { stack, ask, shown } = await setUp();
      ask('hi');
      const turn = await stack.nextTurn();
      const payload = { event_type: 'turn_complete', turn: turn.turn(says('Hello')) };
      turn.write(dataOf({ event: { payload } }).trimEnd()).end();
      expect(await shown()).toMatchObject({ shows: 'Hello', status: 'complete' });
    });

    it.each([
      ['a stream without a terminal event', 'cut_off', 'end'],
      ['a reset', 'cut_off', 'reset'],
    ] as const)('%s ends the answer as an error, and the text so far stays', async (_name, code, how) => {
      const { stack, ask, shown, client } = await setUp();
      ask('hi');
      const turn = await stack.nextTurn();
      turn.text(turn.start(), 'Hel');
      await client.next('message_stream', ({ chunk }) => chunk === 'Hel');
      turn[how]();
      const end = await client.next('message_stream', ({ stream_end }) => stream_end);
      expect(end.metadata).toMatchObject({ status: 'error', error: { code, retryable: true } });
      ask('again');
      const second = await stack.nextTurn();
      second.answer('Yes');
      expect(await shown()).toMatchObject({ shows: 'Yes', status: 'complete' });
    });

    it('a silent body ends the answer as a timeout, and closes the connection', async () => {
      const { stack, ask, shown } = await setUp({}, {}, 150);
      ask('hi');
      const turn = await stack.nextTurn();
      turn.text(turn.start(), 'Hel');
      expect(await shown()).toMatchObject({ status: 'error', error: { code: 'timeout' } });
      await turn.request.closed;
    });

    it.each([
      ['500: Internal server error: RAW-PROVIDER-TEXT', 'unavailable', true],
      ['400: Invalid value: RAW-PROVIDER-TEXT', 'misconfigured', false],
      ['RAW-PROVIDER-TEXT', 'unavailable', true],
    ])('an error event (%s) ends the answer in our own words', async (message, code, retryable) => {
      const { stack, ask, shown } = await setUp();
      ask('hi');
      const turn = await stack.nextTurn();
      turn.text(turn.start(), 'Hel').data({ error: { message } }).end();
      const answer = await shown();
      expect(answer).toMatchObject({ status: 'error', error: { code, retryable } });
      expect(answer.shows).not.toContain('RAW');
      expect(answer.shows).toMatch(/^Hel\n\n[A-Z].+\.$/);
    });

    it.each([
      [429, 'rate_limited'],
      [500, 'unavailable'],
      [401, 'misconfigured'],
    ])('HTTP %s ends the answer as %s, and the turn is not sent again', async (status, code) => {
      const { stack, ask, shown } = await setUp();
      ask('hi');
      (await stack.nextTurn()).refuse(status, { detail: 'RAW-PROVIDER-TEXT' });
      const answer = await shown();
      expect(answer).toMatchObject({ status: 'error', error: { code } });
      expect(answer.shows).not.toContain('RAW');
      expect(stack.turnCount).toBe(1);
    });

    it('a server that can’t be reached ends the answer as unavailable, and is asked again next time', async () => {
      let isDown = true;
      const route: StackOptions['route'] = (_request, response) => {
        if (isDown) response.socket?.resetAndDestroy();
        return isDown;
      };
      const { stack, ask, shown } = await setUp({}, { route });
      ask('hi');
      expect(await shown()).toMatchObject({ status: 'error', error: { code: 'unavailable', retryable: true } });
      isDown = false;
      ask('again');
      (await stack.nextTurn()).answer('Yes');
      expect(await shown()).toMatchObject({ shows: 'Yes', status: 'complete' });
    });

    it('an agent that the server does not know is for the operator to mend', async () => {
      const { ask, shown } = await setUp({ agentId: 'nobody' });
      ask('hi');
      expect(await shown()).toMatchObject({ status: 'error', error: { code: 'misconfigured', retryable: false } });
    });
  });

  it('stop closes the connection to the server, and the next turn tells it what it missed', async () => {
    const { stack, client, ask, shown } = await setUp();
    ask('hi');
    const turn = await stack.nextTurn();
    turn.text(turn.start(), 'Hel');
    await client.next('message_stream', ({ chunk }) => chunk === 'Hel');
    client.send({ type: 'stop' });
    await turn.request.closed;
    expect((await client.next('message_stream', ({ stream_end }) => stream_end)).metadata.status).toBe('stopped');
    ask('go on');
    const second = await stack.nextTurn();
    expect(second.sessionId).not.toBe(turn.sessionId);
    const messages = second.request.body['messages'] as { role: string; content: string }[];
    expect(messages.map(({ role }) => role)).toEqual(['user', 'user']);
    expect(messages[0]?.content).toContain('User: hi\n\nAssistant: Hel');
    expect(messages[1]?.content).toBe('go on');
    second.answer('lo');
    expect(await shown()).toMatchObject({ shows: 'lo', status: 'complete' });
  });

  it('a server that lost its sessions and agents gets new ones, with the conversation so far', async () => {
    const { stack, ask, shown } = await setUp();
    ask('hi');
    (await stack.nextTurn()).answer('Hello');
    await shown();
    stack.sessions.clear();
    stack.agents.clear();
    ask('still there?');
    const turn = await stack.nextTurn();
    expect(turn.request.body['messages']).toHaveLength(2);
    turn.answer('Yes');
    expect(await shown()).toMatchObject({ shows: 'Yes', status: 'complete' });
  });

  it('what another agent said in between is told to the server', async () => {
    const { stack, ask, shown } = await setUp();
    ask('hi');
    const first = await stack.nextTurn();
    first.answer('Hello');
    await shown();
    ask('and you?', 'other');
    await shown();
    ask('again');
    const second = await stack.nextTurn();
    expect(second.sessionId).not.toBe(first.sessionId);
    const [before] = second.request.body['messages'] as { content: string }[];
    expect(before?.content).toContain('User: and you?\n\nAssistant: Other.');
    second.answer('Yes');
    await shown();
  });

  it('a tool of the visitor’s page runs there, and the turn goes on with what it said', async () => {
    const { stack, client, ask, deltasOf } = await setUp();
    ask('where am I?');
    const turn = await stack.nextTurn();
    const call = { call_id: 'c1', tool_name: 'locate', arguments: '{"precise":true}' };
    const step = turn.start();
    turn.await([call], [turn.complete(step, { model_response: says('', [call]) })]);
    const start = await client.next('message_stream', ({ stream_start }) => stream_start);
    const asked = await client.next(
      'message_stream',
      ({ delta }) => delta?.type === 'tool_call' && delta.target === 'page',
    );
    expect(asked.delta).toMatchObject({ call_id: 'c1', tool_name: 'locate', parse_status: 'succeeded' });
    client.send({ type: 'tool_result', call_id: 'c1', content: { city: 'Wien' } });
    client.send({ type: 'tool_result', call_id: 'c1', content: 'of another tab' });
    const resumed = await stack.nextTurn();
    expect(resumed.turnId).toBe(turn.turnId);
    expect(resumed.request.body).toEqual({
      tool_responses: [{ call_id: 'c1', tool_name: 'locate', content: '{"city":"Wien"}' }],
      stream: true,
    });
    const tool_responses = [{ call_id: 'c1', tool_name: 'locate', content: '{"city":"Wien"}' }];
    resumed.complete('step-of-the-tool', { tool_calls: [call], tool_responses }, 'tool_execution');
    resumed.answer('You are in Wien.');
    const end = await client.next('message_stream', ({ stream_end }) => stream_end);
    expect(end).toMatchObject({ id: start.id, metadata: { status: 'complete' } });
    const frames = client.received.flatMap(({ frame }) => (frame.type === 'message_stream' ? frame : []));
    expect(frames.map(({ chunk }) => chunk ?? '').join('')).toBe('You are in Wien.');
    const results = deltasOf(frames).filter((delta) => (delta as { type: string }).type === 'tool_result');
    expect(results).toMatchObject([{ content: { city: 'Wien' } }]);
  });
});
