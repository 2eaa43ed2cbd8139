import { type Agent, AgentError, type AgentEvent, type ChatStreamOptions } from '@chat-stream/backend';
import { from, NEVER, Observable, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { startApp } from '../support/app.js';
import { ScriptedAgent } from '../support/scripted-agent.js';
import { type Answered, TestClient } from '../support/ws-client.js';

const text = (...parts: string[]) => parts.map((part) => ({ type: 'text' as const, text: part }));
const agentOf = (execute: Agent['execute'], name = 'test'): Agent => ({ info: { name }, execute });

/** A service with this agent, and one client in a session. */
async function chat(agent: Agent, options: Partial<ChatStreamOptions> = {}) {
  const app = await startApp({ agents: [agent], ...options });
  const { client, session } = await TestClient.open(app.chatUrl);
  const dispose = async () => {
    await client[Symbol.asyncDispose]();
    await app.close();
  };
  return { app, client, session, [Symbol.asyncDispose]: dispose };
}

function expectThreePhases({ frames, end }: Answered): void {
  const phases = frames.map((frame) => [frame.stream_start, frame.stream_chunk, frame.stream_end]);
  expect(phases[0]).toEqual([true, false, false]);
  expect(phases.at(-1)).toEqual([false, false, true]);
  for (const phase of phases.slice(1, -1)) expect(phase).toEqual([false, true, false]);
  expect(new Set(frames.map(({ id }) => id)).size).toBe(1);
  expect(end.metadata.streaming).toBe(false);
}

describe('an answer', () => {
  it('travels as start, chunks and end, with the fields that clients rely on', async () => {
    await using test = await chat(new ScriptedAgent({ name: 'parrot', displayName: 'The Parrot' }));
    const { client, session } = test;
    client.send({ type: 'message', id: 'my-id', content: 'hi', metadata: { agentType: 'nobody' } });
    const echo = await client.next('message');
    expect(echo).toMatchObject({ id: 'my-id', content: 'hi', sender: 'user', agent_id: null, attachments: [], seq: 1 });
    await client.next('message_stream');
    const start = client.received.at(-1)?.raw;
    expect(start).toEqual({
      type: 'message_stream',
      id: expect.any(String),
      sender: 'ai',
      timestamp: expect.stringMatching(/Z$/),
      agentId: 'parrot',
      agentName: 'The Parrot',
      agentType: 'parrot',
      session_id: session.session_id,
      stream_start: true,
      stream_chunk: false,
      stream_end: false,
      metadata: { reply_to: 'my-id', streaming: true },
      seq: 2,
    });
  });

  it('has one start, its chunks and one end, numbered without a gap, between two typing frames', async () => {
    const agent = new ScriptedAgent();
    await using test = await chat(agent);
    const { client } = test;
    client.send({ type: 'message', content: 'hi' });
    const run = await agent.nextRun();
    run.say('Hel');
    await client.next('message_stream', (frame) => frame.chunk === 'Hel');
    run.say('lo');
    await client.next('message_stream', (frame) => frame.chunk === 'lo');
    run.finish();
    await client.next('typing', (frame) => !frame.is_typing);
    const kinds = client.received
      .slice(4)
      .map(({ raw }) =>
        raw.type === 'message_stream'
          ? ['start', 'chunk', 'end'].find((phase) => raw[`stream_${phase}`])
          : raw.type === 'typing'
            ? `typing ${String(raw.is_typing)}`
            : raw.type,
      );
    expect(kinds).toEqual(['message', 'typing true', 'start', 'chunk', 'chunk', 'end', 'typing false']);
    const seqs = client.received.flatMap(({ raw }) =>
      raw.type === 'message' || raw.type === 'message_stream' ? [raw.seq] : [],
    );
    expect(seqs).toEqual([1, 2, 3, 4, 5]);
  });

  it('merges what is ready in one turn of the event loop, and delays nothing', async () => {
    const agent = new ScriptedAgent();
    await using test = await chat(agent);
    test.client.send({ type: 'message', content: 'hi' });
    const run = await agent.nextRun();
    for (const letter of 'abcdefgh') run.say(letter);
    await Promise.resolve();
    run.say('i');
    const chunk = await test.client.next('message_stream', (frame) => frame.stream_chunk);
    expect(chunk.chunk).toBe('abcdefghi');
    run.finish();
  });

  it('keeps the order of text, reasoning and everything else', async () => {
    const events: AgentEvent[] = [
      { type: 'reasoning', text: 'hm' },
      { type: 'reasoning', text: 'm' },
      ...text('a', 'b'),
      { type: 'source', url: 'https://example.com', title: 'Example' },
      ...text('c'),
      { type: 'usage', input_tokens: 3, output_tokens: 4 },
      { type: 'finish', reason: 'length' },
    ];
    await using test = await chat(agentOf(() => from(events)));
    test.client.send({ type: 'message', content: 'hi' });
    const answer = await test.client.answer();
    expectThreePhases(answer);
    expect(answer.frames.slice(1, -1).map((frame) => frame.delta ?? frame.chunk)).toEqual([
      { type: 'reasoning', text: 'hmm' },
      'ab',
      { type: 'source', url: 'https://example.com', title: 'Example' },
      'c',
    ]);
    expect(answer.end.metadata).toMatchObject({
      status: 'complete',
      usage: { input_tokens: 3, output_tokens: 4 },
      finish_reason: 'length',
    });
  });

  it('keeps a character that a model split in two', async () => {
    const agent = new ScriptedAgent();
    await using test = await chat(agent);
    test.client.send({ type: 'message', content: 'hi' });
    const run = await agent.nextRun();
    run.say('\ud83d');
    await test.client.next('message_stream', (frame) => frame.stream_chunk);
    run.finish('\udd27');
    await test.client.next('message_stream', (frame) => frame.stream_end);
    const chunks = test.client.all('message_stream').map((frame) => frame.chunk ?? '');
    expect(chunks.join('')).toBe('🔧');
  });
});

describe('whatever an agent does, its answer has one start and one end', () => {
  const INTERNAL = 'Something went wrong while answering. Please try again.';
  const never = new Observable<AgentEvent>((subscriber) => {
    subscriber.next({ type: 'text', text: 'so far' });
  });
  it.each<[string, Agent['execute'], string, string]>([
    ['completes without a word', () => of(), 'complete', ''],
    [
      'throws at once',
      () => {
        throw new Error('secret-detail');
      },
      'error',
      INTERNAL,
    ],
    ['fails before the first token', () => throwError(() => new Error('secret-detail')), 'error', INTERNAL],
    [
      'fails later',
      () =>
        new Observable((s) => {
          s.next({ type: 'text', text: 'abc' });
          setImmediate(() => s.error(new Error('secret-detail')));
        }),
      'error',
      `abc\n\n${INTERNAL}`,
    ],
    [
      'fails in its own words',
      () =>
        throwError(
          () =>
            new AgentError('rate_limited', 'Too many questions. Try later.', {
              retryable: true,
              cause: 'secret-detail',
            }),
        ),
      'error',
      'Too many questions. Try later.',
    ],
    [
      'emits after it completed',
      () =>
        new Observable((s) => {
          s.next({ type: 'text', text: 'abc' });
          s.complete();
          s.next({ type: 'text', text: 'late' });
          setImmediate(() => s.next({ type: 'text', text: 'later' }));
        }),
      'complete',
      'abc',
    ],
    ['never completes', () => never, 'error', 'so far\n\nThe answer stopped coming. Please try again.'],
    ['says nothing at all', () => NEVER, 'error', 'The answer stopped coming. Please try again.'],
    ['returns no Observable', () => undefined as unknown as Observable<AgentEvent>, 'error', INTERNAL],
    [
      'emits something that is not text',
      () => of({ type: 'text', text: 5 } as unknown as AgentEvent),
      'error',
      INTERNAL,
    ],
    ['emits null', () => of(null as unknown as AgentEvent), 'error', INTERNAL],
    ['emits an unknown event', () => of({ type: 'nonsense' } as unknown as AgentEvent), 'error', INTERNAL],
    ['emits an empty text', () => from(text('', 'a', '')), 'complete', 'a'],
    [
      'returns a promise of text',
      () => Promise.resolve({ type: 'text', text: 'p' }) as unknown as Observable<AgentEvent>,
      'complete',
      'p',
    ],
  ])('that %s', async (_, execute, status, expected) => {
    await using test = await chat(agentOf(execute), { idleTimeoutMs: 60 });
    const { client } = test;
    client.send({ type: 'message', content: 'hi' });
    const answer = await client.answer();
    expectThreePhases(answer);
    expect(answer.text).toBe(expected);
    expect(answer.end.metadata.status).toBe(status);
    if (status === 'error')
      expect(answer.end.metadata.error).toMatchObject({ code: expect.any(String), message: expect.any(String) });
    // The session lives on: the next answer comes, and nothing more of the first.
    client.send({ type: 'message', content: 'again' });
    expectThreePhases(await client.answer());
    const starts = client.all('message_stream').filter((frame) => frame.stream_start);
    const ends = client.all('message_stream').filter((frame) => frame.stream_end);
    expect([starts.length, ends.length]).toEqual([2, 2]);
    expect(JSON.stringify(client.received)).not.toContain('secret-detail');
  });

  it('an agent that is silent but says that it lives is not cut off', async () => {
    const agent = new ScriptedAgent();
    await using test = await chat(agent, { idleTimeoutMs: 100 });
    test.client.send({ type: 'message', content: 'hi' });
    const run = await agent.nextRun();
    const alive = setInterval(() => run.context.keepAlive(), 10);
    setTimeout(() => run.finish('slow'), 400);
    expect((await test.client.answer()).text).toBe('slow');
    clearInterval(alive);
  });

  it('an agent that was given up is unsubscribed', async () => {
    const agent = new ScriptedAgent();
    await using test = await chat(agent, { idleTimeoutMs: 50 });
    test.client.send({ type: 'message', content: 'hi' });
    await (
      await agent.nextRun()
    ).released;
    expect((await test.client.answer()).end.metadata).toMatchObject({
      status: 'error',
      error: { code: 'timeout', retryable: true },
    });
  });
});

describe('stop', () => {
  it('aborts the agent, keeps the partial answer and says so after the end', async () => {
    const agent = new ScriptedAgent();
    await using test = await chat(agent);
    const { client, session } = test;
    client.send({ type: 'message', content: 'hi' });
    const run = await agent.nextRun();
    run.say('part');
    const { id } = await client.next('message_stream', (frame) => frame.stream_chunk);
    client.send({ type: 'stop', session_id: session.session_id, id });
    await run.released;
    const response = await client.next('stop_response');
    expect(response).toMatchObject({ success: true, session_id: session.session_id, id });
    const types = client.received.slice(-4).map(({ raw }) => raw.type);
    expect(types).toEqual(['message_stream', 'stream_stopped', 'typing', 'stop_response']);
    const again = await TestClient.open(test.app.chatUrl, { session_id: session.session_id, token: session.token! });
    await using _ = again.client;
    const { messages } = await again.client.next('history');
    expect(messages.map(({ content, metadata }) => [content, metadata.status])).toEqual([
      ['hi', undefined],
      ['part', 'stopped'],
    ]);
  });

  it('works before the first token', async () => {
    const agent = new ScriptedAgent();
    await using test = await chat(agent);
    test.client.send({ type: 'message', content: 'hi' });
    test.client.send({ type: 'stop' });
    const answer = await test.client.answer();
    expectThreePhases(answer);
    expect([answer.text, answer.end.metadata.status]).toEqual(['', 'stopped']);
  });

  it('never touches a later answer', async () => {
    const agent = new ScriptedAgent();
    await using test = await chat(agent);
    const { client } = test;
    client.send({ type: 'message', content: 'one' });
    (await agent.nextRun()).finish('1');
    const first = await client.answer();
    client.send({ type: 'message', content: 'two' });
    const run = await agent.nextRun();
    client.send({ type: 'stop', id: first.id });
    expect(await client.next('stop_response')).toMatchObject({ success: true });
    run.finish('2');
    await client.next('message_stream', (frame) => frame.stream_end);
    expect(client.all('message_stream').at(-1)?.metadata.status).toBe('complete');
  });

  it('in one tab stops both', async () => {
    const agent = new ScriptedAgent();
    await using test = await chat(agent);
    const { session_id, token } = test.session;
    const { client: other } = await TestClient.open(test.app.chatUrl, { session_id, token: token! });
    await using _ = other;
    test.client.send({ type: 'message', content: 'hi' });
    await agent.nextRun();
    other.send({ type: 'stop' });
    for (const client of [test.client, other]) {
      await client.next('message_stream', (frame) => frame.stream_end && frame.metadata.status === 'stopped');
      await client.next('stream_stopped');
    }
  });
});

describe('a message during an answer', () => {
  it('ends it as stopped, and the new answer comes whole', async () => {
    const agent = new ScriptedAgent();
    await using test = await chat(agent);
    const { client } = test;
    client.send({ type: 'message', id: 'one', content: 'one' });
    const first = await agent.nextRun();
    first.say('fir');
    await client.next('message_stream', (frame) => frame.stream_chunk);
    client.send({ type: 'message', id: 'two', content: 'two' });
    await first.released;
    const second = await agent.nextRun();
    first.say('late');
    second.finish('second');
    await client.next('message_stream', (frame) => frame.stream_end && frame.metadata.reply_to === 'two');
    const seen = client
      .all('message_stream')
      .map((frame) => [frame.metadata.reply_to, frame.chunk ?? frame.metadata.status ?? 'start']);
    expect(seen).toEqual([
      ['one', 'start'],
      ['one', 'fir'],
      ['one', 'stopped'],
      ['two', 'start'],
      ['two', 'second'],
      ['two', 'complete'],
    ]);
    expect(second.turn.history).toEqual([
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'fir' },
    ]);
  });

  it('waits, where the policy is to queue', async () => {
    const agent = new ScriptedAgent();
    await using test = await chat(agent, { concurrentTurns: 'queue' });
    const { client } = test;
    client.send({ type: 'message', id: 'one', content: 'one' });
    const first = await agent.nextRun();
    client.send({ type: 'message', id: 'two', content: 'two' });
    await client.next('message', ({ id }) => id === 'two');
    expect(agent.runs.length).toBe(1);
    first.finish('1');
    const second = await agent.nextRun();
    expect(second.turn.message.content).toBe('two');
    second.finish('2');
    await client.next('message_stream', (frame) => frame.stream_end && frame.metadata.reply_to === 'two');
    // Each answer stands behind its question, for those who come later as for those who were there.
    const { session_id, token } = test.session;
    const { client: later } = await TestClient.open(test.app.chatUrl, { session_id, token: token! });
    await using _ = later;
    const { messages } = await later.next('history');
    expect(messages.map(({ content }) => content)).toEqual(['one', '1', 'two', '2']);
  });

  it('is refused, where the policy is to reject', async () => {
    const agent = new ScriptedAgent();
    await using test = await chat(agent, { concurrentTurns: 'reject' });
    const { client } = test;
    client.send({ type: 'message', id: 'one', content: 'one' });
    const first = await agent.nextRun();
    client.send({ type: 'message', id: 'two', content: 'two' });
    expect(await client.next('error')).toMatchObject({ code: 'busy', ref: 'two', retryable: true });
    first.finish('1');
    expect((await client.next('message_stream', (frame) => frame.stream_end)).metadata.status).toBe('complete');
  });
});

