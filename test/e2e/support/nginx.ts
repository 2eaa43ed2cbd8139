import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.js';

const NGINX = process.env['NGINX_PATH'] ?? '/usr/sbin/nginx';

/** Whether there is an nginx to test with. Where there is none, says so. */
export function hasNginx(): boolean {
  if (existsSync(NGINX)) return true;
  console.log(`Skipped: there is no ${NGINX}. Install nginx, or set NGINX_PATH.`);
  return false;
}

/** An nginx in front of a server, as its own documentation has it: responses are buffered, and no upgrade gets through. */
export interface Nginx extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
}

/** Starts one. `locations`: lines that go into its `server` block before the one that passes everything on. */
export async function startNginx(upstream: number, locations = ''): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), 'chat-stream-nginx-'));
  const port = await freePort();
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder};`);
  const config = join(folder, 'nginx.conf');
  await writeFile(
    config,
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr crit; events {}
    http { access_log off; ${temp.join(' ')} proxy_buffering on;
      server { listen 127.0.0.1:${port}; ${locations} location / { proxy_pass http://127.0.0.1:${upstream}; } } }`,
  );
  const child = spawn(NGINX, ['-p', folder, '-c', config], { stdio: ['ignore', 'ignore', 'inherit'] });
  await listening(child, port);
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function listening(child: ChildProcess, port: number): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`nginx ended with ${child.exitCode}.`);
    const socket = connect(port, '127.0.0.1');
    const isThere = await new Promise((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (isThere === true) return;
  }
}
