import { once } from 'node:events';
import { createServer } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { OpenAiAgent, type OpenAiAgentOptions } from '../../../backend/agent/openai.agent.js';
import { beginStream, type RawRequest, type RawUpstream, startRawUpstream } from './raw-upstream.js';
import { expectFailure, KEY, RAW, run, start, textOf } from './running.js';

const says = (content: string) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;
const STOP = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n';
const DONE = 'data: [DONE]\n\n';
const ANSWER = says('Hel') + says('lo') + STOP + DONE;

describe('OpenAiAgent', () => {
  let upstream: RawUpstream;
  beforeAll(async () => void (upstream = await startRawUpstream()));
  beforeEach(async () => {
    await upstream.stop();
    upstream = await startRawUpstream();
  });
  afterAll(() => upstream.stop());

  const agentWith = (options: Partial<OpenAiAgentOptions> = {}) =>
    new OpenAiAgent({ baseURL: upstream.baseURL, apiKey: KEY, model: 'm', ...options });

  describe('the request', () => {
    it('carries the key, the headers and the parameters given', async () => {
      upstream.answer((request) => beginStream(request).end(ANSWER));
      await run(agentWith({ headers: { 'x-team': 'web' }, parameters: { temperature: 0.2, model: 'not this' } }));
      const [request] = upstream.requests;
      expect(request?.url).toBe('/v1/chat/completions');
      expect(request?.headers).toMatchObject({ authorization: `Bearer ${KEY}`, 'x-team': 'web' });
      expect(request?.body).toMatchObject({ model: 'm', temperature: 0.2, stream: true });
    });

    it('needs no key for a local server, and takes none from the environment', async () => {
      vi.stubEnv('OPENAI_API_KEY', KEY);
      vi.stubEnv('OPENAI_BASE_URL', 'http://127.0.0.1:1/v1');
      onTestFinished(() => void vi.unstubAllEnvs());
      upstream.answer((request) => beginStream(request).end(ANSWER));
      expect(await run(agentWith({ apiKey: undefined, baseURL: `${upstream.baseURL}/` }))).toMatchObject({
        text: 'Hello',
      });
      expect(upstream.requests[0]?.headers.authorization).not.toContain(KEY);
    });

    it('is sent when somebody subscribes, each time', async () => {
      upstream.answer((request) => beginStream(request).end(ANSWER));
      const agent = agentWith();
      agent.execute(
        { sessionId: 's', answerId: 'a', message: { role: 'user', content: 'x' }, history: [] },
        {
          keepAlive: () => undefined,
          callTool: () => new Promise(() => undefined),
          askApproval: () => new Promise(() => undefined),
        },
      );
      await run(agent);
      await run(agent);
      expect(upstream.requests).toHaveLength(2);
    });

    it('is sent without stream_options to a server that does not know them, from then on', async () => {
      upstream.answer((request) => {
        if (request.body['stream_options'] === undefined) beginStream(request).end(ANSWER);
        else
          request.response
            .writeHead(400, { 'content-type': 'application/json' })
            .end(JSON.stringify({ error: { message: 'Unknown field stream_options' } }));
      });
      const agent = agentWith();
      const both = await Promise.all([run(agent), run(agent)]);
      expect(both.map(({ text, error }) => [text, error])).toEqual([
        ['Hello', undefined],
        ['Hello', undefined],
      ]);
      const before = upstream.requests.length;
      await run(agent);
      expect(upstream.requests).toHaveLength(before + 1);
    });

    it('uses the connection of the answer before', async () => {
      upstream.answer((request) => beginStream(request).end(ANSWER));
      const agent = agentWith();
      for (let turn = 0; turn < 3; turn++) {
        await run(agent);
        await new Promise((resolve) => setImmediate(resolve));
      }
      const [first, second, third] = upstream.requests;
      expect(second?.socket).toBe(first?.socket);
      expect(third?.socket).toBe(first?.socket);
    });
  });

  describe('the response', () => {
    it('is read the same, byte by byte, in any encoding of its lines', async () => {
      const text = 'Grüße 👩‍👩‍👧, 日本語';
      const body = Buffer.from(`: ping\r\n\r\n${says(text)}${says('!')}`.replaceAll('\n', '\r\n') + STOP + DONE);
      upstream.answer((request) => {
        const response = beginStream(request);
        const at = upstream.requests.length - 1;
        // Each write is an HTTP chunk of its own, and so a read of its own.
        response.write(body.subarray(0, at));
        response.end(body.subarray(at));
      });
      const agent = agentWith();
      for (let at = 0; at <= body.length; at++) expect((await run(agent)).text).toBe(`${text}!`);
    });

    it('is read as text even when every byte comes alone', async () => {
      upstream.answer((request) => {
        const response = beginStream(request);
        for (const byte of Buffer.from(says('Grüße 👩‍👩‍👧') + STOP)) response.write(Buffer.from([byte]));
        response.end();
      });
      expect(await run(agentWith())).toMatchObject({ text: 'Grüße 👩‍👩‍👧', error: undefined });
    });

    it.each(['text/event-stream; charset=utf-8', 'application/json', 'text/plain'])(
      'may call its events %s',
      async (contentType) => {
        upstream.answer((request) => beginStream(request, contentType).end(ANSWER));
        expect(await run(agentWith())).toMatchObject({ text: 'Hello', error: undefined });
      },
    );

    it('may be a whole completion', async () => {
      upstream.answer((request) =>
        beginStream(request, 'application/json').end(
          JSON.stringify({ choices: [{ index: 0, message: { content: 'Hello' }, finish_reason: 'stop' }] }),
        ),
      );
      const { events, error } = await run(agentWith());
      expect(error).toBeUndefined();
      expect(events).toEqual([
        { type: 'text', text: 'Hello' },
        { type: 'finish', reason: 'stop' },
      ]);
    });

    it('may go on after [DONE]: that is ignored, and the connection closed', async () => {
      upstream.answer((request) => {
        const response = beginStream(request);
        response.write(ANSWER);
        const timer = setInterval(() => response.write(says('MORE')), 5);
        response.on('close', () => clearInterval(timer));
      });
      // No timer runs out: it is not closed for want of an end.
      vi.useFakeTimers({ toFake: ['setTimeout'] });
      onTestFinished(() => void vi.useRealTimers());
      expect(await run(agentWith())).toMatchObject({ text: 'Hello', error: undefined });
      await upstream.requests[0]?.closed;
    });

    it('may never end after [DONE]: the answer is complete at once, and the connection closed soon', async () => {
      upstream.answer((request) => beginStream(request).write(ANSWER));
      expect(await run(agentWith())).toMatchObject({ text: 'Hello', error: undefined });
      await upstream.requests[0]?.closed;
    });

    it('gives all tokens of one write in one turn of the event loop', async () => {
      upstream.answer((request) => {
        const response = beginStream(request);
        response.write('12345678'.split('').map(says).join(''));
        response.end(STOP + DONE);
      });
      let turn = 0;
      const turns: number[] = [];
      const running = start(agentWith(), 'hello', (event) => {
        if (event.type !== 'text') return;
        turns.push(turn);
        if (turns.length === 1) setImmediate(() => (turn += 1));
      });
      await running.ended;
      expect(turns).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    });

    it('shows that the server is alive with every byte, comments too', async () => {
      const running = start(agentWith());
      const response = beginStream(await upstream.request(0));
      for (let seen = running.signs(), time = 0; time < 3; time++, seen += 1) {
        response.write(': ping\n\n');
        await expect.poll(running.signs, { interval: 1 }).toBe(seen + 1);
      }
      expect(running.events).toEqual([]);
      response.end(ANSWER);
      expect((await running.ended).text).toBe('Hello');
    });
  });

  describe('a failure', () => {
    it('before the answer is tried again, and shows that we are alive each time', async () => {
      upstream.answer((request) => {
        if (upstream.requests.length < 3) request.response.writeHead(503, { 'retry-after-ms': '1' }).end(RAW);
        else beginStream(request).end(ANSWER);
      });
      const running = start(agentWith({ maxRetries: 2 }));
      expect(await running.ended).toMatchObject({ text: 'Hello', error: undefined });
      // One for each attempt, and at least one for the body.
      expect(running.signs()).toBeGreaterThanOrEqual(4);
    });

    it('of the connection before the answer is tried again', async () => {
      upstream.answer((request) => {
        if (upstream.requests.length === 1) request.socket.resetAndDestroy();
        else beginStream(request).end(ANSWER);
      });
      expect(await run(agentWith())).toMatchObject({ text: 'Hello', error: undefined });
    });

    it('that wants a visitor to wait for a minute is told at once', async () => {
      upstream.answer(({ response }) => response.writeHead(429, { 'retry-after': '60' }).end(RAW));
      expectFailure(await run(agentWith()), 'rate_limited', true);
      expect(upstream.requests).toHaveLength(1);
    });

    it('in mid-answer is cut_off, and never tried again', async () => {
      upstream.answer((request) => {
        const response = beginStream(request);
        response.write(says('Hel'), () => request.socket.resetAndDestroy());
      });
      const outcome = await run(agentWith());
      expectFailure(outcome, 'cut_off', true);
      expect(outcome.text).toBe('Hel');
      expect(upstream.requests).toHaveLength(1);
    });

    it('after the last word is none', async () => {
      upstream.answer((request) => {
        const response = beginStream(request);
        response.write(says('Hello') + STOP, () => request.socket.resetAndDestroy());
      });
      expect(await run(agentWith())).toMatchObject({ text: 'Hello', error: undefined });
    });

    it('of a server that ends without a word is cut_off', async () => {
      upstream.answer((request) => beginStream(request).end());
      expectFailure(await run(agentWith()), 'cut_off', true);
    });

    it('of a server that is not there is unavailable', async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      const port = typeof address === 'object' ? address?.port : 0;
      server.close();
      await once(server, 'close');
      const agent = agentWith({ baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 });
      const error = expectFailure(await run(agent), 'unavailable', true);
      expect(error.cause).toBeInstanceOf(Error);
    });

    it.each([
      [400, 'misconfigured', false],
      [302, 'misconfigured', false],
      [502, 'unavailable', true],
    ] as const)('with status %i and a web page does not show the page', async (status, code, retryable) => {
      upstream.answer(({ response }) =>
        response.writeHead(status, { 'content-type': 'text/html' }).end(`<h1>${RAW}</h1>`),
      );
      const error = expectFailure(await run(agentWith({ maxRetries: 0 })), code, retryable);
      expect(String(error.cause)).toContain(RAW);
    });

    it('with an endless body does not fill the memory', async () => {
      upstream.answer(({ response }) => {
        response.writeHead(400);
        const timer = setInterval(() => response.write('x'.repeat(50_000)), 1);
        response.on('close', () => clearInterval(timer));
      });
      expectFailure(await run(agentWith()), 'misconfigured', false);
      await upstream.requests[0]?.closed;
    });

    it('leaves no request header in the cause, where the log would show the key', async () => {
      upstream.answer(({ response }) => response.writeHead(401).end(`{"error":{"message":"${RAW}"}}`));
      const error = expectFailure(await run(agentWith()), 'misconfigured', false);
      expect(JSON.stringify({ ...(error.cause as object), message: String(error.cause) })).not.toContain(KEY);
    });
  });

  describe('unsubscribing', () => {
    async function expectClosed(running: ReturnType<typeof start>, request: RawRequest): Promise<void> {
      const before = running.events.length;
      running.subscription.unsubscribe();
      await request.closed;
      expect(running.events).toHaveLength(before);
    }

    it('before the headers closes the connection at once', async () => {
      const running = start(agentWith());
      await expectClosed(running, await upstream.request(0));
      expect(upstream.requests).toHaveLength(1);
    });

    it('within the answer closes the connection at once', async () => {
      upstream.answer((request) => beginStream(request).write(says('Hel')));
      const running = start(agentWith());
      await expect.poll(() => textOf(running.events), { interval: 1 }).toBe('Hel');
      await expectClosed(running, await upstream.request(0));
    });

    it('within the answer does so after a garbage collection too: the openai package holds its listener weakly', async () => {
      setFlagsFromString('--expose-gc');
      const collectGarbage = runInNewContext('gc') as () => void;
      upstream.answer((request) => beginStream(request).write(says('Hel')));
      const running = start(agentWith());
      await expect.poll(() => textOf(running.events), { interval: 1 }).toBe('Hel');
      for (let round = 0; round < 3; round++) {
        collectGarbage();
        await new Promise((resolve) => setImmediate(resolve));
      }
      await expectClosed(running, await upstream.request(0));
    });

    it('while waiting for the next attempt ends the attempts', async () => {
      upstream.answer(({ response }) => response.writeHead(500, { 'retry-after-ms': '60' }).end());
      const running = start(agentWith({ maxRetries: 5 }));
      await upstream.request(1);
      running.subscription.unsubscribe();
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(upstream.requests).toHaveLength(2);
      expect(running.events).toEqual([]);
    });

    it('within the emission of an event emits nothing after it', async () => {
      upstream.answer((request) => beginStream(request).end(ANSWER));
      const running = start(agentWith(), 'hello', () => running.subscription.unsubscribe());
      await (
        await upstream.request(0)
      ).closed;
      expect(textOf(running.events)).toBe('Hel');
    });

    it('at once sends nothing', async () => {
      start(agentWith()).subscription.unsubscribe();
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(upstream.requests).toHaveLength(0);
    });
  });

  describe('the options', () => {
    it('say who it is', () => {
      expect(agentWith().info).toMatchObject({ name: 'openai', displayName: 'm', category: 'openai' });
      expect(agentWith({ name: 'guide', displayName: 'Guide', description: 'Knows the way.' }).info).toMatchObject({
        name: 'guide',
        displayName: 'Guide',
        description: 'Knows the way.',
      });
    });

    it.each([
      [{ model: ' ' }, 'model is empty'],
      [{ baseURL: 'localhost:11434' }, 'baseURL must be an http or https URL'],
      [{ baseURL: 'ftp://models' }, 'baseURL must be an http or https URL'],
      [{ apiKey: `${KEY} \n${KEY}` }, 'apiKey holds characters'],
      [{ apiKey: 'clé' }, 'apiKey holds characters'],
    ])('that can’t work stop the start: %j', (options, message) => {
      expect(() => agentWith(options)).toThrow(message);
      expect(() => agentWith(options)).not.toThrow(KEY);
    });
  });
});
