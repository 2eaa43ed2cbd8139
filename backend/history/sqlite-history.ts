import type { DatabaseSync } from 'node:sqlite';
import type { Message } from '@chat-stream/protocol';
import { adviceFor } from '../store/sqlite.js';
import {
  type EmptySessions,
  type History,
  type HistoryPage,
  HistoryUnavailable,
  type SessionRecord,
  type SessionSummary,
  type StoredMessage,
  titleFrom,
} from './history.js';
import { checksum, readMessage, readSession, type Row } from './sqlite-rows.js';

/** How a {@link SqliteHistory} works. */
export interface SqliteHistoryOptions {
  /** Gets a sentence for each row that is not as it was written. Such a row is left out; the others are not. */
  readonly warn: (message: string) => void;
  /** Called with what SQLite could not do. */
  readonly onError?: (error: unknown) => void;
  /** Lets go of the database. */
  readonly onClose?: () => void;
}

/** A {@link History} in an SQLite database that {@link openDatabase} opened: survives the death of its process at any moment. */
export class SqliteHistory implements History {
  private readonly statements;
  private readonly warned = new Set<string>();
  private isClosed = false;

  constructor(
    private readonly database: DatabaseSync,
    private readonly options: SqliteHistoryOptions,
  ) {
    this.statements = prepare(database);
  }

  createSession(record: SessionRecord): Promise<SessionRecord> {
    return this.attempt(() => {
      const known = this.statements.session.get(record.id);
      if (known === undefined) {
        this.writeSession(record);
        return record;
      }
      const session = this.sessionIn(known);
      // Giving it to whoever asks now could give it to the wrong one.
      if (session === undefined) throw new Error(`the record of session ${record.id} is damaged.`);
      return session;
    });
  }

  getSession(sessionId: string): Promise<SessionRecord | undefined> {
    return this.attempt(() => this.session(sessionId));
  }

  listSessions(owner: string | null, { limit }: { readonly limit: number }): Promise<readonly SessionSummary[]> {
    return this.attempt(() => {
      const summaries: SessionSummary[] = [];
      if (limit <= 0) return summaries;
      for (const row of this.statements.sessionsOf.iterate(JSON.stringify(owner))) {
        const session = this.sessionIn(row);
        const messageCount = Number(row['count']);
        if (session !== undefined && (messageCount > 0 || session.name !== ''))
          summaries.push({ ...session, messageCount });
        if (summaries.length >= limit) break;
      }
      return summaries;
    });
  }

  emptySessions({ before, limit, after = '' }: Parameters<History['emptySessions']>[0]): Promise<EmptySessions> {
    return this.attempt(() => {
      const rows = this.statements.sessionsAfter.all(after, limit);
      const empty = rows.filter((row) => {
        const session = Number(row['used']) > 0 ? undefined : this.sessionIn(row);
        return session !== undefined && session.name === '' && session.updated < before;
      });
      const next = rows.length < limit ? undefined : String(rows.at(-1)?.['id'] ?? '') || undefined;
      return { ids: empty.map((row) => String(row['id'])), next };
    });
  }

  renameSession(sessionId: string, name: string): Promise<boolean> {
    return this.attempt(() => {
      const session = this.session(sessionId);
      if (session !== undefined) this.writeSession({ ...session, name });
      return session !== undefined;
    });
  }

  deleteSession(sessionId: string): Promise<boolean> {
    return this.attempt(() =>
      this.transaction(() => {
        this.statements.clear.run(sessionId);
        return Number(this.statements.deleteSession.run(sessionId).changes) > 0;
      }),
    );
  }

  clearMessages(sessionId: string): Promise<void> {
    return this.attempt(() => void this.statements.clear.run(sessionId));
  }

  putMessage(sessionId: string, { message, seq }: StoredMessage): Promise<void> {
    return this.attempt(() =>
      this.transaction(() => {
        const session = this.session(sessionId);
        if (session === undefined) throw new Error(`there is no session ${sessionId}.`);
        const id = JSON.stringify(message.id);
        const json = JSON.stringify(message);
        this.statements.putMessage.run(sessionId, id, seq, json, checksum([sessionId, id, seq, json]));
        const { sender, content, timestamp } = message;
        const name = session.name === '' && sender === 'user' ? titleFrom(content) : session.name;
        this.writeSession({ ...session, name, updated: timestamp ?? session.updated });
      }),
    );
  }

  getMessage(sessionId: string, messageId: string): Promise<StoredMessage | undefined> {
    return this.attempt(() => {
      const row = this.statements.message.get(sessionId, JSON.stringify(messageId));
      return row === undefined ? undefined : this.messageIn(row);
    });
  }

