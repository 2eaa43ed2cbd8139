import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '../support/app.js';
import { startBrowser, Visitor } from '../support/browser.js';
import { type PageServer, startPages } from '../support/pages.js';
import { ScriptedAgent } from '../support/scripted-agent.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { hasNginx, startNginx } from './support/nginx.js';
import { tracked, trackedPage } from './support/tracked.js';

/** Text of every kind, in pieces that end in the middle of nothing. */
const PIECES = Array.from({ length: 30 }, (_, index) => `Piece ${index} – naïve, 日本語, 🔧👩‍👩‍👧 & <b>no markup</b>.\n`);

/** What a browser itself writes to the console about a connection that was refused or cut, which no page can prevent. */
const BY_THE_BROWSER = /^WebSocket connection to|^Failed to load resource|blocked by CORS policy/;

describe('where the network is against it', () => {
  const agent = new ScriptedAgent();
  let app: TestApp;
  let proxy: TcpProxy;
  let pages: PageServer;
  let browser: Browser & AsyncDisposable;
  let person: BrowserContext;
  let visitor: Visitor;

  beforeAll(async () => {
    app = await startApp({ agents: [agent], heartbeatMs: 500 });
    proxy = await startTcpProxy({ port: app.port });
    pages = await startPages();
    browser = await startBrowser();
  });
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await pages[Symbol.asyncDispose]();
    await proxy.close();
    await app.close();
  });
  beforeEach(async () => {
    person = await browser.createBrowserContext();
  });
  afterEach(async () => {
    proxy.heal();
    expect(visitor.complaints.filter((text) => !BY_THE_BROWSER.test(text))).toEqual([]);
    await person.close();
  });

  const proxied = () => `http://127.0.0.1:${proxy.port}`;
  /** The script comes past the proxy: a page that was opened offline has it in its cache. */
  const page = (server = proxied(), attributes = '', script = '') =>
    pages.put('/', trackedPage(`${app.url}/chat-stream.js`, `server="${server}" ${attributes}`, script));
  const isOpen = () => visitor.until(({ connectionState }) => connectionState === 'open');
  /** It opened with the first attempt, by whatever way: nothing was waited for but one way's patience. */
  const openedAtOnce = async (how: string) => {
    await isOpen();
    const { states, openedWithinMs } = await tracked(visitor);
    console.info(`${how}: open ${Math.round(openedWithinMs)} ms after the first attempt`);
    expect(states).toEqual(['connecting', 'open']);
  };
  const reload = async () => {
    await visitor.page.reload();
    visitor = await Visitor.at(visitor.page);
  };
  /** Asks, and has the answer written piece by piece, each after the one before was read; `between` may break things. */
  const converse = async (between: (piece: number) => unknown = () => undefined) => {
    const before = agent.runs.length;
    await visitor.ask('Tell me');
    const run = await agent.nextRun();
    for (const [index, piece] of PIECES.entries()) {
      run.say(piece);
      await visitor.reads(`Piece ${index} `);
      await between(index);
    }
    run.finish();
    await visitor.answered();
    expect(await visitor.transcript()).toEqual(['user: Tell me', `ai: ${PIECES.join('')}`]);
    expect(agent.runs.length - before).toBe(1);
  };

  it('makes no request while the WebSocket works', async () => {
    const requests: string[] = [];
    visitor = await Visitor.open(
      {
        newPage: async () => {
          const opened = await person.newPage();
          opened.on('request', (request) => requests.push(request.url()));
          return opened;
        },
      },
      page(),
    );
    await converse((piece) => piece === 10 && proxy.reset());
    expect(requests.filter((url) => url.startsWith(proxied()))).toEqual([]);
    expect((await tracked(visitor)).sockets).toBe(2);
  });

  it('where WebSockets are forbidden the chat works by itself, and remembers how', async () => {
    proxy.admission = 'forbid-upgrade';
    visitor = await Visitor.open(person, page());
    await openedAtOnce('upgrades forbidden');
    await converse();
    const { sockets } = await tracked(visitor);
    expect(sockets).toBeGreaterThan(0);
    await reload();
    await isOpen();
    expect((await tracked(visitor)).sockets).toBe(0);
    expect((await visitor.transcript()).length).toBe(2);
  });

  it.each(['auto', 'sse'])(
    'with transport="%s" the chat opens also when the file for it does not come at first',
    async (way) => {
      proxy.admission = 'forbid-upgrade';
      let asked = 0;
      visitor = await Visitor.open(
        {
          newPage: async () => {
            const opened = await person.newPage();
            await opened.setRequestInterception(true);
            opened.on('request', (request) => {
              const isFile = new URL(request.url()).pathname === '/chat-stream-sse.js';
              void (isFile && asked++ === 0 ? request.abort() : request.continue());
            });
            return opened;
          },
        },
        page(proxied(), `transport="${way}"`),
      );
      await isOpen();
      await converse();
      expect(asked).toBe(2);
    },
  );

  it('a server that is down for a while does not cost it the WebSocket', async () => {
    proxy.admission = 'refuse';
    visitor = await Visitor.open(person, page());
    await visitor.until(({ connectionState }) => connectionState === 'reconnecting');
    proxy.heal();
    await isOpen();
    await reload();
    await isOpen();
    expect((await tracked(visitor)).sockets).toBe(1);
    expect((await tracked(visitor)).requests).toBe(0);
  });

  it('cut again and again over events, no byte is lost and none comes twice', async () => {
    visitor = await Visitor.open(person, page(proxied(), 'transport="sse"'));
    await converse((piece) => {
      if (piece % 10 === 4) proxy.reset();
      if (piece % 10 === 9) proxy.fin();
    });
    expect((await tracked(visitor)).sockets).toBe(0);
  });

  it('events that arrive byte by byte are read as they are', async () => {
    proxy.set({ oneByteAtATime: true }, 'down');
    visitor = await Visitor.open(person, page(proxied(), 'transport="sse"'));
    await converse();
  });

  it('a network that begins to block WebSockets in mid-answer is left by the other way', async () => {
    visitor = await Visitor.open(person, page());
    await converse((piece) => {
      if (piece !== 12) return;
      proxy.admission = 'forbid-upgrade';
      proxy.reset();
    });
    const { sockets, requests } = await tracked(visitor);
    expect(sockets).toBeGreaterThan(1);
    expect(requests).toBeGreaterThan(0);
  });

  it('Stop works over events', async () => {
    visitor = await Visitor.open(person, page(proxied(), 'transport="sse"'));
    await visitor.ask('Tell me');
    const run = await agent.nextRun();
    run.say('begun');
    await visitor.reads('begun');
    await visitor.click('stop');
    await run.released;
    await visitor.until(({ status, messages }) => status === 'ready' && messages.at(-1)?.metadata.status === 'stopped');
  });

  it.each(['auto', 'sse'])(
    'typed offline, reloaded offline, online again: delivered once, in order (%s)',
    async (how) => {
      visitor = await Visitor.open(person, page(proxied(), `transport="${how}"`));
      await isOpen();
      proxy.admission = 'refuse';
      proxy.reset();
      await visitor.until(({ connectionState }) => connectionState === 'reconnecting');
      const before = agent.runs.length;
      for (const text of ['one', 'two', 'three']) await visitor.ask(text);
      const ids = await visitor.element.evaluate(({ messages }) => messages.map(({ id }) => id));
      await reload();
      expect(await visitor.transcript()).toEqual(['user: one', 'user: two', 'user: three']);
      // Another tab of the same visitor has the same things to send.
      const other = await Visitor.open(person, page(proxied(), `transport="${how}"`));
      proxy.heal();
      for (const text of ['one', 'two', 'three']) {
        const run = await agent.nextRun();
        expect(run.turn.message.content).toBe(text);
        if (text === 'three') run.finish('Done.');
      }
      // A message ends the answer to the one before it.
      await visitor.until(({ messages }) => messages.filter(({ sender }) => sender === 'ai').length === 3);
      await visitor.reads('Done.');
      await other.reads('Done.');
      for (const one of [visitor, other]) {
        await one.answered();
        const asked = await one.element.evaluate(({ messages }) =>
          messages.filter(({ sender }) => sender === 'user').map(({ id, content }) => [id, content]),
        );
        expect(asked).toEqual([
          [ids[0], 'one'],
          [ids[1], 'two'],
          [ids[2], 'three'],
        ]);
      }
      expect(agent.runs.length - before).toBe(3);
      expect(
        await visitor.page.evaluate(() => Object.keys(localStorage).filter((key) => key.endsWith('outbox'))),
      ).toEqual([]);
    },
  );

  it.each([
    ['', ''],
    [
      ' also where storage is blocked and the page names session and token',
      `Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('no', 'SecurityError'); } });`,
    ],
  ])('a reload in mid-answer shows question, text so far and the rest%s', async (_, script) => {
    const sessionId = crypto.randomUUID();
    const response = await fetch(`${app.url}/api/chat/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ session_id: sessionId }),
    });
    const { data } = (await response.json()) as { data: { token: string } };
    const named = `${script} getToken = () => ${JSON.stringify(data.token)};`;
    const attributes = script === '' ? '' : `session-id="${sessionId}"`;
    visitor = await Visitor.open(person, page(proxied(), attributes, script === '' ? '' : named));
    await visitor.ask('Tell me');
    const run = await agent.nextRun();
    run.say('one two ');
    await visitor.reads('one two');
    await reload();
    await visitor.reads('one two');
    const { states, sockets, textWithinMs } = await tracked(visitor);
    console.info(`reload: text ${Math.round(textWithinMs)} ms after the start of the navigation`);
    // Nothing was waited for: the first attempt brought it.
    expect({ states, sockets }).toEqual({ states: ['connecting', 'open'], sockets: 1 });
    run.finish('three');
    await visitor.answered();
    expect(await visitor.transcript()).toEqual(['user: Tell me', 'ai: one two three']);
  });

  describe.skipIf(!hasNginx())('behind an nginx that buffers and passes no upgrade on', () => {
    it('the chat works by itself, and shows each piece when it is written', async () => {
      await using nginx = await startNginx(app.port);
      visitor = await Visitor.open(person, page(nginx.url));
      await openedAtOnce('a buffering nginx');
      // Each piece is written only after the one before it was read on screen: nothing waits in a buffer.
      await converse();
    });

    it('the chat works by itself where the upgrade is swallowed without a word', async () => {
      const hole = createServer((socket) => void socket.on('error', () => undefined));
      await new Promise<void>((resolve) => hole.listen(0, '127.0.0.1', resolve));
      const { port } = hole.address() as AddressInfo;
      await using nginx = await startNginx(app.port, `location /ws/ { proxy_pass http://127.0.0.1:${port}; }`);
      visitor = await Visitor.open(person, page(nginx.url));
      await openedAtOnce('upgrades swallowed');
      await converse();
      await reload();
      await isOpen();
      expect((await tracked(visitor)).sockets).toBe(0);
      hole.close();
    });
  });
});
