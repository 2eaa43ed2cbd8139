import { randomUUID } from 'node:crypto';
import type { AgentEvent } from '@chat-stream/backend';
import { EMPTY_CONVERSATION, type Message } from '@chat-stream/protocol';
import type { Subscriber } from 'rxjs';
import { ResumingClient, type Transport } from '../support/resuming-client.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';
import type { Figures } from './figures.js';
import type { KeyedAgent } from './keyed-agent.js';
import type { Fault, Step, StreamPlan, TurnPlan, WaitFor } from './plans.js';
import type { Progress } from './progress.js';
import { type FaultService, HEARTBEAT_MS } from './service.js';
import { turns } from './stores.js';

/** Where plans are carried out. */
export interface World {
  readonly service: FaultService;
  readonly agent: KeyedAgent;
  readonly figures: Figures;
  /** Aborted when nothing more is to be learned. */
  readonly abandoned: AbortSignal;
  /** Called when something was found, while it happens. */
  readonly onFinding: (sentence: string) => void;
  /** When nothing moves any more, clients are asked where they hang. */
  readonly progress: Progress;
}

/** A client behind a network of its own. */
interface Peer {
  readonly transport: Transport;
  readonly client: ResumingClient;
  readonly proxy: TcpProxy;
  /** Done when the network lets new connections through again. */
  lifted: Promise<void>;
  /** Whether the network holds bytes back. */
  isSlowed: boolean;
}

/** What the agent says in the end, in place of what the visitor may not see. */
const FAILURE = 'Something went wrong while answering. Please try again.';

/** Carries out one plan. Returns a sentence for everything that was not as promised. */
export async function runStream(plan: StreamPlan, world: World): Promise<string[]> {
  const stream = new Stream(plan, world);
  try {
    await stream.run();
  } catch (error) {
    stream.find('other', error instanceof Error ? error.message : String(error));
  } finally {
    await stream.close();
  }
  return stream.problems;
}

class Stream {
  readonly problems: string[] = [];
  private readonly sessionId = randomUUID();
  private readonly deadline = new AbortController();
  private readonly peers: Peer[] = [];
  private readonly clients: ResumingClient[] = [];
  /** What every client must show in the end. */
  private expected: { id: string; question: string; text: string; status: string }[] = [];
  private said = '';
  private tokens = 0;

  constructor(
    private readonly plan: StreamPlan,
    private readonly world: World,
  ) {
    world.progress.stalled.addEventListener('abort', this.giveUp);
    if (world.progress.stalled.aborted) this.giveUp();
    world.abandoned.addEventListener('abort', this.giveUp);
  }

  private readonly giveUp = (): void => this.deadline.abort();

  async run(): Promise<void> {
    for (const transport of this.plan.clients) await this.addPeer(transport);
    for (const [index, turn] of this.plan.turns.entries()) await this.turn(turn, `${this.sessionId} ${index}`);
    await this.audit();
  }

  async close(): Promise<void> {
    this.world.progress.stalled.removeEventListener('abort', this.giveUp);
    this.world.abandoned.removeEventListener('abort', this.giveUp);
    this.deadline.abort();
    for (const client of this.clients) this.settle(client);
    for (const { proxy } of this.peers) await proxy.close();
  }

  find(figure: 'lost' | 'doubled' | 'reordered' | 'gaps' | 'ends' | 'other', sentence: string): void {
    this.world.figures[figure]++;
    this.problems.push(`${figure}: ${sentence}`);
    this.world.onFinding(`${figure}: ${sentence}`);
  }

  // ------------------------------------------------------------------------------------------ one question, one answer

