import type { Message } from '@chat-stream/protocol';
import type { ConnectionState } from '../connection/transport.js';
import type { ChatStatus } from '../conversation/progress.js';
import { ChatStreamError } from '../errors.js';
import { emitterOf } from '../events.js';
import { isSessionId, notAllowed } from '../settings.js';

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
} as const;

/** The properties that carry what no frame of another origin can be given. */
const UNSUPPORTED = ['suggestions', 'strings', 'link', 'getToken'] as const;

/**
 * The properties and methods of `ChatStreamElement` as far as they can work while the chat is in a frame of another
 * origin. What cannot is reported as `chat-stream-error` `unavailable`, or rejects with it.
 */
export abstract class FramedApi extends HTMLElement {
  readonly #given = new Map<string, unknown>();
  readonly #reported = new Set<string>();

  constructor() {
    super();
    for (const name of [...Object.keys(REFLECTED), ...UNSUPPORTED, 'open', 'debug']) this.#takeOver(name);
  }

  /** Whether the panel of a launcher is open; default false. */
  get open(): boolean {
    return this.hasAttribute('open');
  }
  set open(open: boolean) {
    // An attribute must not be set in a constructor: a property that was set before the definition waits for the page.
    this.toggleAttribute('open', open);
  }

  /** Whether the frame shows what goes over the wire; default false. Its events stay in the frame. */
  get debug(): boolean {
    return this.hasAttribute('debug');
  }
  set debug(debug: boolean) {
    this.toggleAttribute('debug', debug);
  }

  /** Always `undefined`: the frames of the wire are the frame's. */
  get framesOf(): undefined {
    return undefined;
  }

  /** Always empty: the conversation is the frame's. */
  get messages(): readonly Message[] {
    return [];
  }
  /** Always `idle`: the connection is the frame's. */
  get connectionState(): ConnectionState {
    return 'idle';
  }
  /** Always `ready`: what the chat does is the frame's. */
  get status(): ChatStatus {
    return 'ready';
  }
  /** Always `undefined`: the session is the frame's. */
  get sessionId(): string | undefined {
    return undefined;
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

  /** Puts the caret into the composer. */
  abstract focusComposer(): void;

  /** @throws {ChatStreamError} `unavailable`, as a rejection: the conversation is the frame's. */
  async sendMessage(): Promise<string | undefined> {
    throw unavailable('sendMessage()');
  }
  /** @throws {ChatStreamError} `unavailable` */
  newSession(): string {
    throw unavailable('newSession()');
  }
  /** Opens another conversation in the frame. @throws {ChatStreamError} `bad_setting` when `id` can be no session's. */
  selectSession(id: string): void {
    if (!isSessionId(id)) throw notAllowed('session id', id, '1 to 128 printable characters');
    this.setAttribute('session-id', id);
  }
  /** Has no effect, and says so. */
  stop(): void {
    this.report(unavailable('stop()'));
  }
  /** Has no effect, and says so. */
  regenerate(): void {
    this.report(unavailable('regenerate()'));
  }
  /** Has no effect, and says so. */
  clear(): void {
    this.report(unavailable('clear()'));
  }

  /** What a page gave under this name, be it of use or not. */
  given(name: string): unknown {
    return this.#given.get(name);
  }

  /** Takes a value that has no effect here, and reports it once the element is on the page. */
  take(name: string, value: unknown): void {
    this.#given.set(name, value);
    if (this.isConnected) this.reportUnsupported();
  }

  /** Reports what was given and has no effect, each once. */
  protected reportUnsupported(): void {
    for (const [name, value] of this.#given) {
      if (value !== undefined && value !== null) this.report(unavailable(`"${name}"`));
    }
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
for (const name of UNSUPPORTED) {
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

function unavailable(what: string): ChatStreamError {
  return new ChatStreamError(
    'unavailable',
    `${what} has no effect: this page does not allow what the chat needs, so it is in a frame of its server (see the console).`,
  );
}
