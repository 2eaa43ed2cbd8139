import { randomUUID } from 'node:crypto';
import { EMPTY_CONVERSATION, type Message } from '@chat-stream/protocol';
import { ResumingClient, type Transport } from '../support/resuming-client.js';
import { SHIPPED_HEARTBEAT_MS } from './process.js';
import type { Progress } from './progress.js';
import { answerTo } from './upstream.js';

/** One conversation on a service that comes and goes, as those see it who look at it all the time. */
export class WatchedSession {
  readonly problems: string[] = [];
  readonly clients: readonly ResumingClient[];
  private readonly id = randomUUID();
  /** Every question that was asked, by its id, in order. */
  private readonly questions = new Map<string, string>();
  /** The text of every answer as it was on somebody's screen. */
  private readonly shown = new Map<string, string>();
  /** Questions that had been acknowledged when the service was last gone. */
  private readonly owed = new Set<string>();
  /** Where each question is in the log. */
  private readonly seqs = new Map<string, number>();

  constructor(
    private readonly server: () => string,
    private readonly progress: Progress,
    transports: readonly Transport[] = ['websocket', 'sse'],
  ) {
    this.clients = transports.map((transport) => this.open(transport));
  }

  /** Asks a question whose answer has so many tokens. Returns its id. */
  ask(client: number, tokens: number): string {
    const question = `${this.id} ${this.questions.size} tokens=${tokens}`;
    const id = this.clients[client % this.clients.length]!.send(question);
    this.questions.set(id, question);
    return id;
  }

  /** How many of the questions' answers ended so. */
  countEnds(status: string): number {
    return this.clients[0]!.conversation.messages.filter(({ metadata }) => metadata.status === status).length;
  }

  /** Remembers what is on the screens: the server is about to be gone. */
  rememberShown(): void {
    for (const client of this.clients) {
      for (const [id, seq] of client.acknowledged) if (seq > 0) this.owed.add(id);
      for (const { id, sender, content } of client.conversation.messages) {
        if (sender === 'ai' && content.length >= (this.shown.get(id)?.length ?? 0)) this.shown.set(id, content);
      }
    }
  }

  /** Resolves when every client is served again, and every question so far has its end. */
  async settled(): Promise<void> {
    for (const client of this.clients) {
      await client.until(() => client.isOpen && client.outbox.size === 0, 'a session');
      for (const id of this.questions.keys()) await client.until(() => client.hasEnd(id), 'the end of an answer');
      for (const [id, seq] of client.acknowledged) if (seq > 0) this.noteSeq(id, seq);
      this.check(client);
    }
  }

  /** Everything that had been acknowledged has its end in the log by the time the service serves again. */
  async endsAreThere(): Promise<void> {
    const client = this.clients[0]!;
    await client.until(() => client.isOpen && client.isUpToDate, 'what was missed');
    this.checkCursors(client);
    const unended = [...this.owed].filter((id) => !client.hasEnd(id));
    if (unended.length > 0) this.find(`${unended.length} questions had no end when the service began to serve`);
  }

  /** Sends a message again that was acknowledged in another life of the service. */
  async resend(pick: number): Promise<void> {
    const known = [...this.seqs];
    const [id, seq] = known[Math.floor(pick * known.length)] ?? [];
    if (id === undefined) return;
    const response = await this.post(id, this.questions.get(id) ?? '');
    const body = (await response.json()) as { seq?: number };
    if (response.status !== 202 || body.seq !== seq) {
      this.find(`${id}, taken as ${seq}, was answered with ${response.status} ${JSON.stringify(body)}`);
    }
    const conflict = await this.post(id, 'something else');
    await conflict.arrayBuffer();
    if (conflict.status !== 409) this.find(`${id} with other content was answered with ${conflict.status}`);
  }

