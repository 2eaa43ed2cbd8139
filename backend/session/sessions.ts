import { SESSION_ID_PATTERN } from '@chat-stream/protocol';
import type { SessionRecord } from '../history/history.js';
import { ChatError } from '../chat-error.js';
import { setTimeout as delay } from 'node:timers/promises';
import { Abandoned } from './abandoned.js';
import { recover } from './recovery.js';
import { Retention } from './retention.js';
import { Session, type SessionServices } from './session.js';

/** Something that is begun with a session: somebody comes, or it is forgotten. */
interface SessionTurn {
  readonly kind: 'come' | 'forget';
  /** What it waits for. */
  readonly after: Promise<void> | undefined;
  /** Resolves when it, and all that was begun before it, is over. */
  readonly over: Promise<void>;
}

/**
 * The sessions that are in use. A session is opened when someone asks for it, and let go when nobody listens and nothing
 * runs; what it is made of stays in the log and the history.
 */
export class Sessions {
  private readonly open = new Map<string, Promise<Session>>();
  private readonly users = new Map<Session, number>();
  /** Who asked for a session last, or had it forgotten, while that is not over: see {@link inTurn}. */
  private readonly turns = new Map<string, SessionTurn>();
  private readonly retention: Retention;
  private readonly abandoned: Abandoned;
  private state: 'open' | 'draining' | 'closed' = 'open';

  constructor(private readonly services: SessionServices) {
    const { log, history, warn, options } = services;
    this.retention = new Retention(log, options.retention, warn);
    const host = {
      log,
      history,
      warn,
      whileUnused: (id: string, work: () => Promise<void>) => this.whileUnused(id, work),
      dropLog: (id: string) => this.dropLog(id),
    };
    this.abandoned = new Abandoned(host, options.retention);
  }

  /**
   * Ends what a server that died left unfinished, in every session that has something in the log. Call it before the
   * first client is served. Returns how many sessions were looked at.
   */
  async recover(): Promise<number> {
    const ids = await this.services.log.sessions();
    for (const id of ids) {
      try {
        const record = await this.services.history.getSession(id);
        // A session whose record is lost is mended when its owner comes.
        if (record !== undefined) this.letGo(await this.load(record));
      } catch (error) {
        // One that can't be mended now does not keep the others from being served; it is tried again when it is opened.
        this.services.warn(`Session ${id} could not be mended`, error);
      }
    }
    this.abandoned.start();
    return ids.length;
  }

  /**
   * Forgets sessions that nobody wrote to, and frames without a session, as `retention` says; a service does so by itself
   * every now and then. None that is in use is among them.
   *
   * @param now Milliseconds since 1970.
   */
  forgetAbandoned(now: number = Date.now()): Promise<void> {
    return this.abandoned.sweep(now);
  }

  /**
   * Opens a session for its owner, creating it when it is not there. Call `release` when done with it.
   *
   * @throws {ChatError} `not_found` when it belongs to someone else: the same as if it may not be opened at all;
   *   `unavailable` when the store fails, or the server goes down.
   */
  async acquire(id: string, owner: string | null): Promise<Session> {
    if (this.state !== 'open') throw new ChatError('unavailable', 'The server is going down.', { retryable: true });
    if (!SESSION_ID_PATTERN.test(id)) {
      throw new ChatError('not_found', 'There is no such session: an id has 16 to 128 characters of A-Z a-z 0-9 _ -.');
    }
    return this.inTurn(id, 'come', () => this.find(id, owner)).catch((cause: unknown) => {
      if (cause instanceof ChatError) throw cause;
      this.services.warn(`Session ${id} could not be opened`, cause);
      const message = 'The conversation could not be opened. Please try again in a moment.';
      throw new ChatError('unavailable', message, { retryable: true, cause });
    });
  }

  /** Gives back what {@link acquire} gave. */
  release(session: Session): void {
    const users = (this.users.get(session) ?? 1) - 1;
    if (users > 0) this.users.set(session, users);
    else this.users.delete(session);
    this.letGo(session);
  }

  /**
   * Forgets the messages of a session, or all of it. Its clients reconnect, and find it empty.
   *
   * @throws {ChatError} `not_found`
   */
  forget(id: string, owner: string | null, what: 'messages' | 'everything'): Promise<void> {
    // Whoever comes meanwhile would get the log that is about to go, and what they say would go with it.
    return this.inTurn(id, 'forget', async () => {
      const { history } = this.services;
      const record = await history.getSession(id);
      if (record === undefined || record.owner !== owner) throw new ChatError('not_found', 'There is no such session.');
      const session = await this.open.get(id);
      await session?.shutDown();
      session?.retire('forgotten');
      this.open.delete(id);
      await this.dropLog(id);
      if (what === 'messages') await history.clearMessages(id);
      else await history.deleteSession(id);
    });
  }

