import { type ClientFrameInput, type ClientFrameOf, llamaStack, type ServerFrameInput } from '@chat-stream/protocol';
import { newId } from '../connection/ids.js';
import type { ChatStreamLink, LinkHandlers } from '../connection/transport.js';
import { AnswerFrames } from './answer.js';
import { StackRefusal, StackRequests } from './requests.js';
import { failureOf, failureOfStatus } from './sentences.js';
import { failureOfTurn, Gone, Turn } from './turn.js';
import { messagesOf } from './turns.js';

/** Where to find the agent. */
export interface LlamaStackLinkOptions {
  /** The server's base URL, without a slash at the end. */
  readonly server: string;
  /** An agent's id; default: the first one that the server lists. */
  readonly agent?: string | undefined;
  /** How long the server may be silent, in milliseconds; default 30,000. */
  readonly idleMs?: number;
}

/** Which agent, and where the server keeps its agents. */
interface Place {
  readonly prefix: string;
  readonly agentId: string;
  readonly name: string;
}

/** What the visitor and the agent said, for a server that has not heard all of it. */
interface Said {
  readonly who: 'User' | 'Assistant';
  readonly text: string;
}

/**
 * Plays the server of ours for the element, with an agent of a Llama Stack server (0.1 to 0.3) behind it: what the visitor
 * writes becomes a turn that is streamed by POST, what the turn says becomes frames.
 */
export class LlamaStackLink implements ChatStreamLink {
  readonly #options: LlamaStackLinkOptions;
  readonly #requests: StackRequests;
  readonly #ending = new AbortController();
  #handlers: LinkHandlers | undefined;
  #place: Place | undefined;
  /** The session as the element knows it, and where the server has it now. */
  #sessionId = '';
  #upstreamId = '';
  readonly #said: Said[] = [];
  /** How much of it the server has: of an answer that is stopped or breaks off it stores nothing. */
  #heard = 0;
  #turn: Turn | undefined;

  constructor(options: LlamaStackLinkOptions) {
    this.#options = options;
    this.#requests = new StackRequests(options.server, options.idleMs ?? 30_000);
  }

  connect(handlers: LinkHandlers): void {
    this.#handlers = handlers;
  }

