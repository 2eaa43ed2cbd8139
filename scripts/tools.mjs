// What the scripts in this folder share: where the repository is, and how a tool in it is started.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository, wherever the script was started from. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Ends the script with one sentence and no stack: for what the reader, not the code, can mend. */
export function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

/** Ends with a clear sentence where `npm ci` was not run, or not since the lock file changed. */
export function requireDependencies() {
  if (!existsSync(join(root, 'node_modules', 'typescript', 'package.json'))) {
    fail('The dependencies are not installed: run `npm ci` first.');
  }
  const stale = staleDependencies(lockAt(join(root, 'package-lock.json')), installedLock());
  if (stale.length > 0) {
    const more = stale.length > 3 ? ` and ${stale.length - 3} more` : '';
    fail(
      `The dependencies are not those of package-lock.json (${stale.slice(0, 3).join(', ')}${more}): run \`npm ci\`.`,
    );
  }
}

/**
 * The packages that are missing, or there in another version: after a pull, whatever uses them would fail with many errors
 * that say something else. What is optional may be missing: it is of another platform.
 *
 * @param {Record<string, { version?: string, link?: boolean, optional?: boolean, devOptional?: boolean }>} wanted
 * @param {Record<string, { version?: string }>} installed
 */
export function staleDependencies(wanted, installed) {
  return Object.entries(wanted)
    .filter(
      ([path, { link, optional, devOptional }]) =>
        path.startsWith('node_modules/') && !link && !optional && !devOptional,
    )
    .filter(([path, { version }]) => installed[path]?.version !== version)
    .map(([path]) => path.slice('node_modules/'.length));
}

/** What npm wrote down of its last installation; where another tool installed there is nothing to compare with. */
function installedLock() {
  const path = join(root, 'node_modules', '.package-lock.json');
  return lockAt(existsSync(path) ? path : join(root, 'package-lock.json'));
}

function lockAt(path) {
  return JSON.parse(readFileSync(path, 'utf8')).packages;
}

/**
 * The Node to run tools with: the pinned one that `npm ci` installed, so that the result does not depend on the version
 * the machine happens to have; else the one that runs this script.
 */
export function nodeBinary() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const pinned = join(root, 'node_modules', 'node', 'bin', name);
  return existsSync(pinned) ? pinned : process.execPath;
}

// The tools' own entry files: started through node they work on every platform, which the shell wrappers do not.
const ENTRIES = {
  oxlint: 'oxlint/bin/oxlint',
  prettier: 'prettier/bin/prettier.cjs',
  'size-limit': 'size-limit/bin.js',
  tsc: 'typescript/bin/tsc',
  vitest: 'vitest/vitest.mjs',
  'web-test-runner': '@web/test-runner/dist/bin.js',
};

/**
 * Runs one of the repository's tools and resolves with its exit code.
 *
 * @param {keyof typeof ENTRIES} tool
 * @param {readonly string[]} args
 * @param {{ capture?: boolean, onLine?: (line: string) => void, env?: Record<string, string> }} [options]
 *   `capture` keeps the output for the result in place of showing it; `onLine` sees each line of stdout and shows it.
 * @returns {Promise<{ code: number, output: string }>}
 */
export function runTool(tool, args, options = {}) {
  return run(nodeBinary(), [join(root, 'node_modules', ENTRIES[tool]), ...args], options);
}

/** As {@link runTool}, for any command. */
export function run(command, args, { capture = false, onLine, env } = {}) {
  const piped = capture || onLine !== undefined;
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...(piped && colours() ? { FORCE_COLOR: '1' } : {}), ...env },
      // No stdin: a tool that asks a question must fail, not wait for ever.
      stdio: ['ignore', piped ? 'pipe' : 'inherit', capture ? 'pipe' : 'inherit'],
    });
    let output = '';
    let rest = '';
    child.stdout?.setEncoding('utf8').on('data', (text) => {
      if (capture) output += text;
      if (onLine === undefined) return;
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) onLine(line);
    });
    child.stderr?.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', (error) => resolve({ code: 1, output: `${output}${command}: ${error.message}\n` }));
    child.on('close', (code) => {
      if (rest !== '') onLine?.(rest);
      resolve({ code: code ?? 1, output });
    });
  });
}

function colours() {
  return process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
}