  private async turn(plan: TurnPlan, question: string): Promise<void> {
    this.said = '';
    this.tokens = 0;
    const { id, run } = plan.forget ? await this.askAfterForgetting(question) : await this.ask(plan, question);
    for (const step of plan.steps) {
      await this.step(step, id, run);
      this.world.progress.moved();
    }
    if (plan.reloadBeforeEnd !== undefined) {
      this.reload(this.peer(plan.reloadBeforeEnd.client), undefined);
      await turns(plan.reloadBeforeEnd.turns);
    }
    if (plan.atEnd !== undefined) await this.inject(this.peer(plan.asks), plan.atEnd);
    const status = await this.end(plan, id, run);
    for (const peer of this.peers) this.calm(peer);
    await Promise.all(this.peers.map(({ lifted }) => lifted));
    for (const client of this.clients) {
      const isOver = () => client.hasEnd(id) || (run.closed && this.hasAll(client));
      await client.until(isOver, 'the end of the answer');
    }
    const text = status === 'error' ? `${this.said}${this.said === '' ? '' : '\n\n'}${FAILURE}` : this.said;
    this.expected.push({ id, question, text, status });
    this.world.figures.streams++;
    for (const client of this.clients) this.check(client);
  }

  private async ask(plan: TurnPlan, question: string) {
    const asks = this.peer(plan.asks);
    const id = asks.client.send(question);
    if (plan.atSend !== undefined) await this.inject(asks, plan.atSend);
    return { id, run: await this.orDeadline(this.world.agent.run(question), 'the run of the agent') };
  }

  /**
   * Everybody is cut off while the session begins anew and its new log grows beyond every cursor: a server that looks at
   * the number alone would go on in the middle of something else. Asked from a device with a good network.
   */
  private async askAfterForgetting(question: string) {
    const { service, agent } = this.world;
    await Promise.all(this.peers.map(({ lifted }) => lifted));
    const seen = Math.max(...this.clients.map(({ cursor }) => cursor?.seq ?? 0));
    for (const peer of this.peers) {
      this.calm(peer);
      peer.proxy.admission = 'refuse';
      peer.proxy.reset();
    }
    const response = await fetch(`${service.url}/api/chat/clear?session_id=${this.sessionId}`, { method: 'POST' });
    // A session that nobody has opened yet is not there.
    if (response.status === 200) this.expected = [];
    await response.arrayBuffer();
    const device = this.open('websocket', () => service.url);
    const id = device.send(question);
    const run = await this.orDeadline(agent.run(question), 'the run of the agent');
    await device.until(() => (device.cursor?.seq ?? 0) > 0, 'the first frame');
    while ((device.cursor?.seq ?? 0) <= seen + 1) {
      const at = device.cursor?.seq ?? 0;
      this.say(run, 1);
      await device.until(() => (device.cursor?.seq ?? 0) > at, 'a frame of the new epoch');
    }
    for (const { proxy } of this.peers) proxy.admission = 'accept';
    return { id, run };
  }

  private async step(step: Step, id: string, run: Subscriber<AgentEvent>): Promise<void> {
    if (step.step === 'say') {
      this.say(run, step.tokens);
      return turns(step.turns);
    }
    const peer = this.peer(step.client);
    if (step.waitFor !== 'go on') {
      // What is waited for must happen to a connection that is in use.
      await peer.lifted;
      await peer.client.until(() => peer.client.isOpen, 'a session');
    }
    const { sessions } = peer.client;
    if (step.step === 'reload') this.reload(peer, step.cutAfter);
    else await this.inject(peer, step.fault);
    const ends = step.step === 'reload' || this.endsConnection(step.fault, peer);
    if (!ends || step.waitFor === 'go on') return;
    // More than any cut waits for: it falls while the answer is on its way.
    for (let more = 0; step.step === 'fault' && step.fault.kind === 'cut after' && more < 12; more++) {
      if (peer.client.sessions > sessions) break;
      this.say(run, 1);
      await turns(2);
    }
    await this.waitFor(step.waitFor, peer, sessions, id);
  }

