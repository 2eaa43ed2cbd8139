import type { SessionRecord } from '../history/history.js';
import { ChatError } from '../chat-error.js';
import { Session, type SessionServices } from './session.js';

/**
 * The sessions that are in use. A session is opened when someone asks for it, and let go when nobody listens and nothing
 * runs; what it is made of stays in the log and the history.
 */
export class Sessions {
  private readonly open = new Map<string, Promise<Session>>();
  private readonly users = new Map<Session, number>();
  private closing = false;

  constructor(private readonly services: SessionServices) {}

  /**
   * Opens a session for its owner, creating it when it is not there. Call `release` when done with it.
   *
   * @throws {ChatError} `not_found` when it belongs to someone else: the same as if it could not be opened at all.
   */
  async acquire(id: string, owner: string | null): Promise<Session> {
    if (this.closing) throw new ChatError('unavailable', 'The server is going down.', { retryable: true });
    const now = new Date().toISOString();
    const record = await this.services.history.createSession({ id, owner, name: '', created: now, updated: now });
    if (record.owner !== owner) throw new ChatError('not_found', 'There is no such session.');
    const session = await this.load(record);
    this.users.set(session, (this.users.get(session) ?? 0) + 1);
    return session;
  }

  /** Gives back what {@link acquire} gave. */
  release(session: Session): void {
    const users = (this.users.get(session) ?? 1) - 1;
    if (users > 0) this.users.set(session, users);
    else this.users.delete(session);
    this.letGo(session);
  }

  /** How many sessions are in use. */
  get size(): number {
    return this.open.size;
  }

  /** Ends every running answer as `interrupted` and waits until all is stored. Nothing can be opened afterwards. */
  async close(): Promise<void> {
    this.closing = true;
    const sessions = await Promise.allSettled(this.open.values());
    await Promise.allSettled(
      sessions.map((result) => (result.status === 'fulfilled' ? result.value.shutDown() : undefined)),
    );
    this.open.clear();
    this.users.clear();
  }

  private load(record: SessionRecord): Promise<Session> {
    let session = this.open.get(record.id);
    if (session === undefined) {
      session = this.services.log
        .open(record.id)
        .then((head) => new Session(record, head, this.services, (idle) => this.letGo(idle)));
      this.open.set(record.id, session);
      session.catch(() => this.open.delete(record.id));
    }
    return session;
  }

  private letGo(session: Session): void {
    if (!session.failed.aborted && (session.isBusy || this.users.has(session))) return;
    const current = this.open.get(session.id);
    void current?.then((loaded) => {
      // Someone may have asked for it in the meantime.
      const idle = !session.isBusy && !this.users.has(session);
      if (loaded === session && (idle || session.failed.aborted)) this.open.delete(session.id);
    });
  }
}
