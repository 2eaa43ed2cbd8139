import { randomUUID } from 'node:crypto';
import {
  type Attachment,
  type Cursor,
  encodeFrame,
  HISTORY_LIMIT,
  type Message,
  type ServerFrameInput,
} from '@chat-stream/protocol';
import type { AgentSettings, ToolAnswer, ToolDefinition } from '../agent/agent.js';
import type { AgentRegistry } from '../agent/agent-registry.js';
import { ChatError } from '../chat-error.js';
import type { FrameLog, LoggedFrame } from '../frame-log/frame-log.js';
import type { History, SessionRecord, StoredMessage } from '../history/history.js';
import type { ResolvedOptions } from '../options.js';
import { contextOf, toAgentHistory } from './agent-context.js';
import { Answer, type AnswerHost } from './answer.js';
import { type Decision, notAsked } from './client-tools.js';
import { type Draft, draft } from './draft.js';
import type { FlushQueue } from './flush-queue.js';

/** What every session of a service shares. */
export interface SessionServices {
  readonly options: ResolvedOptions;
  readonly agents: AgentRegistry;
  readonly log: FrameLog;
  readonly history: History;
  readonly flushQueue: FlushQueue;
  readonly warn: (message: string, cause: unknown) => void;
}

/** A user message as a session takes it. */
export interface Submission {
  /** The idempotency key; a client that knows none gets one made. */
  readonly id: string | undefined;
  readonly content: string;
  /** An agent's name; unknown or absent: the default agent. */
  readonly agent: string | undefined;
  readonly attachments: readonly Attachment[];
  /** What else the client wrote; kept and echoed. Text in `context` is for the model, and no part of what was said. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** What the agent is told to do otherwise than usual. */
  readonly settings?: AgentSettings;
  /** What the sender can run for the agent. */
  readonly tools?: readonly ToolDefinition[];
  /** Whether the sender can show a call that needs an approval, and say if it may run; default: no. */
  readonly canApprove?: boolean;
}

/** What became of a submission. */
export interface Submitted {
  readonly id: string;
  /** The sequence number of its echo. */
  readonly seq: number;
  /** Set when the message was there before: its echo, to be sent to whoever sent it again. */
  readonly repeated?: LoggedFrame;
}

/** A frame without `seq` for every socket of the session, to be sent once the frame `after` was. */
export interface Notice {
  readonly after: number;
  readonly frame: ServerFrameInput;
}

/** All that a socket without a usable cursor needs, up to and including the frame `cursor`. */
export interface Snapshot {
  readonly cursor: Cursor;
  readonly frames: readonly ServerFrameInput[];
}

/** Who wants to know what happens in a session beside its frames. */
export interface SessionListener {
  /** Takes a notice. */
  notify(notice: Notice): void;
  /** The session is of no use any more: see {@link Session.hasFailed}. */
  failed(): void;
}

/** Shared: every idle session would have several of its own. */
const DONE = Promise.resolve();
const APPENDED = Promise.resolve(true);

interface Turn {
  readonly userMessageId: string;
  readonly submission: Submission;
}

/**
 * One conversation, one turn at a time. Takes messages, runs agents and writes what happens to the frame log; what
 * sockets are sent comes from there. It outlives its sockets.
 */
export class Session {
  private running: Answer | undefined;
  /** Where the running answer began: its place among the messages, also where others came before it ended. */
  private runningSeq = 0;
  private readonly queue: Turn[] = [];
  private readonly listeners = new Set<SessionListener>();
  /** Submissions run one after another: two with the same id must not both find that there is none. */
  private submitting: Promise<unknown> = DONE;
  /** The last append, and whether the log took it. The log keeps their order, so when it is done all are. */
  private appended: Promise<boolean> = APPENDED;
  /** The last write to the history; each waits for the one before. */
  private stored: Promise<void> = DONE;
  /** How many submissions, appends and history writes are under way. */
  private readonly pending = { submissions: 0, appends: 0, stores: 0 };
  /** The answer that a visitor stopped, for the moment it takes to end it. */
  private stopping: Answer | undefined;
  /** Why the session is of no use any more. */
  private failure: { readonly reason: unknown } | undefined;
  /** Whether its messages and its log are gone. */
  isForgotten = false;
  private draining = false;
  /** Called when nothing is left to answer. */
  private afterLast: (() => void) | undefined;

