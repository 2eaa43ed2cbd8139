import * as fs from 'node:fs';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { openSqlite } from './sqlite.js';

/** After so many failures in a row, larger and larger steps are taken over what can't be read. */
const SMALL_STEPS = 200;

/** No table of ours has more rows than this. */
const LAST_ROW = 2 ** 40;

/** SQLite's default, and places in the header (https://sqlite.org/fileformat2.html, 1.3). */
const PAGE_SIZE = 4096;
const CHANGES_AT = 24;
const PAGE_COUNT_AT = 28;
const VALID_FOR_AT = 92;

/** What was carried over. */
export interface Salvaged {
  readonly sessions: number;
  readonly messages: number;
}

/**
 * Carries over what can be read of a damaged database. Whether a row is as it was written shows when it is read: checksums
 * are carried over as they are. Heads are left behind: who has none gets a new epoch, and their clients a snapshot.
 *
 * @param fresh the path of a new database with the same tables, for its first page.
 */
export function salvage(from: string, to: DatabaseSync, fresh: string): Salvaged {
  const salvaged = copyAll(from, to);
  if (salvaged.sessions + salvaged.messages > 0) return salvaged;
  // Where the first page is damaged, which says where everything is, all is out of reach.
  const mended = `${from}.mended`;
  try {
    graft(from, fresh, mended);
    return copyAll(mended, to);
  } finally {
    for (const suffix of ['', '-wal', '-shm']) fs.rmSync(mended + suffix, { force: true });
  }
}

/** A copy of a database with the first page of a new one: tables are made in one order, so they begin on the same pages. */
function graft(from: string, fresh: string, to: string): void {
  fs.copyFileSync(from, to);
  // What is in there is protected by checksums of its own.
  if (fs.existsSync(`${from}-wal`)) fs.copyFileSync(`${from}-wal`, `${to}-wal`);
  const [file, source] = [fs.openSync(to, 'r+'), fs.openSync(fresh, 'r')];
  try {
    const page = Buffer.alloc(PAGE_SIZE);
    fs.readSync(source, page, 0, PAGE_SIZE, 0);
    page.writeUInt32BE(Math.floor(fs.fstatSync(file).size / PAGE_SIZE), PAGE_COUNT_AT);
    page.copy(page, VALID_FOR_AT, CHANGES_AT, CHANGES_AT + 4);
    fs.writeSync(file, page, 0, PAGE_SIZE, 0);
  } finally {
    fs.closeSync(file);
    fs.closeSync(source);
  }
}

function copyAll(from: string, to: DatabaseSync): Salvaged {
  // Read only: closing it must not write into what somebody may still want to look at.
  const damaged = openSqlite(from, { readOnly: true });
  to.exec('BEGIN');
  try {
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

function copy(from: DatabaseSync, to: DatabaseSync, table: string, columns: readonly string[]): number {
  const names = columns.join(', ');
  const insert = to.prepare(`INSERT OR IGNORE INTO ${table} (${names}) VALUES (${columns.map(() => '?').join(', ')})`);
  let count = 0;
  let next = 1;
  let failures = 0;
  let refused: unknown;
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
        const values = columns.map((column): SQLInputValue => row[column] ?? null);
        try {
          count += Number(insert.run(...values).changes);
        } catch (error) {
          refused = error;
          break;
        }
      }
      break;
    } catch {
      if (next > last) continue;
      failures++;
      next += failures < SMALL_STEPS ? 1 : 2 ** Math.min(failures - SMALL_STEPS, 30);
    }
  }
  // The new database can't take them: the disk is full.
  if (refused !== undefined) throw new Error('what can be read of it could not be carried over', { cause: refused });
  return count;
}
