import type { Message } from '@chat-stream/protocol';
import type { ChatStreamElement } from '../chat-stream.js';
import type { BeforeSendDetail } from '../events.js';
import { detailOf, readToFrame, RELAYED } from './frame-messages.js';
import type { FrameSettings, FromFrame, Outcome, Question, ToFrame } from './frame-protocol.js';

/** How long a change of the conversation that fires no event may wait before it is told, in milliseconds. */
const TELL_AFTER_MS = 100;

/** The frame's side: tells the element around it what the chat in the frame does, and does what it is asked to. */
export class Outlet {
  readonly #element: ChatStreamElement;
  readonly #port: MessagePort;
  readonly #questions = new Map<number, (answer: Outcome) => void>();
  #count = 0;
  #willTell = false;
  #told: readonly Message[] = [];
  #toldState = '';
  /** Whether the page is asked about a message: a second Enter means the same one. */
  #isAsking = false;
  #isAllowed = false;

  /** @param configured Called when the first properties are there: before that the chat may not begin. */
  constructor(element: ChatStreamElement, port: MessagePort, configured: () => void) {
    this.#element = element;
    this.#port = port;
    let isConfigured = false;
    port.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      const message = readToFrame(data);
      if (message?.type === 'call') void this.#call(message);
      if (message?.type === 'answer') this.#questions.get(message.id)?.(message);
      if (message?.type !== 'settings') return;
      this.#configure(message);
      if (!isConfigured) configured();
      isConfigured = true;
    });
    for (const name of RELAYED) {
      element.addEventListener(name, ({ detail }) => {
        this.#tellState();
        this.tell({ type: 'event', name, detail } as FromFrame);
        this.#tellSoon();
      });
    }
    element.addEventListener('chat-stream-before-send', (event) => this.#hold(event));
    port.start();
  }

  /** The chat is on the page of the frame. */
  begin(): void {
    // Whatever changes in the conversation is drawn, and there is no event for all of it.
    const { shadowRoot } = this.#element;
    const options = { subtree: true, childList: true, characterData: true };
    if (shadowRoot !== null) new MutationObserver(() => this.#tellSoon()).observe(shadowRoot, options);
    this.tell({ type: 'ready' });
  }

  /** Says something to the element around the frame. */
  tell(message: FromFrame): void {
    this.#port.postMessage(message, []);
  }

  #configure({ suggestions, strings, hasToken, tools, plain }: FrameSettings): void {
    const element = this.#element;
    element.suggestions = suggestions;
    element.strings = strings;
    element.renderers = Object.fromEntries(plain.map((kind) => [kind, false]));
    element.tools = tools.map((name) => ({
      name,
      execute: (given: unknown) => this.#ask({ about: 'tool', name, arguments: given }),
    }));
    // A page that no longer gives tokens has the visitor's own again.
    element.getToken = hasToken ? async () => (await this.#ask({ about: 'token' })) as string : undefined;
  }

  async #call({ id, method, args }: Extract<ToFrame, { type: 'call' }>): Promise<void> {
    const call = this.#element[method] as (...args: unknown[]) => unknown;
    // What the page itself sends it was asked about already.
    this.#isAllowed = true;
    try {
      const result = (async () => call.apply(this.#element, [...args]))();
      this.#isAllowed = false;
      const value = await result;
      this.#tellState();
      this.tell({ type: 'result', id, value });
    } catch (thrown) {
      this.tell({ type: 'result', id, error: detailOf(thrown, 'bad_message') });
    }
  }

  /** A page in another process cannot answer at once: the message waits in the composer until it did. */
  #hold(event: CustomEvent<BeforeSendDetail>): void {
    if (this.#isAllowed) return;
    event.preventDefault();
    if (!this.#isAsking) void this.#askToSend(event.detail);
  }

  async #askToSend(detail: BeforeSendDetail): Promise<void> {
    this.#isAsking = true;
    const isAllowed = await this.#ask({ about: 'send', detail }).catch(() => true);
    this.#isAsking = false;
    if (isAllowed === false) return;
    this.#isAllowed = true;
    const { text, attachments, agent } = detail;
    const input = this.#element.shadowRoot?.querySelector<HTMLTextAreaElement>('textarea[part~=input]');
    // From the composer, as it came: then it is empty, and has the focus.
    if (input?.value.trim() === text) input.form?.requestSubmit();
    else void this.#element.sendMessage(text, { attachments, ...(agent === undefined ? {} : { agent }) });
    this.#isAllowed = false;
  }

  async #ask(question: Question): Promise<unknown> {
    const id = ++this.#count;
    const { value, error } = await new Promise<Outcome>((resolve) => {
      this.#questions.set(id, resolve);
      this.tell({ type: 'ask', id, question });
    });
    this.#questions.delete(id);
    if (error !== undefined) throw new Error(error.message);
    return value;
  }

  #tellSoon(): void {
    if (this.#willTell) return;
    this.#willTell = true;
    setTimeout(() => {
      this.#willTell = false;
      this.#tellState();
    }, TELL_AFTER_MS);
  }

  #tellState(): void {
    const { messages, connectionState, status, sessionId } = this.#element;
    const told = this.#told;
    const changed = messages.flatMap((message, at) => (isSame(message, told[at]) ? [] : { at, message }));
    const state = [connectionState, status, sessionId, messages.length].join(' ');
    if (changed.length === 0 && state === this.#toldState) return;
    this.#told = messages;
    this.#toldState = state;
    this.tell({ type: 'state', connectionState, status, sessionId, count: messages.length, changed });
  }
}

/** A message is made anew when it changes; one that is not acknowledged yet, whenever it is asked for. */
function isSame(one: Message, other: Message | undefined): boolean {
  const delivery = one.metadata['delivery'];
  return one === other || (delivery !== undefined && delivery === other?.metadata['delivery'] && one.id === other.id);
}
