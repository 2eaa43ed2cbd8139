import { applyFrame, type Attachment, CloseCode, type Conversation, EMPTY_CONVERSATION } from '@chat-stream/protocol';
import type { ClientFrameInput, Message, ServerFrame, ServerFrameOf } from '@chat-stream/protocol';
import { Connection, type ServerKind } from '../connection/connection.js';
import { newId } from '../connection/ids.js';
import { loadSse } from '../connection/lazy-sse.js';
import { LinkTransport } from '../connection/link.js';
import { serverAddress } from '../connection/server.js';
import { serverTransport } from '../connection/server-transport.js';
import type { ConnectionState, Transport } from '../connection/transport.js';
import { wire } from '../connection/wire.js';
import { ChatStreamError } from '../errors.js';
import { type ChatConfig, type ChatHost, placeOf, sameConfig } from './chat-host.js';
import { Credentials } from './credentials.js';
import { endFrame } from './end-frame.js';
import { messageFrame, Outbox } from './outbox.js';
import { LazyTools } from './lazy-tools.js';
import { type ChatStatus, isMoreText, Progress } from './progress.js';
import { questionOf, type Shown, shownMessages } from './shown.js';
import { Stops } from './stops.js';
import { Visitor } from './visitor.js';

/** How long what is written may wait for what was said before, in milliseconds. */
const RESTORE_MS = 5_000;

/**
 * A chat without a view: one conversation with one server. What the visitor wrote is kept until the server has it,
 * what the server says is applied in order, and every wait has an end.
 */
export class Chat {
  readonly #host: ChatHost;
  readonly #visitor = new Visitor();
  readonly #credentials = new Credentials(this.#visitor);
  readonly #outbox = new Outbox();
  readonly #progress: Progress;
  readonly #connection: Connection;
  #config: ChatConfig | undefined;
  #conversation: Conversation = EMPTY_CONVERSATION;
  #kind: ServerKind = 'session';
  #lastState: ConnectionState = 'idle';
  #readySession: { readonly id: string | undefined } | undefined;
  #isTyping = false;
  #notice: ChatStreamError | undefined;
  #agentName: string | undefined;
  /** The connection whose history is asked for, of a server of the original kind. */
  #restoring: object | undefined;
  readonly #stops = new Stops((frame) => this.#connection.send(frame));
  /** The tools of the page, and what the visitor decides about calls. */
  readonly calls: LazyTools;

