import type { Message } from '@chat-stream/protocol';
import type { ConnectionState } from '../connection/transport.js';
import type { ChatStatus } from '../conversation/progress.js';
import { ChatStreamError } from '../errors.js';
import { detailOf, readFromFrame } from './frame-messages.js';
import type { FrameSettings, FrameState, FromFrame, Method, Outcome, Question, ToFrame } from './frame-protocol.js';

/** What the element around a conversation in a frame does with what comes from there. */
export interface ConversationHost {
  /** Fires an event of the element. */
  emit(event: Extract<FromFrame, { type: 'event' }>): void;
  /** Answers a question of the frame; what it throws is told, too. */
  answer(question: Question): unknown;
  /** The properties as the page gave them. */
  settings(): FrameSettings;
  /** The chat is there. */
  ready(): void;
  /** The visitor asks, in the frame, to close the panel. */
  close(): void;
}

interface Call {
  resolve(value: unknown): void;
  reject(error: ChatStreamError): void;
}

/** The conversation in the frame, as the element around it knows it: what it says of itself, and what it is asked to do. */
export class FramedConversation {
  /** As the frame told last: while an answer is written, a tenth of a second ago. */
  messages: readonly Message[] = [];
  connectionState: ConnectionState = 'idle';
  status: ChatStatus = 'ready';
  sessionId: string | undefined;
  readonly #host: ConversationHost;
  readonly #calls = new Map<number, Call>();
  /** What was asked for before there was a frame to do it. */
  #waiting: ToFrame[] = [];
  #port: MessagePort | undefined;
  #refusal: ChatStreamError | undefined;
  #count = 0;

  constructor(host: ConversationHost) {
    this.#host = host;
  }

  /** Whether something waits for a frame. */
  get isWanted(): boolean {
    return this.#waiting.length > 0;
  }

  /** A frame greeted, for the first time or after it was loaded anew. @returns its end of the port. */
  attach(): MessagePort {
    this.detach();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      const message = readFromFrame(data);
      if (message !== undefined && this.#port === port1) this.#receive(message);
    });
    port1.start();
    this.configure();
    for (const message of this.#waiting.splice(0)) port1.postMessage(message, []);
    return port2;
  }

  /** The frame is gone. What it has not answered fails; what it told last stays, as in an element off the page. */
  detach(): void {
    if (this.#port === undefined) return;
    this.#port.close();
    this.#port = undefined;
    this.#fail(new ChatStreamError('unavailable', 'The frame of the chat was closed.'));
    const previous = this.connectionState;
    if (previous === 'idle' || previous === 'closed') return;
    this.connectionState = 'closed';
    const detail = { state: this.connectionState, previous };
    this.#host.emit({ type: 'event', name: 'chat-stream-connection', detail });
  }

  /** There will be no frame: what waits for one fails, now and from now on. */
  refuse(error: ChatStreamError): void {
    this.#refusal = error;
    this.detach();
    this.#waiting = [];
    this.#fail(error);
  }

  /** Tells the frame what the page gave. */
  configure(): void {
    this.#port?.postMessage({ type: 'settings', ...this.#host.settings() } satisfies ToFrame);
  }

  /** Has the frame do something, as soon as there is one. @throws {ChatStreamError} as a rejection. */
  call(method: Method, ...args: readonly unknown[]): Promise<unknown> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    const id = ++this.#count;
    const message: ToFrame = { type: 'call', id, method, args };
    const done = new Promise((resolve, reject) => this.#calls.set(id, { resolve, reject }));
    if (this.#port === undefined) this.#waiting.push(message);
    else this.#port.postMessage(message, []);
    return done;
  }

  #receive(message: FromFrame): void {
    if (message.type === 'ready') this.#host.ready();
    else if (message.type === 'close') this.#host.close();
    else if (message.type === 'state') this.#take(message);
    else if (message.type === 'event') this.#host.emit(message);
    else if (message.type === 'result') this.#settle(message);
    else void this.#answer(message.id, message.question);
  }

  #take({ connectionState, status, sessionId, count, changed }: FrameState): void {
    const messages = this.messages.slice(0, count);
    for (const { at, message } of changed) messages[at] = message;
    Object.assign(this, { connectionState, status, sessionId, messages });
  }

  #settle({ id, value, error }: Outcome): void {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (error === undefined) call?.resolve(value);
    else call?.reject(new ChatStreamError(error.code, error.message, error));
  }

  #fail(error: ChatStreamError): void {
    const calls = [...this.#calls.values()];
    this.#calls.clear();
    for (const call of calls) call.reject(error);
  }

  async #answer(id: number, question: Question): Promise<void> {
    const port = this.#port;
    try {
      const value: unknown = await this.#host.answer(question);
      // Throws for what cannot be sent to another window.
      port?.postMessage({ type: 'answer', id, value } satisfies ToFrame);
    } catch (thrown) {
      port?.postMessage({ type: 'answer', id, error: detailOf(thrown, 'unavailable') } satisfies ToFrame);
    }
  }
}
