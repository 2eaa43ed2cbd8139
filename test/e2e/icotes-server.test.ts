import type { Browser, BrowserContext } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { startBrowser, Visitor } from '../support/browser.js';
import { type PageServer, startPages } from '../support/pages.js';
import { ScriptedAgent } from '../support/scripted-agent.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { COUNTER, Icpy } from './support/icotes.js';
import { trackedPage } from './support/tracked.js';

const words = (count: number): string => Array.from({ length: count }, (_, index) => `word${index} `).join('');

/** The server of icotes itself, as it is, and our element in a real browser. */
describe('<chat-stream> with the server of icotes', { timeout: 60_000 }, () => {
  let icpy: Icpy;
  let proxy: TcpProxy;
  let scripts: TestApp;
  let pages: PageServer;
  let browser: Browser & AsyncDisposable;
  let person: BrowserContext;
  let visitor: Visitor;

  beforeAll(async () => {
    pages = await startPages();
    icpy = await Icpy.start(pages.origin);
    proxy = await startTcpProxy({ port: icpy.port });
    // For the files of the element only.
    scripts = await startApp({ agents: [new ScriptedAgent()] });
    browser = await startBrowser();
    const server = `http://127.0.0.1:${proxy.port}`;
    pages.put('/', trackedPage(`${scripts.url}/chat-stream.js`, `server="${server}" agent="${COUNTER}"`));
  }, 60_000);
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await scripts.close();
    await proxy.close();
    await icpy[Symbol.asyncDispose]();
    await pages[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    person = await browser.createBrowserContext();
    visitor = await Visitor.open(person, `${pages.origin}/`);
    await isOpen();
  });
  afterEach(() => person.close());

  const isOpen = () => visitor.until(({ connectionState }) => connectionState === 'open');
  /** Every message as `who: text (status)`. */
  const said = () =>
    visitor.element.evaluate(({ messages }) =>
      messages.map(({ sender, content, metadata: { status } }) =>
        sender === 'user' ? `user: ${content}` : `ai: ${content} (${status})`,
      ),
    );
  /** What is on screen is what the element has: one bubble for each message, with its text. */
  const seen = async () => {
    const all = await said();
    expect(await visitor.transcript()).toEqual(all.map((one) => one.replace(/ \(\w+\)$/, '')));
    return all;
  };
  /** The server writes an answer to its end when nobody is there, and stores it then. */
  const isStored = async (text: string) => {
    const id = await visitor.element.evaluate(({ sessionId }) => sessionId);
    const stored = async () => (await fetch(`${icpy.url}/api/chat/messages?session_id=${id}`)).text();
    await expect.poll(stored, { timeout: 30_000 }).toContain(text);
  };
  const reload = async () => {
    await visitor.page.reload();
    visitor = await Visitor.at(visitor.page);
    await isOpen();
  };
  /** Asks, and waits until the answer is whole. */
  const converse = async (count: number) => {
    await visitor.ask(`words ${count}`);
    await visitor.until(
      ({ status, messages }, text) => status === 'ready' && messages.at(-1)?.content === text,
      words(count),
    );
  };

  it('shows an answer as it streams, in one bubble', async () => {
    await visitor.ask('words 100');
    await visitor.reads('word3');
    expect(await visitor.transcript()).toHaveLength(2);
    await visitor.answered();
    expect(await seen()).toEqual(['user: words 100', `ai: ${words(100)} (complete)`]);
  });

  it('stops an answer, keeps what was there, and goes on', async () => {
    await visitor.ask('words 500');
    await visitor.reads('word5');
    await visitor.click('stop');
    await visitor.answered();
    const [question, stopped = ''] = await seen();
    expect(question).toBe('user: words 500');
    expect(stopped).toMatch(/^ai: word0 word1 .* \(stopped\)$/);
    await converse(3);
    expect(await seen()).toEqual([question, stopped, 'user: words 3', `ai: ${words(3)} (complete)`]);
  });

  it('ends the answer that a second message ends, and shows the second below its own question', async () => {
    await visitor.ask('words 500');
    await visitor.reads('word5');
    await visitor.element.evaluate((element) => {
      (element as unknown as { sendMessage(text: string): void }).sendMessage('words 4');
    });
    await visitor.until(({ status, messages }) => status === 'ready' && messages.length === 4);
    const all = await seen();
    expect(all[1]).toMatch(/^ai: word0 word1 .* \(stopped\)$/);
    expect([all[0], ...all.slice(2)]).toEqual(['user: words 500', 'user: words 4', `ai: ${words(4)} (complete)`]);
  });

  it('shows what was said after a reload, and goes on in the same session', async () => {
    await converse(3);
    await converse(4);
    const before = await said();
    await reload();
    await visitor.until(({ messages }) => messages.length === 4);
    expect((await seen()).map((one) => one.replace('(undefined)', '(complete)'))).toEqual(before);
    await converse(5);
    expect(await seen()).toHaveLength(6);
  });

  it('says that an answer broke off when the server dies, comes back, and goes on', async () => {
    await converse(3);
    await visitor.ask('words 500');
    await visitor.reads('word5');
    await icpy.kill();
    await visitor.until(({ messages }) => messages.at(-1)?.metadata.status === 'interrupted');
    await icpy.start();
    await isOpen();
    await converse(4);
    const all = await seen();
    expect(all).toHaveLength(6);
    expect(all[3]).toMatch(/^ai: word0 word1 .* \(interrupted\)$/);
    expect(all.slice(4)).toEqual(['user: words 4', `ai: ${words(4)} (complete)`]);
  });

  it('has the whole answer after a connection that was lost in the middle of it', async () => {
    await visitor.ask('words 100');
    await visitor.reads('word5');
    proxy.admission = 'refuse';
    proxy.reset();
    await visitor.until(({ messages }) => messages.at(-1)?.metadata.status === 'interrupted');
    await isStored('word99');
    proxy.heal();
    await visitor.until(({ messages }, text) => messages.at(-1)?.content === text, words(100));
    expect(await seen()).toHaveLength(2);
    await converse(3);
    expect(await seen()).toHaveLength(4);
  });

  it('waits for nothing after a reload in the middle of an answer, and has the answer by itself once it is there', async () => {
    await visitor.ask('words 100');
    await visitor.reads('word5');
    await reload();
    await visitor.until(({ status, messages }) => status === 'ready' && messages.length === 1);
    await visitor.until(({ messages }, text) => messages.at(-1)?.content === text, words(100));
    expect(await seen()).toHaveLength(2);
    await converse(3);
    expect(await seen()).toHaveLength(4);
  });

  it('shows what came of an answer whose agent failed, and nothing of the error', async () => {
    await visitor.ask('words 3, then fail');
    await visitor.answered();
    expect(await seen()).toEqual(['user: words 3, then fail', `ai: ${words(3)} (complete)`]);
    await converse(4);
  });
});