  /** Does nothing until {@link start}. */
  constructor(host: ChatHost) {
    this.#host = host;
    this.#progress = new Progress(host.emit);
    this.#connection = this.#createConnection();
    this.calls = new LazyTools(host, (frame) => this.#connection.send(frame));
  }

  // ------------------------------------------------------------------------------------------------- what is

  /** The messages, with those that are on their way. */
  get shown(): readonly Shown[] {
    return shownMessages(this.#conversation.messages, this.#outbox.entries);
  }

  /** How the connection stands. */
  get connectionState(): ConnectionState {
    return this.#connection.state;
  }

  /** What the chat is doing. `error`: the last thing failed. */
  get status(): ChatStatus {
    if (this.hasGivenUp) return 'error';
    if (this.#running !== undefined) return 'streaming';
    if (this.#progress.waitingFor !== undefined) return 'submitted';
    const last = this.shown.at(-1);
    const failed = last?.delivery?.state === 'failed' || last?.message.metadata.status === 'error';
    return failed || this.#notice !== undefined ? 'error' : 'ready';
  }

  /** The session, once it is known. */
  get sessionId(): string | undefined {
    return this.#conversation.sessionId ?? this.#visitor.sessionId;
  }

  /** Whether the server is at work and no text is there yet. */
  get isTyping(): boolean {
    if (this.hasGivenUp) return false;
    const running = this.#running;
    if (running !== undefined) return running.content === '';
    return this.#progress.waitingFor !== undefined || this.#isTyping;
  }

  /** Why nothing works any more, or what failed last without belonging to a message. */
  get failure(): ChatStreamError | undefined {
    return this.#connection.failure ?? this.#notice;
  }

  /** Whether {@link failure} is final until someone tries again. */
  get hasGivenUp(): boolean {
    return this.#connection.failure !== undefined;
  }

  /** Whether the server has messages older than the first one here. */
  get hasOlder(): boolean {
    return this.#conversation.hasMore;
  }

  /** The name of the agent that answers, as the server says it. */
  get agentName(): string | undefined {
    return this.#agentName;
  }

  get #running(): Message | undefined {
    return this.#conversation.messages.findLast(({ metadata }) => metadata.streaming === true);
  }

  // ------------------------------------------------------------------------------------------- start and end

  /** Says whom to talk to. Another server, agent, link or session begins another conversation. */
  configure(config: ChatConfig): void {
    const before = this.#config;
    this.#config = config;
    if (before === undefined) return;
    if (sameConfig(before, config)) {
      if (config.transport !== before.transport && config.link === undefined) this.#connection.restart();
      return;
    }
    const wasActive = !['idle', 'closed'].includes(this.connectionState) || this.#connection.failure !== undefined;
    this.stop();
    this.#visitor.reset();
    this.#resetConversation();
    this.#outbox.detach();
    if (wasActive) this.start();
  }

  /** Connects, unless that was done before, or the element is on no page. */
  start(): void {
    if (this.#config === undefined || !this.#host.isOnPage()) return;
    this.#attach();
    this.#connection.start();
  }

  /** Disconnects. The conversation stays, and {@link start} goes on where it was. */
  stop(): void {
    this.#connection.stop();
    this.#visitor.detach();
  }

  #attach(): void {
    this.#visitor.attach(placeOf(this.#config), this.#config?.sessionId);
    this.#attachOutbox();
  }

  /** Brings back what was written before a reload and never reached the server. */
  #attachOutbox(): void {
    const { key, sessionId } = this.#visitor;
    const before = this.#outbox.entries;
    this.#outbox.attach(key && `${key}:outbox`, sessionId);
    if (this.#outbox.entries === before) return;
    this.#awaitOutbox();
    this.#host.changed();
  }

  // ------------------------------------------------------------------------------------------- what one does

  /** Sends a message as soon as it can be sent. @returns its id. */
  send(text: string, attachments: readonly Attachment[] = [], agent = this.#config?.agent): string {
    const id = newId();
    const message: Message = {
      id,
      content: text,
      sender: 'user',
      timestamp: new Date().toISOString(),
      session_id: this.sessionId,
      metadata: {},
      attachments: [...attachments],
    };
    this.#host.emit('chat-stream-message', { message });
    this.#enqueue(message, agent);
    return id;
  }

  /** Sends a message again that failed. Its id stays, unless the server holds another message under it. */
  retryMessage(id: string): void {
    const entry = this.#outbox.find(id);
    if (entry?.delivery.state !== 'failed') return;
    this.#outbox.remove(id);
    const isTaken = entry.delivery.error.code === 'conflict';
    this.#enqueue(isTaken ? { ...entry.message, id: newId() } : entry.message, entry.agent);
  }

  /** Tries again after the connection gave up, and puts the notice of a failure away. */
  retryConnection(): void {
    this.#notice = undefined;
    this.#credentials.accepted();
    this.#connection.retry();
    this.#host.changed();
  }

  /** Asks the question of an answer once more, as a new message: after an answer that failed. */
  askAgain(answerId: string): void {
    const question = questionOf(this.#conversation.messages, answerId);
    if (question !== undefined) this.send(question.content, question.attachments);
  }

  /** Ends the answer that runs, or the one that is waited for. */
  stopAnswer(): void {
    const waitingFor = this.#progress.waitingFor;
    if (waitingFor !== undefined && this.#outbox.find(waitingFor)?.delivery.state === 'waiting') {
      return this.#fail(
        waitingFor,
        new ChatStreamError('not_sent', 'Stopped before it was sent.', { retryable: true }),
      );
    }
    const running = this.#running;
    if (running === undefined && waitingFor === undefined) return;
    this.#stops.ask(this.#conversation.sessionId, running?.id, waitingFor, this.#kind === 'session');
  }

  /**
   * Asks for a new answer to a question that was answered.
   *
   * @param id The answer; default: the last one.
   * @throws {ChatStreamError} `not_found` without such an answer, `unavailable` without a connection.
   */
  regenerate(id?: string): void {
    const answers = this.#conversation.messages.filter(({ sender }) => sender === 'ai');
    const answer = id === undefined ? answers.at(-1) : answers.find((message) => message.id === id);
    if (answer === undefined) throw new ChatStreamError('not_found', 'There is no such answer to write again.');
    if (this.#connection.send({ type: 'regenerate', id: answer.id })) return;
    throw new ChatStreamError('unavailable', 'There is no connection.', { retryable: true });
  }

  /** Asks for the messages before the first one here. Without a connection nothing happens; one can ask again. */
  loadOlder(): void {
    const first = this.#conversation.messages[0];
    if (first !== undefined && this.hasOlder) this.#connection.send({ type: 'history', before: first.id });
  }

  /** Leaves this session, and opens another. @param id `undefined`: a new one. @returns the session's id. */
  openSession(id?: string): string {
    const sessionId = id ?? newId();
    this.#attach();
    this.#visitor.useSession(sessionId, id === undefined ? 'new' : 'page');
    this.#resetConversation();
    this.#outbox.clear();
    this.#attachOutbox();
    if (this.hasGivenUp) this.#connection.retry();
    else this.#connection.restart();
    this.#host.changed();
    return sessionId;
  }

  /** Empties the view, but for an answer that runs. The session goes on, and the server keeps what was said. */
  clear(): void {
    const messages = this.#conversation.messages.filter(({ metadata }) => metadata.streaming === true);
    this.#conversation = { ...this.#conversation, messages };
    for (const { message, delivery } of this.#outbox.entries) {
      if (delivery.state === 'failed') this.#outbox.remove(message.id);
    }
    this.#notice = undefined;
    this.#host.changed();
  }

  #enqueue(message: Message, agent: string | undefined): void {
    this.#notice = undefined;
    this.#outbox.add(message, agent, this.shown.at(-1)?.message.id);
    this.#progress.sent(message.id);
    this.#host.changed();
    if (this.connectionState === 'open') return this.#flush();
    this.start();
    // Who writes after the chat gave up wants it to try again.
    this.#connection.retry();
  }

  #flush(): void {
    // What is asked now would be in that history, under an id that only the server knows.
    if (this.#restoring !== undefined) return;
    for (const { message } of this.#outbox.waiting) {
      const entry = this.#outbox.find(message.id);
      if (entry === undefined) continue;
      // Marked first: over a link the acknowledgement may come before `send` returns.
      this.#outbox.mark(message.id, { state: 'sent' });
      if (!this.#connection.send(messageFrame(entry, this.#conversation.sessionId))) {
        if (this.#outbox.find(message.id)?.delivery.state === 'sent')
          this.#outbox.mark(message.id, { state: 'waiting' });
        return;
      }
      // A server of the original kind acknowledges nothing, and would answer twice.
      if (this.#kind === 'original') this.#acknowledgeLocally(message);
    }
  }

  #acknowledgeLocally(message: Message): void {
    this.#outbox.remove(message.id);
    this.#conversation = { ...this.#conversation, messages: [...this.#conversation.messages, message] };
    this.#host.changed();
  }

  #fail(id: string, error: ChatStreamError): void {
    this.#outbox.mark(id, { state: 'failed', error });
    this.#progress.settled(id);
    this.#report(error);
    this.#host.changed();
  }

  #report({ code, message, retryable, ref }: ChatStreamError): void {
    this.#host.emit('chat-stream-error', { code, message, retryable, ref });
  }

  #resetConversation(): void {
    this.#conversation = EMPTY_CONVERSATION;
    this.#progress.reset();
    this.#isTyping = false;
    this.#notice = undefined;
    this.#stops.reset();
    this.#readySession = undefined;
    this.#restoring = undefined;
    this.#host.changed();
  }

  // ---------------------------------------------------------------------------------------------- connection

  #createConnection(): Connection {
    return new Connection({
      transport: () => this.#transport(),
      token: () => this.#host.token(),
      hello: (token) => this.#hello(token),
      cursor: () => this.#conversation.cursor,
      frame: (frame) => this.#receive(frame),
      ready: (kind, fresh) => this.#ready(kind, fresh),
      refused: (error) => this.#refused(error),
      lost: (closeCode) => this.#lost(closeCode),
      changed: () => this.#stateChanged(),
      problem: (error) => this.#problem(error),
      see: this.#host.see,
    });
  }