  page(sessionId: string, options: { readonly before?: string; readonly limit: number }): Promise<HistoryPage> {
    return this.attempt(() => {
      const { before, limit } = options;
      const row = before === undefined ? LAST : this.statements.message.get(sessionId, JSON.stringify(before));
      const messages: StoredMessage[] = [];
      if (row === undefined || limit <= 0) return { messages, hasMore: false };
      // Not `LIMIT`: damaged rows must not make a page shorter, or a reader takes a hole for the beginning.
      for (const older of this.statements.messagesBefore.iterate(sessionId, Number(row['seq']), Number(row['place']))) {
        const stored = this.messageIn(older);
        if (stored !== undefined && messages.push(stored) > limit) break;
      }
      const hasMore = messages.length > limit;
      return { messages: messages.slice(0, limit).reverse(), hasMore };
    });
  }

  close(): Promise<void> {
    if (!this.isClosed) {
      this.isClosed = true;
      this.options.onClose?.();
    }
    return Promise.resolve();
  }

  private session(sessionId: string): SessionRecord | undefined {
    const row = this.statements.session.get(sessionId);
    return row === undefined ? undefined : this.sessionIn(row);
  }

  private writeSession(record: SessionRecord): void {
    const { id, owner, updated } = record;
    const columns = [id, JSON.stringify(owner), updated, JSON.stringify(record)] as const;
    this.statements.putSession.run(...columns, checksum(columns));
  }

  private sessionIn(row: Row): SessionRecord | undefined {
    return this.verified(readSession(row), `session ${String(row['id'])}`);
  }

  private messageIn(row: Row): StoredMessage | undefined {
    const read: { message: Message; seq: number } | undefined = readMessage(row);
    return this.verified(read, `message ${String(row['id'])} of session ${String(row['session_id'])}`);
  }

  private verified<Value>(value: Value | undefined, what: string): Value | undefined {
    // Once: a page that is looked at often must not fill the log.
    if (value === undefined && !this.warned.has(what)) {
      this.warned.add(what);
      this.options.warn(`The history is damaged: ${what} is not as it was written. It is left out; the rest is used.`);
    }
    return value;
  }

  private transaction<Result>(work: () => Result): Result {
    this.database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.database.exec('COMMIT');
      return result;
    } catch (error) {
      // A full disk ends the transaction by itself.
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
      throw error;
    }
  }

  private attempt<Result>(work: () => Result): Promise<Result> {
    try {
      if (this.isClosed) throw new Error('it is closed.');
      return Promise.resolve(work());
    } catch (cause) {
      this.options.onError?.(cause);
      return Promise.reject(new HistoryUnavailable(`The history can't be used: ${adviceFor(cause)}`, { cause }));
    }
  }
}

/** Behind every row there can be. */
const LAST = { seq: Number.MAX_SAFE_INTEGER, place: Number.MAX_SAFE_INTEGER };

function prepare(database: DatabaseSync) {
  return {
    session: database.prepare('SELECT * FROM sessions WHERE id = ?'),
    putSession: database.prepare(
      `INSERT INTO sessions (id, owner, updated, json, checksum) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET owner = excluded.owner, updated = excluded.updated, json = excluded.json, checksum = excluded.checksum`,
    ),
    sessionsOf: database.prepare(
      `SELECT *, (SELECT count(*) FROM messages WHERE session_id = sessions.id) AS count
       FROM sessions WHERE owner = ? ORDER BY updated DESC`,
    ),
    sessionsAfter: database.prepare(
      `SELECT *, EXISTS (SELECT 1 FROM messages WHERE session_id = sessions.id) AS used
       FROM sessions WHERE id > ? ORDER BY id LIMIT ?`,
    ),
    deleteSession: database.prepare('DELETE FROM sessions WHERE id = ?'),
    clear: database.prepare('DELETE FROM messages WHERE session_id = ?'),
    message: database.prepare('SELECT rowid AS place, * FROM messages WHERE session_id = ? AND id = ?'),
    putMessage: database.prepare(
      `INSERT INTO messages (session_id, id, seq, json, checksum) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (session_id, id) DO UPDATE SET seq = excluded.seq, json = excluded.json, checksum = excluded.checksum`,
    ),
    messagesBefore: database.prepare(
      `SELECT rowid AS place, * FROM messages WHERE session_id = ? AND (seq, rowid) < (?, ?) ORDER BY seq DESC, rowid DESC`,
    ),
  };
}
