// WebKit for web-test-runner: WebKitGTK's small browser on a screen of its own, driven by plain WebDriver over HTTP.
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { startTied } from '../../support/tied-process.mjs';

const VIEWPORT = { width: 800, height: 600 };

/** Starting a browser on a busy machine takes seconds; what takes longer than this has failed. */
const START_TIMEOUT_MS = 30_000;

/**
 * A launcher for web-test-runner.
 *
 * @param {import('../../support/engines.mjs').WebKitPrograms} programs
 */
export function webkitLauncher(programs) {
  let starting;
  let active;
  const session = () => (starting ??= startSession(programs));
  return {
    name: 'WebKit',
    type: 'webdriver',
    // One window: a page that is not in front gets no frames and no focus.
    concurrency: 1,
    async startSession(id, url) {
      const { command } = await session();
      active = id;
      await command('POST', '/url', { url });
    },
    isActive: (id) => id === active,
    async getBrowserUrl() {
      return (await session()).command('GET', '/url');
    },
    async stopSession() {
      active = undefined;
      // Away from the page, so that nothing of it runs any more.
      await (await session()).command('POST', '/url', { url: 'about:blank' });
      return {};
    },
    async stop() {
      await (await starting?.catch(() => undefined))?.stop();
    },
    startDebugSession() {
      throw new Error('WebKit has no debug session here: open the test in Epiphany or Safari.');
    },
  };
}

/** A screen, a driver, a browser; all or none. */
async function startSession({ driver, xvfb, browser }) {
  const tied = [];
  const stop = async () => {
    for (const program of tied.reverse()) await program.stop();
  };
  try {
    const screen = startTied(xvfb, ['-displayfd', '1', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp']);
    tied.push(screen);
    const port = await freePort();
    const env = {
      DISPLAY: `:${await firstLine(screen.stdout)}`,
      GDK_BACKEND: 'x11',
      // Its sandbox needs user namespaces, which a container does not give.
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
    };
    const service = startTied(driver, [`--port=${port}`], env);
    tied.push(service);
    // What it and the browser say to nobody must not fill the pipe.
    service.stdout.resume();
    const origin = `http://127.0.0.1:${port}`;
    await listening(origin);
    const options = { binary: browser, args: ['--automation'] };
    const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': options } };
    const { sessionId } = await ask('POST', `${origin}/session`, { capabilities });
    const command = (method, path, body) => ask(method, `${origin}/session/${sessionId}${path}`, body);
    await setViewport(command);
    const end = async () => {
      await command('DELETE', '').catch(() => {});
      await stop();
    };
    return { command, stop: end };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** One command of WebDriver. @throws {Error} with what the driver says. */
async function ask(method, url, body) {
  const response = await fetch(url, body === undefined ? { method } : { method, body: JSON.stringify(body) });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`WebKitWebDriver: ${value.error}: ${value.message}`);
  return value;
}

/** The window has a toolbar, of a height that its theme decides. */
async function setViewport(command) {
  await command('POST', '/window/rect', VIEWPORT);
  const script = 'return [outerWidth - innerWidth, outerHeight - innerHeight]';
  const [width, height] = await command('POST', '/execute/sync', { script, args: [] });
  await command('POST', '/window/rect', { width: VIEWPORT.width + width, height: VIEWPORT.height + height });
}

async function listening(origin) {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      return await ask('GET', `${origin}/status`);
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`WebKitWebDriver does not answer: ${error.message}`, { cause: error });
      await delay(50);
    }
  }
}

async function firstLine(stream) {
  let text = '';
  for await (const part of stream.setEncoding('utf8')) {
    text += part;
    if (text.includes('\n')) return text.slice(0, text.indexOf('\n'));
  }
  throw new Error('Xvfb ended before it had a screen.');
}

/** A port that was free a moment ago: the driver takes none that it chose itself. */
function freePort() {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
