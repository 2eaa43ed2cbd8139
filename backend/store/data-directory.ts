import * as fs from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { adviceFor, openSqlite, problemOf } from './sqlite.js';
import { StoreError } from './store-error.js';

/**
 * Makes the directory if it is not there.
 *
 * @throws {StoreError} when it can't be made or written.
 */
export function prepareDirectory(dir: string): void {
  try {
    // What visitors write is nobody else's business.
    fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
    fs.accessSync(dir, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK);
  } catch (cause) {
    throw new StoreError(
      `The data directory ${dir} can't be made or written (${codeOf(cause)}): give this user the right to, or set DATA_DIR to another.`,
      { cause },
    );
  }
  if (!fs.statSync(dir).isDirectory()) throw new StoreError(`DATA_DIR must be a directory; ${dir} is not.`);
}

/**
 * Makes sure that no other process uses the directory. The lock is the kernel's and ends with the process, however it dies.
 * Returns the function that gives it back.
 *
 * @throws {StoreError} when another process uses it.
 */
export function lockDirectory(dir: string): () => void {
  const path = join(dir, 'chat-stream.lock');
  let database: DatabaseSync | undefined;
  try {
    database = openSqlite(path);
    // Nothing is ever written to it: what counts is the exclusive lock on the file.
    database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
  } catch (cause) {
    database?.close();
    if (problemOf(cause) === 'damaged') {
      // Whoever held it would have made it valid.
      fs.rmSync(path, { force: true });
      return lockDirectory(dir);
    }
    const message =
      problemOf(cause) === 'busy'
        ? `The data directory ${dir} is used by another process: stop that one, or set DATA_DIR to another directory.`
        : `The data directory ${dir} can't be locked: ${adviceFor(cause)}`;
    throw new StoreError(message, { cause });
  }
  const held = database;
  return () => held.close();
}

/** Moves a file out of the way under a name that is free. Returns the new path. */
export function setAside(path: string): string {
  const stamp = new Date().toISOString().replaceAll(':', '-');
  const aside = `${path}.damaged-${stamp}`;
  fs.renameSync(path, aside);
  return aside;
}

/** The code of a system error, or what there is. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
