import type { Browser, Frame } from 'puppeteer-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { startBrowser } from '../support/browser.js';
import { type PageServer, startPages } from '../support/pages.js';
import { HOSTILE_PAGES, type HostilePage } from './support/hostile-pages.js';
import { eventually, PageChat, type Watched, watchedPage } from './support/page-chat.js';
import { ShortAgent } from './support/short-agent.js';

/** What a page's styles could get at, and what ours must have set. */
const PROPERTIES = [
  'color background-color font-family font-size font-weight line-height letter-spacing word-spacing text-transform',
  'text-align text-indent white-space direction display position float visibility opacity filter box-sizing cursor',
  'pointer-events user-select padding-top padding-right padding-bottom padding-left margin-top margin-right',
  'margin-bottom margin-left border-top-width border-right-width border-bottom-width border-left-width',
].flatMap((names) => names.split(' '));

const DESKTOP = { width: 1024, height: 768 };

type Look = Record<string, Record<string, string>>;

describe('the page matrix', () => {
  let app: TestApp;
  let pages: PageServer;
  let browser: Browser & AsyncDisposable;
  let plain: Look;
  const matrix: Record<string, string>[] = [];

  beforeAll(async () => {
    pages = await startPages();
    // A sandboxed page has the origin "null", and must be allowed by that name.
    app = await startApp({ agents: [new ShortAgent()], allowedOrigins: [pages.origin, 'null'] });
    browser = await startBrowser();
  });
  afterAll(async () => {
    console.table(matrix);
    await browser[Symbol.asyncDispose]();
    await pages[Symbol.asyncDispose]();
    await app.close();
  });

  const open = async (row: HostilePage): Promise<{ watched: Watched; frame: Frame }> => {
    const places = { service: app.url, pages: pages.origin };
    const watched = await watchedPage(browser);
    const { page } = watched;
    await page.setViewport(row.viewport ?? DESKTOP);
    // Without motion nothing is looked at half-way.
    const colours = row.forcedColours ? [{ name: 'forced-colors', value: 'active' }] : [];
    await page.emulateMediaFeatures([{ name: 'prefers-reduced-motion', value: 'reduce' }, ...colours]);
    if (row.inner !== undefined) pages.put('/inner', row.inner.html(places), row.inner.headers);
    const type = row.type ?? 'text/html; charset=utf-8';
    await page.goto(pages.put('/', row.html(places), { 'content-type': type, ...row.headers }));
    const frame = await eventually('the frame of the chat', async () =>
      row.inner === undefined ? page.mainFrame() : page.frames().find((found) => found.url().endsWith('/inner')),
    );
    return { watched, frame };
  };

  /** The chat itself: where the page cannot have the element, the one in the frame of the server. */
  const inner = async (row: HostilePage, chat: PageChat) => {
    if (row.framed !== true) return chat;
    const frame = await eventually('the frame of the server', async () =>
      chat.page.frames().find((found) => found.url().startsWith(`${app.url}/chat-stream/frame`)),
    );
    return PageChat.on(chat.page, frame);
  };

  it.each(HOSTILE_PAGES)('$name: the chat answers, looks right, and leaves the page alone', async (row) => {
    const result: Record<string, string> = { page: row.name };
    matrix.push(result);
    const { watched, frame } = await open(row);
    const isForced = await frame.evaluate(() => matchMedia('(forced-colors: active)').matches);
    expect(isForced).toBe(row.forcedColours === true);
    const chat = await PageChat.on(watched.page, frame);
    await chat.open();
    const talking = await inner(row, chat);
    const answer = await talking.converse().catch(async (error: unknown) => {
      const { connectionState, messages, status } = await talking.element.evaluate((element) => ({
        connectionState: element.connectionState,
        messages: JSON.stringify(element.messages).slice(0, 200),
        status: element.status,
      }));
      const { complaints } = watched;
      throw new Error(JSON.stringify({ connectionState, messages, status, complaints }), { cause: error });
    });
    expect(answer).toContain('Line 0 of the answer.');
    expect(answer).toContain('Line 39 of the answer.');
    result['answer'] = 'whole';

    const foreign = watched.requests.filter((url) => ![app.url, pages.origin].includes(new URL(url).origin));
    result['errors'] = String(watched.complaints.length);
    result['third-party requests'] = String(foreign.length);

    const look = await chat.look(PROPERTIES);
    plain ??= look;
    const { width, height } = row.inner === undefined ? (row.viewport ?? DESKTOP) : { width: 500, height: 600 };
    const differences = row.framed === true ? [] : differencesOf(plain, look, row.mayDiffer ?? []);
    const panel = await chat.box('panel');
    const isOnScreen = panel.left >= 0 && panel.top >= 0 && panel.right <= width && panel.bottom <= height;
    result['look'] = differences.length === 0 ? 'as on a plain page' : `${differences.length} differences`;
    if (row.framed === true) result['look'] = 'in a frame of the server';
    result['panel'] = `${Math.round(panel.right - panel.left)} x ${Math.round(panel.bottom - panel.top)}`;

    expect(watched.complaints).toEqual([]);
    expect(foreign).toEqual([]);
    expect(differences).toEqual([]);
    expect({ isOnScreen, panel }).toMatchObject({ isOnScreen: true });
    expect(panel.right - panel.left).toBeGreaterThan(300);
    expect(panel.bottom - panel.top).toBeGreaterThan(400);
    await watched.page.close();
  });

  it.each(['inline', 'launcher'])(
    'printed, an %s chat is there as a whole, without what one could press',
    async (mode) => {
      const row: HostilePage = {
        name: '',
        html: ({ service }) =>
          `<!doctype html><title>A page</title><script src="${service}/chat-stream.js"></script>` +
          `<div class="box"><chat-stream mode="${mode}" theme="dark"></chat-stream></div><style>.box { height: 400px }</style>`,
      };
      const { watched } = await open(row);
      const chat = await PageChat.on(watched.page);
      if (mode === 'launcher') await chat.open();
      await chat.converse();
      const seen = async () =>
        chat.element.evaluate(({ shadowRoot }) => {
          const one = (part: string) => shadowRoot?.querySelector<HTMLElement>(`[part~=${part}]`) ?? undefined;
          const [answer, transcript] = [one('message-ai')?.getBoundingClientRect(), one('transcript')];
          return {
            isWhole:
              (answer?.height ?? 0) > 1000 &&
              (answer?.height ?? 0) <= (transcript?.getBoundingClientRect().height ?? 0),
            scrolls: (transcript?.scrollHeight ?? 0) > (transcript?.clientHeight ?? 0),
            controls: ['composer', 'launcher', 'copy', 'jump'].filter((part) => one(part)?.checkVisibility()),
            // The lightness of the letters: 0 is black.
            letters: Number(/\(([\d.]+)/.exec(getComputedStyle(one('content') ?? document.body).color)?.[1]),
          };
        });
      expect(await seen()).toMatchObject({ isWhole: false, scrolls: true });
      await watched.page.emulateMediaType('print');
      const printed = await seen();
      expect(printed).toMatchObject({ isWhole: true, scrolls: false, controls: [] });
      expect(printed.letters).toBeLessThan(0.5);
      await watched.page.close();
    },
  );
});

function differencesOf(expected: Look, actual: Look, mayDiffer: readonly string[]): string[] {
  return Object.entries(expected).flatMap(([part, style]) =>
    Object.entries(style).flatMap(([name, value]) => {
      const found = actual[part]?.[name];
      return found === value || mayDiffer.includes(name) ? [] : [`${part} ${name}: ${found}, not ${value}`];
    }),
  );
}
