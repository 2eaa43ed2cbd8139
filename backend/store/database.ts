import * as fs from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { setAside } from './data-directory.js';
import { salvage } from './salvage.js';
import { adviceFor, openSqlite, problemOf } from './sqlite.js';
import { StoreError } from './store-error.js';

/** Counts up with every change of the tables; kept in `user_version`. */
const SCHEMA_VERSION = 1;

/**
 * `json` holds text as JSON, so that everything survives that JavaScript can have in a string; `checksum` is over what the
 * row says, so that damage is noticed when it is read. `owner` and `updated` repeat what lists are made of.
 */
const SCHEMA = `
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    updated TEXT NOT NULL,
    json TEXT NOT NULL,
    checksum INTEGER NOT NULL
  );
  CREATE INDEX sessions_by_owner ON sessions (owner, updated DESC);
  CREATE TABLE messages (
    session_id TEXT NOT NULL,
    id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    json TEXT NOT NULL,
    checksum INTEGER NOT NULL
  );
  CREATE UNIQUE INDEX messages_by_id ON messages (session_id, id);
  CREATE INDEX messages_by_seq ON messages (session_id, seq);
  CREATE TABLE heads (session_id TEXT PRIMARY KEY, epoch TEXT NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/** Files up to this size are checked at every start (about a second); larger ones when something was wrong with them. */
const CHECKED_SIZE = 64 * 1024 * 1024;

/** How {@link openDatabase} goes about it. */
export interface DatabaseOptions {
  readonly warn: (message: string) => void;
  /** Whether a commit waits for the disk. */
  readonly fsync: boolean;
}

/**
 * Opens the database of the embedded store, or begins it. One that is damaged is set aside, and what can be read of it is
 * carried over into a new one.
 *
 * @throws {StoreError} when it can't be opened and is not damaged: a full disk, missing rights, a newer version.
 */
export function openDatabase(path: string, options: DatabaseOptions): DatabaseSync {
  try {
    return open(path, options);
  } catch (error) {
    if (problemOf(error) !== 'damaged') throw unopenable(path, error);
    return replace(path, error, options);
  }
}

/** Says that the file must be checked at the next start. */
export function markDamaged(path: string): void {
  try {
    fs.writeFileSync(checkMark(path), '');
  } catch {
    // There is no room even for that. The next one who meets the damage tries again.
  }
}

function open(path: string, { fsync }: DatabaseOptions): DatabaseSync {
  const size = fs.existsSync(path) ? fs.statSync(path).size : 0;
  const database = openSqlite(path);
  try {
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = ${fsync ? 'FULL' : 'NORMAL'};
      PRAGMA busy_timeout = 2000;
    `);
    const isMarked = fs.existsSync(checkMark(path));
    if (size <= CHECKED_SIZE || isMarked) check(database);
    migrate(database);
    if (isMarked) fs.rmSync(checkMark(path), { force: true });
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function check(database: DatabaseSync): void {
  const [result] = Object.values(database.prepare('PRAGMA integrity_check(1)').get() ?? {});
  if (result !== 'ok') throw Object.assign(new Error(String(result)), { errcode: 11 });
}

function migrate(database: DatabaseSync): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version > SCHEMA_VERSION) {
    throw new Error(`it was written by a newer version of chat-stream (${version}, this one knows ${SCHEMA_VERSION}).`);
  }
  // One transaction: a crash leaves all tables or none.
  if (version === 0) database.exec(`BEGIN; ${SCHEMA} COMMIT;`);
}

function replace(path: string, cause: unknown, options: DatabaseOptions): DatabaseSync {
  const { warn } = options;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const aside = setAside(path);
  // The write-ahead log belongs to the file, under its new name as well.
  for (const suffix of ['-wal', '-shm']) {
    if (fs.existsSync(path + suffix)) fs.renameSync(path + suffix, aside + suffix);
  }
  fs.rmSync(checkMark(path), { force: true });
  warn(`The history is damaged (${reason}). It was set aside as ${aside}; what can be read of it is carried over.`);
  try {
    const database = open(path, options);
    const { sessions, messages } = salvage(aside, database);
    warn(`${sessions} sessions and ${messages} messages were carried over from ${aside}.`);
    return database;
  } catch (error) {
    throw unopenable(path, error);
  }
}

function unopenable(path: string, cause: unknown): StoreError {
  return new StoreError(`The database ${path} can't be opened: ${adviceFor(cause)}`, { cause });
}

function checkMark(path: string): string {
  return `${path}.check`;
}
