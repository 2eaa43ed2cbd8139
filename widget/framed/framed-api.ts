import type { Message } from '@chat-stream/protocol';
import type { SendOptions } from '../chat-stream.js';
import { newId } from '../connection/ids.js';
import type { ConnectionState } from '../connection/transport.js';
import type { PageTool } from '../conversation/page-tools.js';
import type { ChatStatus } from '../conversation/progress.js';
import { ChatStreamError } from '../errors.js';
import { emitterOf } from '../events.js';
import { isSessionId, notAllowed, readText } from '../settings.js';
import type { FrameSettings, Method, Question } from './frame-protocol.js';
import { FramedConversation } from './framed-conversation.js';

/** The properties that say the same as an attribute. */
const REFLECTED = {
  server: 'server',
  agent: 'agent',
  sessionAttribute: 'session-id',
  mode: 'mode',
  theme: 'theme',
  heading: 'heading',
  placeholder: 'placeholder',
  locale: 'locale',
  transport: 'transport',
  scrolling: 'scroll',
  imageHosts: 'image-hosts',
} as const;

/** The properties that have no attribute. */
const GIVEN = ['suggestions', 'strings', 'getToken', 'tools', 'renderers', 'link'] as const;

/**
 * The properties and methods of `ChatStreamElement` while the chat is in a frame of another origin. What cannot work there
 * (`link`, renderers of the page's own, `framesOf`) is reported as `chat-stream-error` `unavailable`. What the frame is
 * asked to do it does a moment later; where the element itself would throw then, the error is reported.
 */
export abstract class FramedApi extends HTMLElement {
  /** The chat in the frame. */
  protected readonly conversation = new FramedConversation({
    emit: ({ name, detail }) => void emitterOf(this)(name, detail),
    answer: (question) => this.#answer(question),
    settings: () => this.#settings(),
    ready: () => this.frameReady(),
    close: () => this.frameClosed(),
  });
  readonly #given = new Map<string, unknown>();
  readonly #reported = new Set<string>();

  constructor() {
    super();
    for (const name of [...Object.keys(REFLECTED), ...GIVEN, 'open', 'debug']) this.#takeOver(name);
  }

  /** Whether the panel of a launcher is open; default false. */
  get open(): boolean {
    return this.hasAttribute('open');
  }
  set open(open: boolean) {
    // An attribute must not be set in a constructor: a property that was set before the definition waits for the page.
    this.toggleAttribute('open', open);
  }

  /** Whether the frame shows what goes over the wire, and `chat-stream-frame` is fired; default false. */
  get debug(): boolean {
    return this.hasAttribute('debug');
  }
  set debug(debug: boolean) {
    this.toggleAttribute('debug', debug);
  }

  /** Always `undefined`: what was recorded is in the frame. */
  get framesOf(): undefined {
    return undefined;
  }

  /** The conversation, oldest first, as the frame told last: a running answer is up to a tenth of a second behind. */
  get messages(): readonly Message[] {
    return this.conversation.messages;
  }
  /** How the connection stands. `idle` until the frame is there. */
  get connectionState(): ConnectionState {
    return this.conversation.connectionState;
  }
  /** What the chat is doing. */
  get status(): ChatStatus {
    return this.conversation.status;
  }
  /** The session, once it is known. */
  get sessionId(): string | undefined {
    return this.conversation.sessionId;
  }

  /** Opens the panel of a launcher. */
  show(): void {
    this.open = true;
  }
  /** Closes the panel of a launcher. */
  hide(): void {
    this.open = false;
  }
  /** Opens or closes the panel of a launcher. */
  toggle(): void {
    this.open = !this.open;
  }

  /**
   * Sends a message as if the visitor had written it.
   *
   * @returns the message's id, once the frame has it, or `undefined` when a listener of `chat-stream-before-send` cancelled it.
   * @throws {ChatStreamError} as a rejection: `bad_message` when there is neither text nor an attachment, `unavailable`
   * where there can be no frame.
   */
  async sendMessage(text: string, options: SendOptions = {}): Promise<string | undefined> {
    const { attachments = [], agent = readText(this.getAttribute('agent')) } = options;
    if ((typeof text === 'string' && text.trim() !== '') || attachments.length > 0) {
      if (!emitterOf(this)('chat-stream-before-send', { text, attachments, agent })) return undefined;
    }
    const id = await this.#call('sendMessage', text, { attachments, agent });
    return typeof id === 'string' ? id : undefined;
  }
  /** Leaves this conversation, and begins a new one. @returns the new session's id. */
  newSession(): string {
    const id = newId();
    this.selectSession(id);
    return id;
  }
  /** Leaves this conversation, and opens another one. @throws {ChatStreamError} `bad_setting` when `id` can be no session's. */
  selectSession(id: string): void {
    if (!isSessionId(id)) throw notAllowed('session id', id, '1 to 128 printable characters');
    this.#do('selectSession', id);
  }
  /** Ends the running answer, or the one that is awaited. */
  stop(): void {
    this.#do('stop');
  }
  /** Asks the server for another answer to the same question. @param id The answer; default: the last one. */
  regenerate(id?: string): void {
    this.#do('regenerate', id);
  }
  /** Empties the view, but for a running answer. */
  clear(): void {
    this.#do('clear');
  }
  /** Puts the caret into the composer. */
  focusComposer(): void {
    this.#do('focusComposer');
  }

