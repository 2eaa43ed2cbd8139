import type { HTTPRequest, Page } from 'puppeteer-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually, PageChat, type Watched, watchedPage } from './support/page-chat.js';
import { ShortAgent } from './support/short-agent.js';
import { useSite } from './support/site.js';

/** What the browser itself writes to the console about a script that did not come. */
const BY_THE_BROWSER = /^Failed to load resource/;

const SAVE_DATA = `Object.defineProperty(navigator, 'connection', { value: { saveData: true } });`;

const LOOK = 'color background-color border-radius box-shadow display inset-block-end inset-inline-end cursor padding';

describe('the loader', () => {
  const site = useSite({ agents: [new ShortAgent()] });
  let watched: Watched;
  let page: Page;
  /** What happens to a request for the rest. */
  let rest: 'pass' | 'hold' | 'fail';
  const held: HTTPRequest[] = [];
  let asked: number;

  beforeEach(async () => {
    rest = 'pass';
    asked = 0;
    held.length = 0;
    watched = await watchedPage(site.browser);
    ({ page } = watched);
    await page.setCacheEnabled(false);
    await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }]);
    await page.setRequestInterception(true);
    page.on('request', (request) => {
      const isRest = new URL(request.url()).pathname === '/chat-stream.js';
      if (isRest) asked++;
      if (isRest && rest === 'hold') held.push(request);
      else if (isRest && rest === 'fail') void request.abort();
      else void request.continue();
    });
  });
  afterEach(async () => {
    expect(watched.complaints.filter((text) => !BY_THE_BROWSER.test(text))).toEqual([]);
    await page.close();
  });

  const open = async (body: string, script = '') =>
    page.goto(
      site.pages.put('/', `<!doctype html><title>A page</title><script>${script}</script><body>${body}</body>`),
    );
  const tag = (more = 'data-mode="launcher"') =>
    `<script src="${site.app.url}/chat-stream-loader.js" ${more}></script>`;
  const isDefined = () => page.evaluate(() => customElements.get('chat-stream') !== undefined);
  /** Resolves when the page has loaded and was idle, twice. */
  const idle = () =>
    page.evaluate(async () => {
      for (let times = 0; times < 2; times++) await new Promise((resolve) => requestIdleCallback(resolve));
    });
  const look = async (chat: PageChat) =>
    (await chat.part('launcher')).evaluate((button, names) => {
      const style = getComputedStyle(button);
      const { x, y, width, height } = button.getBoundingClientRect();
      const drawing = [...button.querySelectorAll('path')].map((path) => path.getAttribute('d'));
      const words = ['aria-label', 'title', 'aria-expanded', 'part', 'type'].map((name) => button.getAttribute(name));
      return {
        style: names.split(' ').map((name) => style.getPropertyValue(name)),
        x,
        y,
        width,
        height,
        drawing,
        words,
      };
    }, LOOK);

  it('places a button that looks as the one of the element does, before there is one', async () => {
    rest = 'hold';
    await open(tag('data-mode="launcher" data-theme="dark"'));
    const chat = await PageChat.on(page);
    const before = await look(chat);
    expect(await isDefined()).toBe(false);
    await eventually('the rest is asked for by itself', async () => held.length === 1);
    await held[0]?.continue();
    await chat.part('panel');
    expect(
      await chat.element.evaluate(({ shadowRoot }) => shadowRoot?.querySelectorAll('button.launcher').length),
    ).toBe(1);
    expect(await look(chat)).toEqual(before);
    expect(before).toMatchObject({ width: 56, height: 56 });
  });

  it('opens at the first click, also when the rest is still on its way', async () => {
    rest = 'hold';
    await open(tag());
    const chat = await PageChat.on(page);
    await chat.open();
    const busy = await (await chat.part('launcher')).evaluate((button) => button.getAttribute('aria-busy'));
    expect(busy).toBe('true');
    await eventually('the rest is asked for', async () => held.length > 0);
    await held[0]?.continue();
    await eventually('the composer has the caret', () =>
      chat.element.evaluate(({ shadowRoot }) => shadowRoot?.activeElement?.part.contains('input') ?? false),
    );
    expect(await chat.converse()).toContain('Line 39 of the answer.');
    expect(asked).toBe(1);
  });

  it('loses no click that began on its own button and ended when the element was there', async () => {
    rest = 'hold';
    await open(tag());
    const chat = await PageChat.on(page);
    const { left, top, right, bottom } = await chat.box('launcher');
    await page.mouse.move((left + right) / 2, (top + bottom) / 2);
    await page.mouse.down();
    await eventually('the rest is asked for', async () => held.length > 0);
    await held[0]?.continue();
    await chat.part('panel');
    await idle();
    await page.mouse.up();
    await eventually('the panel is open', () => chat.element.evaluate((element) => element.hasAttribute('open')));
    expect(await chat.converse()).toContain('Line 39 of the answer.');
  });

  it('says that the rest did not load, and tries again when asked to', async () => {
    rest = 'fail';
    await open(tag());
    const chat = await PageChat.on(page);
    await chat.open();
    await eventually('it says so', () =>
      chat.element.evaluate(
        ({ shadowRoot }) => shadowRoot?.querySelector('[role=status]')?.textContent === 'The chat could not be loaded.',
      ),
    );
    expect(await (await chat.part('launcher')).evaluate((button) => button.getAttribute('aria-label'))).toBe(
      'Try again',
    );
    rest = 'pass';
    await chat.open();
    expect(await chat.converse()).toContain('Line 39 of the answer.');
  });

  it('loads nothing for a visitor who saves data, until they come near the button', async () => {
    await open(tag(), SAVE_DATA);
    const chat = await PageChat.on(page);
    await idle();
    expect(asked).toBe(0);
    await (await chat.part('launcher')).hover();
    await eventually('the element is defined', isDefined);
    expect(asked).toBe(1);
  });

  it('loads for an inline element when it comes near the viewport', async () => {
    await open(`${tag('')}<div style="height: 5000px"></div><chat-stream></chat-stream>`, SAVE_DATA);
    await idle();
    expect(asked).toBe(0);
    await page.evaluate(() => scrollTo(0, 4000));
    await eventually('the element is defined', isDefined);
    expect(asked).toBe(1);
  });

  it('is one file of a few kilobytes, and asks for nothing else before that', async () => {
    rest = 'hold';
    await open(tag());
    await PageChat.on(page);
    await eventually('the rest is asked for by itself', async () => held.length === 1);
    const ours = watched.requests.filter((url) => url.startsWith(site.app.url)).map((url) => new URL(url).pathname);
    expect(ours).toEqual(['/chat-stream-loader.js', '/chat-stream.js']);
    await held[0]?.continue();
    await eventually('the element is defined', isDefined);
  });
});
