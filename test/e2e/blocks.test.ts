import type { Page } from 'puppeteer-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from './support/page-chat.js';
import { ShortAgent } from './support/short-agent.js';
import { useSite } from './support/site.js';

/** What the page of a test has, beside its document. */
interface TestWindow {
  violations: string[];
  root: ShadowRoot;
  load(url: string): Promise<unknown>;
  draw(name: string, kind: string, source: string, server: string): Promise<void>;
}

describe('code, formulas and diagrams on a page with a strict Content Security Policy', () => {
  const site = useSite({ agents: [new ShortAgent()] });
  let page: Page;
  let complaints: string[];

  beforeEach(async () => {
    complaints = [];
    page = await site.browser.newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  });
  afterEach(async () => {
    await page.close();
  });

  /** Opens a page of another site that may load from the service what its policy says. */
  async function open(policy: string): Promise<void> {
    // As text: vitest makes something of its own out of an `import()`.
    await page.evaluateOnNewDocument('window.load = (url) => import(url)');
    await page.evaluateOnNewDocument(() => {
      const own = window as unknown as TestWindow;
      own.violations = [];
      document.addEventListener('securitypolicyviolation', (event) => own.violations.push(event.effectiveDirective));
      own.draw = async (name, kind, source, server) => {
        const { render } = (await own.load(`${server}/chat-stream-${name}.js`)) as {
          render: (
            target: HTMLElement,
            info: unknown,
            context: unknown,
          ) => { grow(text: string): void; end(): void } | undefined;
        };
        const host = document.createElement('div');
        document.body.append(host);
        own.root = host.attachShadow({ mode: 'open' });
        const target = document.createElement('div');
        own.root.append(target);
        const words = { showSource: 'Show source', showDiagram: 'Show diagram', diagram: 'Diagram' };
        const view = render(
          target,
          { kind, language: kind, display: 'block' },
          { server: () => server, words: () => words },
        );
        view?.grow(source);
        view?.end();
      };
    });
    const html = '<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title><body></body></html>';
    await page.goto(site.pages.put('/', html, { 'content-security-policy': policy }));
  }

  const strict = (frames = site.app.url) =>
    `default-src 'none'; script-src ${site.app.url}; style-src ${site.app.url}; connect-src ${site.app.url}; frame-src ${frames}; ` +
    "base-uri 'none'; require-trusted-types-for 'script'; trusted-types lit-html";
  const draw = (name: string, kind: string, source: string) =>
    page.evaluate((...given) => (window as unknown as TestWindow).draw(...given), name, kind, source, site.app.url);
  const waitFor = (selector: string) =>
    page.waitForFunction(
      (wanted) => (window as unknown as TestWindow).root.querySelector(wanted) !== null,
      {},
      selector,
    );
  const violations = () => page.evaluate(() => (window as unknown as TestWindow).violations);
  const text = () => page.evaluate(() => (window as unknown as TestWindow).root.textContent);

  it('code has its colours, and nothing is violated', async () => {
    await open(strict());
    await draw('code', 'ts', 'const a = "b"; // c');
    const colours = await page.evaluate(() =>
      [...(window as unknown as TestWindow).root.querySelectorAll('[class^=tok-]')].map(
        (span) => `${span.className} ${span.textContent}`,
      ),
    );
    expect(colours).toEqual(['tok-keyword const', 'tok-string "b"', 'tok-comment // c']);
    expect([await violations(), complaints]).toEqual([[], []]);
  });

  it('a formula is drawn, and nothing is violated', async () => {
    await open(strict());
    await draw('math', 'math', '\\begin{align} \\frac{a}{b} &= \\color{red}{c} \\end{align}');
    await waitFor('mfrac');
    expect([await violations(), complaints]).toEqual([[], []]);
  });

  it.each([
    ['flowchart', 'flowchart LR\n  A[One] --> B{Two}\n  B --> C["<img src=x onerror=alert(1)>"]'],
    ['sequence', 'sequenceDiagram\n  Alice->>Bob: Hello\n  Bob-->>Alice: Hi'],
    ['pie', 'pie title Pets\n  "Dogs" : 386\n  "Cats" : 85'],
  ])('a %s is drawn in a frame that can do nothing else, and nothing is violated', async (_, source) => {
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).origin));
    await open(strict());
    await draw('diagram', 'mermaid', source);
    await waitFor('[part~=diagram-toggle]');
    const shown = await page.evaluate(() => {
      const { root } = window as unknown as TestWindow;
      const frame = root.querySelector('iframe')!;
      const { width, height } = frame.getBoundingClientRect();
      return {
        width,
        height,
        sandbox: frame.sandbox.value,
        title: frame.title,
        source: root.querySelector('span')!.hidden,
      };
    });
    expect(shown).toMatchObject({ sandbox: 'allow-scripts', title: 'Diagram', source: true });
    expect(shown.width).toBeGreaterThan(50);
    expect(shown.height).toBeGreaterThan(50);
    expect([await violations(), complaints]).toEqual([[], []]);
    expect(asked.filter((origin) => origin !== site.app.url && origin !== site.pages.origin)).toEqual([]);
  });

  it.each([
    ['light', 'rgb(255, 255, 255)'],
    ['dark', 'rgb(20, 20, 20)'],
  ])('a diagram in a %s chat stands on its ground', async (scheme, ground) => {
    await open(strict());
    await page.evaluate(
      (...[wanted, colour]) => {
        document.documentElement.style.colorScheme = wanted;
        document.body.style.background = colour;
      },
      scheme,
      ground,
    );
    await draw('diagram', 'mermaid', 'flowchart LR\n  A --> B');
    await waitFor('[part~=diagram-toggle]');
    const frame = page.frames().find((one) => one.url().endsWith('/chat-stream/diagram'))!;
    const inside = await frame.evaluate(() => {
      const { colorScheme, backgroundColor } = getComputedStyle(document.documentElement);
      return [colorScheme, backgroundColor];
    });
    expect(inside).toEqual([scheme, 'rgba(0, 0, 0, 0)']);
  });

  it('a diagram is drawn anew in the colours of the theme, when the system changes it or the page does', async () => {
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
    await open(strict());
    await page.evaluate(() => (document.documentElement.style.colorScheme = 'light dark'));
    await draw('diagram', 'mermaid', 'flowchart LR\n  A --> B');
    await waitFor('[part~=diagram-toggle]');
    const frame = page.frames().find((one) => one.url().endsWith('/chat-stream/diagram'))!;
    const stroke = () =>
      frame.evaluate(() => {
        const line = document.querySelector('path.flowchart-link');
        return line === null ? '' : getComputedStyle(line).stroke;
      });
    const light = await stroke();
    expect(light).toMatch(/^rgb/);
    const becomes = async (isLight: boolean) =>
      eventually(`lines are ${isLight ? 'as before' : 'others'}`, async () => {
        const colour = await stroke();
        return colour !== '' && (colour === light) === isLight;
      });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    await becomes(false);
    // While the source is shown, nothing is drawn; then in the colours of now.
    const click = () => page.evaluate(() => (window as unknown as TestWindow).root.querySelector('button')!.click());
    await click();
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'light' }]);
    await click();
    await becomes(true);
    expect([await violations(), complaints]).toEqual([[], []]);
  });

  it('a button shows the source of a diagram, and the diagram again', async () => {
    await open(strict());
    await draw('diagram', 'mermaid', 'flowchart LR\n  A --> B');
    await waitFor('[part~=diagram-toggle]');
    const click = () =>
      page.evaluate(() => {
        const { root } = window as unknown as TestWindow;
        const button = root.querySelector('button')!;
        button.click();
        return [button.textContent, root.querySelector('span')!.hidden, root.querySelector('iframe')!.hidden];
      });
    expect(await click()).toEqual(['Show diagram', false, true]);
    expect(await click()).toEqual(['Show source', true, false]);
  });

  it.each([
    ['with an error in it', () => strict(), 'flowchart LR\n  A --> --> ((', []],
    ['on a page that forbids frames', () => strict("'none'"), 'flowchart LR\n  A --> B', ['frame-src']],
  ])('a diagram %s stays source, and the frame is gone', async (_, policy, source, violated) => {
    await open(policy());
    await draw('diagram', 'mermaid', source);
    await page.waitForFunction(() => (window as unknown as TestWindow).root.querySelector('iframe') === null);
    expect(await text()).toBe(source);
    expect(await violations()).toEqual(violated);
  });

  it('the frame of a diagram may be framed by allowed pages, and load nothing but our scripts', async () => {
    const response = await fetch(`${site.app.url}/chat-stream/diagram`);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain('sandbox allow-scripts');
    expect(policy).toContain("frame-ancestors 'self' http://localhost:*");
    expect(policy).not.toMatch(/connect-src|unsafe-eval|script-src[^;]*unsafe/);
  });
});
