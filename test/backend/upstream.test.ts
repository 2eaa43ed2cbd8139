import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OpenAiAgent, type OpenAiAgentOptions } from '@chat-stream/backend';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Aimock, startAimock } from '../support/aimock.js';
import { startApp, type TestApp } from '../support/app.js';
import { TestClient } from '../support/ws-client.js';

const KEY = 'sk-secret-4711';
const agentAt = (baseURL: string, more: Partial<OpenAiAgentOptions> = {}) =>
  new OpenAiAgent({ baseURL, model: 'gpt-4o-mini', apiKey: KEY, ...more });

describe('with a model server that nobody here wrote', () => {
  let upstream: Aimock;
  let app: TestApp;
  let client: TestClient;
  beforeAll(async () => {
    upstream = await startAimock({ latency: 2, chunkSize: 8 });
    app = await startApp({ agents: [agentAt(upstream.baseURL, { systemPrompt: 'Be kind.' })], idleTimeoutMs: 2_000 });
  });
  afterAll(async () => {
    await app.close();
    await upstream.stop();
  });
  beforeEach(async () => {
    upstream.reset();
    upstream.mock.onMessage('hello', { content: 'Hello! How can I help you today? 🔧' });
    ({ client } = await TestClient.open(app.chatUrl));
  });
  afterEach(async () => {
    const frames = JSON.stringify(client.received.map(({ raw }) => raw));
    for (const secret of [KEY, upstream.baseURL, 'provider-detail']) expect(frames).not.toContain(secret);
    await client.close();
  });

  it('an answer comes through in three phases, token by token, with its usage and its reason to end', async () => {
    client.send({ type: 'message', content: 'hello' });
    const answer = await client.answer();
    expect(answer.text).toBe('Hello! How can I help you today? 🔧');
    expect(answer.frames.filter((frame) => frame.stream_chunk).length).toBeGreaterThan(3);
    expect(answer.end.metadata).toMatchObject({
      status: 'complete',
      finish_reason: 'stop',
      usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
    });
  });

  it('the model is told the system prompt, the conversation in order, and the question last', async () => {
    for (const content of ['hello one', 'hello two']) {
      client.send({ type: 'message', content });
      await client.answer();
    }
    const body = upstream.requests().at(-1)?.body as { messages: { role: string; content: string }[] };
    expect(body.messages.map(({ role, content }) => [role, content])).toEqual([
      ['system', 'Be kind.'],
      ['user', 'hello one'],
      ['assistant', 'Hello! How can I help you today? 🔧'],
      ['user', 'hello two'],
    ]);
  });

  it.each<[string, () => void, string, boolean]>([
    [
      'is down',
      () =>
        upstream.mock.onMessage('fault', { error: { message: 'provider-detail', type: 'server_error' }, status: 500 }),
      'unavailable',
      true,
    ],
    [
      'asks us to slow down',
      () =>
        upstream.mock.onMessage('fault', { error: { message: 'provider-detail', type: 'rate_limit' }, status: 429 }),
      'rate_limited',
      true,
    ],
    [
      'does not take our key',
      () =>
        upstream.mock.onMessage('fault', { error: { message: `provider-detail ${KEY}`, type: 'auth' }, status: 401 }),
      'misconfigured',
      false,
    ],
    [
      'cuts the answer off',
      () => upstream.mock.onMessage('fault', { content: 'x'.repeat(200) }, { truncateAfterChunks: 4 }),
      'cut_off',
      true,
    ],
    [
      'hangs up',
      () => upstream.mock.onMessage('fault', { content: 'x'.repeat(2000) }, { disconnectAfterMs: 30 }),
      'cut_off',
      true,
    ],
    [
      'sends nonsense',
      () => upstream.mock.onMessage('fault', { content: 'x' }).setChaos({ malformedRate: 1 }),
      'bad_upstream',
      true,
    ],
  ])(
    'a server that %s ends the answer in the stream, with a sentence and a code',
    async (_, arrange, code, retryable) => {
      arrange();
      client.send({ type: 'message', content: 'fault' });
      const { frames, text, end } = await client.answer();
      expect(frames.filter((frame) => frame.stream_start).length).toBe(1);
      expect(end.metadata).toMatchObject({ status: 'error', error: { code, retryable } });
      expect(text.endsWith(end.metadata.error!.message)).toBe(true);
      upstream.mock.setChaos({});
      client.send({ type: 'message', content: 'hello' });
      expect((await client.answer()).end.metadata.status).toBe('complete');
    },
  );

  it('a request that was refused is sent again before the first token', async () => {
    upstream.mock.nextRequestError(429, { message: 'provider-detail' });
    client.send({ type: 'message', content: 'hello' });
    expect((await client.answer()).end.metadata.status).toBe('complete');
    expect(upstream.requests().length).toBe(2);
  });
});

