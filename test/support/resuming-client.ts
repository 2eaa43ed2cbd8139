import { randomUUID } from 'node:crypto';
import {
  afterClose,
  applyFrame,
  type Conversation,
  type Cursor,
  EMPTY_CONVERSATION,
  type Message,
  type ServerFrame,
} from '@chat-stream/protocol';
import { type Link, type LinkHandlers, openEventStreamLink, openWebSocketLink } from './links.js';
import { WireLedger } from './wire-ledger.js';

/** `auto`: a WebSocket, and server-sent events for as long as one connection lasts where the upgrade is refused. */
export type Transport = 'websocket' | 'sse' | 'auto';

/** How a {@link ResumingClient} finds its server, and how it behaves. */
export interface ResumingClientOptions {
  /** `http://host:port`; asked for every attempt, as a restarted server may be elsewhere. */
  readonly server: () => string;
  readonly sessionId: string;
  readonly transport: Transport;
  /** The server's heartbeat. A client that hears nothing for two of them, and longer after a silence, gives a connection up. */
  readonly heartbeatMs: number;
  readonly token?: string;
  /** The last frame of an epoch that is safe in the store, where the test can know. */
  readonly stored?: (epoch: string) => number | undefined;
  /** Ends every wait, with a description of where the client is. */
  readonly signal?: AbortSignal;
}

/** How soon a message is sent again that the server could not take just now. */
const RESEND_PAUSE_MS = 50;

/**
 * Turns of the event loop in which nothing may come either before silence counts: client and server are often one process,
 * and on a busy machine a server that had no turn yet is not a server that is gone.
 */
const PATIENCE_TURNS = 200;

/** Patience grows with each silence in a row, up to so many times: else many clients and a busy server keep each other busy. */
const MAX_PATIENCE = 16;

/** The slowest that a client comes back after attempts that failed. */
const MAX_PAUSE_MS = 80;

/**
 * A client that does what PROTOCOL.md says and no more: it says hello with its cursor, applies frames in order, comes back
 * at once when its connection is lost, goes silent or has a gap, and sends messages again, by their ids, until they are
 * acknowledged. All of it over a WebSocket or over server-sent events.
 */
export class ResumingClient implements AsyncDisposable {
  /** What a visitor sees. */
  conversation: Conversation = EMPTY_CONVERSATION;
  /** Every frame so far held against the specification. */
  readonly ledger: WireLedger;
  /** Messages that were not acknowledged yet, in the order they were written. */
  readonly outbox = new Map<string, string>();
  /** Messages that were refused for good, and why. */
  readonly refusals = new Map<string, string>();
  /** Seqs under which messages were acknowledged. */
  readonly acknowledged = new Map<string, number>();
  /** Frames without a place in the log, by type. */
  readonly said: string[] = [];
  /** Why connections were lost, in order; attempts that never got through are not in here. */
  readonly losses: string[] = [];
  /** Why attempts failed. */
  readonly failures: string[] = [];
  /** How often a session was opened or resumed. */
  sessions = 0;
  /** How many of those went on from a cursor. */
  resumed = 0;
  attempts = 0;
  /** The last frame of the log when the present session was opened. */
  seqAtOpening: number | undefined;

  private link: Link | undefined;
  private isServed = false;
  private isClosed = false;
  private avoidsWebSocket = false;
  private failed = 0;
  /** Connections in a row that were given up unheard, as a power of two. */
  private patience = 1;
  /** Signs of life, over all connections. */
  private signs = 0;
  private watchdog: NodeJS.Timeout | undefined;
  private retry: NodeJS.Timeout | NodeJS.Immediate | undefined;
  private readonly stopping = new Set<string>();
  private readonly waiting = new Set<() => void>();

  constructor(private readonly options: ResumingClientOptions) {
    this.ledger = new WireLedger(options.stored);
    options.signal?.addEventListener('abort', this.wake);
  }

  /** Opens the first connection. */
  start(): this {
    this.connect();
    return this;
  }

  /** Whether a session is open on the present connection. */
  get isOpen(): boolean {
    return this.isServed;
  }