  constructor(
    readonly record: SessionRecord,
    private head: Cursor,
    private readonly services: SessionServices,
    /** Called when the session has nothing left to do, and when it can't go on. */
    private readonly onIdle: (session: Session) => void,
  ) {}

  get id(): string {
    return this.record.id;
  }

  /** The last frame that was given to the log. */
  get cursor(): Cursor {
    return this.head;
  }

  /**
   * Whether an answer is being written, or something is being taken or on its way to the store. A socket may be gone before
   * its message is taken: a session that was let go then would write beside the one that is opened next.
   */
  get isBusy(): boolean {
    const { submissions, appends, stores } = this.pending;
    return this.running !== undefined || this.queue.length > 0 || submissions + appends + stores > 0;
  }

  /** The id of the answer that is being written. */
  get runningId(): string | undefined {
    return this.running?.id;
  }

  /** The answer that is being written, as far as it has come. */
  get unfinished(): Message | undefined {
    return this.running?.soFar();
  }

  /** Whether anybody is there to see what happens. */
  get isWatched(): boolean {
    return this.listeners.size > 0;
  }

  /** Whether the store refused a frame, or the session was forgotten. The session is of no use then: open it again. */
  get hasFailed(): boolean {
    return this.failure !== undefined;
  }

  /** Tells `listener` what happens from now on, until {@link unlisten}. */
  listen(listener: SessionListener): void {
    this.listeners.add(listener);
  }

  /** Ends what {@link listen} began. */
  unlisten(listener: SessionListener): void {
    this.listeners.delete(listener);
  }

  /**
   * Takes a user message and starts its answer. Resolves when the message is safe; the answer goes on by itself.
   *
   * @throws {ChatError} `conflict` (the id is taken by another content), `busy` (an answer is running and the policy is `reject`),
   *   `unavailable` (the store can't write).
   */
  submit(submission: Submission): Promise<Submitted> {
    this.pending.submissions++;
    const result = this.submitting.then(() => this.accept(submission)).finally(() => this.done('submissions'));
    this.submitting = result.catch(() => undefined);
    return result;
  }

  /**
   * Ends the answer `answerId`, or the running one. Resolves when its end is in the log; an answer that has already
   * ended, or never was, is none of its business. Returns the id of the answer it ended.
   */
  async stop(answerId?: string): Promise<string | undefined> {
    const answer = this.running;
    if (answer === undefined || (answerId !== undefined && answer.id !== answerId)) return undefined;
    this.stopping = answer;
    answer.end('stopped');
    this.stopping = undefined;
    await this.settled();
    return answer.id;
  }

  /** Gives the running answer what a tool answered that ran with a client. `false`: it does not wait for this call. */
  answerTool(callId: string, answer: ToolAnswer): boolean {
    return this.running?.takeToolAnswer(callId, answer) ?? false;
  }

  /**
   * Takes a person's decision on a call that the running answer asks about.
   *
   * @throws {ChatError} `not_found` (it asks about no such call), `conflict` (it was decided otherwise before).
   */
  decide(decision: Decision): void {
    const { running } = this;
    if (running === undefined || running.id !== (decision.answerId ?? running.id)) throw notAsked(decision);
    running.decide(decision);
  }

  /** Takes no more messages. Resolves when what was taken is answered. */
  async drain(): Promise<void> {
    this.draining = true;
    this.running?.drain();
    await this.submitting;
    if (this.running === undefined && this.queue.length === 0) return;
    await new Promise<void>((resolve) => (this.afterLast = resolve));
  }

  /** Ends what is running because the server goes down. Resolves when everything is stored. */
  async shutDown(): Promise<void> {
    this.draining = true;
    this.interruptAll();
    await this.submitting;
    this.interruptAll();
    await this.settled();
  }

  /** The session was forgotten, or the server goes down: its clients must open it again. */
  retire(why: 'forgotten' | 'closing'): void {
    this.isForgotten ||= why === 'forgotten';
    this.becomeUseless(new Error(`The session is ${why}.`));
  }

