import { adoptStyles, css } from '@lit/reactive-element/css-tag.js';
import { LAUNCHER_STRINGS } from '../launcher-strings.js';
import { base } from '../styles/base.js';
import { colours } from '../styles/colours.js';
import { host } from '../styles/host.js';
import { launcher } from '../styles/launcher.js';
import { labelLauncher, plainLauncher } from '../ui/plain-launcher.js';
import type { Rest } from './rest.js';

/** What the button of the loader has beyond the one of the element. */
const styles = css`
  .launcher[aria-busy='true'] .icon {
    animation: wait 900ms ease-in-out infinite alternate;
  }
  @keyframes wait {
    to {
      opacity: 0.35;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .launcher[aria-busy='true'] .icon {
      animation: none;
      opacity: 0.6;
    }
  }
  .trouble {
    position: fixed;
    inset-block-end: calc(88px + env(safe-area-inset-bottom));
    inset-inline-end: calc(20px + env(safe-area-inset-right));
    max-inline-size: min(280px, 100vw - 40px);
    box-sizing: border-box;
    padding: 8px 14px;
    border-radius: var(--_radius);
    border: 1px solid var(--_line);
    background: var(--_bg);
    color: var(--_danger);
    box-shadow: var(--_shadow);
  }
  .trouble:empty {
    display: none;
  }
`;

/** By then a released button has had its click, in milliseconds. */
const CLICK_AFTER_MS = 350;

/** What the loader uses of the element once it is defined. */
interface Loaded extends HTMLElement {
  readonly updateComplete?: Promise<unknown>;
  show(): void;
}

/**
 * The button of a launcher whose element is not loaded yet. It stands in the element's own shadow root, so that it looks
 * the same and is where it will be; the element takes its place. A click that comes early is not lost.
 */
export class StandIn {
  readonly #element: HTMLElement & { strings?: unknown };
  readonly #rest: Rest;
  readonly #root = document.createElement('div');
  readonly #trouble = document.createElement('div');
  readonly #button: HTMLButtonElement;
  #isAsked = false;
  /** Settles when the button is not held down any more; what was held is a click by then. */
  #press: Promise<void> = Promise.resolve();

  /** Draws the button into `element`, which is on the page and not defined. */
  constructor(element: HTMLElement, rest: Rest) {
    this.#element = element;
    this.#rest = rest;
    this.#button = plainLauncher(this.#word('open'));
    this.#root.className = 'root';
    this.#root.dataset['theme'] = element.getAttribute('theme') ?? 'auto';
    this.#trouble.className = 'trouble';
    this.#trouble.setAttribute('role', 'status');
    this.#root.append(this.#button, this.#trouble);
    const shadow = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
    adoptStyles(shadow, [host, base, colours, launcher, styles]);
    shadow.append(this.#root);
    this.#button.addEventListener('click', () => void this.#ask());
    // Whoever comes near the button is likely to press it.
    for (const name of ['pointerenter', 'focus', 'touchstart'] as const) {
      this.#button.addEventListener(name, () => void rest.load(), { once: true, passive: true });
    }
    this.#button.addEventListener('pointerdown', () => void (this.#press = this.#release()));
    void this.#giveWay();
  }

  /** The page's word, where it gave the element its own before it was defined, or ours. */
  #word(key: keyof typeof LAUNCHER_STRINGS): string {
    const own: unknown = (this.#element.strings as Record<string, unknown> | null | undefined)?.[key];
    return typeof own === 'string' ? own : LAUNCHER_STRINGS[key];
  }

  /** A click: opens the chat as soon as it is there, or says that it does not come. */
  async #ask(): Promise<void> {
    this.#isAsked = true;
    this.#trouble.textContent = '';
    labelLauncher(this.#button, this.#word('open'));
    this.#button.setAttribute('aria-busy', 'true');
    const isThere = await this.#rest.load();
    this.#button.removeAttribute('aria-busy');
    if (isThere) return;
    this.#isAsked = false;
    this.#trouble.textContent = this.#word('notLoaded');
    labelLauncher(this.#button, this.#word('retry'));
  }

  /** Leaves when the element has drawn itself, whoever defined it. */
  async #giveWay(): Promise<void> {
    await customElements.whenDefined(this.#element.localName);
    const element = this.#element as Loaded;
    await element.updateComplete;
    // A button that goes between press and release takes the click with it.
    await this.#press;
    const hadFocus = element.shadowRoot?.activeElement === this.#button;
    this.#root.remove();
    if (this.#isAsked) element.show();
    else if (hadFocus) element.shadowRoot?.querySelector<HTMLElement>('[part~="launcher"]')?.focus();
  }

  async #release(): Promise<void> {
    return new Promise((resolve) => {
      const listening = new AbortController();
      const end = () => {
        listening.abort();
        resolve();
      };
      const { signal } = listening;
      this.#button.addEventListener('click', end, { signal });
      addEventListener('pointercancel', end, { signal });
      // Released somewhere else, there is no click.
      addEventListener('pointerup', () => setTimeout(end, CLICK_AFTER_MS), { signal });
    });
  }
}