  private async waitFor(event: WaitFor, { client }: Peer, sessions: number, id: string): Promise<void> {
    if (event === 'back') await client.until(() => client.sessions > sessions, 'the next session');
    const isThere = () => client.answerTo(id)?.content === this.said || this.hasAll(client);
    if (event === 'caught up') await client.until(isThere, 'what was said');
  }

  private async end(plan: TurnPlan, id: string, run: Subscriber<AgentEvent>): Promise<string> {
    if (plan.end === 'complete') {
      run.complete();
      return 'complete';
    }
    if (plan.end === 'fail') {
      run.error(new Error('planned'));
      return 'error';
    }
    const { client } = this.peer(plan.asks);
    await client.until(() => client.answerTo(id) !== undefined, 'the start of the answer');
    client.stopAnswer(client.answerTo(id)?.id ?? '');
    return 'stopped';
  }

  /** Each token names itself, so that a text shows what is missing, twice or in the wrong place; some split a character. */
  private say(run: Subscriber<AgentEvent>, count: number): void {
    for (let token = 0; token < count; token++) {
      const number = this.tokens++;
      const filler = FILLERS[number % FILLERS.length] ?? '';
      const text = `${number % 4 === 3 ? '\udd27' : ''}‹${number}›${filler}${number % 4 === 2 ? '\ud83d' : ''}`;
      this.said += text;
      run.next({ type: 'text', text });
    }
  }

  // ---------------------------------------------------------------------------------------------------- the network

  private async addPeer(transport: Transport): Promise<void> {
    const proxy = await startTcpProxy({ port: Number(new URL(this.world.service.url).port) });
    const client = this.open(transport, () => `http://${proxy.host}`);
    const peer = { transport, client, proxy, lifted: Promise.resolve(), isSlowed: false };
    client.ledger.isSlowed = () => peer.isSlowed;
    this.peers.push(peer);
  }

  private open(transport: Transport, server: () => string, conversation = EMPTY_CONVERSATION): ResumingClient {
    const { sessionId } = this;
    const { witness } = this.world.service;
    const stored = (epoch: string) => witness.stored(sessionId, epoch);
    const { signal } = this.deadline;
    const client = new ResumingClient({ server, sessionId, transport, heartbeatMs: HEARTBEAT_MS, stored, signal });
    client.conversation = conversation;
    client.ledger.onFinding = ({ breach, detail }) => this.world.onFinding(`on the wire, ${breach}: ${detail}`);
    client.ledger.onProgress = this.world.progress.moved;
    this.clients.push(client);
    return client.start();
  }

  private peer(index: number): Peer {
    return this.peers[index % this.peers.length]!;
  }

  private reload({ client, proxy }: Peer, cutAfter: number | undefined): void {
    client.reload();
    if (cutAfter === undefined) return;
    this.world.figures.count('cut in a snapshot');
    void proxy.nextConnection().then((next) => next.set({ cutAfterBytes: cutAfter }, 'down'));
  }

  private async inject(peer: Peer, fault: Fault): Promise<void> {
    await peer.lifted;
    this.calm(peer);
    this.world.figures.count(fault.kind);
    const { proxy } = peer;
    if (!proxy.connections.some(({ open }) => open)) {
      await this.orDeadline(proxy.nextConnection(), 'the next connection');
    }
    const open = proxy.connections.filter((connection) => connection.open);
    peer.isSlowed = fault.kind === 'trickle' || fault.kind === 'delay';
    switch (fault.kind) {
      case 'reset':
        return proxy.reset();
      case 'fin':
        return proxy.fin();
      case 'black hole':
        return open.forEach((connection) => connection.set({ blackhole: true }, fault.direction));
      case 'trickle':
        return open.forEach((connection) => connection.set({ oneByteAtATime: true }, fault.direction));
      case 'delay':
        return open.forEach((connection) => connection.set({ delayMs: fault.ms }));
      case 'cut after':
        return open.forEach((connection) => connection.set({ cutAfterBytes: fault.bytes }, fault.direction));
      case 'forbid':
      case 'refuse':
      case 'hang':
        peer.lifted = this.block(peer, fault);
        proxy.reset();
    }
  }

