import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { EMPTY_CONVERSATION } from '@chat-stream/protocol';
import { ResumingClient } from '../support/resuming-client.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import { KeyedAgent } from './keyed-agent.js';
import { Progress } from './progress.js';
import { random } from './seed.js';
import { type Backend, type FaultService, HEARTBEAT_MS, startService } from './service.js';
import type { StoreKind } from './stores.js';

/** How much is sent. */
export interface SendOptions {
  readonly seed: number;
  readonly sessions: number;
  readonly rounds: number;
  /** Messages of one round. */
  readonly messages: number;
  /** Up to as many rounds more, until so many acknowledgements were lost: how many are in a round is up to the machine. */
  readonly least?: number;
}

/** What became of it. */
export interface SendFigures {
  messages: number;
  /** Messages whose run had begun when the connection that was to bring their acknowledgement was cut. */
  lostAcknowledgements: number;
  /** Times a message went out again, by whatever way. */
  resent: number;
  doubleRuns: number;
  neverRun: number;
  readonly problems: string[];
}

/** Who sends again what was not acknowledged. */
type Round = 'the same tab' | 'two tabs' | 'a tab and requests' | 'requests' | 'all at once';
const ROUNDS: readonly Round[] = ['the same tab', 'two tabs', 'a tab and requests', 'requests', 'all at once'];

/** Loses acknowledgements, sends messages again in every way there is, and counts runs. */
export async function runSends(backend: Backend, kind: StoreKind, options: SendOptions): Promise<SendFigures> {
  const store = await kind.open(backend);
  const agent = new KeyedAgent((_turn, run) => {
    run.next({ type: 'text', text: 'yes' });
    run.complete();
  });
  const progress = new Progress();
  const service = await startService(backend, store, { agents: [agent], concurrentTurns: 'queue' }, progress.moved);
  const figures = { messages: 0, lostAcknowledgements: 0, resent: 0, doubleRuns: 0, neverRun: 0, problems: [] };
  try {
    const senders = Array.from({ length: options.sessions }, (_, index) => {
      return new Sender(service, agent, figures, options, random(options.seed + index), progress);
    });
    await Promise.all(senders.map((sender) => sender.run()));
    return figures;
  } finally {
    progress.stop();
    await service.close();
    await store.remove();
  }
}

/** One session with two tabs, one of them behind a network that loses what the server says. */
class Sender {
  private readonly sessionId = randomUUID();
  private readonly signal: AbortSignal;
  /** Ids and contents of everything that was sent. */
  private readonly sent = new Map<string, string>();
  private readonly seqs = new Map<string, number>();
  private readonly clients: ResumingClient[] = [];

  constructor(
    private readonly service: FaultService,
    private readonly agent: KeyedAgent,
    private readonly figures: SendFigures,
    private readonly options: SendOptions,
    private readonly next: () => number,
    private readonly progress: Progress,
  ) {
    this.signal = progress.stalled;
  }

  async run(): Promise<void> {
    const proxy = await startTcpProxy({ port: Number(new URL(this.service.url).port) });
    try {
      const tab = this.open(() => `http://${proxy.host}`);
      const otherTab = this.open(() => this.service.url);
      const { rounds, least = 0 } = this.options;
      const goesOn = (count: number) =>
        count < rounds || (count < 2 * rounds && this.figures.lostAcknowledgements < least);
      for (let count = 0; goesOn(count); count++) {
        await Promise.all([tab, otherTab].map((client) => client.until(() => client.isOpen, 'a session')));
        this.progress.moved();
        await this.round(ROUNDS[Math.floor(this.next() * ROUNDS.length)] ?? 'requests', proxy, tab, otherTab);
      }
      await this.audit();
    } catch (error) {
      this.find(error instanceof Error ? error.message : String(error));
    } finally {
      for (const client of this.clients) {
        client.close();
        for (const { breach, detail } of client.ledger.findings) this.find(`on the wire, ${breach}: ${detail}`);
        for (const [id, code] of client.refusals) this.find(`${id} was refused: ${code}`);
      }
      await proxy.close();
    }
  }

