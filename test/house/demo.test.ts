import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';

/** The pages that people copy are right, and say what is. */

const demo = new URL('../../demo/', import.meta.url);
const serve = fileURLToPath(new URL('serve.mjs', demo));

function read(path: string): string {
  return readFileSync(new URL(path, demo), 'utf8');
}

describe('the start page', () => {
  const page = read('index.html');

  it('works under a policy that forbids everything inline', () => {
    expect(page).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>/);
    expect(page).not.toMatch(/<style|\sstyle=|\son\w+=/);
  });

  it('loads nothing from anywhere else', () => {
    for (const [, address] of page.matchAll(/\s(?:src|href)="([^"]*)"/g)) expect(address).toMatch(/^(\/(?!\/)|data:)/);
  });

  it('uses the element as a page elsewhere would', () => {
    expect(page).toContain('<script src="/chat-stream.js" async></script>');
    expect(page).toContain('<chat-stream');
  });
});

describe('the page of another site', () => {
  let server: ChildProcess | undefined;

  afterEach(() => {
    server?.kill();
  });

  /** Starts the server on a free port and resolves with its address, as it prints it. */
  async function start(chat: string): Promise<string> {
    const child = spawn(process.execPath, [serve, '--port', '0', '--chat', chat], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    server = child;
    return new Promise((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`it ended with code ${code}`)));
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        const [address] = /http:\/\/localhost:\d+/.exec(text) ?? [];
        if (address !== undefined) resolve(address);
      });
    });
  }

  it('has a sister under a strict policy, with nothing unsafe in it', async () => {
    const response = await fetch(`${await start('https://chat.example.com/')}/strict`);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain('connect-src https://chat.example.com wss://chat.example.com;');
    expect(policy).toContain("require-trusted-types-for 'script'; trusted-types lit-html");
    expect(policy).not.toContain('unsafe');
    const page = await response.text();
    expect(page).toContain('src="https://chat.example.com/chat-stream-loader.js"');
    expect(page).not.toMatch(/<style|\sstyle=|\son\w+=|%[A-Z_]+%/);
  });

  it('has one script, from the service it is given', async () => {
    const address = await start('https://chat.example.com/');
    const page = await (await fetch(address)).text();
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).toContain(
      '<script src="https://chat.example.com/chat-stream.js" data-mode="launcher" async></script>',
    );
    expect((await fetch(`${address}/index.css`)).headers.get('content-type')).toContain('text/css');
    expect((await fetch(`${address}/serve.mjs`)).status).toBe(404);
    expect((await fetch(`${address}/..%2fserve.mjs`)).status).toBe(404);
    expect((await fetch(address, { method: 'POST' })).status).toBe(405);
  });

  it.each([
    ['--port', 'x', 'must be 0 to 65535'],
    ['--port', '70000', 'must be 0 to 65535'],
    ['--chat', 'nonsense', 'must be the address of a chat-stream service'],
    ['--chat', 'javascript:alert(1)', 'must be the address of a chat-stream service'],
  ])('refuses %s %s with a sentence', (option, value, sentence) => {
    const { status, stderr } = spawnSync(process.execPath, [serve, option, value], {
      encoding: 'utf8',
      timeout: 10_000,
    });
    expect(status).toBe(1);
    expect(stderr).toContain(sentence);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
