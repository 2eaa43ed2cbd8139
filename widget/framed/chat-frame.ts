import { ATTACH, HELLO } from './frame-protocol.js';

/** How long the chat may take to report from its frame, in milliseconds; a frame that was refused never does. */
const READY_TIMEOUT_MS = 15_000;

/** How the frame stands. `refused`: the page or the server forbids it, or nothing came. */
export type FrameState = 'loading' | 'ready' | 'refused';

/** What a frame reports. */
export interface FrameHandlers {
  /** Its state changed. */
  state(state: FrameState): void;
  /** The page in it greeted, for the first time or after it was loaded anew. @returns the port that it gets. */
  attach(): MessagePort;
}

/** The chat in a frame: finds out whether the page allows it, and greets it back. */
export class ChatFrame {
  readonly element: HTMLIFrameElement = document.createElement('iframe');
  readonly #origin: string;
  readonly #handlers: FrameHandlers;
  readonly #listening = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout>;
  #state: FrameState = 'loading';

  /** Begins to load as soon as `element` is on the page. */
  constructor(address: string, title: string, handlers: FrameHandlers) {
    this.#origin = new URL(address).origin;
    this.#handlers = handlers;
    const { signal } = this.#listening;
    addEventListener('message', (event) => this.#receive(event), { signal });
    // The only word that a page gets of its own policy: a blocked frame fires `load` as any other does.
    document.addEventListener('securitypolicyviolation', (event) => this.#judge(event), { signal });
    this.#timer = setTimeout(() => this.#become('refused'), READY_TIMEOUT_MS);
    this.element.className = 'frame';
    this.element.title = title;
    this.element.allow = 'clipboard-write';
    this.element.src = address;
  }

  /** Whether the page or the server forbids it. */
  get isRefused(): boolean {
    return this.#state === 'refused';
  }

  /** Whether the chat in it is there. */
  get isReady(): boolean {
    return this.#state === 'ready';
  }

  /** Shows the same chat with other settings; only the fragment may differ. */
  go(address: string): void {
    if (this.element.src !== address) this.element.src = address;
  }

  /** The chat in it is there. */
  ready(): void {
    this.#become('ready');
  }

  /** Ends everything that listens. */
  close(): void {
    this.#listening.abort();
    clearTimeout(this.#timer);
    this.element.remove();
  }

  #receive({ source, origin, data }: MessageEvent<unknown>): void {
    if (source === null || source !== this.element.contentWindow || origin !== this.#origin) return;
    if (data === HELLO) this.element.contentWindow?.postMessage(ATTACH, this.#origin, [this.#handlers.attach()]);
  }

  #judge({ effectiveDirective, blockedURI, disposition }: SecurityPolicyViolationEvent): void {
    const isOurs = blockedURI.startsWith(this.#origin) && /^(frame|child|default)-src$/.test(effectiveDirective);
    if (isOurs && disposition === 'enforce') this.#become('refused');
  }

  #become(state: FrameState): void {
    clearTimeout(this.#timer);
    if (this.#state === state || this.#state === 'refused') return;
    this.#state = state;
    this.#handlers.state(state);
  }
}
