import {
  type EmptySessions,
  type History,
  type HistoryPage,
  type SessionRecord,
  type SessionSummary,
  type StoredMessage,
  titleFrom,
} from './history.js';

interface Entry {
  record: SessionRecord;
  /** In the order of `seq`. */
  readonly messages: StoredMessage[];
}

/** A {@link History} in memory: for tests, and where nothing needs to outlive the process. */
export class MemoryHistory implements History {
  private readonly sessions = new Map<string, Entry>();

  createSession(record: SessionRecord): Promise<SessionRecord> {
    const known = this.sessions.get(record.id);
    if (known !== undefined) return Promise.resolve(known.record);
    this.sessions.set(record.id, { record, messages: [] });
    return Promise.resolve(record);
  }

  getSession(sessionId: string): Promise<SessionRecord | undefined> {
    return Promise.resolve(this.sessions.get(sessionId)?.record);
  }

  putMessage(sessionId: string, stored: StoredMessage): Promise<void> {
    const entry = this.sessions.get(sessionId);
    if (entry === undefined) return Promise.reject(new Error(`There is no session ${sessionId}.`));
    const index = entry.messages.findIndex((known) => known.message.id === stored.message.id);
    if (index >= 0) entry.messages.splice(index, 1);
    const place = entry.messages.findLastIndex((known) => known.seq < stored.seq) + 1;
    entry.messages.splice(place, 0, stored);
    const { sender, content, timestamp } = stored.message;
    const { name, updated } = entry.record;
    const title = name === '' && sender === 'user' ? titleFrom(content) : name;
    entry.record = { ...entry.record, name: title, updated: timestamp ?? updated };
    return Promise.resolve();
  }

  listSessions(owner: string | null, { limit }: { readonly limit: number }): Promise<readonly SessionSummary[]> {
    const listed = [...this.sessions.values()]
      .filter(({ record, messages }) => record.owner === owner && (messages.length > 0 || record.name !== ''))
      .map(({ record, messages }) => ({ ...record, messageCount: messages.length }))
      .toSorted((a, b) => b.updated.localeCompare(a.updated));
    return Promise.resolve(listed.slice(0, limit));
  }

  emptySessions({ before, limit, after = '' }: Parameters<History['emptySessions']>[0]): Promise<EmptySessions> {
    const known = [...this.sessions].filter(([id]) => id > after).toSorted(([a], [b]) => (a < b ? -1 : 1));
    const looked = known.slice(0, limit);
    const empty = looked.filter(
      ([, { record, messages }]) => messages.length === 0 && record.name === '' && record.updated < before,
    );
    const next = looked.length < known.length ? looked.at(-1)?.[0] : undefined;
    return Promise.resolve({ ids: empty.map(([id]) => id), next });
  }

  renameSession(sessionId: string, name: string): Promise<boolean> {
    const entry = this.sessions.get(sessionId);
    if (entry !== undefined) entry.record = { ...entry.record, name };
    return Promise.resolve(entry !== undefined);
  }

  deleteSession(sessionId: string): Promise<boolean> {
    return Promise.resolve(this.sessions.delete(sessionId));
  }

  clearMessages(sessionId: string): Promise<void> {
    this.sessions.get(sessionId)?.messages.splice(0);
    return Promise.resolve();
  }

  getMessage(sessionId: string, messageId: string): Promise<StoredMessage | undefined> {
    return Promise.resolve(this.sessions.get(sessionId)?.messages.find(({ message }) => message.id === messageId));
  }

  page(sessionId: string, options: { readonly before?: string; readonly limit: number }): Promise<HistoryPage> {
    const messages = this.sessions.get(sessionId)?.messages ?? [];
    const { before, limit } = options;
    const end = before === undefined ? messages.length : messages.findIndex(({ message }) => message.id === before);
    const start = Math.max(0, end - limit);
    return Promise.resolve({ messages: messages.slice(start, Math.max(0, end)), hasMore: start > 0 });
  }

  close(): Promise<void> {
    this.sessions.clear();
    return Promise.resolve();
  }
}
