import type { Page } from 'puppeteer-core';
import { afterEach, beforeAll, beforeEach, expect } from 'vitest';
import type { Agent } from '@chat-stream/backend';
import { type Site, useSite } from './site.js';

/** A page of another origin with a script of the test's own, which talks to the service. */
export interface ModulePage extends Site {
  /** A new one for each test. */
  readonly page: Page;
  /** Opens a document with this module in it. */
  open(script: string): Promise<void>;
}

/**
 * Serves the module that `library` makes at `path` of the page's origin, which the service allows. A test in whose page
 * nobody caught an error fails.
 */
export function useModulePage(agent: Agent, path: string, library: () => string | Promise<string>): ModulePage {
  const site = useSite((origin) => ({
    agents: [agent],
    auth: { mode: 'open' },
    allowedOrigins: [origin],
    heartbeatMs: 20,
  }));
  const complaints: string[] = [];
  const open = async (script: string): Promise<void> => {
    const html = `<!doctype html><meta charset="utf-8"><script type="module">${script}</script>`;
    await own.page.goto(site.pages.put('/', html));
  };
  const own: Site & { page: Page; open: typeof open } = Object.assign(site, { open, page: undefined as never });
  beforeAll(async () => {
    site.pages.put(path, await library(), { 'content-type': 'text/javascript; charset=utf-8' });
  });
  beforeEach(async () => {
    complaints.length = 0;
    own.page = await site.browser.newPage();
    own.page.on('pageerror', (error) => complaints.push(String(error)));
  });
  afterEach(async () => {
    expect(complaints).toEqual([]);
    await own.page.close();
  });
  return own;
}