describe('a message that is sent again', () => {
  it('is echoed with the seq it had, and starts nothing', async () => {
    const agent = new ScriptedAgent();
    await using test = await chat(agent);
    const { client } = test;
    for (let count = 0; count < 3; count++) client.send({ type: 'message', id: 'same', content: 'hi' });
    (await agent.nextRun()).finish('hello');
    await client.next('message_stream', (frame) => frame.stream_end);
    client.send({ type: 'message', id: 'same', content: 'hi' });
    client.send({ type: 'ping' });
    await client.next('pong');
    expect(client.all('message').map(({ id, seq }) => [id, seq])).toEqual(Array.from({ length: 4 }, () => ['same', 1]));
    expect(agent.runs.length).toBe(1);
  });

  it('with another content is a conflict', async () => {
    const agent = new ScriptedAgent();
    await using test = await chat(agent);
    test.client.send({ type: 'message', id: 'same', content: 'hi' });
    const answerId = (await test.client.next('message_stream')).id;
    test.client.send({ type: 'message', id: 'same', content: 'other' });
    expect(await test.client.next('error')).toMatchObject({ code: 'conflict', ref: 'same', retryable: false });
    test.client.send({ type: 'message', id: answerId, content: 'other' });
    expect(await test.client.next('error')).toMatchObject({ code: 'conflict', ref: answerId });
    expect(agent.runs.length).toBe(1);
  });
});

