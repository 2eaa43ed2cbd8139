import { randomUUID } from 'node:crypto';
import type { ChatStreamOptions, FrameLog } from '@chat-stream/backend';
import { type Cursor, EMPTY_CONVERSATION } from '@chat-stream/protocol';
import { ResumingClient, type Transport } from '../support/resuming-client.js';
import { Gates } from './gates.js';
import { KeyedAgent } from './keyed-agent.js';
import { Progress } from './progress.js';
import { type Backend, type FaultService, HEARTBEAT_MS, startService } from './service.js';
import { turns } from './stores.js';

/** Turns of the event loop by which everything has happened that a held call does not hold up: all of it is in this process. */
export const A_WHILE = 200;

/** Ticks without progress after which a race hangs: nothing in it waits for anything but this process and its heartbeats. */
const PATIENCE_TICKS = 16;

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

  /** Sends a message by a request. Resolves with its place in the log. */
  async post(id: string, content: string, sessionId = this.sessionId): Promise<number> {
    const response = await fetch(`${this.service.url}/api/chat/sessions/${sessionId}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ id, content }),
    });
    const { seq } = (await response.json()) as { seq?: number };
    return seq ?? -response.status;
  }

  /** Has all messages of the session forgotten. */
  async forget(): Promise<void> {
    const url = `${this.service.url}/api/chat/clear?session_id=${this.sessionId}`;
    const { ok, status } = await fetch(url, { method: 'POST', headers: { connection: 'close' } });
    if (!ok) this.find(`the messages were not forgotten: HTTP ${status}`);
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

  async close(): Promise<void> {
    this.progress.stop();
    for (const client of this.clients) {
      client.close();
      for (const { breach, detail } of client.ledger.findings) this.find(`on the wire, ${breach}: ${detail}`);
    }
    await this.service.close();
  }
}
