// Programs that must not outlive the tests, however those end.
import { spawn } from 'node:child_process';

/**
 * Runs the program until its stdin is closed, then ends it and everything it started: `kill 0` is its whole group. The
 * stdin is a pipe from us, which the system closes when we are gone, also where we were killed and could not say a word.
 */
const TIED = '"$@" </dev/null & cat >/dev/null; trap "" TERM; kill -TERM 0; wait';

/**
 * Starts a program that ends with us.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {Record<string, string>} [env] added to our own.
 * @returns {{ stdout: import('node:stream').Readable, stop: () => Promise<void> }} `stop` resolves when it has ended.
 */
export function startTied(command, args, env = {}) {
  const child = spawn('/bin/sh', ['-c', TIED, 'sh', command, ...args], {
    // A group of its own: Ctrl-C goes to the test runner, and the browser stays until that has ended its session.
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  child.stdin.on('error', () => {});
  return {
    stdout: child.stdout,
    async stop() {
      child.stdin.end();
      await ended;
    },
  };
}
