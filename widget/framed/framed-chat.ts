import { adoptStyles } from '@lit/reactive-element/css-tag.js';
import { serverAddress } from '../connection/server.js';
import { ChatStreamError } from '../errors.js';
import { type Emit, emitterOf } from '../events.js';
import { readText } from '../settings.js';
import { DEFAULT_STRINGS } from '../strings.js';
import { base } from '../styles/base.js';
import { colours } from '../styles/colours.js';
import { framed } from '../styles/framed.js';
import { host } from '../styles/host.js';
import { launcher } from '../styles/launcher.js';
import { motion } from '../styles/motion.js';
import { panel } from '../styles/panel.js';
import { CHAT_PATH, CLOSE_PATH } from '../ui/launcher-icons.js';
import { drawOn, labelLauncher, plainLauncher } from '../ui/plain-launcher.js';
import { freeLauncher } from '../ui/top-layer.js';
import { ChatFrame } from './chat-frame.js';
import { CARRIED_ATTRIBUTES, frameAddress } from './frame-protocol.js';
import { FramedApi } from './framed-api.js';

/**
 * `<chat-stream>` on a page whose Content Security Policy forbids what Lit needs, or that is XML: the same attributes, and the chat
 * itself in a frame of its server's own page, or behind a link to it where frames are forbidden, too. It is built
 * without a template, and throws nothing into the page.
 */
export class FramedChatElement extends FramedApi {
  static readonly observedAttributes: readonly string[] = [...CARRIED_ATTRIBUTES, 'server', 'open'];

  readonly #emit: Emit = emitterOf(this);
  readonly #root = document.createElement('div');
  readonly #panel = document.createElement('section');
  readonly #button = plainLauncher(DEFAULT_STRINGS.open);
  #frame: ChatFrame | undefined;
  #wasOpen = false;
  #wantsFocus = false;

  constructor() {
    super();
    this.#root.className = 'root';
    this.#panel.className = 'panel';
    this.#panel.setAttribute('part', 'panel');
    this.#root.append(this.#panel);
    this.#button.addEventListener('click', () => this.toggle());
    this.#root.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.#isLauncher && this.open) this.hide();
    });
  }

  /** Puts the caret into the composer, now or as soon as there is one. */
  override focusComposer(): void {
    // A frame that is not loaded yet has nothing to focus: the element around it would be.
    this.#wantsFocus = this.#frame?.isReady !== true;
    if (this.#wantsFocus) return this.load();
    this.#frame?.element.focus();
    super.focusComposer();
  }

  connectedCallback(): void {
    // The loader may have made one already, with its button in it.
    const shadow = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
    adoptStyles(shadow, [host, base, colours, panel, launcher, motion, framed]);
    if (this.#root.parentNode !== shadow) shadow.append(this.#root);
    this.#wasOpen = this.open;
    this.reportUnsupported();
    this.#update();
  }

  disconnectedCallback(): void {
    queueMicrotask(() => {
      // Moved, not removed: yet a frame that moves has loaded anew, and reports again.
      if (!this.isConnected) this.#drop();
    });
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.#update();
  }

  get #isLauncher(): boolean {
    return this.getAttribute('mode') === 'launcher';
  }

  #update(): void {
    const isLauncher = this.#isLauncher;
    const isShown = !isLauncher || this.open;
    this.#root.dataset['theme'] = this.getAttribute('theme') ?? 'auto';
    this.#panel.toggleAttribute('data-closed', !isShown);
    this.#panel.inert = !isShown;
    this.#panel.setAttribute('role', isLauncher ? 'dialog' : 'region');
    this.#panel.setAttribute('aria-label', this.#title);
    if (isLauncher) this.#drawButton();
    if (isLauncher) freeLauncher(this);
    else this.#button.remove();
    if (isShown || this.conversation.isWanted) this.load();
    if (this.open === this.#wasOpen) return;
    this.#wasOpen = this.open;
    if (isLauncher && this.open) this.focusComposer();
    else if (isLauncher) this.#button.focus();
    this.#emit('chat-stream-toggle', { open: this.open });
  }

  #drawButton(): void {
    if (this.#button.parentNode === null) this.#root.append(this.#button);
    if (this.#button.hasAttribute('data-open') === this.open) return;
    drawOn(this.#button, this.open ? CLOSE_PATH : CHAT_PATH);
    labelLauncher(this.#button, this.open ? DEFAULT_STRINGS.close : DEFAULT_STRINGS.open);
    this.#button.setAttribute('aria-expanded', String(this.open));
    this.#button.toggleAttribute('data-open', this.open);
  }

  get #title(): string {
    return readText(this.getAttribute('heading')) ?? DEFAULT_STRINGS.heading;
  }

  protected override load(): void {
    if (!this.isConnected || this.#frame?.isRefused === true) return;
    const address = this.#address();
    if (address === undefined) return;
    if (this.#frame !== undefined) return this.#frame.go(address);
    this.#frame = new ChatFrame(address, this.#title, {
      state: (state) => {
        if (state === 'refused') this.#offerLink(address);
      },
      attach: () => this.conversation.attach(),
    });
    this.#panel.replaceChildren(this.#frame.element);
  }

  protected override frameReady(): void {
    this.#frame?.ready();
    if (this.#wantsFocus) this.focusComposer();
  }

  protected override frameClosed(): void {
    if (this.#isLauncher) this.hide();
  }

  #address(): string | undefined {
    try {
      return frameAddress(serverAddress(readText(this.getAttribute('server'))).key, this);
    } catch (error) {
      if (error instanceof ChatStreamError) this.report(error);
      return undefined;
    }
  }

  #offerLink(address: string): void {
    this.#frame?.close();
    const link = document.createElement('a');
    link.className = 'text-button frame-link';
    link.setAttribute('part', 'link');
    link.href = address;
    link.target = '_blank';
    link.rel = 'noopener';
    link.textContent = DEFAULT_STRINGS.openTab;
    this.#panel.replaceChildren(link);
    const origin = new URL(address).origin;
    const error = new ChatStreamError(
      'connection_failed',
      `The chat cannot be shown in a frame. The page must allow it (frame-src ${origin}), and the server the page (ALLOWED_ORIGINS).`,
    );
    this.report(error);
    this.conversation.refuse(error);
  }

  #drop(): void {
    this.#frame?.close();
    this.#frame = undefined;
    this.conversation.detach();
  }
}
