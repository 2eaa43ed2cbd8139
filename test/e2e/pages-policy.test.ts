import { describe, expect, it } from 'vitest';
import { startApp } from '../support/app.js';
import { eventually, PageChat, type Watched, watchedPage } from './support/page-chat.js';
import { ShortAgent } from './support/short-agent.js';
import { useSite } from './support/site.js';

/** What the browser itself writes to the console about a policy or a frame that was refused; no page can prevent it. */
const BY_THE_BROWSER = /trusted ?type|Content Security Policy/i;

describe('on a page with a strict Content Security Policy', () => {
  const site = useSite({ agents: [new ShortAgent()] });

  /** The least that a page can allow: the server's origin for the script and the connection, and styles of its own files. */
  const policy = (more = '', scripts = site.app.url) =>
    `default-src 'none'; script-src ${scripts}; style-src 'self'; connect-src ${site.app.url} ${site.app.url.replace('http', 'ws')}; base-uri 'none'${more}`;

  const open = async (csp: string, body = tag()): Promise<Watched> => {
    const watched = await watchedPage(site.browser);
    // Without a word the browser keeps a violation to itself: what a page can see of it is what counts.
    await watched.page.evaluateOnNewDocument(() => {
      const seen: string[] = ((window as unknown as { seen: string[] }).seen = []);
      document.addEventListener('securitypolicyviolation', (event) => seen.push(event.effectiveDirective));
      document.addEventListener('chat-stream-error', (event) => {
        seen.push(`error ${(event as CustomEvent<{ code: string }>).detail.code}`);
      });
    });
    const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title><body>${body}</body></html>`;
    await watched.page.goto(site.pages.put('/', html, { 'content-security-policy': csp }));
    return watched;
  };
  const tag = (file = 'chat-stream.js', more = 'data-mode="launcher"') =>
    `<script src="${site.app.url}/${file}" ${more}></script>`;
  const seen = ({ page }: Watched) => page.evaluate(() => (window as unknown as { seen: string[] }).seen);
  const ours = ({ complaints }: Watched) => complaints.filter((text) => !BY_THE_BROWSER.test(text));
  /** The frame of our own page. */
  const framed = async ({ page }: Watched) =>
    eventually('the frame is there', async () =>
      page.frames().find((frame) => frame.url().startsWith(`${site.app.url}/chat-stream/frame`)),
    );

  const TYPES = "; require-trusted-types-for 'script'";

  it.each([
    ['that names the origin of the server', () => policy(), ''],
    ["with a nonce and 'strict-dynamic'", () => policy('', "'nonce-abc' 'strict-dynamic'"), 'nonce="abc"'],
    ['that requires Trusted Types', () => policy(TYPES), ''],
    ['that requires Trusted Types and names lit-html', () => policy(`${TYPES}; trusted-types lit-html`), ''],
  ])('the chat works under one %s, and violates nothing', async (_, csp, attributes) => {
    for (const file of ['chat-stream.js', 'chat-stream-loader.js']) {
      const watched = await open(csp(), tag(file, `data-mode="launcher" ${attributes}`));
      const chat = await PageChat.on(watched.page);
      await chat.open();
      expect(await chat.converse()).toContain('Line 39 of the answer.');
      expect(await seen(watched)).toEqual([]);
      expect(watched.complaints).toEqual([]);
      await watched.page.close();
    }
  });

  it('a second copy of the script needs no second policy', async () => {
    const watched = await open(
      policy(`${TYPES}; trusted-types lit-html`),
      `${tag()}${tag('chat-stream.js?again', '')}`,
    );
    const chat = await PageChat.on(watched.page);
    await chat.open();
    expect(await chat.converse()).toContain('Line 39 of the answer.');
    expect([await seen(watched), watched.complaints]).toEqual([[], []]);
    await watched.page.close();
  });

  it.each([
    ["'none'", 'chat-stream.js'],
    ['my-policy', 'chat-stream.js'],
    ["'none'", 'chat-stream-loader.js'],
  ])('where the only policies are %s, %s opens the chat in a frame of the server', async (names, file) => {
    const watched = await open(policy(`${TYPES}; trusted-types ${names}; frame-src ${site.app.url}`), tag(file));
    const chat = await PageChat.on(watched.page);
    await eventually('it says why', async () => watched.warnings.length > 0);
    expect(watched.warnings.filter((text) => text.startsWith('chat-stream:'))).toHaveLength(1);
    expect(watched.warnings[0]).toContain('trusted-types lit-html');
    await chat.open();
    const inFrame = await PageChat.on(watched.page, await framed(watched));
    expect(await inFrame.converse()).toContain('Line 39 of the answer.');
    await watched.page.keyboard.press('Escape');
    await eventually('Escape in the frame closes the panel', () =>
      chat.element.evaluate((element) => !element.hasAttribute('open')),
    );
    expect(ours(watched)).toEqual([]);
    expect(await seen(watched)).toEqual(['trusted-types']);
    await watched.page.close();
  });

  it('opens in that frame, too, when the file for it does not come at first', async () => {
    const watched = await watchedPage(site.browser);
    const { page } = watched;
    let refused = 0;
    await page.setRequestInterception(true);
    page.on('request', (request) => {
      const isFile = new URL(request.url()).pathname === '/chat-stream-framed.js';
      void (isFile && refused++ === 0 ? request.abort() : request.continue());
    });
    const html = `<!doctype html><title>A page</title><body>${tag('chat-stream.js', 'data-mode="inline"')}</body>`;
    await page.goto(
      site.pages.put('/', html, {
        'content-security-policy': policy(`${TYPES}; trusted-types 'none'; frame-src ${site.app.url}`),
      }),
    );
    const inFrame = await PageChat.on(page, await framed(watched));
    expect(await inFrame.converse()).toContain('Line 39 of the answer.');
    expect(ours(watched).filter((text) => !text.startsWith('Failed to load resource'))).toEqual([]);
    expect(refused).toBe(2);
    await page.close();
  });

  it('carries the attributes of an inline element into the frame, also when they change', async () => {
    const watched = await open(
      policy(`${TYPES}; trusted-types 'none'; frame-src ${site.app.url}`),
      `${tag('chat-stream.js', '')}<chat-stream heading="Support" theme="dark"></chat-stream>`,
    );
    const chat = await PageChat.on(watched.page);
    const inFrame = await PageChat.on(watched.page, await framed(watched));
    expect(await (await inFrame.part('title')).evaluate(({ textContent }) => textContent)).toBe('Support');
    expect(await inFrame.element.evaluate((element) => element.getAttribute('theme'))).toBe('dark');
    await chat.element.evaluate((element) => Object.assign(element, { heading: 'Help' }));
    await eventually('the frame has the new heading', async () =>
      (await inFrame.part('title')).evaluate(({ textContent }) => textContent === 'Help'),
    );
    expect(ours(watched)).toEqual([]);
    await watched.page.close();
  });

  it('asks the page in that frame, too, before a message is sent: a cancelled one stays in the composer', async () => {
    const watched = await open(
      policy(`${TYPES}; trusted-types 'none'; frame-src ${site.app.url}`),
      `${tag('chat-stream.js', '')}<chat-stream></chat-stream>`,
    );
    const { page } = watched;
    const outside = await PageChat.on(page);
    const asked = await outside.element.evaluateHandle((element) => {
      const texts: string[] = [];
      element.addEventListener('chat-stream-before-send', (event) => {
        texts.push((event as CustomEvent<{ text: string }>).detail.text);
        if (texts.length === 1) event.preventDefault();
      });
      return texts;
    });
    const chat = await PageChat.on(page, await framed(watched));
    const input = await chat.part('input');
    await input.focus();
    await page.keyboard.type('Careful');
    await page.keyboard.press('Enter');
    await eventually('the page was asked', async () => (await asked.evaluate(({ length }) => length)) === 1);
    expect(await input.evaluate((field) => (field as HTMLTextAreaElement).value)).toBe('Careful');
    await chat.converse(' now');
    // The frame may have come with an older conversation, whose last answer is as complete.
    await eventually('the message is sent', () =>
      input.evaluate((field) => (field as HTMLTextAreaElement).value === ''),
    );
    expect(await asked.jsonValue()).toEqual(['Careful', 'Careful now']);
    const read = await eventually('the page reads the answer', () =>
      outside.element.evaluate(({ messages }) => {
        const texts = messages.slice(-2).map(({ content }) => content);
        return texts[0] === 'Careful now' && texts[1]?.includes('Line 39 of the answer.') ? texts : undefined;
      }),
    );
    expect(read).toHaveLength(2);
    expect(ours(watched)).toEqual([]);
    await page.close();
  });

  it('where frames are forbidden, too, offers a link to the chat', async () => {
    const watched = await open(policy(`${TYPES}; trusted-types 'none'`));
    const chat = await PageChat.on(watched.page);
    await chat.open();
    const address = await (await chat.part('link')).evaluate((link) => (link as HTMLAnchorElement).href);
    expect(ours(watched)).toEqual([]);
    expect(await seen(watched)).toContain('error connection_failed');
    const thrown = await chat.element.evaluate((element) =>
      element.sendMessage('Hello').catch((error: unknown) => (error as { code: string }).code),
    );
    expect(thrown).toBe('connection_failed');
    await watched.page.goto(address);
    const alone = await PageChat.on(watched.page);
    expect(await alone.converse()).toContain('Line 39 of the answer.');
    await watched.page.close();
  });

  it('the page for the frame lets only allowed pages frame it, and no script but ours run', async () => {
    const allowed = await startApp({ agents: [new ShortAgent()], allowedOrigins: ['https://www.example.com'] });
    const response = await fetch(`${allowed.url}/chat-stream/frame`);
    const header = response.headers.get('content-security-policy') ?? '';
    expect(header).toContain("frame-ancestors 'self' https://www.example.com;");
    expect(header).toContain("script-src 'self';");
    expect(header).toContain("default-src 'none';");
    expect(header).not.toContain('unsafe');
    await allowed.close();
  });
});
