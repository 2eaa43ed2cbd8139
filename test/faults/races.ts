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
const A_WHILE = 200;

/** A race whose order is not left to chance: the store is held at the place where it is decided. */
export interface Race {
  /** What must be so whoever comes first. */
  readonly name: string;
  readonly options?: Pick<ChatStreamOptions, 'concurrentTurns' | 'retention'>;
  run(scene: Scene): Promise<void>;
}

/** Runs races up to the first that is lost, each on a service of its own. Returns a sentence for all that was not as promised. */
export async function runRaces(backend: Backend, races: readonly Race[] = RACES): Promise<string[]> {
  for (const race of races) {
    const scene = await Scene.open(backend, race);
    try {
      await race.run(scene);
    } catch (error) {
      scene.find(error instanceof Error ? error.message : String(error));
    } finally {
      await scene.close();
    }
    if (scene.problems.length > 0) return scene.problems.map((problem) => `${race.name}: ${problem}`);
  }
  return [];
}

/** One service on a store with gates, one session, and whoever looks at it. */
class Scene {
  readonly problems: string[] = [];
  readonly sessionId = randomUUID();
  private readonly clients: ResumingClient[] = [];
  private readonly progress = new Progress();
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
    const log = new backend.MemoryFrameLog();
    const store = { frameLog: gates.around(log), history: gates.around(new backend.MemoryHistory()) };
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
  async post(id: string, content: string): Promise<number> {
    const response = await fetch(`${this.service.url}/api/chat/sessions/${this.sessionId}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ id, content }),
    });
    const { seq } = (await response.json()) as { seq?: number };
    return seq ?? -response.status;
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

/** Whether a call of `read` is that of a delivery: it asks for many frames, not whether there is one. */
const isDelivery = ([, , limit]: readonly unknown[]): boolean => Number(limit) > 1;

/** Every race that was ever lost, here or in the systems that we learned from. */
export const RACES: readonly Race[] = [
  {
    name: 'what is written while somebody reads what is there comes to them',
    async run(scene) {
      const read = scene.gates.hold('read', 'after', isDelivery);
      const client = scene.join().start();
      await read.reached;
      await scene.post('m1', 'm1');
      await turns(A_WHILE);
      read.release();
      await scene.expectEnds(client, 'm1');
    },
  },
  {
    name: 'a message that is sent again before the history has it is not taken again',
    async run(scene) {
      await scene.converse('m0');
      const put = scene.gates.hold('putMessage', 'before');
      const first = await scene.post('m1', 'm1');
      await put.reached;
      const again = scene.post('m1', 'm1');
      await turns(A_WHILE);
      put.release();
      if ((await again) !== first) scene.find(`it was taken as ${first} and as ${await again}`);
      await turns(A_WHILE);
      if (scene.agent.counts.get('m1') !== 1) scene.find(`it was run ${scene.agent.counts.get('m1')} times`);
    },
  },
  {
    name: 'a message that comes by two ways at once is taken once',
    async run(scene) {
      await scene.converse('m0');
      const lookUp = scene.gates.hold('getMessage', 'after', ([, id]) => id === 'm1');
      const both = [scene.post('m1', 'm1'), scene.post('m1', 'm1')];
      await lookUp.reached;
      await turns(A_WHILE);
      lookUp.release();
      const [one, other] = await Promise.all(both);
      if (one !== other) scene.find(`it was taken as ${one} and as ${other}`);
    },
  },
  {
    name: 'a message whose sender leaves while it is being taken is answered, and the session goes on',
    async run(scene) {
      await scene.converse('m0');
      const lookUp = scene.gates.hold('getMessage', 'after', ([, id]) => id === 'm1');
      const sender = scene.join();
      sender.send('m1', 'm1');
      sender.start();
      await lookUp.reached;
      sender.close();
      await turns(A_WHILE);
      const client = scene.join().start();
      await client.until(() => client.isUpToDate, 'a session');
      lookUp.release();
      await turns(A_WHILE);
      const seq = await scene.post('m2', 'm2');
      if (seq < 0) scene.find(`the next message got HTTP ${-seq}`);
      await scene.expectEnds(client, 'm0', 'm1', 'm2');
    },
  },
  {
    name: 'an echo that is repeated waits for what comes before it',
    async run(scene) {
      const { epoch } = await scene.converse('m1', 'm2');
      const read = scene.gates.hold('read', 'before', isDelivery);
      const client = scene.join({ epoch, seq: 0 });
      client.send('m2', 'm2');
      client.start();
      await read.reached;
      await turns(A_WHILE);
      read.release();
      await scene.expectEnds(client, 'm1', 'm2');
      await client.until(() => client.outbox.size === 0, 'the acknowledgement');
    },
  },
  {
    name: 'a snapshot waits for the answer that has just ended',
    async run(scene) {
      await scene.converse('m0');
      const put = scene.gates.hold('putMessage', 'before', ([, stored]) => {
        return (stored as { message: { sender: string } }).message.sender === 'ai';
      });
      await scene.post('m1', 'm1');
      await put.reached;
      const client = scene.join().start();
      await turns(A_WHILE);
      put.release();
      await scene.expectEnds(client, 'm0', 'm1');
    },
  },
  {
    name: 'a cursor of another epoch gets a snapshot, however far it is',
    async run(scene) {
      const { seq } = await scene.converse('m1', 'm2');
      const client = scene.join({ epoch: randomUUID(), seq: seq - 1 }).start();
      await scene.expectEnds(client, 'm1', 'm2');
    },
  },
  {
    name: 'a cursor in the future gets a snapshot',
    async run(scene) {
      const { epoch, seq } = await scene.converse('m1');
      const client = scene.join({ epoch, seq: seq + 5 }, 'websocket', Infinity).start();
      await scene.expectEnds(client, 'm1');
    },
  },
  {
    name: 'a cursor older than what was trimmed gets a snapshot, and the oldest that was not goes on',
    options: { retention: { frames: 1 } },
    async run(scene) {
      const { epoch } = await scene.converse('m1', 'm2', 'm3');
      const { trimmed } = await scene.log.open(scene.sessionId);
      if (trimmed === 0) scene.find('nothing was trimmed');
      for (const transport of ['websocket', 'sse'] as const) {
        for (const seq of [0, 1, trimmed - 1]) {
          const client = scene.join({ epoch, seq }, transport, trimmed).start();
          await scene.expectEnds(client, 'm1', 'm2', 'm3');
          if (client.resumed > 0) scene.find(`the cursor ${seq} went on, with everything up to ${trimmed} trimmed`);
        }
        const client = scene.join({ epoch, seq: trimmed }, transport, trimmed).start();
        await client.until(() => client.isOpen && client.isUpToDate, 'what was not trimmed');
        if (client.resumed !== 1) scene.find(`the cursor ${trimmed} did not go on`);
      }
    },
  },
  {
    name: 'the frames of an answer that is being written are not trimmed, whoever comes and goes',
    options: { retention: { frames: 1 } },
    async run(scene) {
      const before = await scene.converse('m1');
      const asking = scene.join().start();
      await scene.post('m2', 'slowly m2');
      const run = await scene.agent.run('slowly m2');
      for (let visit = 0; visit < 3; visit++) {
        run.next({ type: 'text', text: `${visit} ` });
        await asking.until(() => (asking.answerTo('m2')?.content ?? '').includes(`${visit} `), 'what was said');
        const visitor = scene.join().start();
        await visitor.until(() => visitor.isOpen, 'a session');
        visitor.close();
        await turns(A_WHILE);
      }
      const { trimmed } = await scene.log.open(scene.sessionId);
      if (trimmed > before.seq) scene.find(`trimmed up to ${trimmed}, and the answer begins after ${before.seq}`);
      const late = scene.join(before, 'websocket').start();
      run.complete();
      await late.until(() => late.hasEnd('m2') || late.ledger.findings.length > 0, 'the end');
    },
  },
];