describe('with a model server that misbehaves in ways only bytes can', () => {
  const chunk = (content: string) =>
    `data: {"choices":[{"index":0,"delta":{"content":"${content}"},"finish_reason":null}]}\n\n`;

  /** A server that answers every request as `answer` says, with an app in front and a client in a session. */
  async function chat(answer: (response: ServerResponse, request: IncomingMessage) => void, idleTimeoutMs = 200) {
    const server = createServer((request, response) => {
      request.resume();
      answer(response, request);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const app = await startApp({ agents: [agentAt(`http://127.0.0.1:${port}/v1`, { maxRetries: 0 })], idleTimeoutMs });
    const { client } = await TestClient.open(app.chatUrl);
    const dispose = async () => {
      await client[Symbol.asyncDispose]();
      await app.close();
      server.closeAllConnections();
      server.close();
    };
    return { server, client, [Symbol.asyncDispose]: dispose };
  }

  it.each<[string, (response: ServerResponse) => void, string]>([
    ['before its headers', () => undefined, ''],
    [
      'before its first token',
      (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders(),
      '',
    ],
    [
      'in mid-answer',
      (response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunk('so far')),
      'so far\n\n',
    ],
  ])('one that falls silent %s ends as timeout, and is hung up on', async (_, answer, before) => {
    let left: Promise<unknown> | undefined;
    await using test = await chat((response) => {
      left = once(response, 'close');
      answer(response);
    });
    test.client.send({ type: 'message', content: 'hi' });
    const { text, end } = await test.client.answer();
    expect(end.metadata).toMatchObject({ status: 'error', error: { code: 'timeout', retryable: true } });
    expect(text).toBe(before + end.metadata.error!.message);
    await left;
  });

  it('one that is slow, but not silent, is waited for', async () => {
    await using test = await chat((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      let count = 0;
      const timer = setInterval(() => {
        // Comments keep a connection alive while a model thinks.
        if (++count < 8) return void response.write(': thinking\n\n');
        clearInterval(timer);
        response.end(`${chunk('done')}data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`);
      }, 50);
    });
    test.client.send({ type: 'message', content: 'hi' });
    expect(await test.client.answer()).toMatchObject({ text: 'done', end: { metadata: { status: 'complete' } } });
  });

  it('a body that ends properly without a reason counts as cut off', async () => {
    await using test = await chat((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(chunk('half'));
    });
    test.client.send({ type: 'message', content: 'hi' });
    expect((await test.client.answer()).end.metadata).toMatchObject({ status: 'error', error: { code: 'cut_off' } });
  });

  it('stop reaches the model: its request is closed', async () => {
    let left: Promise<unknown> | undefined;
    await using test = await chat((response) => {
      left = once(response, 'close');
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunk('part'));
    }, 10_000);
    test.client.send({ type: 'message', content: 'hi' });
    await test.client.next('message_stream', (frame) => frame.stream_chunk);
    test.client.send({ type: 'stop' });
    await left;
    const end = await test.client.next('message_stream', (frame) => frame.stream_end);
    expect(end.metadata.status).toBe('stopped');
  });

  it('a client that leaves does not: the answer is finished without it', async () => {
    let respond: (() => void) | undefined;
    await using test = await chat((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunk('first '));
      respond = () =>
        response.end(`${chunk('second')}data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n`);
    }, 10_000);
    const { session_id, token } = test.client.all('session')[0]!;
    test.client.send({ type: 'message', content: 'hi' });
    await test.client.next('message_stream', (frame) => frame.stream_chunk);
    await test.client.cut();
    respond?.();
    const url = test.client.socket.url;
    for (;;) {
      const { client } = await TestClient.open(url, { session_id, token: token! });
      await using _ = client;
      const { messages } = await client.next('history');
      if (messages.length < 2) continue;
      expect(messages[1]).toMatchObject({ content: 'first second', metadata: { status: 'complete' } });
      return;
    }
  });
});
