import type { DatabaseSync } from 'node:sqlite';

/** Result codes of SQLite that we tell apart (the low byte of `errcode`). */
const CODES = { busy: 5, readOnly: 8, ioError: 10, corrupt: 11, full: 13, cantOpen: 14, notADatabase: 26 } as const;

/** What went wrong, as far as it makes a difference to the operator. */
export type SqliteProblem = 'full' | 'damaged' | 'busy' | 'read-only' | 'io' | 'other';

/** Opens a database file. Loaded only here: who keeps everything in memory needs no SQLite. */
export function openSqlite(path: string, options: { readonly readOnly?: boolean } = {}): DatabaseSync {
  // A static import would keep the whole service from starting where it is missing.
  const sqlite = process.getBuiltinModule('node:sqlite') as typeof import('node:sqlite') | undefined;
  if (sqlite === undefined) throw new Error('The embedded store needs Node.js 22.13 or newer.');
  return new sqlite.DatabaseSync(path, { readOnly: options.readOnly ?? false });
}

/** Sorts an error of node:sqlite. */
export function problemOf(error: unknown): SqliteProblem {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  switch (code) {
    case CODES.full:
      return 'full';
    case CODES.corrupt:
    case CODES.notADatabase:
      return 'damaged';
    case CODES.busy:
      return 'busy';
    case CODES.readOnly:
      return 'read-only';
    case CODES.ioError:
    case CODES.cantOpen:
      return 'io';
    default:
      return 'other';
  }
}

/** A sentence for the operator: what it is, and what to do. */
export function adviceFor(error: unknown): string {
  switch (problemOf(error)) {
    case 'full':
      return 'the disk is full. Nothing that was stored is lost; free some space, and it works again.';
    case 'damaged':
      return 'it is damaged. It is mended when the server starts the next time.';
    case 'busy':
      return 'another process has locked it.';
    case 'read-only':
      return 'it may not be written. Check its permissions.';
    case 'io':
      return 'the system could not read or write it. Check the disk: its room, its permissions, its health.';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
