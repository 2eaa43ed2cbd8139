// Processes of the benchmark: how they are started and ended, and what the kernel says that they used.
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const STOP_MS = 3_000;
const START_MS = 30_000;

/** CPU time of all threads of a process so far, in µs; exact, where `times` counts ticks. */
export function cpuOf(pid) {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]);
  }
  return nanoseconds / 1000;
}

/** Memory of a process in RAM, in KB. */
export function rssOf(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}

/** What runs now: none of it outlives this process. */
const children = new Set();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const hasTaskset = spawnSync('taskset', ['-V']).status === 0;
const hasFlock = spawnSync('flock', ['-V']).status === 0;

/** Starts Node on one core, where one is named and that is possible, so that server and load do not take it from each other. */
export function startNode(args, { core, env = {}, cwd }) {
  const command = [process.execPath, ...args];
  if (hasTaskset && core !== undefined) command.unshift('taskset', '-c', String(core));
  const [file, ...rest] = command;
  // Errors are kept, and shown when the process fails.
  const child = spawn(file, rest, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  child.errors = '';
  child.stderr.on('data', (data) => (child.errors += data));
  return child;
}

/** Starts a server; resolves with the process and its port, once it has said `listening on <port>` or an address. */
export function startServer(args, options) {
  const child = startNode(args, options);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail('did not start in time'), START_MS);
    const fail = (why) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`${args.at(-1)} ${why}\n${child.errors}`));
    };
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
      const port = /(?:listening on |:)(\d+)\b/.exec(output)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve({ child, pid: child.pid, port: Number(port) });
    });
    child.once('exit', (code) => fail(`ended with ${code}`));
  });
}

export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await ended;
  clearTimeout(timer);
}

/** Runs Node to its end; resolves with the JSON that it printed. */
export function runNode(args, options) {
  const child = startNode(args, options);
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  return new Promise((resolve, reject) => {
    child.once('close', () => {
      try {
        resolve(JSON.parse(output));
      } catch {
        reject(new Error(`${args[0]} printed no result\n${child.errors}`));
      }
    });
  });
}

/** Waits until no other benchmark of this machine measures. Returns the function that lets the next one. */
export async function lock() {
  if (!hasFlock) return () => undefined;
  const args = [join(tmpdir(), 'bench.lock'), 'sh', '-c', 'echo locked; exec cat'];
  const child = spawn('flock', args, { stdio: ['pipe', 'pipe', 'ignore'] });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return () => child.stdin.end();
}
