import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { openSqlite } from './sqlite.js';

/** After so many failures in a row, larger and larger steps are taken over what can't be read. */
const SMALL_STEPS = 200;

/** No table of ours has more rows than this. */
const LAST_ROW = 2 ** 40;

/** What was carried over. */
export interface Salvaged {
  readonly sessions: number;
  readonly messages: number;
}

/**
 * Carries over what can be read of a damaged database. Whether a row is as it was written shows when it is read: checksums
 * are carried over as they are. Heads are left behind: who has none gets a new epoch, and their clients a snapshot.
 */
export function salvage(from: string, to: DatabaseSync): Salvaged {
  const damaged = tryOpen(from);
  if (damaged === undefined) return { sessions: 0, messages: 0 };
  try {
    to.exec('BEGIN');
    const sessions = copy(damaged, to, 'sessions', ['id', 'owner', 'updated', 'json', 'checksum']);
    const messages = copy(damaged, to, 'messages', ['session_id', 'id', 'seq', 'json', 'checksum']);
    to.exec('COMMIT');
    return { sessions, messages };
  } catch (error) {
    if (to.isTransaction) to.exec('ROLLBACK');
    throw error;
  } finally {
    damaged.close();
  }
}

function tryOpen(path: string): DatabaseSync | undefined {
  try {
    return openSqlite(path);
  } catch {
    return undefined;
  }
}

function copy(from: DatabaseSync, to: DatabaseSync, table: string, columns: readonly string[]): number {
  const names = columns.join(', ');
  const insert = to.prepare(`INSERT OR IGNORE INTO ${table} (${names}) VALUES (${columns.map(() => '?').join(', ')})`);
  let count = 0;
  let next = 1;
  let failures = 0;
  while (next < LAST_ROW) {
    const last = next;
    try {
      // By the table itself, not by an index: either may be damaged, and the table is what counts.
      const rows = from.prepare(
        `SELECT rowid AS place, ${names} FROM ${table} NOT INDEXED WHERE rowid >= ? ORDER BY rowid`,
      );
      for (const row of rows.iterate(next)) {
        next = Number(row['place']) + 1;
        failures = 0;
        if (columns.some((column) => row[column] === null)) continue;
        count += Number(insert.run(...columns.map((column): SQLInputValue => row[column] ?? null)).changes);
      }
      return count;
    } catch {
      if (next > last) continue;
      failures++;
      next += failures < SMALL_STEPS ? 1 : 2 ** Math.min(failures - SMALL_STEPS, 30);
    }
  }
  return count;
}