  /** Has a frame made, if there is none yet and the element is on a page. */
  protected abstract load(): void;
  /** The chat in the frame is there. */
  protected abstract frameReady(): void;
  /** The visitor asks, in the frame, to close the panel. */
  protected abstract frameClosed(): void;

  #call(method: Method, ...args: readonly unknown[]): Promise<unknown> {
    const done = this.conversation.call(method, ...args);
    this.load();
    return done;
  }

  #do(method: Method, ...args: readonly unknown[]): void {
    this.#call(method, ...args).catch((error: unknown) => this.report(error as ChatStreamError));
  }

  #answer(question: Question): unknown {
    if (question.about === 'send') return emitterOf(this)('chat-stream-before-send', question.detail);
    if (question.about === 'token') return (this.given('getToken') as () => unknown)();
    const tool = listOf(this.given('tools')).find((one) => (one as Partial<PageTool>)?.name === question.name);
    return (tool as PageTool).execute(question.arguments);
  }

  /** What can be sent to another window of what the page gave: anything may be in it. */
  #settings(): FrameSettings {
    const strings = Object.entries(this.given('strings') ?? {}).filter(([, text]) => typeof text === 'string');
    const plain = Object.entries(this.given('renderers') ?? {}).filter(([, one]) => one === false);
    return {
      suggestions: listOf(this.given('suggestions')).filter((text) => typeof text === 'string'),
      strings: Object.fromEntries(strings),
      hasToken: typeof this.given('getToken') === 'function',
      tools: listOf(this.given('tools')).flatMap((tool) => {
        const { name, execute } = (tool ?? {}) as Partial<PageTool>;
        return typeof name === 'string' && typeof execute === 'function' ? name : [];
      }),
      plain: plain.map(([kind]) => kind),
    };
  }

  /** What a page gave under this name, be it of use or not. */
  given(name: string): unknown {
    return this.#given.get(name);
  }

  /** Takes a value for the frame, and reports one that has no effect there once the element is on the page. */
  take(name: string, value: unknown): void {
    this.#given.set(name, value);
    this.conversation.configure();
    if (this.isConnected) this.reportUnsupported();
  }

  /** Reports what was given and has no effect, each once. */
  protected reportUnsupported(): void {
    if (this.given('link') !== undefined && this.given('link') !== null) this.report(unavailable('"link"'));
    const renderers = Object.values(this.given('renderers') ?? {});
    if (renderers.some((one) => typeof one === 'function')) this.report(unavailable('A function in "renderers"'));
  }

  /** Fires `chat-stream-error`; the same sentence only once. */
  protected report({ code, message, retryable, ref }: ChatStreamError): void {
    if (this.#reported.has(message)) return;
    this.#reported.add(message);
    emitterOf(this)('chat-stream-error', { code, message, retryable, ref });
  }

  /** A property that was set before the element was defined hides the accessor of that name. */
  #takeOver(name: string): void {
    if (!Object.hasOwn(this, name)) return;
    const value: unknown = Reflect.get(this, name);
    Reflect.deleteProperty(this, name);
    Reflect.set(this, name, value);
  }
}

for (const [property, attribute] of Object.entries(REFLECTED)) {
  Object.defineProperty(FramedApi.prototype, property, {
    configurable: true,
    enumerable: true,
    get(this: FramedApi) {
      return this.getAttribute(attribute);
    },
    set(this: FramedApi, value: unknown) {
      if (value === undefined || value === null) this.removeAttribute(attribute);
      else this.setAttribute(attribute, value as string);
    },
  });
}
for (const name of GIVEN) {
  Object.defineProperty(FramedApi.prototype, name, {
    configurable: true,
    enumerable: true,
    get(this: FramedApi) {
      return this.given(name);
    },
    set(this: FramedApi, value: unknown) {
      this.take(name, value);
    },
  });
}

function listOf(given: unknown): readonly unknown[] {
  return Array.isArray(given) ? given : [];
}

function unavailable(what: string): ChatStreamError {
  return new ChatStreamError(
    'unavailable',
    `${what} has no effect: this page does not allow what the chat needs, so it is in a frame of its server (see the console).`,
  );
}
