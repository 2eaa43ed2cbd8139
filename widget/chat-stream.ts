import { type Attachment, type Message } from '@chat-stream/protocol';
import { html, nothing, type TemplateResult } from 'lit/html.js';
import { chatStreamStyles } from './chat-stream.styles.js';
import type { ChatStreamLink, ConnectionState } from './connection/transport.js';
import { serverAddress } from './connection/server.js';
import { Chat } from './conversation/chat.js';
import type { PageTool } from './conversation/page-tools.js';
import type { ChatStatus } from './conversation/progress.js';
import { publicMessages } from './conversation/shown.js';
import { type ElementSettings, readElementSettings } from './element-settings.js';
import { ChatStreamError, type ChatStreamErrorCode, reasonOf } from './errors.js';
import { type Emit, emitterOf, type FrameDetail } from './events.js';
import { Debugging } from './lazy/debugging.js';
import { BlockRenderers } from './lazy/renderers.js';
import type { Renderers } from './markdown/block-view.js';
import { isSessionId, notAllowed, readText } from './settings.js';
import { type ChatStreamStrings, withStrings } from './strings.js';
import { Announcer } from './ui/announcer.js';
import { Composer } from './ui/composer.js';
import { Copier } from './ui/copier.js';
import { Disclosure } from './ui/disclosure.js';
import { DrawnElement } from './ui/drawn-element.js';
import { renderEmpty, renderFailure, renderHeader, renderLauncher, renderStatus } from './ui/frame.js';
import type { MessageActions } from './ui/message.js';
import { narrate } from './ui/narrate.js';
import { Transcript } from './ui/transcript.js';

/** What can go with a message. */
export interface SendOptions {
  /** References to files, as the server knows them; default none. */
  readonly attachments?: readonly Attachment[];
  /** An agent's name; default: the attribute `agent`. */
  readonly agent?: string;
}

/**
 * `<chat-stream>`: a chat that shows an answer while it is written, comes back by itself when the connection was lost,
 * and goes on exactly where it was.
 *
 * All events are declared in `ChatStreamEventDetails`; all of them bubble and are composed. A wrong setting never
 * throws into the page: it is reported as `chat-stream-error` with the code `bad_setting`.
 */
export class ChatStreamElement extends DrawnElement {
  static override readonly styles = chatStreamStyles;

  static override readonly properties = {
    server: {},
    agent: {},
    sessionAttribute: { attribute: 'session-id' },
    mode: { reflect: true },
    open: { isFlag: true, reflect: true },
    theme: { reflect: true },
    heading: {},
    placeholder: {},
    locale: {},
    transport: {},
    scrolling: { attribute: 'scroll' },
    suggestions: { attribute: false },
    strings: { attribute: false },
    imageHosts: { attribute: 'image-hosts' },
    renderers: { attribute: false },
    link: { attribute: false },
    debug: { isFlag: true },
  } as const;

