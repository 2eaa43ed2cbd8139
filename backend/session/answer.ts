import {
  type AnswerError,
  type AnswerStatus,
  appendDelta,
  type Delta,
  DeltaSchema,
  type DurableFrameInput,
  type Message,
  type MessageMetadata,
} from '@chat-stream/protocol';
import { defer, type Subscription } from 'rxjs';
import * as v from 'valibot';
import {
  type Agent,
  type AgentContext,
  AgentError,
  type AgentEvent,
  type AgentTurn,
  type ToolAnswer,
  type ToolDefinition,
} from '../agent/agent.js';
import { ChunkDrafts, type Draft, draft, timestamp } from './draft.js';
import type { FlushQueue } from './flush-queue.js';
import { ClientTools, type Decision, type ToolCall } from './client-tools.js';
import { Pieces } from './pieces.js';

/** What an answer needs from the session it belongs to. */
export interface AnswerHost {
  readonly flushQueue: FlushQueue;
  readonly idleTimeoutMs: number;
  /** How long an answer waits for a tool that does not run here, or for a person's approval. */
  readonly toolTimeoutMs: number;
  /** Writes frames to the session's log, in order. */
  append(drafts: readonly Draft[]): void;
  /** Called once, after the end frame was given to `append`. */
  ended(answer: Answer): void;
  /** For the operator: why an answer failed. */
  warn(message: string, cause: unknown): void;
}

/** What whoever asked can do for the answer. */
export interface AnswerClient {
  /** What they can run; default: nothing. */
  readonly tools?: readonly ToolDefinition[];
  /** Whether they can say if a call may run; default: no. */
  readonly canApprove?: boolean;
}

/** Who answers whom. */
export interface AnswerIdentity {
  readonly id: string;
  readonly sessionId: string;
  readonly replyTo: string;
  readonly agent: Agent;
}

const INTERNAL: AnswerError = {
  code: 'internal',
  message: 'Something went wrong while answering. Please try again.',
  retryable: true,
};

/**
 * One answer, from its start frame to its end frame: maps what an agent emits to the three phases. Whatever the agent
 * does (throws at once or later, emits after it completed, never completes, falls silent) there is one start and one end.
 */
export class Answer {
  readonly id: string;
  /** All text so far that is in the log. */
  text = '';
  /** All else so far that is in the log. */
  deltas: readonly Delta[] = [];

  private state: 'running' | 'ended' = 'running';
  private subscription: Subscription | undefined;
  private readonly pieces = new Pieces();
  private readonly metadata: MessageMetadata;
  private readonly textChunks: ChunkDrafts;
  private readonly startedAt = timestamp();
  private endMetadata: MessageMetadata = {};
  private endedAt = '';
  private lastSign = performance.now();
  /** All of the text as it really is, where that is not what the chunks say. */
  private corrected: string | undefined;
  private watchdog: NodeJS.Timeout | undefined;
  private tools: ClientTools | undefined;
  private canApprove = false;
  private isDraining = false;

  /** Writes the start frame. The agent begins with {@link run}. */
  constructor(
    readonly identity: AnswerIdentity,
    private readonly host: AnswerHost,
  ) {
    this.id = identity.id;
    this.metadata = { reply_to: identity.replyTo, streaming: true };
    this.textChunks = new ChunkDrafts(this.phase('chunk', this.metadata));
    host.append([draft(this.startFrame())]);
  }

  get isRunning(): boolean {
    return this.state === 'running';
  }

  /** Subscribes to the agent. Nothing happens when the answer was ended before. */
  run(given: AgentTurn, { tools = [], canApprove = false }: AnswerClient = {}): void {
    if (this.state === 'ended') return;
    this.watch();
    this.canApprove = canApprove;
    if (tools.length > 0) this.tools = this.offer(tools);
    const turn = this.tools === undefined ? given : { ...given, tools: this.tools };
    const context: AgentContext = {
      keepAlive: () => void (this.lastSign = performance.now()),
      callTool: (call) => (this.tools ??= this.offer([])).call(call),
      askApproval: (call) => (this.tools ??= this.offer([])).askApproval(call),
    };
    this.subscription = defer(() => this.identity.agent.execute(turn, context)).subscribe({
      next: (event) => this.take(event),
      error: (error: unknown) => this.fail(error),
      complete: () => this.end('complete'),
    });
    // An agent that ended the answer synchronously did so before `subscription` was there to be closed.
    if (!this.isRunning) this.subscription.unsubscribe();
  }

