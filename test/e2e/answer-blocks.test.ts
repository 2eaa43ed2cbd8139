import { describe, expect, it } from 'vitest';
import { ScriptedAgent } from '../support/scripted-agent.js';
import { eventually, PageChat, watchedPage, type Watched } from './support/page-chat.js';
import { useSite } from './support/site.js';

const CODE = 'const a = "b"; // c\n';
const ANSWER = [
  '# What there is\n\nIt is $x^2$, for $5 and $6.\n\n$$\n\\frac{a}{b}\n$$\n\n',
  `\`\`\`ts\n${CODE}\`\`\`\n\n`,
  '| a | b |\n| - | - |\n| 1 | <img src=x onerror=alert(1)> |\n\n',
  '```mermaid\nflowchart LR\n  A[One] --> B["<img src=x onerror=alert(1)>"]\n```\n\n',
  '![a picture](https://elsewhere.invalid/x.png) [a link](javascript:alert(1))\n',
];

describe('an answer with code, formulas, tables and a diagram', () => {
  const agent = new ScriptedAgent();
  const site = useSite({ agents: [agent] });

  const strict = () =>
    `default-src 'none'; script-src ${site.app.url}; style-src 'self'; connect-src ${site.app.url} ${site.app.url.replace('http', 'ws')}; ` +
    `frame-src ${site.app.url}; base-uri 'none'; require-trusted-types-for 'script'; trusted-types lit-html`;

  async function open(tag: string, csp = strict()): Promise<{ watched: Watched; chat: PageChat }> {
    // A visitor who was never here: what loads is what this answer needs.
    const watched = await watchedPage(await site.browser.createBrowserContext());
    await watched.page.evaluateOnNewDocument(() => {
      const seen: string[] = ((window as unknown as { seen: string[] }).seen = []);
      document.addEventListener('securitypolicyviolation', (event) => seen.push(event.effectiveDirective));
      document.addEventListener('chat-stream-error', (event) => {
        seen.push(`error ${(event as CustomEvent<{ code: string }>).detail.code}`);
      });
    });
    const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title><body>${tag}<chat-stream></chat-stream></body></html>`;
    await watched.page.goto(site.pages.put('/', html, { 'content-security-policy': csp }));
    return { watched, chat: await PageChat.on(watched.page) };
  }

  async function ask(chat: PageChat) {
    const input = await chat.part('input');
    await input.focus();
    await chat.page.keyboard.type('What is there?');
    await chat.page.keyboard.press('Enter');
    return agent.nextRun();
  }

  /** How many nodes fit, inside the chat. */
  const count = (chat: PageChat, selector: string) =>
    chat.element.evaluate(({ shadowRoot }, wanted) => shadowRoot?.querySelectorAll(wanted).length ?? 0, selector);
  const shows = (chat: PageChat, selector: string) =>
    eventually(`${selector} is there`, async () => (await count(chat, selector)) > 0);
  const seen = ({ page }: Watched) => page.evaluate(() => (window as unknown as { seen: string[] }).seen);
  const filesOf = ({ requests }: Watched, name: string) =>
    requests.filter((url) => new URL(url).pathname.endsWith(`chat-stream-${name}.js`));

  it('is drawn while it is written, on a strict page: nothing is violated, and nothing comes from elsewhere', async () => {
    const { watched, chat } = await open(`<script src="${site.app.url}/chat-stream.js"></script>`);
    const run = await ask(chat);
    for (const piece of ANSWER.join('').match(/[^]{1,7}/g) ?? []) run.say(piece);
    for (const part of ['h1', 'math', 'mfrac', '.tok-comment', 'td', '[part~=diagram-toggle]']) await shows(chat, part);
    run.finish();
    await eventually('the answer has ended', () => chat.element.evaluate(({ status }) => status === 'ready'));
    expect(await count(chat, 'math')).toBe(2);
    expect(await count(chat, 'img, a[href^=javascript]')).toBe(0);
    const texts = await chat.element.evaluate(({ shadowRoot }) =>
      ['p', 'pre > code'].map((wanted) => shadowRoot?.querySelector(`[part~=message-ai] ${wanted}`)?.textContent),
    );
    expect(texts[0]).toMatch(/, for \$5 and \$6\.$/);
    expect(texts[1]).toBe(CODE);
    const frame = watched.page.frames().find((one) => one.url().endsWith('/chat-stream/diagram'));
    expect(await frame?.evaluate(() => document.querySelectorAll('svg').length)).toBe(1);
    expect([await seen(watched), watched.complaints]).toEqual([[], []]);
    const elsewhere = watched.requests.filter(
      (url) => ![site.app.url, site.app.url.replace('http', 'ws'), site.pages.origin].includes(new URL(url).origin),
    );
    expect(elsewhere).toEqual([]);
    await watched.page.browserContext().close();
  });

  it('is the same when the page is reloaded', async () => {
    const { watched, chat } = await open(`<script src="${site.app.url}/chat-stream.js"></script>`);
    (await ask(chat)).finish(ANSWER.join(''));
    await shows(chat, '[part~=diagram-toggle]');
    const before = await chat.element.evaluate(({ shadowRoot }) => shadowRoot?.querySelector('.markdown')?.textContent);
    await watched.page.reload();
    const again = await PageChat.on(watched.page);
    for (const part of ['math', '.tok-comment', '[part~=diagram-toggle]']) await shows(again, part);
    expect(await again.element.evaluate(({ shadowRoot }) => shadowRoot?.querySelector('.markdown')?.textContent)).toBe(
      before,
    );
    await watched.page.browserContext().close();
  });

  it('a diagram stays source, and the rest is drawn, where a page forbids frames', async () => {
    const { watched, chat } = await open(
      `<script src="${site.app.url}/chat-stream.js"></script>`,
      strict().replace(`frame-src ${site.app.url}`, "frame-src 'none'"),
    );
    (await ask(chat)).finish(ANSWER.join(''));
    await shows(chat, 'math');
    await eventually(
      'the frame is gone',
      async () => (await count(chat, 'iframe')) === 0 && (await seen(watched)).length,
    );
    const sources = await chat.element.evaluate(({ shadowRoot }) =>
      [...(shadowRoot?.querySelectorAll('.block') ?? [])].map(({ textContent }) => textContent),
    );
    expect(sources.at(-1)).toContain('flowchart LR\n  A[One] -->');
    expect(await seen(watched)).toEqual(['frame-src']);
    await watched.page.browserContext().close();
  });

  it.each([
    ['a classic script', () => `<script src="${site.app.url}/chat-stream.js" async></script>`, '/'],
    ['a module', () => `<script src="${site.app.url}/chat-stream.js" type="module"></script>`, '/'],
    ['the loader', () => `<script src="${site.app.url}/chat-stream-loader.js" async></script>`, '/'],
    [
      'a pinned release',
      (release: string) => `<script src="${site.app.url}${release}chat-stream.js"></script>`,
      'release',
    ],
  ])('loads its parts beside %s, once, and none before they are needed', async (_, tag, place) => {
    const release = (await fetch(`${site.app.url}/chat-stream.js`)).headers.get('x-chat-stream-release') ?? '';
    const folder = `/chat-stream/${release}/`;
    const { watched, chat } = await open(tag(folder));
    const run = await ask(chat);
    run.say('Only words. ');
    await shows(chat, '.markdown p');
    expect([...filesOf(watched, 'code'), ...filesOf(watched, 'math')]).toEqual([]);
    run.finish(`\n\n${ANSWER[1]}${ANSWER[1]}$x^2$`);
    await shows(chat, 'math');
    await eventually('both blocks have colours', async () => (await count(chat, '.tok-comment')) === 2);
    const beside = `${site.app.url}${place === 'release' ? folder : '/'}`;
    expect(filesOf(watched, 'code')).toEqual([`${beside}chat-stream-code.js`]);
    expect(filesOf(watched, 'math')).toEqual([`${beside}chat-stream-math.js`]);
    expect([await seen(watched), watched.complaints]).toEqual([[], []]);
    await watched.page.browserContext().close();
  });

  it('stays text where a part cannot be loaded, without a complaint of ours, and the next block tries again', async () => {
    const { watched, chat } = await open(`<script src="${site.app.url}/chat-stream.js"></script>`);
    let isBlocked = true;
    let refused = 0;
    await watched.page.setRequestInterception(true);
    watched.page.on('request', (request) => {
      const isRefused = isBlocked && request.url().includes('chat-stream-code');
      if (isRefused) refused++;
      void (isRefused ? request.abort() : request.continue());
    });
    const run = await ask(chat);
    run.say(ANSWER[1]!);
    await eventually('it was refused', async () => refused > 0);
    await shows(chat, 'pre > code');
    expect(await count(chat, '.tok-comment')).toBe(0);
    isBlocked = false;
    run.say('Then:\n\n');
    run.finish(ANSWER[1]);
    await eventually('all blocks have colours', async () => (await count(chat, '.tok-comment')) === 2);
    // The browser's own line about the request that was refused is no exception of ours.
    expect(watched.complaints.filter((text) => !text.includes('ERR_FAILED'))).toEqual([]);
    expect(await seen(watched)).toEqual([]);
    await watched.page.browserContext().close();
  });
});