  /** The server's URL; default: the origin of the script that defined the element. */
  declare server: string | null | undefined;
  /** The name of the agent that answers; default: the server's first. */
  declare agent: string | null | undefined;
  /** The attribute `session-id`: the session to open. Default: this browser's last one, or a new one. */
  declare sessionAttribute: string | null | undefined;
  /** Where the chat shows: `inline` (default), `launcher`, `fullscreen`. */
  declare mode: string | null | undefined;
  /** Whether the panel of a launcher is open; default false. */
  declare open: boolean;
  /** Which colours: `auto` (default), `light`, `dark`. */
  declare theme: string | null | undefined;
  /** The title; default: the agent's name. `inline` has a header only with a title. */
  declare heading: string | null | undefined;
  /** What stands in the empty composer; default: `strings.placeholder`. */
  declare placeholder: string | null | undefined;
  /** The language that the texts are in, as a BCP 47 tag: screen readers pronounce by it. */
  declare locale: string | null | undefined;
  /**
   * How to reach the server. `auto` (default): over a WebSocket; where none gets through within 1.5 s and requests do, over
   * server-sent events and requests, which is remembered for an hour. `websocket`, `sse`: always that one. A change goes on
   * with the conversation the other way. `llama-stack`: `server` is a Llama Stack server (0.1 to 0.3), `agent` an agent's id.
   */
  declare transport: string | null | undefined;
  /** The attribute `scroll` (elements have a method of that name): `follow` (default), `anchor`, `off`. */
  declare scrolling: string | null | undefined;
  /** Questions that an empty conversation offers as buttons; default none. */
  declare suggestions: readonly string[] | undefined;
  /** Words of the page's own, by key; what is left out stays English. */
  declare strings: Partial<ChatStreamStrings> | undefined;
  /**
   * What draws blocks of answers, by kind: the word behind a fence, `math`, `code` for all other fences. `false` leaves
   * such blocks plain text. Default: `code`, `math` and `mermaid` are drawn by parts of ours that load when needed.
   */
  declare renderers: Renderers | undefined;
  /**
   * The attribute `image-hosts`: the hosts that images in answers may be loaded from, separated by spaces, such as
   * `img.example.com *.example.org`. Default: none; an image is a link that names its host.
   */
  declare imageHosts: string | null | undefined;
  /** A transport of the page's own, instead of a server. */
  declare link: ChatStreamLink | undefined;
  /**
   * For developers; default false. Shows what goes over the wire, with times, in a panel above the transcript, and fires
   * `chat-stream-frame` for each frame. Loads `chat-stream-debug.js`; frames that come before it is there are not lost.
   * Everyone who sees the page sees the frames, the text of the messages included; tokens are masked.
   */
  declare debug: boolean;
  /**
   * The newest 5,000 frames, oldest first, as `chat-stream-frame` told them. There only while {@link debug} is set and
   * `chat-stream-debug.js` is there.
   *
   * @param messageId Only those of this answer, with its question and what was refused, or of this question.
   * @example copy($0.framesOf($0.messages.at(-1).id)) // in the console of the developer tools
   */
  declare framesOf: ((messageId?: string) => readonly FrameDetail[]) | undefined;
  /** Gives the token for each attempt to connect, afresh; default: the server's visitor token. */
  getToken: (() => string | Promise<string>) | undefined;

  /** What runs in the page when an agent calls it; default none. */
  tools: readonly PageTool[] | undefined;