describe('what an agent gets of the conversation', () => {
  it('is in order, without what we said about failures', async () => {
    const agent = new ScriptedAgent();
    await using test = await chat(agent);
    const { client } = test;
    const say = async (content: string, then: (run: Awaited<ReturnType<ScriptedAgent['nextRun']>>) => void) => {
      client.send({ type: 'message', content });
      const run = await agent.nextRun();
      then(run);
      await client.next('message_stream', (frame) => frame.stream_end);
      return run;
    };
    await say('one', (run) => run.finish('first'));
    await say('two', (run) => run.subscriber.error(new Error('x')));
    await say('three', (run) => {
      run.say('par');
      run.subscriber.error(new AgentError('cut_off', 'The answer broke off.'));
    });
    const last = await say('four', (run) => run.finish('fourth'));
    expect(last.turn.message).toEqual({ role: 'user', content: 'four' });
    expect(last.turn.history).toEqual([
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'first' },
      { role: 'user', content: 'two' },
      { role: 'user', content: 'three' },
      { role: 'assistant', content: 'par' },
    ]);
  });

  it('is cut to the newest', async () => {
    const agent = new ScriptedAgent();
    await using test = await chat(agent, { context: { messages: 3 } });
    for (const content of ['one', 'two', 'three', 'four']) {
      test.client.send({ type: 'message', content });
      (await agent.nextRun()).finish(content.toUpperCase());
      await test.client.next('message_stream', (frame) => frame.stream_end);
    }
    expect(agent.runs.at(-1)?.turn.history.map(({ content }) => content)).toEqual(['TWO', 'three', 'THREE']);
  });

  it('is the agent that the message names, or the default one', async () => {
    const one = new ScriptedAgent({ name: 'one' });
    const two = new ScriptedAgent({ name: 'two' });
    await using app = await startApp({ agents: [one, two], defaultAgent: 'two' });
    const { client } = await TestClient.open(app.chatUrl);
    await using _ = client;
    for (const [agentType, agent] of [
      ['one', one],
      ['two', two],
      ['three', two],
      [undefined, two],
    ] as const) {
      client.send({ type: 'message', content: 'hi', metadata: { agentType } });
      (await agent.nextRun()).finish('x');
      const end = await client.next('message_stream', (frame) => frame.stream_end);
      expect(end.agentType).toBe(agent.info.name);
    }
  });
});
