import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { startBrowser } from '../support/browser.js';
import { type Run, ScriptedAgent } from '../support/scripted-agent.js';
import { IcotesUi } from './support/icotes.js';

const INPUT = 'textarea[placeholder^="Type your"]';
/** A chat in its list of them. */
const CARD = '.icui-chat-session-card';
const STOP = '[title="Stop generation"]';

/** The UI of icotes itself, as it is, in front of our service. Each test goes on where the one before ended. */
describe('the UI of icotes', { timeout: 60_000 }, () => {
  const agent = new ScriptedAgent();
  let ui: IcotesUi;
  let app: TestApp;
  let browser: Browser & AsyncDisposable;
  let page: Page;
  /** What it could not do with the chat. */
  const failures: string[] = [];

  beforeAll(async () => {
    ui = await IcotesUi.start();
    app = await startApp({ agents: [agent], auth: { mode: 'open' }, allowedOrigins: [ui.url] });
    ui.service = app.url;
    browser = await startBrowser();
    page = await browser.newPage();
    await page.setViewport({ width: 1600, height: 1000 });
    page.on('response', (response) => {
      const isChat = /\/api\/(chat|custom-agents|config)/.test(response.url());
      if (isChat && response.status() >= 400) failures.push(`${response.status()} ${response.url()}`);
    });
  }, 60_000);
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await app.close();
    await ui[Symbol.asyncDispose]();
  });
  beforeEach(() => {
    failures.length = 0;
  });

  const bubbles = () =>
    page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('[data-message-id]')].map(({ innerText }) =>
        innerText.replace(/\s*\d+:\d+ [AP]M[^]*$/, ''),
      ),
    );
  const press = (name: string) => page.locator(`::-p-xpath(//button[normalize-space()="${name}"])`).click();
  /** One of its panels. A click of the mouse could hit a notice in front of it. */
  const openTab = (name: string) =>
    page.evaluate((wanted) => {
      [...document.querySelectorAll<HTMLElement>('span, button, div')]
        .find(({ children, textContent }) => children.length === 0 && textContent.trim() === wanted)!
        .click();
    }, name);
  const ask = async (text: string) => {
    await page.click(INPUT);
    await page.keyboard.type(text);
    await page.keyboard.press('Enter');
    return agent.nextRun();
  };
  const reads = (text: string) =>
    page.waitForFunction(
      (wanted) => [...document.querySelectorAll('[data-message-id]')].at(-1)?.textContent?.includes(wanted),
      {},
      text,
    );
  /** What it was told is on the screen, and known to all of it. */
  const isDrawn = () =>
    page.evaluate(
      () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done)))),
    );
  /** Nothing runs any more: it says so by its button and by a line. */
  const isIdle = async () => {
    await page.waitForFunction(
      (stop) => document.querySelector(stop) === null && !document.body.innerText.includes('Assistant is working'),
      {},
      STOP,
    );
    await isDrawn();
  };
  /**
   * The end comes in another frame than the text, as with any model. The UI puts a growing answer on the screen with the next
   * frame, and a finished one at once: what is both before that frame, it shows twice. It does so with its own server, too.
   */
  const say = async (run: Run, text: string) => {
    run.say(text);
    await reads(text.trim());
    await isDrawn();
  };
  const finish = async (run: Run, text: string) => {
    await say(run, text);
    run.finish();
    await isIdle();
  };
  const answer = async (question: string, text: string) => finish(await ask(question), text);

  it('opens a chat, and shows an answer as it streams', async () => {
    await page.goto(ui.url);
    await page.waitForFunction(() => document.body.innerText.includes('Scripted'));
    await press('+ New');
    await page.waitForFunction(() => document.body.innerText.includes('New Chat'));
    const run = await ask('How is the weather?');
    await say(run, 'It is raining');
    await finish(run, ' in Oslo.');
    expect(await bubbles()).toEqual(['How is the weather?', 'It is raining in Oslo.']);
    expect(failures).toEqual([]);
  });

  it('stops an answer, and asks again', async () => {
    const run = await ask('And tomorrow?');
    await say(run, 'It will');
    await page.click(STOP);
    await run.released;
    await isIdle();
    await answer('Well?', 'Rain.');
    expect((await bubbles()).slice(2)).toEqual(['And tomorrow?', 'It will', 'Well?', 'Rain.']);
  });

  it('shows what was said after a reload, the answer that was stopped included', async () => {
    const before = await bubbles();
    await page.reload();
    await page.waitForFunction((count) => document.querySelectorAll('[data-message-id]').length === count, {}, 6);
    expect(await bubbles()).toEqual(before);
    expect(failures).toEqual([]);
  });

  it('shows an answer that goes wrong in words for visitors, and asks again', async () => {
    const run = await ask('bad');
    await say(run, 'It is');
    run.subscriber.error(new Error('a secret of the agent'));
    await isIdle();
    expect((await bubbles()).at(-1)).not.toContain('secret');
    await answer('good', 'Better.');
  });

  // It draws a tool with the text that follows.
  it('shows the tools of an answer: what each was asked, and what came of it', async () => {
    const run = await ask('And now?');
    await say(run, 'Let me look.');
    for (const [call_id, city, outcome] of [
      ['call_1', 'Oslo', { content: '21 degrees' }],
      ['call_2', 'Rome', { content: 'no such place', is_error: true }],
    ] as const) {
      const tool = { call_id, tool_name: 'get_weather' };
      const call = { arguments: { city }, parse_status: 'succeeded', target: 'server' } as const;
      run.subscriber.next({ type: 'tool_call', ...tool, ...call });
      run.subscriber.next({ type: 'tool_result', ...tool, ...outcome });
    }
    await finish(run, ' It is warm.');
    const shown = () => page.$$eval('.tool-call-widget', (all) => all.map(({ textContent }) => textContent));
    expect(await shown()).toEqual([expect.stringContaining('get_weather'), expect.stringContaining('get_weather')]);
    expect(await page.$$('.tool-call-widget .text-red-500')).toHaveLength(1);
    await page.$$eval('.tool-call-widget .cursor-pointer', (all) => all.forEach((one) => (one as HTMLElement).click()));
    await page.waitForFunction(() => {
      const [good, bad] = [...document.querySelectorAll('.tool-call-widget')].map(({ textContent }) => textContent);
      return /Oslo[^]*21 degrees/.test(good ?? '') && /Rome[^]*no such place/.test(bad ?? '');
    });
  });

  it('clears the chat, and goes on', async () => {
    await press('Clear');
    // It reads the messages again once they are gone, and would take the next question for one that is gone, too.
    await page.waitForNetworkIdle({ idleTime: 200 });
    await page.waitForFunction(() => document.querySelectorAll('[data-message-id]').length === 0);
    await answer('Hello?', 'Here.');
    expect(await bubbles()).toEqual(['Hello?', 'Here.']);
    expect(failures).toEqual([]);
  });

  it('deletes a chat from its list, with what was said in it, and goes on in another', async () => {
    const sessions = async () => {
      const answer = await fetch(`${app.url}/api/chat/sessions`);
      return ((await answer.json()) as { data: { id: string }[] }).data.map(({ id }) => id);
    };
    const active = () => page.evaluate(() => localStorage.getItem('icui.chat.active_session') ?? '');
    // Not with the mouse: a notice of the UI may be in front of it.
    await page.$$eval('button', (all) => all.find(({ textContent }) => textContent.trim() === '+ New')!.click());
    await page.waitForFunction(() => document.querySelectorAll('[data-message-id]').length === 0);
    const before = await sessions();
    // A chat that was only begun is one of them, as on its own server.
    expect(before).toHaveLength(2);
    await openTab('Chat History');
    await page.waitForFunction((card) => document.querySelectorAll(card).length === 2, {}, CARD);
    await page.locator(CARD).click();
    const deleted = await active();
    expect(before).toContain(deleted);
    await page.keyboard.press('Delete');
    await press('Delete');
    await page.waitForFunction(
      (card, count) => document.querySelectorAll(card).length === count,
      {},
      CARD,
      before.length - 1,
    );
    expect(await sessions()).toEqual(before.filter((id) => id !== deleted));
    expect((await fetch(`${app.url}/api/chat/messages?session_id=${deleted}`)).status).toBe(404);
    await openTab('Chat');
    await page.locator(INPUT).click();
    await answer('Still there?', 'Yes.');
    expect(await active()).not.toBe(deleted);
    expect(failures).toEqual([]);
  });
});
