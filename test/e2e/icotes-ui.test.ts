import type { Browser, Page } from 'puppeteer-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { startBrowser } from '../support/browser.js';
import { ScriptedAgent } from '../support/scripted-agent.js';
import { IcotesUi } from './support/icotes.js';

const INPUT = 'textarea[placeholder^="Type your"]';
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
  /** Nothing runs any more: it says so by its button and by a line. */
  const isIdle = () =>
    page.waitForFunction(
      (stop) => document.querySelector(stop) === null && !document.body.innerText.includes('Assistant is working'),
      {},
      STOP,
    );

  it('opens a chat, and shows an answer as it streams', async () => {
    await page.goto(ui.url);
    await page.waitForFunction(() => document.body.innerText.includes('Scripted'));
    await press('+ New');
    await page.waitForFunction(() => document.body.innerText.includes('New Chat'));
    const run = await ask('How is the weather?');
    run.say('It is raining');
    await reads('It is raining');
    run.finish(' in Oslo.');
    await reads('in Oslo.');
    await isIdle();
    expect(await bubbles()).toEqual(['How is the weather?', 'It is raining in Oslo.']);
    expect(failures).toEqual([]);
  });

  it('stops an answer, and asks again', async () => {
    const run = await ask('And tomorrow?');
    run.say('It will');
    await reads('It will');
    await page.click(STOP);
    await run.released;
    await isIdle();
    (await ask('Well?')).finish('Rain.');
    await reads('Rain.');
    await isIdle();
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
    run.say('It is');
    await reads('It is');
    run.subscriber.error(new Error('a secret of the agent'));
    await isIdle();
    expect((await bubbles()).at(-1)).not.toContain('secret');
    (await ask('good')).finish('Better.');
    await reads('Better.');
    await isIdle();
  });

  it('clears the chat, and goes on', async () => {
    await press('Clear');
    await page.waitForFunction(() => document.querySelectorAll('[data-message-id]').length === 0);
    (await ask('Hello?')).finish('Here.');
    await reads('Here.');
    await isIdle();
    expect(await bubbles()).toEqual(['Hello?', 'Here.']);
    expect(failures).toEqual([]);
  });
});