  /** Ends the answer, whatever the agent is doing; its work is aborted. Ending twice does nothing. */
  end(status: AnswerStatus, error?: AnswerError): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    clearTimeout(this.watchdog);
    this.tools?.close();
    this.subscription?.unsubscribe();
    if (error !== undefined) this.say(this.hasText ? `\n\n${error.message}` : error.message);
    this.flush();
    // What the chunks said stays what live clients have until the end frame: from here on it is this.
    this.text = this.corrected ?? this.text;
    this.endedAt = timestamp();
    this.endMetadata = {
      ...this.endMetadata,
      status,
      ended_at: this.endedAt,
      ...(error === undefined ? {} : { error }),
    };
    this.host.append([draft(this.endFrame())]);
    this.host.ended(this);
  }

  /**
   * The server goes down: takes no more requests, and gives what runs time to end. An answer that waits for the tools of its
   * request would only wait that time out, as what they answered can't come any more: it ends as `interrupted`, now or when it
   * begins to wait.
   */
  drain(): void {
    this.isDraining = true;
    if (this.tools?.isWaiting) this.mayWait();
  }

  /** Ends the answer as failed: an {@link AgentError} in its own words, anything else in ours. */
  fail(error: unknown): void {
    this.host.warn(`Agent ${this.identity.agent.info.name} failed`, error);
    const known = error instanceof AgentError;
    this.end('error', known ? { code: error.code, message: error.message, retryable: error.retryable } : INTERNAL);
  }

  /** Takes what a tool answered. `false`: no call with this id waits for it. */
  takeToolAnswer(callId: string, answer: ToolAnswer): boolean {
    return this.tools?.take(callId, answer) ?? false;
  }

  /**
   * Takes a person's decision on a call.
   *
   * @throws {ChatError} as {@link ClientTools.decide}.
   */
  decide(decision: Decision): void {
    (this.tools ??= this.offer([])).decide(decision);
  }

  /** The answer as a message, as far as it has come. */
  soFar(): Message {
    return { ...this.toMessage(), metadata: this.metadata };
  }

  /** The answer as a finished message, once it has ended. */
  toMessage(): Message {
    return {
      ...this.toIdentity(),
      content: this.text,
      // As live clients have it: from the start frame.
      timestamp: this.startedAt,
      metadata: { ...this.metadata, ...this.endMetadata, streaming: false },
      attachments: [],
      ...(this.deltas.length === 0 ? {} : { deltas: [...this.deltas] }),
    };
  }

  /** The frames that bring a socket that joins now to where the log is: without `seq`, as they repeat what has one. */
  catchUp(): DurableFrameInput[] {
    const deltas = this.deltas.map((delta) => this.chunkFrame('', delta));
    return [this.startFrame(), ...deltas, ...(this.text === '' ? [] : [this.chunkFrame(this.text)])];
  }

  private get hasText(): boolean {
    return (this.corrected ?? this.text) !== '' || !this.pieces.isEmpty;
  }

  private take(event: AgentEvent): void {
    if (this.state === 'ended') return;
    this.lastSign = performance.now();
    try {
      this.accept(event);
    } catch (error) {
      this.fail(error);
    }
  }

  private accept(event: AgentEvent): void {
    switch (event.type) {
      case 'refusal':
        this.endMetadata = { ...this.endMetadata, refusal: true };
        return this.addText(event.text);
      case 'text':
        return this.addText(event.text);
      case 'correction':
        return this.correct(string(event.text));
      case 'usage':
        this.endMetadata = {
          ...this.endMetadata,
          usage: { input_tokens: event.input_tokens, output_tokens: event.output_tokens },
        };
        return;
      case 'finish':
        this.endMetadata = { ...this.endMetadata, finish_reason: event.reason };
        return;
      default:
        // Reasoning comes token by token; the rest is rare enough to be checked against the schema.
        this.pieces.addDelta(event.type === 'reasoning' ? reasoning(event.text) : v.parse(DeltaSchema, event));
        this.host.flushQueue.add(this.flush);
    }
  }

  private addText(text: string): void {
    if (text === '') return;
    this.say(string(text));
    this.host.flushQueue.add(this.flush);
  }

  private say(text: string): void {
    this.pieces.addText(text);
    if (this.corrected !== undefined) this.corrected += text;
  }

  /** Chunks only add: what goes on from them is a chunk, anything else waits for the end frame. */
  private correct(text: string): void {
    this.flush();
    this.corrected = undefined;
    if (text.startsWith(this.text)) this.addText(text.slice(this.text.length));
    else this.corrected = text;
  }

  private readonly flush = (): void => {
    if (this.pieces.isEmpty) return;
    const drafts = this.pieces.take().map((piece) => {
      if (piece.type === 'text') {
        this.text += piece.text;
        return this.textChunks.draft(timestamp(), piece.text);
      }
      const delta = this.placed(piece.delta);
      this.deltas = appendDelta(this.deltas, delta);
      return draft(this.chunkFrame('', delta));
    });
    this.host.append(drafts);
  };

  /** A stored message has its text in one piece: what divides it says where in it it stands, and when it was. */
  private placed(delta: Delta): Delta {
    return delta.type === 'step' || delta.type === 'tool_result'
      ? { timestamp: timestamp(), ...delta, at: this.text.length }
      : delta;
  }

  private mayWait(): boolean {
    if (this.isDraining && this.tools?.areOfTheRequest) this.end('interrupted');
    return this.isRunning;
  }

  private offer(tools: readonly ToolDefinition[]): ClientTools {
    const sentence = 'A tool that the answer needs did not answer in time. Please try again.';
    return new ClientTools(tools, {
      timeoutMs: this.host.toolTimeoutMs,
      canApprove: () => this.canApprove,
      find: (callId) => this.callOf(callId),
      emit: (delta) => this.take(delta),
      mayWait: () => this.mayWait(),
      timedOut: () => this.fail(new AgentError('timeout', sentence, { retryable: true })),
    });
  }

  private callOf(callId: string): ToolCall | undefined {
    this.flush();
    return this.deltas.find((delta): delta is ToolCall => delta.type === 'tool_call' && delta.call_id === callId);
  }

  /** One timer for the whole answer, armed again for what is left: a token costs no timer. */
  private watch(delay = this.host.idleTimeoutMs): void {
    this.watchdog = setTimeout(() => {
      // What is waited for then is not the agent.
      if (this.tools?.isWaiting) this.lastSign = performance.now();
      const left = this.host.idleTimeoutMs - (performance.now() - this.lastSign);
      if (left > 0) this.watch(left);
      else this.fail(new AgentError('timeout', 'The answer stopped coming. Please try again.', { retryable: true }));
    }, delay);
  }

  private toIdentity() {
    const { agent, sessionId } = this.identity;
    const { name, displayName } = agent.info;
    return {
      id: this.id,
      sender: 'ai' as const,
      agent_id: name,
      agentId: name,
      agentName: displayName ?? name,
      agentType: name,
      session_id: sessionId,
    };
  }

  private phase(phase: 'start' | 'chunk' | 'end', metadata: MessageMetadata) {
    const { agent_id: _, ...identity } = this.toIdentity();
    return {
      type: 'message_stream' as const,
      ...identity,
      stream_start: phase === 'start',
      stream_chunk: phase === 'chunk',
      stream_end: phase === 'end',
      metadata,
    };
  }

  private startFrame(): DurableFrameInput {
    return { ...this.phase('start', this.metadata), timestamp: this.startedAt };
  }

  private chunkFrame(chunk: string, delta?: Delta): DurableFrameInput {
    const more = { timestamp: timestamp(), chunk, ...(delta === undefined ? {} : { delta }) };
    return { ...this.phase('chunk', this.metadata), ...more };
  }

  private endFrame(): DurableFrameInput {
    const metadata = { ...this.metadata, ...this.endMetadata, streaming: false };
    const content = this.corrected === undefined ? {} : { content: this.corrected };
    return { ...this.phase('end', metadata), timestamp: this.endedAt, ...content };
  }
}

function reasoning(text: string): Delta {
  return { type: 'reasoning', text: string(text) };
}

/** Agents in plain JavaScript can emit anything. */
function string(text: unknown): string {
  if (typeof text === 'string') return text;
  throw new TypeError(`An agent emitted text that is not a string but ${typeof text}.`);
}