  /** Keeps new connections out until the client has met that often enough. Does not reject: the deadline is told elsewhere. */
  private async block({ client, proxy, transport }: Peer, fault: Fault): Promise<void> {
    const { losses, failures } = client;
    const [lost, failed] = [losses.length, failures.length];
    if (fault.kind === 'hang') {
      proxy.admission = 'hang';
      const isOver = () => losses.slice(lost).includes('silence');
      await client.until(isOver, 'silence').catch(() => undefined);
    } else {
      // Only WebSockets can be forbidden, and `auto` goes round that after the first time.
      const forbids = fault.kind === 'forbid' && transport !== 'sse';
      const attempts = 'attempts' in fault && !(forbids && transport === 'auto') ? fault.attempts : 1;
      proxy.admission = forbids ? 'forbid-upgrade' : 'refuse';
      const isOver = () => failures.length >= failed + attempts || (forbids && client.isServedBy('sse'));
      await client.until(isOver, 'an attempt that fails').catch(() => undefined);
    }
    proxy.admission = 'accept';
  }

  /** Takes away what only slows a connection down. What a black hole swallowed stays lost, so that connection is left alone. */
  private calm(peer: Peer): void {
    const { proxy } = peer;
    peer.isSlowed = false;
    for (const connection of proxy.connections)
      if (connection.open) connection.set({ delayMs: 0, oneByteAtATime: false });
  }

  /** Whether a client will have to come back after this fault. */
  private endsConnection(fault: Fault, { transport }: Peer): boolean {
    if (fault.kind === 'trickle' || fault.kind === 'delay') return false;
    if (fault.kind === 'cut after') return fault.direction === 'down';
    // Nothing goes up on a stream of events that is open.
    if (fault.kind === 'black hole') return fault.direction !== 'up' || transport === 'websocket';
    return true;
  }

  // -------------------------------------------------------------------------------------------------- what was promised

  /** What a client shows against what was asked and said. */
  private check(client: ResumingClient): void {
    const { messages } = client.conversation;
    const wanted = this.expected.flatMap(({ id, question }) => [id, `answer to ${question}`]);
    if (messages.length !== wanted.length) {
      const figure = messages.length < wanted.length ? 'lost' : 'doubled';
      this.find(figure, `${messages.length} messages instead of ${wanted.length}. ${client.describe()}`);
      return;
    }
    for (const [index, { id, question, text, status }] of this.expected.entries()) {
      const asked = messages[2 * index]!;
      const answer = messages[2 * index + 1]!;
      if (asked.id !== id || asked.content !== question || answer.metadata.reply_to !== id) {
        this.find('reordered', `the messages of ${question}. ${client.describe()}`);
      }
      this.checkText(answer, text, status);
      if (answer.metadata.status !== status && !(status === 'stopped' && answer.content === text)) {
        this.find('ends', `${question} ended as ${answer.metadata.status}, not ${status}`);
      }
    }
  }

  private checkText({ content, id }: Message, text: string, status: string): void {
    // A stopped answer holds what was said until then.
    if (content === text || (status === 'stopped' && text.startsWith(content))) return;
    const numbers = [...content.matchAll(/‹(\d+)›/g)].map(([, number]) => Number(number));
    const distinct = new Set(numbers);
    const missing = [...text.matchAll(/‹(\d+)›/g)].filter(([, number]) => !distinct.has(Number(number)));
    const where = `in ${id}, ${content.length} of ${text.length} characters`;
    if (missing.length > 0) this.find('lost', `${missing.length} tokens ${where}`);
    if (distinct.size < numbers.length) this.find('doubled', `${numbers.length - distinct.size} tokens ${where}`);
    if (numbers.some((number, index) => index > 0 && number < numbers[index - 1]!)) this.find('reordered', where);
    if (missing.length === 0 && distinct.size === numbers.length) this.find('other', `the text differs ${where}`);
  }

