import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './free-port.js';

const MAIN = fileURLToPath(new URL('../../backend/dist/main.js', import.meta.url));

/** The service as `npm start` runs it: a process of its own, which can be stopped, killed, and started again where it was. */
export class ServiceProcess implements AsyncDisposable {
  private child: ChildProcess | undefined;

  private constructor(
    /** The same after a restart. */
    readonly port: number,
    private readonly dataDir: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  /** Starts the service on a free port, with a store of its own; with the demo agent unless `env` says otherwise. */
  static async start(env: Readonly<Record<string, string>> = {}): Promise<ServiceProcess> {
    const dataDir = await mkdtemp(join(tmpdir(), 'chat-stream-service-'));
    const service = new ServiceProcess(await freePort(), dataDir, env);
    await service.start();
    return service;
  }

  /** `http://127.0.0.1:<port>`, the same after a restart. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it again, after {@link end}. Resolves when it listens. */
  async start(): Promise<void> {
    const { PATH = '' } = process.env;
    const env = { PATH, NO_COLOR: '1', PORT: String(this.port), DATA_DIR: this.dataDir, ...this.env };
    const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    this.child = child;
    const exited = once(child, 'exit').then(() => Promise.reject(new Error('The service did not start.')));
    exited.catch(() => undefined);
    const listens = (async () => {
      for await (const text of child.stdout) if (String(text).includes('to chat with')) return;
    })();
    await Promise.race([listens, exited]);
  }

  /** Ends it with a signal; resolves once it is gone. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
    await rm(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}
