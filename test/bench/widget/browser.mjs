// Chromium: a fresh process and profile for each page, and what its main thread did.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';
import { CHROMIUM_FLAGS, findChromium } from '../../support/chromium.mjs';

const TRACED = ['toplevel', 'devtools.timeline', 'blink.user_timing', 'disabled-by-default-devtools.timeline'];

/** A running Chromium. No other page shares its processes: each is opened in a context of its own. */
export async function launch() {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('No Chromium found: install one, or name it in CHROMIUM_PATH.');
  const userDataDir = mkdtempSync(join(tmpdir(), 'chat-stream-bench-'));
  const args = [...CHROMIUM_FLAGS, '--window-size=1000,760'];
  const browser = await puppeteer.launch({
    executablePath,
    userDataDir,
    args,
    defaultViewport: null,
    protocolTimeout: 600_000,
  });
  return {
    browser,
    version: await browser.version(),
    async close() {
      await browser.close();
      rmSync(userDataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A page that was opened for one run. */
export class Tab {
  /** What the page complained about. */
  errors = [];
  #context;
  #client;
  #browserClient;

  static async open(browser, { slowdown = 1 } = {}) {
    const tab = new Tab();
    tab.#context = await browser.createBrowserContext();
    tab.page = await tab.#context.newPage();
    tab.page.on('pageerror', (error) => tab.errors.push(String(error)));
    tab.#client = await tab.page.createCDPSession();
    tab.#browserClient = await browser.target().createCDPSession();
    await tab.page.setViewport({ width: 1000, height: 760 });
    // CPU time, not time on the clock: what else runs on the machine hardly moves it.
    await tab.#client.send('Performance.enable', { timeDomain: 'threadTicks' });
    if (slowdown > 1) await tab.#client.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
    return tab;
  }

  async close() {
    await this.#browserClient.detach();
    await this.#context.close();
  }

  /** CPU of the main thread so far, in ms, and what it went to as far as the browser says. */
  async metrics() {
    const { metrics } = await this.#client.send('Performance.getMetrics');
    const all = Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
    return {
      cpu: all.TaskDuration * 1000,
      layout: all.LayoutDuration * 1000,
      style: all.RecalcStyleDuration * 1000,
      layouts: all.LayoutCount,
    };
  }

  async collectGarbage() {
    await this.#client.send('HeapProfiler.enable');
    await this.#client.send('HeapProfiler.collectGarbage');
    await this.#client.send('HeapProfiler.disable');
  }

  /** Runs something; resolves with the profile of V8 of that time. */
  async profile(work) {
    await this.#client.send('Profiler.enable');
    await this.#client.send('Profiler.setSamplingInterval', { interval: 200 });
    await this.#client.send('Profiler.start');
    await work();
    const { profile } = await this.#client.send('Profiler.stop');
    return profile;
  }

  /** Runs something; resolves with the events of the thread on which the mark `bench-from` or `bench-usable` was set. */
  async trace(work) {
    const events = [];
    const client = this.#browserClient;
    const take = ({ value }) => events.push(...value);
    client.on('Tracing.dataCollected', take);
    await client.send('Tracing.start', {
      transferMode: 'ReportEvents',
      traceConfig: { recordMode: 'recordAsMuchAsPossible', includedCategories: TRACED, excludedCategories: ['*'] },
    });
    await work();
    const done = new Promise((resolve) => client.once('Tracing.tracingComplete', resolve));
    await client.send('Tracing.end');
    await done;
    client.off('Tracing.dataCollected', take);
    const mark = events.find(({ name }) => name === 'bench-from' || name === 'bench-usable');
    return events.filter(({ pid, tid }) => pid === mark?.pid && tid === mark.tid).sort((a, b) => a.ts - b.ts);
  }
}