  /** How many sessions are in use. */
  get size(): number {
    return this.open.size;
  }

  /**
   * Takes no new work, and waits until the running answers have ended, at most `graceMs`. What is left then ends as
   * `interrupted`. Resolves when all of it is stored.
   */
  async drain(graceMs: number): Promise<void> {
    if (this.state !== 'open') return;
    this.state = 'draining';
    const sessions = await this.loaded();
    const ended = Promise.all(sessions.map((session) => session.drain()));
    await Promise.race([ended, sleep(graceMs)]);
    await Promise.allSettled(sessions.map((session) => session.shutDown()));
    // Clients read the last ends; then they are let go, to come back to whoever serves next.
    await new Promise(setImmediate);
    for (const session of sessions) session.retire('closing');
  }

  /** Ends what is left, and lets go of everything. */
  async close(): Promise<void> {
    await this.drain(0);
    this.state = 'closed';
    this.retention.stop();
    await this.abandoned.stop();
    this.open.clear();
    this.users.clear();
  }

  private async loaded(): Promise<Session[]> {
    const sessions = await Promise.allSettled(this.open.values());
    return sessions.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  }

  /** Counts whoever asked as a user. */
  private async find(id: string, owner: string | null): Promise<Session> {
    const now = new Date().toISOString();
    const record = await this.services.history.createSession({ id, owner, name: '', created: now, updated: now });
    if (record.owner !== owner) throw new ChatError('not_found', 'There is no such session.');
    for (;;) {
      const loading = this.load(record);
      const session = await loading;
      // It may have been let go in the moment in between, and the next to come would get another: two that write to one log.
      if (this.open.get(id) !== loading) continue;
      this.users.set(session, (this.users.get(session) ?? 0) + 1);
      return session;
    }
  }

  /** Does `work` when what must not run beside it is over. Any number may come at a time; a session is forgotten alone. */
  private inTurn<T>(id: string, kind: SessionTurn['kind'], work: () => Promise<T>): Promise<T> {
    const last = this.turns.get(id);
    const after = kind === 'come' && last?.kind === 'come' ? last.after : last?.over;
    const result = after === undefined ? work() : after.then(work);
    const over = Promise.allSettled([last?.over, result]).then(() => {
      if (this.turns.get(id) === turn) this.turns.delete(id);
    });
    const turn: SessionTurn = { kind, after, over };
    this.turns.set(id, turn);
    return result;
  }

  /** Does `work` while nobody can come to a session; nothing, when somebody is there or something runs in it. */
  private whileUnused(id: string, work: () => Promise<void>): Promise<void> {
    return this.inTurn(id, 'forget', async () => {
      if (!this.open.has(id)) await work();
    });
  }

  private dropLog(id: string): Promise<void> {
    // In the log that follows, with numbers from 1 again, nothing that is known of this one is true.
    this.retention.forget(id);
    return this.services.log.drop(id);
  }

  private load(record: SessionRecord): Promise<Session> {
    let session = this.open.get(record.id);
    if (session === undefined) {
      session = this.make(record);
      this.open.set(record.id, session);
      session.catch(() => this.open.delete(record.id));
    }
    return session;
  }

  private async make(record: SessionRecord): Promise<Session> {
    const head = await this.services.log.open(record.id);
    const cursor = await recover(record.id, head, this.services);
    return new Session(record, cursor, this.services, (idle) => this.letGo(idle));
  }

  private letGo(session: Session): void {
    if (!session.isBusy && !session.hasFailed) this.retention.settled(session.id, session.cursor.seq);
    if (!session.hasFailed && (session.isBusy || this.users.has(session))) return;
    const current = this.open.get(session.id);
    void current?.then((loaded) => {
      // Someone may have asked for it in the meantime.
      const idle = !session.isBusy && !this.users.has(session);
      if (loaded === session && (idle || session.hasFailed)) this.open.delete(session.id);
    });
  }
}

function sleep(ms: number): Promise<void> {
  // Does not keep the process alive when the answers end earlier.
  return delay(ms, undefined, { ref: false });
}
