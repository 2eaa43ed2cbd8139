import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { freePort } from '../../support/free-port.js';

/**
 * Where icotes (github.com/penthoy/icotes) is, with its UI built: CONTRIBUTING.md says how. It is no part of this repository;
 * `vitest.config.ts` leaves these tests out where nobody says where it is.
 */
const ICOTES = process.env['ICOTES'] ?? '';

/** The agent's name. `words 20` makes it say twenty words, one every 20 ms; with `fail` it raises an error then. */
export const COUNTER = 'CounterAgent';

/** The agent is given an empty message, and what was said as the last item of the history. */
const COUNTER_PY = `
import re, time
AGENT_NAME = "${COUNTER}"

def chat(message, history):
    said = str(history[-1]["content"])
    for n in range(int(re.search(r"words (\\d+)", said)[1])):
        time.sleep(0.02)
        yield f"word{n} "
    if "fail" in said:
        raise RuntimeError("a secret of the agent")
`;

/** icpy, the server of icotes, as a process of its own, which can be killed and started again on the same data. */
export class Icpy implements AsyncDisposable {
  private child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly dir: string,
    private readonly origin: string,
  ) {}

  /** Starts it on a free port, with a folder and an agent of its own. @param origin of the pages that may ask over HTTP. */
  static async start(origin: string): Promise<Icpy> {
    const dir = await mkdtemp(join(tmpdir(), 'chat-stream-icpy-'));
    await writeFile(join(dir, 'counter_agent.py'), COUNTER_PY);
    const icpy = new Icpy(await freePort(), dir, origin);
    await icpy.start();
    return icpy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it again, after {@link kill}. Resolves when it has loaded its agents. */
  async start(): Promise<void> {
    const cwd = join(ICOTES, 'backend');
    const python = process.env['ICOTES_PYTHON'] ?? join(cwd, '.venv/bin/python');
    const args = ['-m', 'uvicorn', 'main:app', '--host', '127.0.0.1', '--port', String(this.port)];
    const env = { ...process.env, WORKSPACE_ROOT: this.dir, CUSTOM_AGENT_PATH: this.dir, FRONTEND_URL: this.origin };
    const child = spawn(python, args, { cwd, env, stdio: ['ignore', 'ignore', 'ignore'] });
    this.child = child;
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('icpy did not start.')));
    await Promise.race([this.hasAgents(), ended]);
    ended.catch(() => undefined);
  }

  /** Ends it, as a crash does. */
  async kill(): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }

  /** It says nowhere that it listens. */
  private async hasAgents(): Promise<void> {
    for (;;) {
      const answer = await fetch(`${this.url}/api/custom-agents`).catch(() => undefined);
      if (answer?.ok && JSON.stringify(await answer.json()).includes(COUNTER)) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.svg': 'image/svg+xml',
};

/** Serves the UI of icotes as its own server does: its files, and everything below `/api` from the service. */
export class IcotesUi implements AsyncDisposable {
  /** Where the service is; the UI is told by `/api/config`. */
  service = '';

  private readonly server = createServer((request, response) => {
    void (async () => {
      const { pathname } = new URL(request.url ?? '/', 'http://localhost');
      if (pathname.startsWith('/api/')) {
        const answer = await fetch(this.service + (request.url ?? ''), { method: request.method ?? 'GET' });
        const type = answer.headers.get('content-type') ?? 'text/plain';
        return response.writeHead(answer.status, { 'content-type': type }).end(await answer.text());
      }
      const path = pathname === '/' ? '/index.html' : normalize(pathname);
      const file = await readFile(join(ICOTES, 'dist', path));
      response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(file);
    })().catch(() => response.writeHead(404).end());
  });

  private constructor() {}

  /** Starts it on a free port. */
  static async start(): Promise<IcotesUi> {
    const ui = new IcotesUi();
    await new Promise<void>((resolve) => ui.server.listen(0, '127.0.0.1', resolve));
    return ui;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