  #transport(): Transport {
    const { link, server, agent, problem, transport = 'auto' } = this.#config ?? {};
    if (problem !== undefined) throw problem;
    if (link !== undefined) return new LinkTransport(link);
    return serverTransport(transport, server, () => this.#conversation.cursor, agent);
  }

  #hello(given: string | undefined): ClientFrameInput {
    const token = given ?? this.#visitor.token;
    const { sessionId, clientId } = this.#visitor;
    const { cursor } = this.#conversation;
    return {
      type: 'hello',
      protocol: 1,
      client_id: clientId,
      ...(sessionId === undefined ? {} : { session_id: sessionId }),
      ...(token === undefined ? {} : { token }),
      ...(cursor === undefined ? {} : { cursor }),
    };
  }

  #ready(kind: ServerKind, fresh: boolean): void {
    this.#kind = kind;
    this.#credentials.accepted();
    if (fresh) this.#outbox.rewind();
    const id = this.#conversation.sessionId;
    if (this.#readySession === undefined || this.#readySession.id !== id) {
      this.#readySession = { id };
      this.#host.emit('chat-stream-ready', { sessionId: id });
    }
    this.#stops.again(this.#running?.id);
    this.calls.again();
    void this.calls.look(() => this.#running);
    this.#flush();
    this.#host.changed();
  }

  #refused(error: ChatStreamError): 'retry' | 'give-up' {
    const next = this.#credentials.afterRefusal(error, this.#host.hasToken());
    if (next !== 'another-session') return next;
    this.#outbox.moveTo(undefined);
    this.#resetConversation();
    this.#awaitOutbox();
    return 'retry';
  }

  /** What was written is still to be sent, to the session that comes; what is nowhere any more has no answer to come. */
  #awaitOutbox(): void {
    const open = this.#outbox.entries.findLast(({ delivery }) => delivery.state !== 'failed');
    const waitingFor = this.#progress.waitingFor;
    if (open !== undefined) this.#progress.sent(open.message.id);
    else if (!this.#conversation.messages.some(({ id }) => id === waitingFor)) this.#progress.settled();
  }

  #lost(closeCode: number | undefined): void {
    this.#isTyping = false;
    this.#restoring = undefined;
    if (closeCode === CloseCode.tooLarge) this.#failSent(new ChatStreamError('too_large', 'The message is too long.'));
    if (this.#kind === 'original') this.#endRunning('interrupted');
    this.#host.changed();
  }

  #stateChanged(): void {
    const previous = this.#lastState;
    const state = this.#connection.state;
    if (state === previous) return;
    this.#lastState = state;
    this.#host.emit('chat-stream-connection', { state, previous });
    this.#host.changed();
  }

  #problem(error: ChatStreamError): void {
    if (this.#connection.failure !== undefined) {
      this.#outbox.failAll(error);
      this.#progress.settled();
      // An answer of a server that keeps a log goes on where it was, should someone try again.
      if (this.#kind === 'original') this.#endRunning('interrupted');
    }
    this.#report(error);
    this.#host.changed();
  }

  // -------------------------------------------------------------------------------------------------- frames

  #receive(frame: ServerFrame): void {
    switch (frame.type) {
      case 'connected':
        return this.#openOriginal(frame);
      case 'session':
        this.#sessionOpened(frame);
        break;
      case 'error':
        return this.#serverError(frame);
      case 'typing':
        return this.#typing(frame.is_typing);
      case 'stream_stopped':
        if (this.#kind === 'original') this.#endRunning('stopped');
        return;
      case 'stop_response':
        return this.#stopAnswered();
      default:
    }
    this.#apply(frame);
  }

  #stopAnswered(): void {
    const settled = this.#stops.answered();
    if (settled !== undefined) this.#progress.settled(settled);
    this.#host.changed();
  }

  #apply(frame: ServerFrame): void {
    // Before anything else: the echo of a message that was sent again is a duplicate, and an acknowledgement.
    const isOwn = this.#acknowledge(frame);
    if (this.#kind === 'original' && frame.type === 'message_stream' && frame.stream_start) {
      this.#endRunning('stopped', frame.id);
    }
    const { arriving } = this.#conversation;
    const result = applyFrame(this.#conversation, frame);
    if (result.kind === 'gap') return this.#connection.restart();
    if (result.kind !== 'applied') return isOwn ? this.#host.changed() : undefined;
    this.#conversation = result.conversation;
    const { changes } = result;
    // As nearly every frame.
    const isText = changes.length > 0 && changes.every(isMoreText);
    if (!isText) this.#progress.observe(frame, changes, result.conversation, isOwn);
    if (frame.type === 'history') this.#awaitOutbox();
    for (const { id, text } of changes.filter(isMoreText)) this.#host.appended(id, text);
    if (!isText) this.#host.changed();
    const isArrived = this.#conversation.arriving === undefined;
    if (frame.type === 'message_stream' && isArrived && (frame.delta !== undefined || arriving !== undefined)) {
      void this.calls.look(() => this.#running);
    }
  }

  #acknowledge(frame: ServerFrame): boolean {
    if (frame.type === 'message' && frame.sender === 'user') return this.#outbox.remove(frame.id);
    if (frame.type === 'history') for (const { id } of frame.messages) this.#outbox.remove(id);
    return false;
  }

  #sessionOpened(frame: ServerFrameOf<'session'>): void {
    this.#visitor.useSession(frame.session_id, 'server');
    this.#outbox.moveTo(frame.session_id);
    if (frame.token !== undefined) this.#visitor.useToken(frame.token);
    if (this.#conversation.sessionId !== undefined && this.#conversation.sessionId !== frame.session_id) {
      this.#progress.reset();
      this.#awaitOutbox();
    }
    const wanted = this.#config?.agent;
    const agent = wanted === undefined ? frame.agents[0] : frame.agents.find(({ name }) => name === wanted);
    this.#agentName = agent?.displayName ?? agent?.name;
  }

  /** The original server mints a session per socket; the one that is known already stays. */
  #openOriginal(frame: ServerFrameOf<'connected'>): void {
    const known = this.sessionId;
    const sessionId = known ?? frame.session_id;
    if (sessionId === '') return;
    if (known !== undefined) this.#restore(known);
    this.#visitor.useSession(sessionId, 'server');
    this.#outbox.moveTo(sessionId);
    this.#conversation = { ...this.#conversation, sessionId };
  }

  /** Such a server tells over HTTP what was said before. Without an answer the chat goes on with what is on screen. */
  #restore(sessionId: string): void {
    const restoring = (this.#restoring = {});
    const goOn = (history?: ServerFrame): void => {
      if (this.#restoring !== restoring) return;
      this.#restoring = undefined;
      if (history !== undefined) this.#apply(history);
      this.#flush();
    };
    const { key } = serverAddress(this.#config?.server);
    const shown = () => (this.connectionState === 'open' ? this.#conversation.messages : undefined);
    loadSse(key)
      .then(({ originalHistory }) => originalHistory(key, sessionId, shown, wire, (later) => this.#apply(later)))
      .then(goOn, () => goOn());
    // What is written waits for this, and no wait may last for ever.
    setTimeout(goOn, RESTORE_MS);
  }

  #serverError(frame: ServerFrameOf<'error'>): void {
    const { code, message, ref, retryable, retry_after_ms: retryAfterMs } = frame;
    if (ref !== undefined && this.calls.knows(ref)) return;
    const error = new ChatStreamError(code, message, { ref, retryable, retryAfterMs });
    // An error that names nothing is about what was sent last: no wait may last for ever.
    const sent = this.#outbox.entries.findLast(({ delivery }) => delivery.state === 'sent');
    const id = ref ?? sent?.message.id;
    if (id !== undefined && this.#outbox.find(id) !== undefined) {
      // Refused by a server that is about to go: the next connection sends it again.
      return code === 'unavailable' && this.#connection.isLeaving ? undefined : this.#fail(id, error);
    }
    if (ref === undefined || ref === this.#progress.waitingFor) this.#progress.settled();
    if (this.#kind === 'original') this.#endRunning('error');
    this.#notice = error;
    this.#report(error);
    this.#host.changed();
  }

  #typing(isTyping: boolean): void {
    this.#isTyping = isTyping;
    if (!isTyping && this.#kind === 'original') this.#endRunning('complete');
    this.#host.changed();
  }

  /** Ends what a server will not end any more, so that nothing waits for ever. */
  #endRunning(status: 'complete' | 'stopped' | 'error' | 'interrupted', except?: string): void {
    this.#progress.settled();
    for (const message of this.#conversation.messages) {
      if (message.metadata.streaming === true && message.id !== except) this.#apply(endFrame(message, status));
    }
  }

  #failSent(error: ChatStreamError): void {
    for (const { message, delivery } of this.#outbox.entries) {
      if (delivery.state === 'sent') this.#fail(message.id, error);
    }
  }
}
