import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../backend/dist/main.js', import.meta.url));

/** The service as `npm start` runs it: a process of its own, which can be killed and started again on the same data. */
export class ServiceProcess implements AsyncDisposable {
  private child: ChildProcess | undefined;

  private constructor(
    readonly port: number,
    private readonly dir: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  /** Starts the service on a free port, with a data directory of its own. */
  static async start(env: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
    const dir = await mkdtemp(join(tmpdir(), 'chat-stream-service-'));
    const service = new ServiceProcess(await freePort(), dir, env);
    await service.start();
    return service;
  }

  /** Starts it again, after {@link kill}. Resolves when it listens. */
  async start(): Promise<void> {
    const { PATH = '' } = process.env;
    const env = { PATH, NO_COLOR: '1', PORT: String(this.port), DATA_DIR: this.dir, ...this.env };
    const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    this.child = child;
    const exited = once(child, 'exit').then(() => Promise.reject(new Error('The service did not start.')));
    const listens = (async () => {
      for await (const text of child.stdout) if (String(text).includes('to chat with')) return;
    })();
    await Promise.race([listens, exited]);
    exited.catch(() => undefined);
  }

  /** Ends it with a signal, and waits until it is gone. */
  async kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill('SIGKILL');
    await rm(this.dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A port that was free a moment ago: it must be the same after a restart, so the system can't choose each time. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