  readonly #emit: Emit = emitterOf(this);
  readonly #announcer = new Announcer();
  readonly #chat: Chat;
  readonly #transcript = new Transcript(
    () => this.requestUpdate(),
    () => this.#announcer.flush(),
    {
      renderer: (kind) => this.#renderers.find(kind),
      parts: () => this.#renderers.parts,
      calls: () => this.#chat.calls.tools,
      say: (sentence) => this.#announcer.say(sentence),
      hasMath: () => this.#settings.renderers['math'] !== false,
      imageHosts: () => this.#settings.imageHosts,
      words: () => this.#words,
      canCopy: () => this.#copier.isPossible,
      copy: (text) => this.#copier.write(text),
    },
  );
  readonly #renderers = new BlockRenderers({
    own: () => this.#settings.renderers,
    changed: () => this.#transcript.renderersChanged(),
    failed: (kind, thrown) => this.#fail('renderer_failed', `The renderer for "${kind}" threw`, thrown),
    server: () => serverAddress(this.#settings.chat.server).key,
    words: () => this.#words,
  });
  readonly #composer: Composer;
  readonly #disclosure: Disclosure;
  readonly #debugging = new Debugging(this);
  readonly #copier = new Copier(() => this.requestUpdate());
  #settings: ElementSettings = readElementSettings(this);
  #reported: readonly string[] = [];
  #words: ChatStreamStrings = withStrings(undefined);

  constructor() {
    super();
    this.open = this.debug = false;
    this.#chat = new Chat({
      emit: (name, detail) => {
        narrate(this.#announcer, this.#words, name, detail);
        return this.#emit(name, detail);
      },
      changed: () => this.requestUpdate(),
      appended: (id, text) => {
        this.#transcript.append(id, text);
        this.#announcer.grow(text);
      },
      token: () => this.getToken?.(),
      tools: () => this.tools,
      loadParts: () => this.#renderers.load('parts'),
      isOnPage: () => this.isConnected,
      hasToken: () => this.getToken !== undefined,
      see: this.#debugging.see,
    });
    this.#composer = new Composer({
      submit: (text) => this.#submit(text, {}) !== undefined,
      stop: () => this.stop(),
      changed: () => this.requestUpdate(),
    });
    this.#disclosure = new Disclosure(this, () => this.#settings.mode === 'launcher');
  }

  // ------------------------------------------------------------------------------------- what a page may read

  /** The conversation, oldest first. What the server has not acknowledged says so in `metadata.delivery`. */
  get messages(): readonly Message[] {
    return publicMessages(this.#chat.shown);
  }

  /** How the connection stands. */
  get connectionState(): ConnectionState {
    return this.#chat.connectionState;
  }

  /** What the chat is doing. */
  get status(): ChatStatus {
    return this.#chat.status;
  }

  /** The session, once it is known. */
  get sessionId(): string | undefined {
    return this.#chat.sessionId;
  }

  // --------------------------------------------------------------------------------------- what a page may do

  /**
   * Sends a message as if the visitor had written it; over a lost connection as soon as it is back.
   *
   * @returns the message's id, or `undefined` when a listener of `chat-stream-before-send` cancelled it.
   * @throws {ChatStreamError} `bad_message` (as a rejection) when there is neither text nor an attachment.
   */
  async sendMessage(text: string, options: SendOptions = {}): Promise<string | undefined> {
    const isBlank = typeof text !== 'string' || text.trim() === '';
    if (isBlank && (options.attachments ?? []).length === 0) {
      throw new ChatStreamError('bad_message', 'sendMessage needs a text that is not blank, or an attachment.');
    }
    this.#configure();
    return this.#submit(text, options);
  }

  /** Ends the running answer, or the one that is awaited; what was written of it stays. Without one, nothing happens. */
  stop(): void {
    this.#chat.stopAnswer();
  }

  /**
   * Asks the server for another answer to the same question.
   *
   * @param id The answer; default: the last one.
   * @throws {ChatStreamError} `not_found` without such an answer, `unavailable` without a connection.
   */
  regenerate(id?: string): void {
    this.#chat.regenerate(id);
  }

  /** Leaves this conversation, and begins a new one. @returns the new session's id. */
  newSession(): string {
    this.#configure();
    return this.#chat.openSession();
  }

  /**
   * Leaves this conversation, and opens another one.
   *
   * @throws {ChatStreamError} `bad_setting` when `id` can be no session's.
   */
  selectSession(id: string): void {
    if (!isSessionId(id)) throw notAllowed('session id', id, '1 to 128 printable characters');
    this.#configure();
    if (id !== this.sessionId) this.#chat.openSession(id);
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
  focusComposer(): void {
    this.#composer.focus();
  }

  /** Empties the view, but for a running answer. The session goes on, and the server keeps what was said. */
  clear(): void {
    this.#chat.clear();
  }

  // ------------------------------------------------------------------------------------------------ lifecycle

  override connectedCallback(): void {
    super.connectedCallback();
    // Draws, and connects: see `updated`.
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    // An element that is only moved, or mounted twice as React's StrictMode does, is back before this runs.
    queueMicrotask(() => {
      if (!this.isConnected) this.#disconnect();
    });
  }

  protected override willUpdate(): void {
    this.#words = withStrings(this.strings);
    this.#configure();
    // A launcher that was never opened costs its visitors no connection.
    const isShown = this.#settings.mode !== 'launcher' || this.open;
    this.#debugging.set(this.debug, this.#settings.chat.server);
    if (isShown && this.isConnected) this.#chat.start();
    this.#disclosure.beforeDrawing();
  }

  protected override updated(changed: ReadonlyMap<string, unknown>): void {
    this.#disclosure.drawn();
    this.#transcript.updated();
    if (changed.has('open') && (changed.get('open') !== undefined || this.open)) {
      this.#emit('chat-stream-toggle', { open: this.open });
    }
  }

  protected override drawingFailed(thrown: unknown): void {
    this.#fail('drawing_failed', 'The chat could not be drawn', thrown);
  }

  #disconnect(): void {
    this.#chat.stop();
    this.#transcript.disconnect();
    this.#announcer.clear();
    this.#copier.disconnect();
  }

  // ------------------------------------------------------------------------------------------------- behaviour

  /** Takes in what the page set: what is wrong is reported once, and has its default. */
  #configure(): void {
    this.#settings = readElementSettings(this);
    const { problems, chat } = this.#settings;
    const before = this.#reported;
    this.#reported = problems.map(({ message }) => message);
    for (const { code, message, retryable, ref } of problems) {
      if (!before.includes(message)) this.#emit('chat-stream-error', { code, message, retryable, ref });
    }
    this.#chat.configure(chat);
  }

  #fail(code: ChatStreamErrorCode, what: string, thrown: unknown): void {
    const message = `${what}: ${reasonOf(thrown)}`;
    this.#emit('chat-stream-error', { code, message, retryable: false, ref: undefined });
  }

  #submit(text: string, { attachments = [], agent = this.#settings.chat.agent }: SendOptions): string | undefined {
    if (!this.#emit('chat-stream-before-send', { text, attachments, agent })) return undefined;
    const id = this.#chat.send(text, attachments, agent);
    this.#transcript.bring(id);
    return id;
  }

  readonly #actions: MessageActions = {
    resend: (id) => this.#chat.retryMessage(id),
    askAgain: (id) => this.#chat.askAgain(id),
    copy: (id) => void this.#copy(id),
  };

  async #copy(id: string): Promise<void> {
    const message = this.messages.find((other) => other.id === id);
    if (message === undefined) return;
    if (await this.#copier.copy(id, message.content)) this.#announcer.say(this.#words.copied);
  }

  // ------------------------------------------------------------------------------------------------- rendering

  protected override render(): TemplateResult {
    const isLauncher = this.#settings.mode === 'launcher';
    return html`<div
      class="root"
      data-theme=${this.#settings.theme}
      lang=${readText(this.locale) ?? nothing}
      @keydown=${this.#disclosure.onKey}
    >
      ${this.#renderPanel(isLauncher)}
      ${isLauncher ? renderLauncher(this.open, this.#words, () => this.toggle()) : nothing} ${this.#announcer.element}
    </div>`;
  }

  #renderPanel(isLauncher: boolean): TemplateResult {
    const chat = this.#chat;
    const words = this.#words;
    const { status, failure } = chat;
    return html`<section
      id="panel"
      class="panel"
      part="panel"
      role=${isLauncher ? 'dialog' : 'region'}
      aria-label=${this.#title}
      ?inert=${isLauncher && !this.open}
      ?data-closed=${isLauncher && !this.open}
    >
      ${this.#hasHeader ? this.#renderHeader(isLauncher) : nothing} ${this.#debugging.tool?.panel}
      ${this.#renderTranscript()} ${renderStatus(chat.connectionState, words)}
      ${failure === undefined ? nothing : renderFailure(failure, chat.hasGivenUp ? words.retry : words.dismiss, () => chat.retryConnection())}
      ${this.#composer.render({
        strings: words,
        placeholder: readText(this.placeholder) ?? words.placeholder,
        isWorking: status === 'submitted' || status === 'streaming',
      })}
    </section>`;
  }

  get #title(): string {
    return readText(this.heading) ?? this.#chat.agentName ?? this.#words.heading;
  }

  get #hasHeader(): boolean {
    return this.#settings.mode !== 'inline' || readText(this.heading) !== undefined;
  }

  #renderHeader(isLauncher: boolean): TemplateResult {
    return renderHeader({
      title: this.#title,
      strings: this.#words,
      onNew: this.#chat.shown.length > 0 ? () => void this.newSession() : undefined,
      onClose: isLauncher ? () => this.hide() : undefined,
    });
  }

  #renderTranscript(): TemplateResult {
    const chat = this.#chat;
    const strings = this.#words;
    const { suggestions, scroll } = this.#settings;
    return this.#transcript.render(
      {
        messages: chat.shown,
        strings,
        agentName: chat.agentName ?? strings.assistant,
        isTyping: chat.isTyping,
        isConnected: chat.connectionState === 'open',
        canCopy: this.#copier.isPossible,
        copied: this.#copier.copied,
        scroll,
        onOlder: chat.hasOlder ? () => chat.loadOlder() : undefined,
        empty: renderEmpty(strings, suggestions, (text) => void this.#submit(text, {})),
      },
      this.#actions,
    );
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'chat-stream': ChatStreamElement;
  }
}