  /** Two who come when all is over, one who reads every frame and one who gets a snapshot, find what everybody saw. */
  private async audit(): Promise<void> {
    const last = this.expected.at(-1)!;
    const epoch = this.clients[0]!.cursor!.epoch;
    const { sessionId } = this;
    const here = () => this.world.service.url;
    const reader = this.open('websocket', here, { ...EMPTY_CONVERSATION, sessionId, cursor: { epoch, seq: 0 } });
    const newcomer = this.open('sse', here);
    for (const client of [reader, newcomer]) {
      await client.until(() => client.hasEnd(last.id) || this.hasAll(client), 'the end, from the log');
      this.check(client);
    }
    const { starts, ends } = reader.ledger;
    if (starts.size !== this.expected.length || ends.size !== this.expected.length) {
      this.find('ends', `${starts.size} starts and ${ends.size} ends for ${this.expected.length} answers in the log`);
    }
    for (const { conversation } of this.clients) {
      const difference = differs(conversation.messages, reader.conversation.messages);
      if (difference !== undefined) this.find('other', `two clients differ in ${difference}`);
    }
    for (const { question } of this.expected) {
      const runs = this.world.agent.counts.get(question);
      if (runs !== 1) this.find('doubled', `${question} was run ${runs} times`);
    }
  }

  /** Whether nothing more will come: several heartbeats went by and the log had nothing else. What is not there now is lost. */
  private hasAll({ ledger }: ResumingClient): boolean {
    return ledger.hasAll && !this.world.service.witness.isWriting(this.sessionId);
  }

  /** Closes a client, and adds up what it saw. */
  private settle(client: ResumingClient): void {
    client.close();
    const { figures } = this.world;
    figures.cuts += client.losses.length;
    figures.refused += client.failures.length;
    figures.frames += client.ledger.frames;
    figures.repeats += client.ledger.repeats;
    figures.resumed += client.resumed;
    figures.snapshots += client.sessions - client.resumed;
    for (const { breach, detail } of client.ledger.findings) {
      const figure =
        breach === 'gap' ? 'gaps' : breach === 'doubled' ? 'doubled' : breach === 'phase' ? 'ends' : 'other';
      this.find(figure, `on the wire, ${breach}: ${detail}`);
    }
    for (const [id, code] of client.refusals) this.find('lost', `message ${id} was refused: ${code}`);
  }

  private async orDeadline<T>(event: Promise<T>, what: string): Promise<T> {
    const { signal } = this.deadline;
    const over = new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => {
        reject(new Error(`Never came: ${what}. ${this.clients.map((client) => client.describe()).join('\n')}`));
      });
    });
    return Promise.race([event, over]);
  }
}

/** What text is made of that something on the way might not like. */
const FILLERS = ['the ', 'über ', '\n\n', '"\\', '\u2028', '🔧', '', 'x'.repeat(700), '\u0000', '한국어', '</script>'];

/** Names that a snapshot repeats for clients of the original kind. */
const LEGACY_NAMES: ReadonlySet<string> = new Set(['agentId', 'agentType']);

/** The first field in which two clients show something else. */
function differs(one: readonly Message[], other: readonly Message[]): string | undefined {
  for (const [index, message] of one.entries()) {
    const counterpart: Message = other[index] ?? { id: '', content: '', sender: 'ai', metadata: {}, attachments: [] };
    for (const key of new Set([...Object.keys(message), ...Object.keys(counterpart)])) {
      if (LEGACY_NAMES.has(key)) continue;
      const [here, there] = [message[key], counterpart[key]].map((value) => JSON.stringify(value));
      if (here !== there)
        return `${message.sender} ${index}, ${key}: ${here?.slice(0, 200)} and ${there?.slice(0, 200)}`;
    }
  }
  return undefined;
}