  send(frame: ClientFrameInput): void {
    switch (frame.type) {
      case 'hello':
        this.#requests.token = frame.token;
        this.#open(frame.session_id).catch((thrown: unknown) => this.#openFailed(thrown));
        return;
      case 'message':
        void this.#ask(frame as ClientFrameOf<'message'>);
        return;
      case 'stop':
        return this.#stop(frame.id ?? undefined);
      case 'tool_result':
        return this.#turn?.toolResult(frame);
      case 'token':
        this.#requests.token = frame.token;
        return;
      case 'ping':
        return this.#say({ type: 'pong' });
      default:
        this.#say({
          type: 'error',
          code: 'bad_message',
          message: 'A Llama Stack server can’t do this.',
          ref: 'id' in frame ? (frame.id ?? undefined) : undefined,
        });
    }
  }

  close(): void {
    this.#handlers = undefined;
    this.#turn?.stop();
    this.#ending.abort();
  }

  // ------------------------------------------------------------------------------------------------- opening

  async #open(wanted: string | undefined): Promise<void> {
    const place = (this.#place = await this.#find());
    const turns = wanted === undefined ? undefined : await this.#turnsOf(wanted);
    this.#upstreamId = turns === undefined || wanted === undefined ? await this.#createSession() : wanted;
    this.#sessionId = this.#upstreamId;
    const messages = messagesOf(turns, this.#sessionId);
    for (const { sender, content } of messages)
      this.#said.push({ who: sender === 'user' ? 'User' : 'Assistant', text: content });
    this.#heard = this.#said.length;
    const agents = place.name === '' ? [] : [{ name: place.agentId, displayName: place.name }];
    this.#say({ type: 'session', session_id: this.#sessionId, epoch: newId(), seq: 0, resumed: false, agents });
    this.#say({ type: 'history', messages, has_more: false, seq: 0 });
  }

  /** Where the agents are: `/v1`, or `/v1alpha`. Servers before 0.1.7 have no list of them, and say 405. */
  async #find(): Promise<Place> {
    const { agent } = this.#options;
    for (const prefix of ['/v1', '/v1alpha']) {
      try {
        const { data } = await this.#requests.json(`${prefix}/agents`, undefined, this.#ending.signal);
        const listed = llamaStack.asList(data);
        const found = agent === undefined ? listed[0] : listed.find(({ agent_id: id }) => id === agent);
        const agentId = agent ?? llamaStack.asText(found?.['agent_id']);
        if (agentId === '') throw new Unusable('This Llama Stack server has no agents: create one there.');
        return { prefix, agentId, name: llamaStack.asText(llamaStack.asFields(found?.['agent_config'])['name']) };
      } catch (thrown) {
        if (!(thrown instanceof StackRefusal) || (thrown.status !== 404 && thrown.status !== 405)) throw thrown;
        if (thrown.status === 404) continue;
        if (agent !== undefined) return { prefix, agentId: agent, name: '' };
        throw new Unusable('This Llama Stack server does not list its agents: name one with the attribute "agent".');
      }
    }
    throw new Unusable('This server has no Llama Stack agents (they are in versions 0.1 to 0.3).');
  }

  /** `undefined` where the server does not know the session: it may have been made anew, or the id is only ours. */
  async #turnsOf(sessionId: string): Promise<unknown> {
    try {
      const session = await this.#requests.json(this.#sessionPath(sessionId), undefined, this.#ending.signal);
      return session['turns'] ?? [];
    } catch (thrown) {
      if (thrown instanceof StackRefusal && thrown.status < 500 && thrown.status !== 401 && thrown.status !== 403) {
        return undefined;
      }
      throw thrown;
    }
  }

  async #createSession(): Promise<string> {
    const body = { session_name: `chat-stream ${newId()}` };
    const { session_id: id } = await this.#requests.json(this.#sessionPath(), body, this.#ending.signal);
    if (typeof id !== 'string' || id === '') throw new Unusable('The Llama Stack server opened no session.');
    return id;
  }

  #openFailed(thrown: unknown): void {
    if (this.#ending.signal.aborted) return;
    const status = thrown instanceof StackRefusal ? thrown.status : undefined;
    const isForNow = !(thrown instanceof Unusable) && failureOfStatus(status).retryable;
    // The element comes back after a while.
    if (isForNow) return this.#handlers?.state('closed');
    const code = status === 401 ? 'unauthorized' : status === 403 ? 'forbidden' : 'not_found';
    this.#say({ type: 'error', code, message: messageOf(thrown), retryable: false });
  }

  // --------------------------------------------------------------------------------------------------- turns

  /** One turn at a time: a message that comes during an answer ends it. Never throws. */
  async #ask(frame: ClientFrameOf<'message'>): Promise<void> {
    this.#stop(undefined, false);
    const answer = new AnswerFrames(frame, this.#sessionId, (said) => this.#say(said));
    this.#say({ type: 'typing', is_typing: true });
    let turn = (this.#turn = new Turn(this.#requests, answer));
    try {
      let reason: string;
      try {
        reason = await turn.run(this.#turnPath(), this.#messages(frame.content));
      } catch (thrown) {
        if (!(thrown instanceof Gone) || turn.isStopped) throw thrown;
        turn = this.#turn = new Turn(this.#requests, answer);
        this.#heard = 0;
        this.#upstreamId = await this.#createSession();
        reason = await turn.run(this.#turnPath(), this.#messages(frame.content));
      }
      answer.end('complete', { finish_reason: reason });
      this.#remember(frame.content, answer.text, true);
    } catch (thrown) {
      this.#failed(thrown, frame, turn, answer);
    }
    if (this.#turn !== turn) return;
    this.#turn = undefined;
    this.#say({ type: 'typing', is_typing: false });
  }

  #failed(thrown: unknown, frame: ClientFrameOf<'message'>, turn: Turn, answer: AnswerFrames): void {
    // Who stopped it has written its end.
    if (turn.isStopped) return;
    if (!answer.hasBegun) return this.#refused(thrown, frame);
    answer.end('error', { error: failureOfTurn(thrown) });
    this.#remember(frame.content, answer.text, false);
  }

  /** The question never got through: it can be sent again. */
  #refused(thrown: unknown, { id }: ClientFrameOf<'message'>): void {
    const { message, retryable } = thrown instanceof StackRefusal ? failureOf(thrown) : failureOfStatus(undefined);
    this.#say({ type: 'error', code: 'unavailable', message, retryable, ref: id });
  }

  #stop(id: string | undefined, isAsked = true): void {
    const turn = this.#turn;
    const isMeant = turn !== undefined && !turn.isStopped && (id === undefined || id === turn.answer.id);
    if (isMeant) {
      turn.stop();
      turn.answer.end('stopped');
      this.#remember(turn.answer.question, turn.answer.text, false);
    }
    const answer = isMeant ? { id: turn.answer.id } : {};
    if (isAsked) this.#say({ type: 'stop_response', success: true, session_id: this.#sessionId, ...answer });
  }

  #remember(question: string, answer: string, isHeard: boolean): void {
    this.#said.push({ who: 'User', text: question });
    if (answer !== '') this.#said.push({ who: 'Assistant', text: answer });
    if (isHeard) this.#heard = this.#said.length;
  }

  /** What the server has not heard of the conversation goes first, as text: a turn takes no messages of an assistant. */
  #messages(content: string): { role: 'user'; content: string }[] {
    const missed = this.#said.slice(this.#heard).map(({ who, text }) => `${who}: ${text}`);
    const before =
      missed.length === 0 ? [] : [['This is the conversation so far; go on with it.', ...missed].join('\n\n')];
    return [...before, content].map((text) => ({ role: 'user', content: text }));
  }

  // ------------------------------------------------------------------------------------------------- details

  #sessionPath(sessionId?: string): string {
    const { prefix, agentId } = this.#place ?? { prefix: '', agentId: '' };
    const path = `${prefix}/agents/${encodeURIComponent(agentId)}/session`;
    return sessionId === undefined ? path : `${path}/${encodeURIComponent(sessionId)}`;
  }

  #turnPath(): string {
    return `${this.#sessionPath(this.#upstreamId)}/turn`;
  }

  #say(frame: ServerFrameInput): void {
    this.#handlers?.frame(frame);
  }
}

/** What no second try mends. The sentence is for whoever sets the page up. */
class Unusable extends Error {
  override readonly name = 'Unusable';
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Unusable ? thrown.message : failureOf(thrown).message;
}
