import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OpenAiAgent } from '../../../backend/agent/openai.agent.js';
import { type Aimock, startAimock } from '../../support/aimock.js';
import { expectFailure, KEY, RAW, run, start, turnOf } from './running.js';

const LONG = 'The quick brown fox jumps over the lazy dog. '.repeat(8);

describe('OpenAiAgent with a model server that nobody here wrote', () => {
  let aimock: Aimock;
  let agent: OpenAiAgent;
  beforeAll(async () => {
    aimock = await startAimock({ chunkSize: 7 });
    agent = new OpenAiAgent({ baseURL: aimock.baseURL, apiKey: KEY, model: 'gpt-4o-mini', systemPrompt: 'Be brief.' });
  });
  beforeEach(() => aimock.reset());
  afterAll(() => aimock.stop());

  it('streams the answer, what it cost and why it ended', async () => {
    aimock.mock.onMessage('fox', { content: LONG, usage: { prompt_tokens: 12, completion_tokens: 34 } });
    const { text, error, events, signs } = await run(agent, 'Tell me of the fox');
    expect(error).toBeUndefined();
    expect(text).toBe(LONG);
    expect(events.filter(({ type }) => type === 'text').length).toBeGreaterThan(40);
    expect(events.slice(-2)).toEqual([
      { type: 'usage', input_tokens: 12, output_tokens: 34 },
      { type: 'finish', reason: 'stop' },
    ]);
    expect(signs).toBeGreaterThan(1);
  });

  it('sends the system prompt, the conversation and the message, in order, and asks for nothing else', async () => {
    aimock.mock.onMessage('third', { content: 'ok' });
    const history = [
      { role: 'user', content: 'first' },
      { role: 'assistant', content: 'second' },
    ] as const;
    await run(agent, turnOf('third', history));
    expect(aimock.requests().map(({ method, path }) => `${method} ${path}`)).toEqual(['POST /v1/chat/completions']);
    expect(aimock.requests()[0]?.body).toMatchObject({
      model: 'gpt-4o-mini',
      stream: true,
      stream_options: { include_usage: true },
      messages: [{ role: 'system', content: 'Be brief.' }, ...history, { role: 'user', content: 'third' }],
    });
  });

  it('streams what a reasoning model thinks', async () => {
    aimock.mock.onMessage('why', { content: 'Because.', reasoning: 'Let me think about it.' });
    const { events, text } = await run(agent, 'why?');
    const thoughts = events.map((event) => (event.type === 'reasoning' ? event.text : '')).join('');
    expect(thoughts).toBe('Let me think about it.');
    expect(text).toBe('Because.');
  });

  it('passes over tool calls', async () => {
    aimock.mock.onMessage('tool', { toolCalls: [{ name: 'f', arguments: '{"a":1}' }] });
    const { events, error } = await run(agent, 'tool');
    expect(error).toBeUndefined();
    expect(events.map(({ type }) => type)).toEqual(['usage', 'finish']);
  });

  it('is complete at the model’s length, and ends as content_filter at a filter', async () => {
    aimock.mock.onMessage('long', { content: 'Part', finishReason: 'length' });
    aimock.mock.onMessage('bad', { content: 'Part', finishReason: 'content_filter' });
    expect(await run(agent, 'long')).toMatchObject({ text: 'Part', error: undefined });
    const filtered = await run(agent, 'bad');
    expectFailure(filtered, 'content_filter', false);
    expect(filtered.text).toBe('Part');
  });

  it('asks again after a 429, as soon as the server allows', async () => {
    let calls = 0;
    aimock.mock.onMessage('busy', () =>
      ++calls < 3
        ? { error: { message: RAW, type: 'rate_limit_error' }, status: 429, retryAfter: 0 }
        : { content: 'At last.' },
    );
    expect(await run(agent, 'busy')).toMatchObject({ text: 'At last.', error: undefined });
    expect(aimock.requests().map(({ response }) => response.status)).toEqual([429, 429, 200]);
  });

  it('asks again after a 500', async () => {
    aimock.mock.onMessage('shaky', { content: 'Here I am.' }).nextRequestError(500, { message: RAW });
    expect(await run(agent, 'shaky')).toMatchObject({ text: 'Here I am.', error: undefined });
  });

  it.each([
    [429, {}, 'rate_limited', true],
    [429, { type: 'insufficient_quota', code: 'insufficient_quota' }, 'rate_limited', false],
    [402, {}, 'rate_limited', false],
    [500, {}, 'unavailable', true],
    [503, {}, 'unavailable', true],
    [401, { code: 'invalid_api_key' }, 'misconfigured', false],
    [403, {}, 'misconfigured', false],
    [404, { code: 'model_not_found' }, 'misconfigured', false],
    [400, { code: 'context_length_exceeded' }, 'too_long', false],
    [413, {}, 'too_long', false],
    [400, { code: 'content_filter' }, 'content_filter', false],
    [400, {}, 'misconfigured', false],
    [422, {}, 'misconfigured', false],
  ] as const)('says in plain words what a %i %j means', async (status, names, code, retryable) => {
    const once = new OpenAiAgent({ baseURL: aimock.baseURL, apiKey: KEY, model: 'm', maxRetries: 0 });
    aimock.mock.onMessage('hello', { error: { message: `${RAW} key ${KEY}`, type: 'error', ...names }, status });
    const error = expectFailure(await run(once), code, retryable);
    expect(String(error.cause)).toContain(RAW);
  });

  it('ends as misconfigured when the server knows nothing of what is asked', async () => {
    expectFailure(await run(agent, 'no fixture'), 'misconfigured', false);
  });

  it.each([
    ['is truncated', { truncateAfterChunks: 4 }],
    ['breaks off', { disconnectAfterMs: 30 }],
  ])('keeps what came when the answer %s, says so, and does not ask again', async (_, fault) => {
    aimock.mock.onMessage('fox', { content: LONG }, { latency: 5, ...fault });
    const outcome = await run(agent, 'fox');
    expectFailure(outcome, 'cut_off', true);
    expect(outcome.text).not.toBe('');
    expect(LONG.startsWith(outcome.text)).toBe(true);
    expect(aimock.requests()).toHaveLength(1);
  });

  it('ends as bad_upstream when nonsense comes', async () => {
    aimock.mock.onMessage('hello', { content: 'x' }, { chaos: { malformedRate: 1 } });
    expectFailure(await run(agent), 'bad_upstream', true);
  });

  it('is patient with a slow server, and silent once nobody listens', async () => {
    aimock.mock.onMessage('slow', { content: LONG }, { streamingProfile: { ttft: 100, tps: 100 } });
    aimock.mock.onMessage('fast', { content: LONG });
    const running = start(agent, 'slow');
    await expect.poll(() => running.events.length, { interval: 1 }).toBeGreaterThan(2);
    running.subscription.unsubscribe();
    const said = running.events.length;
    expect((await run(agent, 'fast')).text).toBe(LONG);
    expect(running.events).toHaveLength(said);
  });
});
