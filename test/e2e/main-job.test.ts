import { OpenAiAgent } from '@chat-stream/backend';
import type { Browser, BrowserContext } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Aimock, startAimock } from '../support/aimock.js';
import { startApp, type TestApp } from '../support/app.js';
import { startBrowser, Visitor } from '../support/browser.js';
import { type PageServer, startPages } from '../support/pages.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

/** Long enough that a cut falls into the middle, with text of every kind in it. */
const LONG = Array.from(
  { length: 40 },
  (_, index) => `Sentence ${index} – naïve, 日本語, 🔧👩‍👩‍👧 and <b>no markup</b>.\n`,
).join('');

describe('from a page of another origin to the model and back', () => {
  let upstream: Aimock;
  let app: TestApp;
  let proxy: TcpProxy;
  let pages: PageServer;
  let browser: Browser & AsyncDisposable;
  /** A visitor of their own for each test: tabs of one context share what the browser stores. */
  let person: BrowserContext;
  let visitor: Visitor;

  beforeAll(async () => {
    upstream = await startAimock({ latency: 5, chunkSize: 10 });
    const agent = new OpenAiAgent({ baseURL: upstream.baseURL, model: 'gpt-4o-mini', maxRetries: 0 });
    app = await startApp({ agents: [agent], heartbeatMs: 300, idleTimeoutMs: 5_000 });
    proxy = await startTcpProxy({ port: app.port });
    pages = await startPages();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await pages[Symbol.asyncDispose]();
    await proxy.close();
    await app.close();
    await upstream.stop();
  });
  beforeEach(async () => {
    person = await browser.createBrowserContext();
    upstream.reset();
    upstream.mock.onMessage('hello', { content: 'Hello from the model.' });
    upstream.mock.onMessage('long', { content: LONG });
  });
  afterEach(async () => {
    proxy.heal();
    expect(visitor.complaints).toEqual([]);
    await person.close();
  });

  const server = () => `http://127.0.0.1:${proxy.port}`;
  const page = (body = '<div style="height:400px"><chat-stream></chat-stream></div>', script = 'async') =>
    pages.put(
      '/',
      `<!doctype html><meta charset="utf-8"><title>Another site</title><script src="${server()}/chat-stream.js" ${script}></script>${body}`,
    );

  it('a question typed on any page is answered, token by token', async () => {
    visitor = await Visitor.open(person, page());
    await visitor.ask('a long one');
    await visitor.reads('Sentence 3');
    expect((await visitor.transcript()).at(-1)).not.toContain('Sentence 39');
    expect(await visitor.element.evaluate(({ status }) => status)).toBe('streaming');
    await visitor.answered();
    expect(await visitor.transcript()).toEqual(['user: a long one', `ai: ${LONG}`]);
    expect(upstream.requests().length).toBe(1);
  });

  it.each([
    ['classic', 'async'],
    ['a module', 'type="module"'],
  ])('the script tag works as %s, and puts a launcher on the page', async (_, kind) => {
    visitor = await Visitor.open(person, page('', `${kind} data-mode="launcher" data-heading="Ask us"`));
    await visitor.click('launcher');
    await visitor.ask('hello');
    await visitor.answered();
    expect(await visitor.transcript()).toEqual(['user: hello', 'ai: Hello from the model.']);
  });

  it.each<[string, (to: TcpProxy) => void]>([
    ['reset', (to) => to.reset()],
    ['closed', (to) => to.fin()],
  ])('a connection that is %s in mid-answer loses nothing and doubles nothing', async (_, cut) => {
    visitor = await Visitor.open(person, page());
    await visitor.ask('a long one');
    for (const place of ['Sentence 2 ', 'Sentence 15 ', 'Sentence 28 ']) {
      await visitor.reads(place);
      cut(proxy);
    }
    await visitor.answered();
    expect(await visitor.transcript()).toEqual(['user: a long one', `ai: ${LONG}`]);
    expect(upstream.requests().length).toBe(1);
  });

  it('a connection that goes dead without a word is noticed, and the answer goes on', async () => {
    visitor = await Visitor.open(person, page());
    await visitor.ask('a long one');
    await visitor.reads('Sentence 5 ');
    proxy.set({ blackhole: true }, 'down');
    await visitor.until(({ connectionState }) => connectionState !== 'open');
    proxy.heal();
    proxy.reset();
    await visitor.answered();
    expect((await visitor.transcript()).at(-1)).toBe(`ai: ${LONG}`);
  });

  it('a message sent while the server is away is delivered once it is back', async () => {
    visitor = await Visitor.open(person, page());
    await visitor.until(({ connectionState }) => connectionState === 'open');
    proxy.admission = 'refuse';
    proxy.reset();
    await visitor.until(({ connectionState }) => connectionState === 'reconnecting');
    expect(await visitor.text('status')).toMatch(/\w/);
    await visitor.ask('hello');
    expect(await visitor.transcript()).toEqual(['user: hello']);
    proxy.heal();
    await visitor.answered();
    expect(await visitor.transcript()).toEqual(['user: hello', 'ai: Hello from the model.']);
    expect(upstream.requests().length).toBe(1);
  });

  it('Stop ends the answer in the page and at the model, and keeps what is there', async () => {
    visitor = await Visitor.open(person, page());
    await visitor.ask('a long one');
    await visitor.reads('Sentence 1 ');
    await visitor.click('stop');
    await visitor.until(({ messages }) => messages.at(-1)?.metadata.status === 'stopped');
    const [, answer] = await visitor.transcript();
    expect(LONG.startsWith(answer!.slice(4).replace(/\s+$/, ''))).toBe(true);
    expect(await visitor.text('stop')).toBeUndefined();
    await visitor.ask('hello');
    await visitor.reads('Hello from the model.');
  });

  it.each([
    [
      'fails',
      () =>
        upstream.mock.onMessage('fault', {
          error: { message: 'boom at sk-secret', type: 'server_error' },
          status: 500,
        }),
    ],
    ['cuts off its answer', () => upstream.mock.onMessage('fault', { content: LONG }, { truncateAfterChunks: 3 })],
    ['hangs up', () => upstream.mock.onMessage('fault', { content: LONG }, { disconnectAfterMs: 30 })],
  ])('a model that %s is said so in a sentence, and the chat goes on', async (_, arrange) => {
    arrange();
    visitor = await Visitor.open(person, page());
    await visitor.ask('fault');
    await visitor.until(({ messages }) => messages.at(-1)?.metadata.status === 'error');
    const shown = await visitor.element.evaluate((element) => element.shadowRoot?.textContent ?? '');
    expect(shown).not.toContain('sk-secret');
    await visitor.ask('hello');
    await visitor.reads('Hello from the model.');
  });

  it('a page may have two, each with a conversation of its own', async () => {
    const two = '<div style="height:300px"><chat-stream></chat-stream></div>'.repeat(2);
    visitor = await Visitor.open(person, page(two));
    const other = await Visitor.at(visitor.page, 1);
    await visitor.ask('a long one');
    await other.ask('hello');
    await other.answered();
    await visitor.answered();
    expect(await other.transcript()).toEqual(['user: hello', 'ai: Hello from the model.']);
    expect(await visitor.transcript()).toEqual(['user: a long one', `ai: ${LONG}`]);
  });

  it('taken out of the page in mid-answer and put back, it shows the whole answer', async () => {
    visitor = await Visitor.open(person, page());
    await visitor.ask('a long one');
    await visitor.reads('Sentence 2 ');
    await visitor.element.evaluate((element) => {
      const home = element.parentElement;
      element.remove();
      setTimeout(() => home?.append(element), 50);
    });
    await visitor.answered();
    expect(await visitor.transcript()).toEqual(['user: a long one', `ai: ${LONG}`]);
  });

  it('two tabs show the same, and Stop in one stops both', async () => {
    visitor = await Visitor.open(person, page());
    await visitor.ask('a long one');
    await visitor.reads('Sentence 1 ');
    const other = await Visitor.open(person, page());
    await other.reads('Sentence 2 ');
    await other.click('stop');
    for (const one of [visitor, other])
      await one.until(({ messages }) => messages.at(-1)?.metadata.status === 'stopped');
    expect(await other.transcript()).toEqual(await visitor.transcript());
  });

  it('a reload in mid-answer brings back the question, the partial text and the rest', async () => {
    visitor = await Visitor.open(person, page());
    await visitor.ask('a long one');
    await visitor.reads('Sentence 3 ');
    await visitor.page.reload();
    const { complaints } = visitor;
    visitor = await Visitor.at(visitor.page);
    visitor.complaints.push(...complaints);
    await visitor.reads('Sentence 3 ');
    await visitor.answered();
    expect(await visitor.transcript()).toEqual(['user: a long one', `ai: ${LONG}`]);
    expect(upstream.requests().length).toBe(1);
  });
});
