import * as fs from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { setAside } from './data-directory.js';
import { salvage, type Salvaged } from './salvage.js';
import { adviceFor, openSqlite, problemOf } from './sqlite.js';
import { StoreError } from './store-error.js';

/** Counts up with every change of the tables; kept in `user_version`, and once more in `application_id`: one may be damaged. */
const SCHEMA_VERSION = 1;
/** "chat" in ASCII; the version is added to it. */
const APPLICATION_ID = 0x63686174;

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
  PRAGMA application_id = ${APPLICATION_ID + SCHEMA_VERSION};
`;

/** Files up to this size are checked at every start (about a second); larger ones when something was wrong with them. */
const CHECKED_SIZE = 64 * 1024 * 1024;

/** The file itself, and what SQLite puts beside it. */
const COMPANIONS = ['', '-wal', '-shm'];

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
    finishReplacing(path);
    try {
      return open(path, options);
    } catch (error) {
      if (!isDamage(path, error)) throw error;
      replace(path, error, options);
    }
    return open(path, options);
  } catch (error) {
    throw unopenable(path, error);
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
  if (result !== 'ok') throw new DatabaseDamaged(String(result));
}

function migrate(database: DatabaseSync): void {
  const version = pragma(database, 'user_version');
  const repeated = pragma(database, 'application_id') - APPLICATION_ID;
  const tables = schemaOf(database);
  if (version === 0 && tables === '') {
    // One transaction: a crash leaves all tables or none.
    database.exec(`BEGIN; ${SCHEMA} COMMIT;`);
    return;
  }
  if (version !== repeated) throw new DatabaseDamaged('its version is not readable');
  if (version > SCHEMA_VERSION) {
    throw new Error(`it was written by a newer version of chat-stream (${version}, this one knows ${SCHEMA_VERSION}).`);
  }
  if (tables !== expectedSchema()) throw new DatabaseDamaged('its tables are not as they were made');
  // A header that claims that the file must not be written shows only here.
  database.exec(`BEGIN; PRAGMA user_version = ${version}; ROLLBACK;`);
}

function schemaOf(database: DatabaseSync): string {
  const rows = database.prepare('SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name').all();
  return rows.map(({ sql }) => String(sql)).join('\n');
}

function expectedSchema(): string {
  const database = openSqlite(':memory:');
  database.exec(SCHEMA);
  const schema = schemaOf(database);
  database.close();
  return schema;
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}

/** What SQLite itself did not notice. */
class DatabaseDamaged extends Error {
  override readonly name = 'DatabaseDamaged';
}

function isDamage(path: string, error: unknown): boolean {
  if (error instanceof DatabaseDamaged) return true;
  const problem = problemOf(error);
  // A damaged header can claim that the file must not be written.
  return problem === 'damaged' || (problem === 'read-only' && isWritable(path));
}

function isWritable(path: string): boolean {
  try {
    fs.accessSync(path, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Makes a new database of what can be read of the damaged one, and only then puts it in its place: a crash on the way
 * leaves the damaged one for the next start, or the new one under the name that {@link finishReplacing} looks for.
 */
function replace(path: string, cause: unknown, options: DatabaseOptions): void {
  const { warn } = options;
  const reason = cause instanceof Error ? cause.message : String(cause);
  const draft = draftOf(path);
  const database = open(draft, options);
  let carried: Salvaged;
  try {
    // Its first page has to be in the file for what follows.
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    carried = salvage(path, database, draft);
  } finally {
    database.close();
  }
  const aside = setAside(path);
  // The write-ahead log belongs to the file, under its new name as well.
  if (fs.existsSync(`${path}-wal`)) fs.renameSync(`${path}-wal`, `${aside}-wal`);
  fs.rmSync(checkMark(path), { force: true });
  finishReplacing(path);
  warn(
    `The history was damaged (${reason}). ${carried.sessions} sessions and ${carried.messages} messages were carried over ` +
      `into a new one; the damaged one was set aside as ${aside}.`,
  );
}

/** Puts a new database in the place of one that was set aside. One that is not finished is thrown away. */
function finishReplacing(path: string): void {
  const draft = draftOf(path);
  if (!fs.existsSync(draft)) return;
  if (fs.existsSync(path)) {
    for (const suffix of COMPANIONS) fs.rmSync(draft + suffix, { force: true });
    return;
  }
  // A write-ahead log that is still there is the damaged one's, and would be read into the new one.
  for (const suffix of COMPANIONS) fs.rmSync(path + suffix, { force: true });
  fs.renameSync(draft, path);
}

function unopenable(path: string, cause: unknown): StoreError {
  return new StoreError(`The database ${path} can't be opened: ${adviceFor(cause)}`, { cause });
}

function draftOf(path: string): string {
  return `${path}.new`;
}

function checkMark(path: string): string {
  return `${path}.check`;
}
