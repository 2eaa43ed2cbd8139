import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chosenEngines, findFirefox, findWebKit } from '../support/engines.mjs';

describe('the engines of the tests', () => {
  let folder: string;
  const place = (...path: string[]): string => join(folder, ...path);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'chat-stream-engines-'));
    for (const path of ['own/firefox', 'a/firefox', 'a/firefox-esr', 'b/WebKitWebDriver', 'c/Xvfb', 'd/MiniBrowser']) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(place(path), '');
      chmodSync(place(path), 0o755);
    }
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('are all of them, or those that were chosen, always in the same order', () => {
    expect(chosenEngines({})).toEqual(['chromium', 'firefox', 'webkit']);
    expect(chosenEngines({ ENGINES: '' })).toEqual(['chromium', 'firefox', 'webkit']);
    expect(chosenEngines({ ENGINES: 'webkit, chromium' })).toEqual(['chromium', 'webkit']);
  });

  it('are not guessed from a name that is none of theirs', () => {
    expect(() => chosenEngines({ ENGINES: 'chromium,safari' })).toThrow(/names safari; there are chromium, firefox/);
  });

  it('have the Firefox that was chosen, else one that is installed', () => {
    const PATH = place('a');
    expect(findFirefox({ PATH, FIREFOX_PATH: place('own/firefox') }, 'linux')).toBe(place('own/firefox'));
    expect(findFirefox({ PATH, FIREFOX_PATH: place('own/gone') }, 'linux')).toBeUndefined();
    expect(findFirefox({ PATH }, 'linux')).toBe(place('a/firefox-esr'));
    expect(findFirefox({ PATH: place('b') }, 'linux')).toBeUndefined();
  });

  it('have WebKit only where its driver, its browser and a screen are installed', () => {
    const MINIBROWSER_PATH = place('d/MiniBrowser');
    const PATH = [place('b'), place('c')].join(':');
    const all = { driver: place('b/WebKitWebDriver'), xvfb: place('c/Xvfb'), browser: MINIBROWSER_PATH };
    expect(findWebKit({ PATH, MINIBROWSER_PATH }, 'linux')).toEqual(all);
    expect(findWebKit({ PATH: place('b'), MINIBROWSER_PATH }, 'linux')).toBeUndefined();
    expect(findWebKit({ PATH: place('c'), MINIBROWSER_PATH }, 'linux')).toBeUndefined();
    expect(findWebKit({ PATH, MINIBROWSER_PATH: place('d/gone') }, 'linux')).toBeUndefined();
    expect(findWebKit({ PATH, MINIBROWSER_PATH }, 'darwin')).toBeUndefined();
  });
});

describe.skipIf(process.platform === 'win32')('a program that is tied to the tests', () => {
  it('ends with them, and with it what it has started, also when they are killed', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const connected = once(server, 'connection') as Promise<[Socket]>;
    const module = new URL('../support/tied-process.mjs', import.meta.url).href;
    const { port } = server.address() as AddressInfo;
    // A shell that starts a program that holds a connection for as long as it lives.
    const tied = ['-c', `"$0" -e 'require("net").connect(${port}, "127.0.0.1")' & wait`, process.execPath];
    const code = `const { startTied } = await import(${JSON.stringify(module)});
      startTied('/bin/sh', ${JSON.stringify(tied)});`;
    const tests = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: 'inherit' });
    try {
      const [socket] = await connected;
      const gone = once(
        socket.resume().on('error', () => {}),
        'close',
      );
      expect(tests.exitCode).toBeNull();
      tests.kill('SIGKILL');
      await gone;
    } finally {
      tests.kill('SIGKILL');
      server.close();
    }
  });
});
