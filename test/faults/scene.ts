import { randomUUID } from 'node:crypto';
import type { ChatStreamOptions, FrameLog, StoredMessage } from '@chat-stream/backend';
import { type Cursor, EMPTY_CONVERSATION } from '@chat-stream/protocol';
import { ResumingClient, type Transport } from '../support/resuming-client.js';
import { Gates } from './gates.js';
import { KeyedAgent } from './keyed-agent.js';
import { Progress } from './progress.js';
import { type Backend, type FaultService, HEARTBEAT_MS, startService } from './service.js';
import { turns } from './stores.js';

/** Turns of the event loop by which everything has happened that a held call does not hold up: all of it is in this process. */
export const A_WHILE = 200;

/** Ticks without progress after which a race hangs: nothing in it waits for anything but this process, its heartbeats and the disk. */
const PATIENCE_TICKS = 40;

/** Places in line, of what one turn of the event loop does, at which something that is about to happen is tried. */
export const PLACES = 24;

/** Whether a call of `read` is that of a delivery, in a session that is open: it asks for many frames, not whether there is one. */
export const isDelivery = ([, , limit]: readonly unknown[]): boolean => Number(limit) > 1;

/** The message that is put into the history. */
export const messageOf = (stored: unknown) => (stored as StoredMessage).message;

/** A race whose order is not left to chance: the store is held at the place where it is decided. */
export interface Race {
  /** What must be so whoever comes first. */
  readonly name: string;
  readonly options?: Pick<ChatStreamOptions, 'concurrentTurns' | 'retention'>;
  run(scene: Scene): Promise<void>;
}

/** One service on a store with gates, one session, and whoever looks at it. */
export class Scene {
  readonly problems: string[] = [];
  readonly sessionId = randomUUID();
  private readonly clients: ResumingClient[] = [];
  private readonly progress = new Progress(PATIENCE_TICKS);
  /** Aborted when something is wrong already: what comes after would only wait for it. */
  private readonly over = new AbortController();

  private constructor(
    readonly gates: Gates,
    readonly log: FrameLog,
    readonly agent: KeyedAgent,
    private readonly service: FaultService,
  ) {
    this.progress.stalled.addEventListener('abort', () => this.over.abort());
    gates.onTooMany = (sentence) => {
      this.find(sentence);
      // What was sent until then may say what is wrong, as soon as the event loop turns.
      void turns(A_WHILE).then(() => this.over.abort());
    };
  }

  /** Runs the race, up to the first thing that is wrong: what comes after that shows nothing more, and may never end. */
  async run(race: Race): Promise<void> {
    const { signal } = this.over;
    const stopped = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
    try {
      await Promise.race([race.run(this), stopped]);
      if (this.progress.stalled.aborted) this.find('it came to a standstill');
    } catch (error) {
      this.find(error instanceof Error ? error.message : String(error));
    }
  }

  static async open(backend: Backend, { options }: Race): Promise<Scene> {
    const gates = new Gates();
    const [log, history] = [new backend.MemoryFrameLog(), new backend.MemoryHistory()];
    const store = { frameLog: gates.around(log), history: gates.around(history) };
    const agent = new KeyedAgent((turn, run) => {
      // What begins so is answered by the test.
      if (turn.message.content.startsWith('slowly')) return;
      run.next({ type: 'text', text: 'yes' });
      run.complete();
    });
    const nothing = (): Promise<void> => Promise.resolve();
    const service = await startService(
      backend,
      { ...store, slowness: 0, warnings: [], remove: nothing },
      { agents: [agent], concurrentTurns: 'queue', ...options },
    );
    return new Scene(gates, log, agent, service);
  }

  find(sentence: string): void {
    this.problems.push(sentence);
  }

  /** Somebody comes, with a cursor or without. */
  join(cursor?: Cursor, transport: Transport = 'websocket', trimmed = 0): ResumingClient {
    const { sessionId, service, progress } = this;
    const client = new ResumingClient({
      server: () => service.url,
      sessionId,
      transport,
      heartbeatMs: HEARTBEAT_MS,
      stored: (epoch) => service.witness.stored(sessionId, epoch),
      signal: this.over.signal,
    });
    if (cursor !== undefined) client.conversation = { ...EMPTY_CONVERSATION, sessionId, cursor };
    client.ledger.trimmed = trimmed;
    client.ledger.onFinding = () => this.over.abort();
    client.ledger.onProgress = progress.moved;
    this.clients.push(client);
    return client;
  }

  /** Sends a message by a request. Resolves with its place in the log, or with the status, negative. */
  async post(id: string, content: string, sessionId = this.sessionId): Promise<number> {
    const [status, body] = await this.request(`sessions/${sessionId}/messages`, { id, content });
    return status === 202 ? (JSON.parse(body) as { seq: number }).seq : -status;
  }

  /** Has all messages of the session forgotten. */
  async forget(): Promise<void> {
    const [status] = await this.request(`clear?session_id=${this.sessionId}`);
    if (status !== 200) this.find(`the messages were not forgotten: HTTP ${status}`);
  }

  /** Never rejects, as nobody may wait for it any more: a request that fails has the status 0. */
  private async request(path: string, json?: object): Promise<readonly [status: number, body: string]> {
    try {
      const response = await fetch(`${this.service.url}/api/chat/${path}`, {
        method: 'POST',
        headers: { connection: 'close', ...(json && { 'content-type': 'application/json' }) },
        ...(json && { body: JSON.stringify(json) }),
        signal: this.over.signal,
      });
      return [response.status, await response.text()];
    } catch (error) {
      if (!this.over.signal.aborted) this.find(`a request failed: ${String(error)}`);
      return [0, ''];
    }
  }

  /** Asks questions one after another, and waits for the end of each. Returns the cursor at the last end. */
  async converse(...ids: readonly string[]): Promise<Cursor> {
    const client = this.join().start();
    for (const id of ids) {
      await this.post(id, id);
      await client.until(() => client.hasEnd(id), 'an end');
    }
    client.close();
    await turns(A_WHILE);
    return client.cursor!;
  }

  /** Resolves when this client has these answers, or it is clear that it never will. */
  async expectEnds(client: ResumingClient, ...ids: readonly string[]): Promise<void> {
    const { ledger } = client;
    const hasAll = () => ids.every((id) => client.hasEnd(id));
    await client.until(() => hasAll() || ledger.findings.length > 0 || ledger.hasAll, 'the ends');
    if (!hasAll()) this.find(`an end is missing. ${client.describe()}`);
    const { messages } = client.conversation;
    if (messages.length !== 2 * ids.length) this.find(`${messages.length} messages for ${ids.length} questions`);
  }

  /** Resolves when this client has the end of this answer, which must be so, or it is clear that it never will. */
  async expectAnswer(client: ResumingClient, id: string, content: string, status: string): Promise<void> {
    await client.until(() => client.hasEnd(id) || client.ledger.hasAll, 'the end');
    const answers = client.conversation.messages.filter(({ metadata }) => metadata.reply_to === id);
    if (answers.length !== 1) this.find(`${answers.length} answers to ${id}`);
    for (const { content: shown, metadata } of answers) {
      if (shown !== content || metadata.status !== status) {
        this.find(`the answer to ${id} is "${shown}" (${metadata.status}) and not "${content}" (${status})`);
      }
    }
  }

  async close(): Promise<void> {
    this.progress.stop();
    this.over.abort();
    this.gates.openAll();
    for (const client of this.clients) {
      client.close();
      for (const { breach, detail } of client.ledger.findings) this.find(`on the wire, ${breach}: ${detail}`);
    }
    await this.service.close();
  }
}
