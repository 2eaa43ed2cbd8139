import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The service as it is shipped. */
export const MAIN = fileURLToPath(new URL('../../backend/dist/main.js', import.meta.url));

/** The heartbeat of the shipped service. */
export const SHIPPED_HEARTBEAT_MS = 15_000;

/** How a process went. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The shipped service in a process of its own, on a port of its own choice. */
export class ServiceProcess {
  /** Where it serves; the last place while it is down. */
  url = 'http://127.0.0.1:9';
  /** Everything that it wrote to its error output. */
  complaints = '';
  private child: ChildProcess | undefined;
  private exited: Promise<Exit> = Promise.resolve({ code: null, signal: null });

  constructor(
    private readonly dataDir: string,
    private readonly env: Readonly<Record<string, string>>,
    private readonly main: string = MAIN,
  ) {}

  /** Starts it. Resolves once it serves, or is gone: then with `false`. */
  async start(): Promise<boolean> {
    const child = spawn(process.execPath, [this.main], {
      env: { ...this.env, PORT: '0', DATA_DIR: this.dataDir, AUTH_MODE: 'open' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    this.exited = once(child, 'exit').then(() => ({ code: child.exitCode, signal: child.signalCode }));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.complaints += text));
    const lines = createInterface({ input: child.stdout });
    const served = new Promise<true>((resolve) => {
      lines.on('line', (line) => {
        const port = /http:\/\/\S+?:(\d+)/.exec(line)?.[1];
        if (port === undefined) return;
        this.url = `http://127.0.0.1:${port}`;
        resolve(true);
      });
    });
    return Promise.race([served, this.exited.then(() => false)]);
  }

  /** Ends it, and resolves when it is gone. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<Exit> {
    this.child?.kill(signal);
    return this.exited;
  }
}