  private async round(round: Round, proxy: TcpProxy, tab: ResumingClient, otherTab: ResumingClient): Promise<void> {
    const batch = Array.from({ length: this.options.messages }, (_, index) => {
      return [randomUUID(), `${this.sessionId} ${this.sent.size + index}`] as const;
    });
    for (const [id, content] of batch) this.sent.set(id, content);
    this.figures.messages += batch.length;

    if (round === 'all at once') {
      // Nobody has been told anything, and everybody sends; one of the ways breaks in the middle.
      for (const [id, content] of batch) tab.send(content, id);
      for (const [id, content] of batch) otherTab.send(content, id);
      const requests = batch.map(([id, content]) => this.post(this.service.url, id, content));
      proxy.reset();
      await Promise.all(requests);
      await this.acknowledged(tab, otherTab);
      this.figures.resent += 2 * batch.length;
      return;
    }

    // What the server says is lost from here on; what it is told arrives.
    const isByRequest = round === 'requests';
    if (isByRequest) {
      proxy.set({ blackhole: true }, 'down');
      for (const [id, content] of batch) void this.post(`http://${proxy.host}`, id, content);
    } else {
      for (const connection of proxy.connections) if (connection.open) connection.set({ blackhole: true }, 'down');
      for (const [id, content] of batch) tab.send(content, id);
    }
    await this.orDeadline(this.agent.ran(batch.map(([, content]) => content)));
    const lost = batch.filter(([id]) => isByRequest || tab.outbox.has(id));
    this.figures.lostAcknowledgements += lost.length;
    proxy.reset();
    proxy.heal();

    // The tab does by itself what a client does: it comes back, and sends again.
    if (round === 'two tabs') for (const [id, content] of batch) otherTab.send(content, id);
    if (round === 'a tab and requests' || round === 'requests') {
      const twice = [...batch, ...batch].map(([id, content]) => this.post(this.service.url, id, content));
      await Promise.all(twice);
    }
    await this.acknowledged(tab, otherTab);
    this.figures.resent += (round === 'the same tab' ? 1 : round === 'two tabs' ? 2 : 3) * batch.length;
  }

  private async acknowledged(...clients: readonly ResumingClient[]): Promise<void> {
    for (const client of clients) await client.until(() => client.outbox.size === 0, 'the acknowledgements');
  }

  /** Sends a message by a request; a request that is cut off says nothing. */
  private post(server: string, id: string, content: string): Promise<void> {
    return new Promise((resolve) => {
      const body = JSON.stringify({ id, content });
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const url = `${server}/api/chat/sessions/${this.sessionId}/messages`;
      const posting = request(url, { method: 'POST', agent: false, headers });
      posting.on('error', () => resolve());
      posting.on('close', () => resolve());
      posting.on('response', (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('error', () => resolve());
        response.on('end', () => {
          if (response.statusCode === 202) this.noteSeq(id, (JSON.parse(text) as { seq: number }).seq);
          else this.find(`${id} got HTTP ${response.statusCode}: ${text}`);
        });
      });
      posting.end(body);
    });
  }

  /** However often a message is acknowledged, and to whom: its place is one. */
  private noteSeq(id: string, seq: number): void {
    const known = this.seqs.get(id);
    if (known !== undefined && known !== seq) this.find(`${id} was acknowledged as ${known} and as ${seq}`);
    this.seqs.set(id, seq);
  }

  private open(server: () => string): ResumingClient {
    const { sessionId, signal } = this;
    const stored = (epoch: string) => this.service.witness.stored(sessionId, epoch);
    const options = { server, sessionId, transport: 'websocket', heartbeatMs: HEARTBEAT_MS, stored, signal } as const;
    const client = new ResumingClient(options);
    client.ledger.onProgress = this.progress.moved;
    this.clients.push(client);
    return client.start();
  }

  /** Somebody who reads the log from its first frame on finds each message once, and one answer to each. */
  private async audit(): Promise<void> {
    const [tab, otherTab] = this.clients;
    const { sessionId } = this;
    const reader = this.open(() => this.service.url);
    await reader.until(() => reader.isOpen && reader.cursor !== undefined, 'a session');
    const epoch = reader.cursor!.epoch;
    // It doubts that anything arrived, and says so while the log is being read to it.
    const doubted = [...this.sent].slice(-20);
    for (const [id, content] of doubted) reader.outbox.set(id, content);
    this.figures.resent += doubted.length;
    reader.conversation = { ...EMPTY_CONVERSATION, sessionId, cursor: { epoch, seq: 0 } };
    reader.reconnect();
    const answers = () => reader.conversation.messages.filter(({ metadata }) => metadata.streaming === false);
    const isWriting = () => this.service.witness.isWriting(sessionId);
    const isOver = () => reader.ledger.ends.size >= this.sent.size || (reader.ledger.hasAll && !isWriting());
    await reader.until(isOver, 'the last answer');
    await this.acknowledged(reader);
    for (const [id, content] of this.sent) {
      const runs = this.agent.counts.get(content) ?? 0;
      if (runs > 1) this.figures.doubleRuns += runs - 1;
      if (runs === 0) this.figures.neverRun++;
      const echoes = reader.conversation.messages.filter((message) => message.id === id);
      const replies = answers().filter(({ metadata }) => metadata.reply_to === id);
      if (echoes.length !== 1) this.find(`${echoes.length} messages ${id}`);
      if (replies.length !== 1) this.find(`${replies.length} answers to ${id}`);
      for (const client of [tab, otherTab]) {
        const seq = client?.acknowledged.get(id) ?? 0;
        if (seq > 0) this.noteSeq(id, seq);
      }
    }
    if (reader.conversation.messages.length !== 2 * this.sent.size) {
      this.find(`${reader.conversation.messages.length} messages in the log for ${this.sent.size} that were sent`);
    }
  }

  private async orDeadline(event: Promise<void>): Promise<void> {
    const over = new Promise<void>((_, reject) => {
      this.signal.addEventListener('abort', () => reject(new Error('A message was never run.')));
    });
    await Promise.race([event, over]);
  }

  private find(sentence: string): void {
    this.figures.problems.push(sentence);
  }
}
