import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:net';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Browser, ElementHandle, Page } from 'puppeteer-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OpenAiAgent } from '@chat-stream/backend';
import { type Aimock, startAimock } from '../support/aimock.js';
import { startApp, type TestApp } from '../support/app.js';
import { startBrowser } from '../support/browser.js';
import { says } from '../backend/llama-stack/service.js';
import { startTied } from '../support/tied-process.mjs';

/**
 * The Llama Stack UI itself (github.com/solaius/llama_stack_UI), as it is, in front of our service. It is no part of this
 * repository: CONTRIBUTING.md says how to build it, and `LLAMA_STACK_UI` where it is.
 */
const UI = process.env['LLAMA_STACK_UI'] ?? '';

const MODEL = 'meta-llama/Llama-3.3-70B';

describe('the Llama Stack UI', { timeout: 60_000 }, () => {
  let upstream: Aimock;
  let app: TestApp;
  let browser: Browser & AsyncDisposable;
  let ui: { readonly url: string; readonly stop: () => Promise<void> };
  let folder: string;
  let file: string;
  beforeAll(async () => {
    if (!existsSync(join(UI, 'client/build/index.html'))) throw new Error('LLAMA_STACK_UI: it is not built there.');
    folder = await mkdtemp(join(tmpdir(), 'chat-stream-'));
    file = join(folder, 'whale.txt');
    await writeFile(file, 'Call me Ishmael.');
    upstream = await startAimock({ chunkSize: 6, latency: 20 });
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const agent = new OpenAiAgent({ baseURL: upstream.baseURL, apiKey: 'sk-test', model: MODEL });
    app = await startApp({ agents: [agent], auth: { mode: 'open' }, allowedOrigins: [url] });
    browser = await startBrowser();
    const server = startTied(process.execPath, [join(UI, 'server/dist/index.js')], {
      PORT: String(port),
      LLAMA_STACK_API_URL: app.url,
      NODE_ENV: 'production',
    });
    // Read to its end: it stops when nobody takes what it writes.
    await new Promise<void>((resolve) => {
      server.stdout.on('data', (text) => String(text).includes('Server running') && resolve());
    });
    ui = { url, stop: server.stop };
  });
  afterAll(async () => {
    await ui.stop();
    await browser[Symbol.asyncDispose]();
    await app.close();
    await upstream.stop();
    await rm(folder, { recursive: true });
  });

  describe.each([
    ['through its own server', () => ''],
    ['straight, as a page of another origin', () => app.url],
  ])('%s', (_how, apiUrl) => {
    let page: Page;
    /** What it could not do, in its own words. */
    const failures: string[] = [];
    const shows = (text: string) =>
      page.waitForFunction((wanted) => document.body.innerText.includes(wanted), {}, text);
    const press = (name: string) => page.locator(`::-p-xpath(//button[normalize-space()="${name}"])`).click();
    const choose = (name: string) => page.locator(`::-p-xpath(//li[normalize-space()="${name}"])`).click();
    /** The menu of the one agent, once no dialog that is fading out takes the click. */
    const openMenu = async () => {
      const button = 'button:has([data-testid=MoreVertIcon])';
      await page.waitForFunction(
        (selector) => {
          const {
            x = 0,
            y = 0,
            width = 0,
            height = 0,
          } = document.querySelector(selector)?.getBoundingClientRect() ?? {};
          const top = document.elementFromPoint(x + width / 2, y + height / 2);
          return top instanceof Element && top.closest(selector) !== null;
        },
        {},
        button,
      );
      await page.locator(button).click();
    };
    const type = (name: string, text: string) => page.locator(`::-p-aria([name="${name}"][role="textbox"])`).fill(text);
    const bubbles = () =>
      page.$$eval('[data-testid=chat-message]', (all) =>
        all.map((one) => {
          const said = [...one.querySelectorAll('[data-testid=message-content]')].map((part) => part.textContent);
          return `${one.querySelector('[data-testid=message-role]')?.textContent}: ${said.join('')}`;
        }),
      );
    const ask = async (text: string) => {
      await page.locator('textarea[placeholder="Type your message..."]').fill(text);
      // Its button is behind its notices.
      await page.keyboard.press('Enter');
    };
    /** Its input is locked from the question until the answer has ended. */
    const unlocked = () => page.waitForSelector('textarea[placeholder="Type your message..."]:not([disabled])');

    beforeAll(async () => {
      page = await browser.newPage();
      await page.setViewport({ width: 1200, height: 1000 });
      await page.evaluateOnNewDocument((url) => localStorage.setItem('apiUrl', url), apiUrl());
      page.on('response', (response) => {
        if (response.status() >= 400 && response.url().includes('/v1/'))
          failures.push(`${response.status()} ${response.url()}`);
      });
      page.on('requestfailed', (request) => {
        // It closes a stream itself when the turn is complete.
        const isClosed = request.failure()?.errorText === 'net::ERR_ABORTED';
        if (request.url().includes('/v1/') && !isClosed)
          failures.push(`${request.failure()?.errorText} ${request.url()}`);
      });
    });
    beforeEach(() => {
      upstream.reset();
      failures.length = 0;
    });
    afterAll(() => page.close());

    it('shows the server, its models, and that there are no tools', async () => {
      const { version } = (await (await fetch(`${app.url}/v1/version`)).json()) as { version: string };
      await page.goto(ui.url);
      await shows(version);
      await page.goto(`${ui.url}/models`);
      await shows(MODEL);
      await page.goto(`${ui.url}/tools`);
      await shows('No tools');
      await page.goto(`${ui.url}/settings`);
      await shows('Server connection successful!');
      await shows('OK');
      expect(failures).toEqual([]);
    });

    it('makes an agent, opens a session, and shows an answer as it streams', async () => {
      await page.goto(`${ui.url}/agents`);
      await press('Create New Agent');
      await type('Name', 'Weatherman');
      await page.locator('form [role=combobox]').click();
      await choose(MODEL);
      await type('System Prompt', 'Answer in one sentence.');
      for (let step = 0; step < 3; step++) await press('Next');
      await press('Create Agent');
      await shows('Weatherman');

      upstream.mock.onMessage(
        'weather',
        { content: 'It is raining in Oslo, and it will rain tomorrow, too.' },
        // Slow enough for a busy machine to see it half written.
        { latency: 300 },
      );
      await openMenu();
      await choose('Chat with Agent');
      await ask('How is the weather?');
      await page.waitForFunction(() => /It is raining(?!.*too\.)/s.test(document.body.innerText));
      await unlocked();
      expect(await bubbles()).toEqual([
        'user: How is the weather?',
        'assistant: It is raining in Oslo, and it will rain tomorrow, too.',
      ]);
      expect(upstream.requests()[0]?.body).toMatchObject({
        model: MODEL,
        messages: [{ role: 'system', content: 'Answer in one sentence.' }, says('How is the weather?')],
      });
      expect(failures).toEqual([]);
    });

    it('shows what was said again after a reload, and goes on', async () => {
      await page.reload();
      await shows('it will rain tomorrow');
      upstream.mock.onMessage('Thanks', { content: 'You are welcome.' });
      await ask('Thanks');
      await shows('You are welcome.');
      await unlocked();
      expect(await bubbles()).toHaveLength(4);
      expect(failures).toEqual([]);
    });

    it('says what went wrong, and lets the visitor ask again', async () => {
      upstream.mock.onMessage('bad', { error: { message: 'x', type: 'x' }, status: 400 });
      upstream.mock.onMessage('good', { content: 'Better.' });
      await ask('bad');
      await shows('Llama Stack could not handle the last request.');
      await unlocked();
      expect((await bubbles()).at(-1)).toMatch(/^assistant: 500: The connection to the model/);
      await ask('good');
      await shows('Better.');
      await unlocked();
    });

    it('gives the model a file that was attached', async () => {
      upstream.mock.onMessage('In short', { content: 'It is about whales.' });
      const input = await page.waitForSelector('input[type=file]');
      await (input as ElementHandle<HTMLInputElement>).uploadFile(file);
      await shows('ready to send');
      await ask('In short?');
      await shows('It is about whales.');
      await unlocked();
      expect(JSON.stringify(upstream.requests().at(-1)?.body)).toContain('Call me Ishmael.');
    });

    it('shows a whole answer where it does not stream', async () => {
      upstream.mock.onMessage('whole', { content: 'All at once.' });
      // Its own bar covers them once the conversation is long.
      await page.$eval('button:has([data-testid=SettingsIcon])', (button) => button.click());
      await page.$eval('input[type=checkbox]', (checkbox) => checkbox.click());
      await ask('whole');
      await shows('All at once.');
      await unlocked();
    });

    it('deletes the agent, with its sessions', async () => {
      const chat = new URL(page.url()).pathname.replace('/chat/', '/v1/agents/').replace(/([^/]+)$/, 'session/$1');
      expect((await fetch(app.url + chat)).status).toBe(200);
      await page.goto(`${ui.url}/agents`);
      await openMenu();
      await choose('Delete');
      await press('Delete');
      await page.waitForFunction(() => !document.body.innerText.includes('Weatherman'));
      expect((await fetch(app.url + chat)).status).toBe(404);
      expect(failures).toEqual([]);
    });
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
