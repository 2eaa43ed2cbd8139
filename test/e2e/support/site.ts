import type { ChatStreamOptions } from '@chat-stream/backend';
import type { Browser } from 'puppeteer-core';
import { afterAll, beforeAll } from 'vitest';
import { startApp, type TestApp } from '../../support/app.js';
import { startBrowser } from '../../support/browser.js';
import { type PageServer, startPages } from '../../support/pages.js';

/** What a page of another site takes: the service, a server for the page, and a browser. */
export interface Site {
  readonly app: TestApp;
  readonly pages: PageServer;
  readonly browser: Browser;
}

/**
 * Starts all of it before the first test of where it is called, and ends it after the last. There is nothing to be read of it
 * before. `options` may depend on the origin of the pages.
 */
export function useSite(options: ChatStreamOptions | ((origin: string) => ChatStreamOptions)): Site {
  const started = new AsyncDisposableStack();
  const site: { app?: TestApp; pages?: PageServer; browser?: Browser } = {};
  beforeAll(async () => {
    site.pages = started.use(await startPages());
    site.app = started.use(await startApp(typeof options === 'function' ? options(site.pages.origin) : options));
    site.browser = started.use(await startBrowser());
  });
  // The last first: a browser that is gone holds no connection that the others would wait for.
  afterAll(() => started.disposeAsync());
  return site as Site;
}
