import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Aimock, startAimock } from '../support/aimock.js';
import { startBrowser, Visitor } from '../support/browser.js';
import { type PageServer, startPages } from '../support/pages.js';
import { ServiceProcess } from '../support/service-process.js';
import { startTcpProxy } from '../support/tcp-proxy.js';

/** An hour with a cut in every minute, 300 times as fast. */
const CUTS = 60;
const PAUSE_MS = 200;

const textOf = (sentences: number) =>
  Array.from({ length: sentences }, (_, index) => `Sentence ${index} of 日本 🔧. `).join('');
const LONG = textOf(500);
const HOUR = textOf(4_800);

/** Prints what a person would want to know, in numbers. */
const record = (what: string, numbers: Record<string, unknown>) =>
  console.log(`recording: ${what}`, JSON.stringify(numbers));

describe('recorded in numbers, with the service as a process of its own', () => {
  let upstream: Aimock;
  let pages: PageServer;
  let browser: Browser & AsyncDisposable;
  beforeAll(async () => {
    upstream = await startAimock({ latency: 4, chunkSize: 16 });
    upstream.mock.onMessage('long', { content: LONG });
    upstream.mock.onMessage('hour', { content: HOUR });
    pages = await startPages();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await pages[Symbol.asyncDispose]();
    await upstream.stop();
  });

  const start = (env: Record<string, string> = {}) =>
    ServiceProcess.start({ OPENAI_BASE_URL: upstream.baseURL, ...env });
  async function visit(port: number) {
    const person = await browser.createBrowserContext();
    const url = pages.put(
      '/',
      `<!doctype html><meta charset="utf-8"><script src="http://127.0.0.1:${port}/chat-stream.js" async></script>
      <div style="height:400px"><chat-stream></chat-stream></div>`,
    );
    return { person, visitor: await Visitor.open(person, url) };
  }

  it('a reload in mid-answer', async () => {
    await using service = await start();
    const { person, visitor: before } = await visit(service.port);
    await before.ask('a long one');
    await before.reads('Sentence 20 ');
    await before.page.reload();
    const visitor = await Visitor.at(before.page);
    await visitor.reads('Sentence 20 ');
    const ms = await visitor.page.evaluate(() => Math.round(performance.now()));
    await visitor.answered();
    expect(await visitor.transcript()).toEqual(['user: a long one', `ai: ${LONG}`]);
    record('reload', {
      'ms from navigation to question and partial text': ms,
      'characters of the answer': LONG.length,
      lost: 0,
    });
    await person.close();
  });

  it.each([
    ['a planned restart', 'SIGTERM', { SHUTDOWN_GRACE_MS: '100' }],
    ['a crash', 'SIGKILL', {}],
  ] as const)('%s in mid-answer', async (what, signal, env) => {
    await using service = await start(env);
    const { person, visitor } = await visit(service.port);
    await visitor.ask('a long one');
    await visitor.reads('Sentence 20 ');
    const seen = (await visitor.transcript()).at(-1)!;
    const began = performance.now();
    await service.end(signal);
    const down = performance.now();
    await service.start();
    const up = performance.now();
    await visitor.until(({ messages }) => messages.at(-1)?.metadata.status === 'interrupted');
    const ended = performance.now();
    const shown = (await visitor.transcript()).at(-1)!;
    // Nothing that was on screen disappears, and what is there is the beginning of what the model says.
    expect(shown.startsWith(seen)).toBe(true);
    expect(`ai: ${LONG}`.startsWith(shown)).toBe(true);
    await visitor.ask('a long one again');
    await visitor.answered();
    expect((await visitor.transcript()).slice(2)).toEqual(['user: a long one again', `ai: ${LONG}`]);
    record(what, {
      'ms to be down': Math.round(down - began),
      'ms to be up': Math.round(up - down),
      'ms from up to the end of the answer in the page': Math.round(ended - up),
      'characters shown before': seen.length,
      'shown, then lost': 0,
    });
    await person.close();
  });

  it('an hour with a cut in every minute, time-scaled', async () => {
    await using service = await start();
    const proxy = await startTcpProxy({ port: service.port });
    const { person, visitor } = await visit(proxy.port);
    await visitor.element.evaluate((element) => {
      element.dataset.reconnects = '0';
      element.addEventListener('chat-stream-connection', (event) => {
        const { state } = (event as CustomEvent<{ state: string }>).detail;
        if (state === 'open') element.dataset.reconnects = String(Number(element.dataset.reconnects) + 1);
      });
    });
    await visitor.ask('an hour');
    let cuts = 0;
    for (let minute = 0; minute < CUTS; minute++) {
      await visitor.until(({ connectionState }) => connectionState === 'open');
      // The pause is the minute that was scaled down, not a wait for something.
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      if (minute % 2 === 0) proxy.reset();
      else proxy.fin();
      cuts++;
      // A minute apart, each cut would find a connection that had proved itself, and be mended at once. Closer together they
      // look like a server in trouble, and the widget waits longer each time: the network says that it is back, as it does.
      await visitor.until(({ connectionState }) => connectionState !== 'open');
      await visitor.page.evaluate(() => dispatchEvent(new Event('online')));
    }
    await visitor.answered();
    expect(await visitor.transcript()).toEqual(['user: an hour', `ai: ${HOUR}`]);
    const reconnects = await visitor.element.evaluate((element) => Number(element.dataset.reconnects));
    record('an hour', { cuts, reconnects, characters: HOUR.length, lost: 0, doubled: 0, answers: 1 });
    await person.close();
    await proxy.close();
  }, 120_000);
});
