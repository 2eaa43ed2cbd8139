import Client300 from 'llama-stack-client-0.3.0';
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call, eventsIn, INSTRUCTIONS, openSession, says, WEATHER } from '../backend/llama-stack/service.js';
import { type Aimock, startAimock } from '../support/aimock.js';
import { startBrowser, Visitor } from '../support/browser.js';
import { type PageServer, startPages } from '../support/pages.js';
import { ServiceProcess } from '../support/service-process.js';

const OVER = /^(400 )?.*Turn '\S+' is over: the server went down while it was answered\. Ask again in a new turn\./;

describe('a turn that waits for the tools of its client when the service goes down', { timeout: 60_000 }, () => {
  let upstream: Aimock;
  let pages: PageServer;
  let browser: Browser & AsyncDisposable;
  beforeAll(async () => {
    upstream = await startAimock();
    pages = await startPages();
    browser = await startBrowser();
    upstream.mock.onMessage('weather', {
      content: 'I must look.',
      toolCalls: [{ id: 'call_1', name: 'get_weather', arguments: '{"city":"Oslo"}' }],
    });
    upstream.mock.onMessage('again', { content: 'It is 21 degrees.' });
  });
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await pages[Symbol.asyncDispose]();
    await upstream.stop();
  });

  it.each([
    ['is killed', 'SIGKILL'],
    ['is restarted', 'SIGTERM'],
  ] as const)('is over when it %s: the chat, the turn and its resume say so', async (_, signal) => {
    await using service = await ServiceProcess.start({
      AUTH_MODE: 'open',
      OPENAI_BASE_URL: upstream.baseURL,
      SHUTDOWN_GRACE_MS: '100',
    });
    const { url } = service;
    const { agent, session, path } = await openSession(url, { client_tools: [WEATHER] });
    const html = `<!doctype html><meta charset="utf-8"><script src="${url}/chat-stream.js" async></script>
      <div style="height:400px"><chat-stream session-id="${session}"></chat-stream></div>`;
    const visitor = await Visitor.open(browser, pages.put('/', html));
    const asked = await call(url, 'POST', `${path}/turn`, { messages: [says('The weather?')], stream: true });
    const waiting = eventsIn(asked.text).at(-1)?.event?.payload;
    expect(waiting).toMatchObject({ event_type: 'turn_awaiting_input' });
    const turnId = (waiting as unknown as { turn: { turn_id: string } }).turn.turn_id;
    await visitor.reads('I must look.');
    await expect.poll(() => visitor.text('tool')).toBe('get_weather');

    await service.end(signal);
    await service.start();

    // Who looks on, and who comes anew.
    await visitor.until(({ messages }) => messages.at(-1)?.metadata.status === 'interrupted');
    await visitor.page.reload();
    const anew = await Visitor.at(visitor.page);
    await anew.until(({ messages }) => messages.length === 2);
    expect(await anew.transcript()).toEqual(['user: The weather?', 'ai: I must look.']);
    expect(await anew.text('error')).toContain('The answer was cut off.');

    // Not as one that waits.
    const kept = (await call(url, 'GET', `${path}/turn/${turnId}`)).body;
    const calls = [{ call_id: 'call_1', tool_name: 'get_weather' }];
    expect(kept).toMatchObject({
      turn_id: turnId,
      completed_at: expect.any(String) as string,
      output_message: { content: 'I must look.', stop_reason: 'end_of_turn', tool_calls: [] },
      steps: [{ model_response: { tool_calls: calls } }, { tool_calls: calls, tool_responses: [] }],
    });
    expect((await call(url, 'GET', path)).body).toMatchObject({ turns: [kept] });

    // The client that has the answer of its tool: told once, in words, and not made to ask again.
    const client = new Client300({ baseURL: url });
    const answers = { tool_responses: [{ call_id: 'call_1', tool_name: 'get_weather', content: '21 degrees' }] };
    const resumed = client.agents.turn.resume(agent, session, turnId, { ...answers, stream: false });
    await expect(resumed).rejects.toMatchObject({ status: 400, message: expect.stringMatching(OVER) as string });
    const streamed = await call(url, 'POST', `${path}/turn/${turnId}/resume`, { ...answers, stream: true });
    expect([streamed.status, eventsIn(streamed.text)]).toEqual([
      200,
      [{ error: { message: expect.stringMatching(OVER) as string } }],
    ]);

    // And the session goes on, with no call that nobody answered.
    const next = (await call(url, 'POST', `${path}/turn`, { messages: [says('Once again?')] })).body;
    expect(next).toMatchObject({ output_message: { content: 'It is 21 degrees.' } });
    expect(upstream.requests().at(-1)?.body).toMatchObject({
      messages: [
        { role: 'system', content: INSTRUCTIONS },
        says('The weather?'),
        { role: 'assistant', content: 'I must look.' },
        says('Once again?'),
      ],
    });
    await anew.reads('It is 21 degrees.');
    await visitor.page.close();
  });
});
