import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Browser, type ElementHandle, type Page } from 'puppeteer-core';
import { CHROMIUM_FLAGS, findChromium } from './chromium.mjs';

/** What the tests read of the element. */
export interface ChatElement extends HTMLElement {
  readonly connectionState: string;
  readonly status: string;
  readonly sessionId: string | undefined;
  readonly messages: readonly { id: string; sender: string; content: string; metadata: { status?: string } }[];
  sendMessage(text: string): Promise<string | undefined>;
}

/** A real Chromium with an empty profile. */
export async function startBrowser(): Promise<Browser & AsyncDisposable> {
  const executablePath = findChromium();
  if (executablePath === undefined)
    throw new Error('No Chromium found: run the tests with "npm test", which gets one.');
  const userDataDir = await mkdtemp(join(tmpdir(), 'chat-stream-'));
  const browser = await puppeteer.launch({ executablePath, userDataDir, args: [...CHROMIUM_FLAGS] });
  return Object.assign(browser, {
    [Symbol.asyncDispose]: async () => {
      await browser.close();
      await rm(userDataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  });
}

/** A visitor at a `<chat-stream>`: reads and does what a person can. */
export class Visitor {
  /** What the page complained about: uncaught errors, and errors on the console. */
  readonly complaints: string[] = [];

  private constructor(
    readonly page: Page,
    readonly element: ElementHandle<ChatElement>,
  ) {}

  /** Opens a page and waits until its `index`-th `<chat-stream>` is upgraded. */
  static async open(browser: Pick<Browser, 'newPage'>, url: string, index = 0): Promise<Visitor> {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    await page.goto(url);
    const visitor = await Visitor.at(page, index);
    visitor.complaints.push(...complaints);
    page.on('pageerror', (error) => visitor.complaints.push(String(error)));
    return visitor;
  }

  /** The visitor of an element on a page that is open already. */
  static async at(page: Page, index = 0): Promise<Visitor> {
    const handle = await page.waitForFunction(
      (place) => {
        const element = document.querySelectorAll('chat-stream')[place];
        return element !== undefined && (element.shadowRoot?.querySelector('[part~=input]') ?? undefined)
          ? element
          : undefined;
      },
      {},
      index,
    );
    return new Visitor(page, handle.asElement() as ElementHandle<ChatElement>);
  }

  /** Types a text and presses Enter. */
  async ask(text: string): Promise<void> {
    const input = await this.element.evaluateHandle((element) => element.shadowRoot?.querySelector('[part~=input]'));
    await (input.asElement() as ElementHandle).focus();
    await this.page.keyboard.type(text);
    await this.page.keyboard.press('Enter');
  }

  /** Clicks the first thing with this part. */
  async click(part: string): Promise<void> {
    const handle = await this.element.evaluateHandle(
      (element, name) => element.shadowRoot?.querySelector(`[part~=${name}]`),
      part,
    );
    const target = handle.asElement() as ElementHandle | null;
    if (target === null) throw new Error(`There is no part "${part}" to click.`);
    await target.click();
  }

  /**
   * The texts that are on screen, oldest first, as `who: text`. White space between the blocks of an answer is not in the
   * document: where all else on the screen is as the message has it, this is the message, byte for byte.
   */
  async transcript(): Promise<string[]> {
    return this.element.evaluate((element) => {
      const solid = (text: string): string => text.replace(/\s+/g, '');
      return [...(element.shadowRoot?.querySelectorAll<HTMLElement>('[part~=message]') ?? [])].map((message) => {
        const shown = message.querySelector('[part~=content]')?.textContent ?? '';
        if (message.part.contains('message-user')) return `user: ${shown}`;
        const source = element.messages.find(({ id }) => id === message.dataset['id'])?.content;
        return `ai: ${source !== undefined && solid(source) === solid(shown) ? source : shown}`;
      });
    });
  }

  /** Text of the first thing with this part; `undefined` where there is none, or it can't be seen. */
  async text(part: string): Promise<string | undefined> {
    return this.element.evaluate((element, name) => {
      const found = element.shadowRoot?.querySelector<HTMLElement>(`[part~=${name}]`);
      return found?.checkVisibility() ? (found.textContent?.trim() ?? '') : undefined;
    }, part);
  }

  /** Waits until this holds in the page. */
  async until(holds: (element: ChatElement, argument: string) => boolean, argument = ''): Promise<void> {
    await this.page.waitForFunction(holds, { polling: 20 }, this.element, argument);
  }

  /** Waits until the last answer on screen contains a text. */
  async reads(text: string): Promise<void> {
    await this.until((element, wanted) => {
      const contents = [...(element.shadowRoot?.querySelectorAll('[part~=message-ai] [part~=content]') ?? [])];
      return contents.at(-1)?.textContent?.includes(wanted) ?? false;
    }, text);
  }

  /** Waits until the last answer has ended. */
  async answered(): Promise<void> {
    await this.until(
      ({ status, messages }) => (status === 'ready' || status === 'error') && messages.at(-1)?.sender === 'ai',
    );
  }
}