  /** Whether everything is here that was in the log when the session was opened. */
  get isUpToDate(): boolean {
    return this.seqAtOpening !== undefined && (this.cursor?.seq ?? -1) >= this.seqAtOpening;
  }

  /** Whether the present connection, with a session open on it, is of this kind. */
  isServedBy(kind: Link['kind']): boolean {
    return this.isServed && this.link?.kind === kind;
  }

  get cursor(): Cursor | undefined {
    return this.conversation.cursor;
  }

  /** Writes a message; it is sent, also again, until it is acknowledged. Returns its id. */
  send(content: string, id: string = randomUUID()): string {
    this.outbox.set(id, content);
    if (this.isServed) this.sendNow(id, content);
    return id;
  }

  /** Stops an answer; said again after a lost connection, until its end is here. */
  stopAnswer(answerId: string): void {
    this.stopping.add(answerId);
    if (this.isServed) this.link?.stopAnswer(answerId);
  }

  /** The answer to a user message, once its start is here. */
  answerTo(messageId: string): Message | undefined {
    return this.conversation.messages.findLast(({ metadata }) => metadata.reply_to === messageId);
  }

  /** Whether the answer to a user message has ended. */
  hasEnd(messageId: string): boolean {
    return this.answerTo(messageId)?.metadata.streaming === false;
  }

  /** Forgets everything and begins anew, as a page does that is loaded again where storage is blocked. Unsent messages stay. */
  reload(): void {
    this.conversation = EMPTY_CONVERSATION;
    this.reconnect();
  }

  /** Gives the connection up and opens another. */
  reconnect(): void {
    this.link?.destroy();
    this.lost();
    this.comeBack();
  }

  /** Resolves when `isTrue` is; looked at after everything that happens. Rejects when the signal aborts. */
  async until(isTrue: () => boolean, what: string): Promise<void> {
    while (!isTrue()) {
      if (this.options.signal?.aborted) throw new Error(`Never came: ${what}. ${this.describe()}`);
      await new Promise<void>((resolve) => this.waiting.add(resolve));
    }
  }

  /** Where the client is, for a failure. */
  describe(): string {
    const { cursor, conversation, outbox, losses, failures, attempts, sessions } = this;
    return JSON.stringify({
      transport: this.options.transport,
      isServed: this.isServed,
      cursor,
      arriving: conversation.arriving,
      outbox: outbox.size,
      attempts,
      sessions,
      losses: losses.slice(-5),
      failures: failures.slice(-5),
      messages: conversation.messages.map(({ id, sender, content, metadata }) => [
        sender,
        id.slice(0, 8),
        content.length,
        metadata.status ?? metadata.streaming,
      ]),
    });
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.watchdog);
    clearTimeout(this.retry as NodeJS.Timeout);
    clearImmediate(this.retry as NodeJS.Immediate);
    this.link?.destroy();
    this.options.signal?.removeEventListener('abort', this.wake);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  private connect(): void {
    if (this.isClosed) return;
    this.attempts++;
    const { server, sessionId, transport, token, heartbeatMs } = this.options;
    const useSse = transport === 'sse' || (transport === 'auto' && this.avoidsWebSocket);
    const { cursor } = this;
    this.ledger.open(cursor);
    const target = { server: server(), sessionId, cursor, token, patienceMs: 2 * heartbeatMs * this.patience };
    // What an abandoned link still says is about a connection that is no longer ours.
    const ifOurs =
      <Args extends unknown[]>(act: (...args: Args) => void) =>
      (...args: Args): void => {
        if (this.link !== link || this.isClosed) return;
        act(...args);
        this.wake();
      };
    const handlers: LinkHandlers = {
      heard: ifOurs(() => this.heard()),
      comment: ifOurs(() => this.ledger.heartbeat()),
      frame: ifOurs((frame, eventId) => this.take(frame, eventId)),
      taken: ifOurs((id, seq) => {
        this.ledger.noteTaken(seq);
        this.acknowledge(id, seq);
      }),
      refused: ifOurs((id, code) => this.refuse(id, code)),
      lost: ifOurs((reason, opened) => {
        (opened ? this.losses : this.failures).push(reason);
        if (!this.isServed) this.failed++;
        this.avoidsWebSocket = reason === 'HTTP 403';
        this.lost();
        if (afterClose(codeOf(reason)) === 'reconnect') this.comeBack();
        else this.ledger.find('turned away', reason);
      }),
    };
    const link: Link = useSse ? openEventStreamLink(target, handlers) : openWebSocketLink(target, handlers);
    this.link = link;
    this.watchdog = setTimeout(() => void this.doubt(link), 2 * heartbeatMs * this.patience);
  }

