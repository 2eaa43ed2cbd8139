import type { Browser } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startBrowser, Visitor } from '../support/browser.js';
import { type PageServer, startPages } from '../support/pages.js';
import { ServiceProcess } from '../support/service-process.js';
import { tracked, trackedPage } from './support/tracked.js';

/** The demo agent takes a few seconds over it: long enough to stop the service in the middle. */
const QUESTION = 'Please tell me everything that there is to know about restarts.';

// A real service that finishes what it has begun takes its time: the limit is a generous one.
describe.each(['websocket', 'sse'])('when the service is restarted in mid-answer (%s)', { timeout: 60_000 }, (how) => {
  let service: ServiceProcess;
  let pages: PageServer;
  let browser: Browser & AsyncDisposable;
  let visitor: Visitor;

  beforeAll(async () => {
    pages = await startPages();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await pages[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    service = await ServiceProcess.start();
    const url = pages.put('/', trackedPage(`${service.url}/chat-stream.js`, `transport="${how}"`));
    visitor = await Visitor.open(await browser.createBrowserContext(), url);
    await visitor.ask(QUESTION);
    await visitor.until(({ messages }) => (messages.at(-1)?.content.length ?? 0) > 20 && messages.length === 2);
  });
  afterEach(async () => {
    await visitor.page.browserContext().close();
    await service[Symbol.asyncDispose]();
  });

  const statusOf = () => visitor.element.evaluate(({ messages }) => messages[1]?.metadata.status);
  /** Waits for the answer that is the message of this number, and does not sit it out. */
  const answerBegins = async (number: number) => {
    await visitor.until(({ messages }, length) => messages.length === Number(length), String(number));
    await visitor.reads('Hello');
    await visitor.click('stop');
    await visitor.until(({ messages }) => messages.at(-1)?.metadata.status === 'stopped');
  };
  /** What a visitor sees who comes anew: what the service has. */
  const kept = async () => {
    await visitor.page.reload();
    visitor = await Visitor.at(visitor.page);
    await visitor.until(({ connectionState, messages }) => connectionState === 'open' && messages.length > 0);
    return visitor.transcript();
  };
  /** Nothing worse than "reconnecting" was seen, and no error. */
  const wasCalm = async () => {
    const { states, errors } = await tracked(visitor);
    const [first, second, ...others] = states;
    expect([first, second]).toEqual(['connecting', 'open']);
    expect([...new Set(others)]).toEqual(['reconnecting', 'open']);
    expect(errors).toEqual([]);
  };

  it('a planned stop lets the answer finish, and the chat goes on where it was', async () => {
    const stopped = service.end('SIGTERM');
    await visitor.ask('And one more thing');
    await stopped;
    const [, answer] = await visitor.transcript();
    expect(await statusOf()).toBe('complete');
    expect(await visitor.text('status')).toMatch(/^Reconnecting/);
    await service.start();
    await answerBegins(4);
    await wasCalm();
    const shown = await visitor.transcript();
    expect(shown[0]).toBe(`user: ${QUESTION}`);
    expect(shown[1]).toBe(answer);
    expect(shown[2]).toBe('user: And one more thing');
    expect(await kept()).toEqual(shown);
  });

  it('a killed service loses nothing that was seen, and the answer ends as interrupted', async () => {
    await service.end('SIGKILL');
    const [, seen = ''] = await visitor.transcript();
    await service.start();
    await visitor.until(({ messages }) => messages.at(-1)?.metadata.status === 'interrupted');
    const shown = await visitor.transcript();
    expect(shown[0]).toBe(`user: ${QUESTION}`);
    expect(shown[1]?.startsWith(seen)).toBe(true);
    await wasCalm();
    await visitor.ask('hello again');
    await answerBegins(4);
    expect(await kept()).toEqual(await visitor.transcript());
  });
});
