import { freeLauncher } from './top-layer.js';

/** What a panel that opens and closes needs of its element. */
export interface DisclosureHost extends HTMLElement {
  /** Whether the panel is open. */
  open: boolean;
  /** Whether it was drawn before. */
  readonly hasUpdated: boolean;
  /** Puts the caret into the composer. */
  focusComposer(): void;
}

/**
 * Where the focus goes when the panel of a launcher opens and closes: into the composer, and back to where it came
 * from. Escape closes.
 */
export class Disclosure {
  readonly #host: DisclosureHost;
  readonly #isLauncher: () => boolean;
  #wasOpen = false;
  #cameFrom: HTMLElement | undefined;
  #parent: Node | null = null;

  /** @param isLauncher Whether there is a panel that opens and closes at all. */
  constructor(host: DisclosureHost, isLauncher: () => boolean) {
    this.#host = host;
    this.#isLauncher = isLauncher;
  }

  /** Closes on Escape, but for the one that ends a composition. */
  readonly onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.isComposing || !this.#isLauncher() || !this.#host.open) return;
    event.stopPropagation();
    this.#host.open = false;
  };

  /** Notes, before the drawing, where the focus is. */
  beforeDrawing(): void {
    const opens = this.#host.open && !this.#wasOpen;
    if (!opens || !this.#host.hasUpdated) return;
    const active = this.#host.ownerDocument.activeElement;
    this.#cameFrom = active instanceof HTMLElement && active !== this.#host.ownerDocument.body ? active : undefined;
  }

  /** Moves the focus after the drawing, when what it moves to can have it. */
  drawn(): void {
    const { open, parentNode, popover } = this.#host;
    const isMoved = parentNode !== this.#parent;
    this.#parent = parentNode;
    // What leaves the page leaves the top layer. Not with every drawing: it takes a layout.
    if (this.#isLauncher() && (isMoved || open !== this.#wasOpen || popover)) freeLauncher(this.#host);
    if (open === this.#wasOpen) return;
    const isFirst = !this.#host.hasUpdated;
    this.#wasOpen = open;
    // A panel that is open from the start takes no focus from the page.
    if (!this.#isLauncher() || isFirst) return;
    if (open) this.#host.focusComposer();
    else this.#giveBack();
  }

  #giveBack(): void {
    const { activeElement, body } = this.#host.ownerDocument;
    // Who has moved on meanwhile is not called back.
    if (activeElement !== this.#host && activeElement !== body && activeElement !== null) return;
    const target = this.#cameFrom;
    this.#cameFrom = undefined;
    if (target !== undefined && target !== this.#host && target.isConnected) target.focus();
    else this.#host.shadowRoot?.querySelector<HTMLElement>('[part~="launcher"]')?.focus();
  }
}