  /** Somebody without a cursor, and somebody who reads the log from its first frame, see what the others see. */
  async audit(): Promise<void> {
    const [first] = this.clients;
    const sessionId = this.id;
    const epoch = first!.cursor!.epoch;
    const newcomer = this.open('sse');
    const reader = this.open('websocket', { ...EMPTY_CONVERSATION, sessionId, cursor: { epoch, seq: 0 } });
    for (const client of [newcomer, reader]) {
      for (const id of this.questions.keys()) await client.until(() => client.hasEnd(id), 'the end, from the store');
      this.check(client);
      const [one, other] = [first!, client].map(({ conversation }) =>
        JSON.stringify(conversation.messages.map(essence)),
      );
      if (one !== other) this.find(`a newcomer sees ${other} where others see ${one}`);
    }
    const { starts, ends } = reader.ledger;
    if (starts.size !== this.questions.size || ends.size !== this.questions.size) {
      this.find(`${starts.size} starts and ${ends.size} ends for ${this.questions.size} questions`);
    }
    for (const client of [newcomer, reader]) this.finish(client);
  }

  /** How often `counts` says that a question of this session was run more than once. */
  doubleRuns(counts: ReadonlyMap<string, number>): number {
    return [...this.questions.values()].filter((question) => (counts.get(question) ?? 0) > 1).length;
  }

  close(): void {
    for (const client of this.clients) this.finish(client);
  }

  private finish(client: ResumingClient): void {
    client.close();
    for (const { breach, detail } of client.ledger.findings) this.find(`on the wire, ${breach}: ${detail}`);
    for (const [id, code] of client.refusals) this.find(`${id} was refused: ${code}`);
    this.checkCursors(client);
  }

  /** An epoch in which nothing was written yet may begin anew: nobody has seen anything of it. */
  private checkCursors({ ledger }: ResumingClient): void {
    for (const { epoch, seq } of ledger.refusedCursors.splice(0)) {
      if (seq > 0) this.find(`the cursor ${seq} of ${epoch} was of no use`);
    }
  }

  private check(client: ResumingClient): void {
    const { messages } = client.conversation;
    if (messages.length !== 2 * this.questions.size) {
      this.find(`${messages.length} messages for ${this.questions.size} questions`);
      return;
    }
    for (const [id, question] of this.questions) {
      if (messages.filter((message) => message.id === id && message.content === question).length !== 1) {
        this.find(`the question ${id} is not there once`);
      }
      const answers = messages.filter(({ metadata }) => metadata.reply_to === id);
      if (answers.length !== 1) this.find(`${answers.length} answers to ${id}`);
      for (const answer of answers) this.checkAnswer(answer, question);
    }
  }

  private checkAnswer({ id, content, metadata }: Message, question: string): void {
    const whole = answerTo(question);
    const { status } = metadata;
    if (status !== 'complete' && status !== 'interrupted') this.find(`an answer ended as ${status}`);
    if (status === 'complete' ? content !== whole : !whole.startsWith(content)) {
      this.find(`an answer (${status}) holds ${JSON.stringify(content)} instead of ${JSON.stringify(whole)}`);
    }
    const shown = this.shown.get(id);
    if (shown !== undefined && !content.startsWith(shown)) {
      this.find(`shown, then lost: ${JSON.stringify(shown.slice(content.length))} after ${content.length} characters`);
    }
  }

  private noteSeq(id: string, seq: number): void {
    const known = this.seqs.get(id);
    if (known !== undefined && known !== seq) this.find(`${id} was acknowledged as ${known} and as ${seq}`);
    this.seqs.set(id, seq);
  }

  private post(id: string, content: string): Promise<Response> {
    return fetch(`${this.server()}/api/chat/sessions/${this.id}/messages`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ id, content }),
    });
  }

  private open(transport: Transport, conversation = EMPTY_CONVERSATION): ResumingClient {
    const { id: sessionId, server, progress } = this;
    const signal = progress.stalled;
    const client = new ResumingClient({ server, sessionId, transport, heartbeatMs: SHIPPED_HEARTBEAT_MS, signal });
    client.ledger.onProgress = progress.moved;
    client.conversation = conversation;
    return client.start();
  }

  private find(sentence: string): void {
    this.problems.push(sentence);
  }
}

/** What a visitor sees of a message. */
function essence({ id, content, sender, timestamp, metadata }: Message) {
  return { id, content, sender, timestamp, metadata };
}
