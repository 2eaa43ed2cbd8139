import * as fs from 'node:fs';
import type { DatabaseSync, SQLOutputValue } from 'node:sqlite';
import { setAside } from '../store/data-directory.js';
import { adviceFor, openSqlite, problemOf } from '../store/sqlite.js';
import type { AgentDefinition, AgentDefinitions, AgentSession, Listed, ListOptions } from './agent-definitions.js';

/** How {@link SqliteAgentDefinitions} works. */
export interface SqliteAgentDefinitionsOptions {
  readonly warn: (message: string) => void;
  /** Whether a commit waits for the disk; default `false`. */
  readonly fsync?: boolean;
}

/** `place` keeps the order in which they were made; `owner` is JSON, so that nobody's name is taken for `null`. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS agents (
    place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL, json TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS agents_by_owner ON agents (owner, place);
  CREATE TABLE IF NOT EXISTS agent_sessions (
    place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, json TEXT NOT NULL,
    agent_id TEXT NOT NULL REFERENCES agents (id) ON DELETE CASCADE
  );
  CREATE INDEX IF NOT EXISTS agent_sessions_by_agent ON agent_sessions (agent_id, place);
`;

/** {@link AgentDefinitions} could not read or write: the disk is full, the file is damaged. What was asked was not done. */
export class AgentDefinitionsUnavailable extends Error {
  override readonly name = 'AgentDefinitionsUnavailable';
}

/**
 * {@link AgentDefinitions} in a database file of their own, which is made when it is first needed: a service that nobody asks
 * for agents has none. A file that is damaged is set aside, named, and begun anew.
 */
export class SqliteAgentDefinitions implements AgentDefinitions {
  private database: DatabaseSync | undefined;
  private isClosed = false;

  /** `path` of the file. Nobody else may use it: the lock on its directory is the embedded store's. */
  constructor(
    private readonly path: string,
    private readonly options: SqliteAgentDefinitionsOptions,
  ) {}

  putAgent(agent: AgentDefinition): Promise<void> {
    const { id, owner } = agent;
    const sql = `INSERT INTO agents (id, owner, json) VALUES (?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, json = excluded.json`;
    return this.attempt((db) => void db.prepare(sql).run(id, JSON.stringify(owner), JSON.stringify(agent)));
  }

  getAgent(id: string): Promise<AgentDefinition | undefined> {
    return this.attempt((db) => read<AgentDefinition>(db.prepare('SELECT json FROM agents WHERE id = ?').get(id)));
  }

  listAgents(owner: string | null, options: ListOptions): Promise<Listed<AgentDefinition>> {
    return this.list('SELECT json FROM agents WHERE owner = ?', JSON.stringify(owner), options);
  }

  deleteAgent(id: string): Promise<boolean> {
    return this.attempt((db) => Number(db.prepare('DELETE FROM agents WHERE id = ?').run(id).changes) > 0);
  }

  putSession(session: AgentSession): Promise<void> {
    const sql = `INSERT INTO agent_sessions (id, agent_id, json) VALUES (?, ?, ?)
      ON CONFLICT (id) DO UPDATE SET agent_id = excluded.agent_id, json = excluded.json`;
    return this.attempt((db) => void db.prepare(sql).run(session.id, session.agentId, JSON.stringify(session)));
  }

  getSession(agentId: string, id: string): Promise<AgentSession | undefined> {
    const sql = 'SELECT json FROM agent_sessions WHERE agent_id = ? AND id = ?';
    return this.attempt((db) => read<AgentSession>(db.prepare(sql).get(agentId, id)));
  }

  listSessions(agentId: string, options: ListOptions): Promise<Listed<AgentSession>> {
    return this.list('SELECT json FROM agent_sessions WHERE agent_id = ?', agentId, options);
  }

  deleteSession(agentId: string, id: string): Promise<boolean> {
    const sql = 'DELETE FROM agent_sessions WHERE agent_id = ? AND id = ?';
    return this.attempt((db) => Number(db.prepare(sql).run(agentId, id).changes) > 0);
  }

  close(): Promise<void> {
    this.isClosed = true;
    this.database?.close();
    this.database = undefined;
    return Promise.resolve();
  }

  private list<T>(select: string, key: string, { start, limit }: ListOptions): Promise<Listed<T>> {
    return this.attempt((db) => {
      // One more than asked for tells whether there is more.
      const rows = db.prepare(`${select} ORDER BY place LIMIT ? OFFSET ?`).all(key, limit + 1, start);
      const items = rows.slice(0, limit).flatMap((row) => read<T>(row) ?? []);
      return { items, hasMore: rows.length > limit };
    });
  }

  private attempt<Result>(work: (database: DatabaseSync) => Result): Promise<Result> {
    try {
      if (this.isClosed) throw new Error('they are closed.');
      this.database ??= this.open();
      return Promise.resolve(work(this.database));
    } catch (cause) {
      const message = `The agents can't be used: ${adviceFor(cause)}`;
      return Promise.reject(new AgentDefinitionsUnavailable(message, { cause }));
    }
  }

  private open(): DatabaseSync {
    try {
      return this.openSound();
    } catch (error) {
      if (problemOf(error) !== 'damaged' && !(error instanceof Damaged)) throw error;
      // Its write-ahead log belongs to the damaged file, and would be read into the new one.
      for (const suffix of ['-wal', '-shm']) fs.rmSync(this.path + suffix, { force: true });
      const aside = setAside(this.path);
      this.options.warn(`The agents made over the API were damaged. They were set aside as ${aside}; make them again.`);
      return this.openSound();
    }
  }

  private openSound(): DatabaseSync {
    const database = openSqlite(this.path);
    try {
      database.exec(`
        PRAGMA journal_mode = WAL;
        PRAGMA synchronous = ${this.options.fsync === true ? 'FULL' : 'NORMAL'};
        PRAGMA foreign_keys = ON;
      `);
      const [result] = Object.values(database.prepare('PRAGMA integrity_check(1)').get() ?? {});
      if (result !== 'ok') throw new Damaged(String(result));
      database.exec(SCHEMA);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  }
}

class Damaged extends Error {}

function read<T>(row: Readonly<Record<string, SQLOutputValue>> | undefined): T | undefined {
  return row === undefined ? undefined : (JSON.parse(String(row['json'])) as T);
}
