import type { DatabaseSync } from 'node:sqlite';
import type { Cursor } from '@chat-stream/protocol';
import type { HeadStore, StoredHead } from '../frame-log/journal-heads.js';

/** The heads of idle sessions, in the database of the embedded store. */
export class SqliteHeads implements HeadStore {
  private readonly statements;

  constructor(private readonly database: DatabaseSync) {
    this.statements = {
      get: database.prepare('SELECT epoch, seq FROM heads WHERE session_id = ?'),
      put: database.prepare('INSERT OR REPLACE INTO heads (session_id, epoch, seq) VALUES (?, ?, ?)'),
      delete: database.prepare('DELETE FROM heads WHERE session_id = ?'),
      clear: database.prepare('DELETE FROM heads'),
      floor: database.prepare('SELECT max(seq) AS floor FROM messages WHERE session_id = ?'),
    };
  }

  get(sessionId: string): Cursor | undefined {
    const row = this.statements.get.get(sessionId);
    return row === undefined ? undefined : { epoch: String(row['epoch']), seq: Number(row['seq']) };
  }

  putMany(heads: readonly StoredHead[]): void {
    this.database.exec('BEGIN');
    try {
      for (const { sessionId, epoch, seq } of heads) this.statements.put.run(sessionId, epoch, seq);
      this.database.exec('COMMIT');
    } catch (error) {
      // A full disk ends the transaction by itself.
      if (this.database.isTransaction) this.database.exec('ROLLBACK');
      throw error;
    }
  }

  delete(sessionId: string): void {
    this.statements.delete.run(sessionId);
  }

  clear(): void {
    this.statements.clear.run();
  }

  floor(sessionId: string): number {
    return Number(this.statements.floor.get(sessionId)?.['floor'] ?? 0);
  }
}