  private heard(): void {
    this.signs++;
    this.watchdog?.refresh();
  }

  /** Gives a silent connection up, unless something comes after all. */
  private async doubt(link: Link): Promise<void> {
    const { signs } = this;
    for (let turn = 0; turn < PATIENCE_TURNS; turn++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (this.isClosed || this.link !== link || this.signs !== signs) return;
    }
    this.losses.push('silence');
    if (!this.isServed) this.failed++;
    this.patience = Math.min(2 * this.patience, MAX_PATIENCE);
    this.reconnect();
    this.wake();
  }

  private lost(): void {
    this.link = undefined;
    this.seqAtOpening = undefined;
    this.isServed = false;
    clearTimeout(this.watchdog);
  }

  /** At once; only attempts that never reached a session are spaced out. */
  private comeBack(): void {
    clearTimeout(this.retry as NodeJS.Timeout);
    clearImmediate(this.retry as NodeJS.Immediate);
    const pause = Math.min(2 ** this.failed, MAX_PAUSE_MS);
    this.retry = this.failed === 0 ? setImmediate(() => this.connect()) : setTimeout(() => this.connect(), pause);
  }

  private take(frame: ServerFrame, eventId: string | undefined): void {
    this.heard();
    this.ledger.look(frame, eventId, this.conversation);
    const result = applyFrame(this.conversation, frame);
    if (result.kind === 'gap') return this.reconnect();
    if (result.kind === 'applied') this.conversation = result.conversation;
    switch (frame.type) {
      case 'session':
        this.seqAtOpening = frame.seq;
        return this.served(frame.resumed);
      case 'message':
        if (frame.sender === 'user') this.acknowledge(frame.id, frame.seq ?? 0);
        return;
      case 'history':
        for (const { id, sender } of frame.messages) if (sender === 'user') this.acknowledge(id, 0);
        return;
      case 'message_stream':
        if (frame.stream_end) this.stopping.delete(frame.id);
        return;
      case 'error':
        if (frame.ref !== undefined) this.complained(frame.ref, frame.code, frame.retryable);
        return;
      default:
        this.said.push(frame.type);
    }
  }

  private served(resumed: boolean): void {
    this.isServed = true;
    this.failed = 0;
    this.patience = 1;
    this.sessions++;
    if (resumed) this.resumed++;
    for (const [id, content] of this.outbox) this.sendNow(id, content);
    for (const id of this.stopping) this.link?.stopAnswer(id);
  }

  private sendNow(id: string, content: string): void {
    this.ledger.noteSent(id);
    this.link?.sendMessage(id, content);
  }

  private acknowledge(id: string, seq: number): void {
    const before = this.acknowledged.get(id);
    if (before !== undefined && before > 0 && seq > 0 && before !== seq) {
      this.ledger.find('doubled', `${id} was acknowledged as ${before} and as ${seq}`);
    }
    if (this.outbox.delete(id) || seq > 0) this.acknowledged.set(id, seq);
  }

  private complained(id: string, code: string, retryable: boolean): void {
    if (!retryable) return this.refuse(id, code);
    // Not now. The connection is as good as before: what else is said on it must not be missed.
    setTimeout(() => {
      const content = this.outbox.get(id);
      if (content !== undefined && this.isServed && !this.isClosed) this.sendNow(id, content);
    }, RESEND_PAUSE_MS).unref();
  }

  private refuse(id: string, code: string): void {
    this.outbox.delete(id);
    this.refusals.set(id, code);
  }

  private readonly wake = (): void => {
    for (const resolve of this.waiting) resolve();
    this.waiting.clear();
  };
}

function codeOf(reason: string): number {
  return Number(/^closed with (\d+)$/.exec(reason)?.[1] ?? 1006);
}