  /** The newest messages and the running answer so far, for a socket that can't resume. */
  async snapshot(limit: number = HISTORY_LIMIT.default): Promise<Snapshot> {
    // Again when an answer ended between the last store and now: it would be neither running nor in the history.
    do await this.settled();
    while (this.pending.stores > 0);
    // From here to the next await nothing moves: position and running answer belong together.
    const cursor = this.head;
    const running = this.running;
    const catchUp = running?.catchUp() ?? [];
    // What a visitor has seen never disappears: nothing of this is sent before it is safe.
    if (!(await this.appended)) throw this.unavailable();
    const page = await this.services.history.page(this.id, { limit });
    const messages = page.messages
      // What came since is for the live frames to say; so is the end of the answer that was running.
      .filter(({ message, seq }) => seq <= cursor.seq && message.id !== running?.id)
      .map(({ message }) => message);
    return {
      cursor,
      frames: [
        { type: 'history', messages, has_more: page.hasMore, seq: cursor.seq, catch_up: catchUp.length },
        ...catchUp,
      ],
    };
  }

  /** A page of messages older than `before`, or the newest page. */
  async page(options: { readonly before?: string; readonly limit: number }): Promise<ServerFrameInput> {
    await this.settled();
    const page = await this.services.history.page(this.id, options);
    const messages = page.messages.map(({ message }) => message);
    const before = options.before === undefined ? {} : { before: options.before };
    return { type: 'history', messages, has_more: page.hasMore, ...before };
  }

  private async accept(submission: Submission): Promise<Submitted> {
    const { options } = this.services;
    if (submission.id !== undefined) {
      const repeated = await this.findRepeated(submission.id, submission);
      if (repeated !== undefined) return repeated;
    }
    if (this.draining) {
      throw new ChatError('unavailable', 'The server is going down: send it again in a moment.', {
        ref: submission.id,
        retryable: true,
      });
    }
    if (this.running !== undefined && options.concurrentTurns === 'reject') {
      throw new ChatError('busy', 'An answer is being written: wait for it, or stop it.', {
        ref: submission.id,
        retryable: true,
      });
    }
    if (options.concurrentTurns === 'interrupt') this.running?.end('stopped');

    const message = this.toMessage(submission);
    this.append([draft({ type: 'message', ...message })]);
    const { appended } = this;
    const seq = this.head.seq;
    this.store({ message, seq });
    const turn = { userMessageId: message.id, submission };
    if (this.running === undefined) this.start(turn);
    else this.queue.push(turn);
    if (!(await appended)) throw this.unavailable();
    return { id: message.id, seq };
  }

  private async findRepeated(id: string, submission: Submission): Promise<Submitted | undefined> {
    await this.settled();
    const known = await this.services.history.getMessage(this.id, id);
    if (known === undefined && id !== this.running?.id) return undefined;
    if (known?.message.sender !== 'user' || known.message.content !== submission.content) {
      throw new ChatError('conflict', 'A message with this id and another content is already there.', { ref: id });
    }
    const json = encodeFrame({ type: 'message', ...known.message, seq: known.seq });
    return { id, seq: known.seq, repeated: { seq: known.seq, json } };
  }

  private toMessage({ id, content, agent, attachments, metadata }: Submission): Message {
    return {
      id: id ?? randomUUID(),
      content,
      sender: 'user',
      timestamp: new Date().toISOString(),
      session_id: this.id,
      agent_id: null,
      metadata: { ...metadata, ...(agent === undefined ? {} : { agentType: agent }) },
      attachments: [...attachments],
    };
  }

  private start({ userMessageId, submission }: Turn): void {
    this.notifyTyping(true);
    const agent = this.services.agents.find(submission.agent);
    const identity = { id: randomUUID(), sessionId: this.id, replyTo: userMessageId, agent };
    const answer = new Answer(identity, this.answerHost());
    this.running = answer;
    if (this.draining) answer.drain();
    this.runningSeq = this.head.seq;
    this.runAgent(answer, submission, userMessageId).catch((error: unknown) => answer.fail(error));
  }

  private answerHost(): AnswerHost {
    const { flushQueue, options, warn } = this.services;
    return {
      flushQueue,
      idleTimeoutMs: options.idleTimeoutMs,
      toolTimeoutMs: options.toolTimeoutMs,
      append: (drafts) => this.append(drafts),
      warn: (message, cause) => warn(`${message} in session ${this.id}`, cause),
      ended: (answer) => this.afterAnswer(answer),
    };
  }

