import type { Browser, BrowserContext, ElementHandle, Frame, Page } from 'puppeteer-core';
import type { ChatElement } from '../../support/browser.js';

/** How often a page is looked at, in milliseconds. */
const POLL_MS = 20;

/** How long something may take before a test gives up on it, in milliseconds. */
const PATIENCE_MS = 30_000;

/** What a page complained about, and whom it talked to. */
export interface Watched {
  readonly page: Page;
  /** Uncaught errors, rejections that nobody handled, and errors on the console. */
  readonly complaints: string[];
  /** Warnings on the console. */
  readonly warnings: string[];
  /** The addresses of all requests, sockets included. */
  readonly requests: string[];
}

/** A new page that is watched from its first request on. */
export async function watchedPage(browser: Pick<Browser | BrowserContext, 'newPage'>): Promise<Watched> {
  const page = await browser.newPage();
  const watched: Watched = { page, complaints: [], warnings: [], requests: [] };
  page.on('pageerror', (error) => watched.complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') watched.complaints.push(message.text());
    if (message.type() === 'warn') watched.warnings.push(message.text());
  });
  page.on('request', (request) => watched.requests.push(request.url()));
  return watched;
}

/** Looks at a page again and again, from outside: a page's policy may forbid what puppeteer's own waiting needs. */
export async function eventually<T>(what: string, look: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const found = await look().catch((error: unknown) => {
      // A frame that navigates has no context for a moment.
      if (!/context|detached|navigat/i.test(String(error))) throw error;
    });
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new Error(`It did not happen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** A chat on a page, or in a frame of one, as a visitor uses it. */
export class PageChat {
  private constructor(
    readonly page: Page,
    readonly element: ElementHandle<ChatElement>,
  ) {}

  /** The first chat, once it is drawn. */
  static async on(page: Page, frame: Frame = page.mainFrame()): Promise<PageChat> {
    const element = await eventually('a <chat-stream> is drawn', async () => {
      const found = await frame.evaluateHandle(() => {
        const chat = document.querySelector('chat-stream');
        return chat?.shadowRoot?.querySelector('[part~=panel], [part~=launcher]') ? chat : undefined;
      });
      return (found.asElement() as ElementHandle<ChatElement> | null) ?? undefined;
    });
    return new PageChat(page, element);
  }

  /** The first thing with this part. */
  async part(name: string): Promise<ElementHandle> {
    return eventually(`part "${name}" is there`, async () => {
      const found = await this.element.evaluateHandle(
        ({ shadowRoot }, part) => shadowRoot?.querySelector(`[part~=${part}]`) ?? undefined,
        name,
      );
      return (found.asElement() as ElementHandle | null) ?? undefined;
    });
  }

  /** Opens the panel with the mouse, where the launcher is on screen: whatever is on top there gets the click. */
  async open(): Promise<void> {
    // Of the whole page, also where the chat is in a frame of it.
    const box = await eventually('the launcher is on screen', async () =>
      (await this.part('launcher')).boundingBox().then((found) => found ?? undefined),
    );
    await this.page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
  }

  /** Types a question, presses Enter, and waits for the whole answer. */
  async converse(question = 'What is this?'): Promise<string> {
    const input = await this.part('input');
    await eventually('the composer is on screen', () => input.evaluate((box) => box.checkVisibility()));
    await input.focus();
    await this.page.keyboard.type(question);
    await this.page.keyboard.press('Enter');
    return eventually('the answer is complete', () =>
      this.element.evaluate(({ shadowRoot, status, messages }) => {
        const isDone = status === 'ready' && messages.at(-1)?.sender === 'ai';
        const shown = [...(shadowRoot?.querySelectorAll('[part~=message-ai] [part~=content]') ?? [])].at(-1);
        return isDone ? (shown?.textContent ?? '') : undefined;
      }),
    );
  }

  /** How the parts look, by name: what a page's own styles could have changed. */
  async look(properties: readonly string[]): Promise<Record<string, Record<string, string>>> {
    return this.element.evaluate(
      ({ shadowRoot }, names) => {
        const looks: Record<string, Record<string, string>> = {};
        const parts = 'launcher panel header title transcript message-user message-ai content composer input send';
        for (const part of parts.split(' ')) {
          const found = shadowRoot?.querySelector(`[part~=${part}]`);
          if (!found) continue;
          const style = getComputedStyle(found);
          looks[part] = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(name)]));
        }
        return looks;
      },
      [...properties],
    );
  }

  /** Where a part is on screen. */
  async box(name: string): Promise<{ left: number; top: number; right: number; bottom: number }> {
    return eventually(`part "${name}" is on screen`, () =>
      this.element.evaluate(({ shadowRoot }, part) => {
        const found = shadowRoot?.querySelector(`[part~=${part}]`);
        if (!found) return undefined;
        const { left, top, right, bottom } = found.getBoundingClientRect();
        return { left, top, right, bottom };
      }, name),
    );
  }
}