  private async runAgent(answer: Answer, submission: Submission, userMessageId: string): Promise<void> {
    await this.settled();
    const { context } = this.services.options;
    const { content, attachments, settings } = submission;
    const given = contextOf(submission.metadata);
    // One more than the window: the message that is being answered is among the newest.
    const page = await this.services.history.page(this.id, { limit: context.messages + 1 });
    const place = page.messages.findIndex(({ message }) => message.id === userMessageId);
    const before = page.messages.slice(0, place < 0 ? undefined : place).map(({ message }) => message);
    const turn = {
      sessionId: this.id,
      answerId: answer.id,
      message: {
        role: 'user' as const,
        content,
        ...(attachments.length === 0 ? {} : { attachments }),
        ...(given === undefined ? {} : { context: given }),
      },
      history: toAgentHistory(before, context),
      ...(settings === undefined ? {} : { settings }),
    };
    answer.run(turn, submission);
  }

  private afterAnswer(answer: Answer): void {
    this.running = undefined;
    this.store({ message: answer.toMessage(), seq: this.runningSeq });
    if (answer === this.stopping) this.notifyStopped();
    this.notifyTyping(false);
    const next = this.queue.shift();
    if (next !== undefined) this.start(next);
    else this.afterLast?.();
  }

  /** Every message that was taken gets its one start and one end, also those that still wait. */
  private interruptAll(): void {
    while (this.running !== undefined) this.running.end('interrupted');
  }

  /** Numbers frames and gives them to the log. Numbers are given out here and nowhere else, in the order of the calls. */
  private append(drafts: readonly Draft[]): void {
    const { epoch } = this.head;
    let { seq } = this.head;
    const frames = drafts.map((write) => ({ seq: ++seq, json: write(seq) }));
    this.head = { epoch, seq };
    this.pending.appends++;
    // Every token comes this way: the two functions are made once for the session.
    this.appended = this.services.log.append(this.id, epoch, frames).then(this.hasAppended, this.couldNotAppend);
  }

  private readonly hasAppended = (): boolean => {
    this.done('appends');
    return true;
  };

  private readonly couldNotAppend = (error: unknown): boolean => {
    this.fail(error);
    this.done('appends');
    return false;
  };

  private store(stored: StoredMessage): void {
    // The log first: what it holds can be stored again after a crash, the other way round can't.
    const { appended, stored: before } = this;
    const put = async () => {
      await before;
      if (await appended) await this.services.history.putMessage(this.id, stored);
    };
    this.pending.stores++;
    this.stored = put()
      .catch((error: unknown) => this.fail(error))
      .then(() => this.done('stores'));
  }

  /**
   * Waits until the history holds every message that has ended so far.
   *
   * @throws {ChatError} `unavailable` when the store can't write.
   */
  async settled(): Promise<void> {
    do {
      await this.stored;
    } while (this.pending.stores > 0);
    if (this.hasFailed) throw this.unavailable();
  }

  private done(kind: 'submissions' | 'appends' | 'stores'): void {
    this.pending[kind]--;
    if (!this.isBusy) this.onIdle(this);
  }

  private unavailable(): ChatError {
    const message = 'The conversation could not be stored. Please try again in a moment.';
    return new ChatError('unavailable', message, { retryable: true, cause: this.failure?.reason });
  }

  /** A frame that could not be stored leaves a hole that nothing may be written behind. */
  private fail(error: unknown): void {
    if (this.hasFailed) return;
    this.becomeUseless(error);
    this.services.warn(`Session ${this.id} could not be stored`, error);
    this.interruptAll();
    this.onIdle(this);
  }

  private becomeUseless(reason: unknown): void {
    if (this.hasFailed) return;
    this.failure = { reason };
    for (const listener of this.listeners) listener.failed();
  }

  private notifyStopped(): void {
    const message = 'Streaming interrupted by user';
    const timestamp = new Date().toISOString();
    this.notify({ type: 'stream_stopped', session_id: this.id, message, timestamp }, this.head.seq);
  }

  private notifyTyping(is_typing: boolean): void {
    const timestamp = new Date().toISOString();
    this.notify({ type: 'typing', session_id: this.id, is_typing, timestamp }, this.head.seq);
  }

  private notify(frame: ServerFrameInput, after: number): void {
    for (const listener of this.listeners) listener.notify({ after, frame });
  }
}
