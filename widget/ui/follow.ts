/** A reader this close to the end, in CSS pixels, who scrolls towards it, wants to follow it. */
const NEAR_PX = 32;

/** `following`: the end stays in view. `reading`: the reader looks at something else, and is left alone. */
export type Reading = 'following' | 'reading';

/**
 * Keeps the end of a growing scroller in view, for as long as the reader wants that. Wheel, touch, keyboard and
 * scrollbar always win: the first sign of going up ends the following, before the browser has moved anything, because
 * an answer that grows in between would take the reader back down.
 */
export class Follow {
  #state: Reading = 'following';
  #scroller: HTMLElement | undefined;
  #listening: AbortController | undefined;
  #resizes: ResizeObserver | undefined;
  #lastTop = 0;
  #touched: 'no' | 'touching' = 'no';
  #hasUnread = false;
  readonly #onChange: () => void;
  readonly #isEnabled: () => boolean;

  /**
   * @param onChange Called when {@link state} or {@link hasUnread} changed.
   * @param isEnabled Whether to follow at all, at this moment.
   */
  constructor(onChange: () => void, isEnabled: () => boolean) {
    this.#onChange = onChange;
    this.#isEnabled = isEnabled;
  }

  /** Whether the end is kept in view. */
  get state(): Reading {
    return this.#state;
  }

  /** Whether something came below what the reader looks at, since they left the end. */
  get hasUnread(): boolean {
    return this.#hasUnread;
  }

  /** Begins with a scroller; `undefined` ends. */
  attach(scroller: HTMLElement | undefined): void {
    if (scroller === this.#scroller) return;
    this.#listening?.abort();
    this.#resizes?.disconnect();
    this.#scroller = scroller;
    if (scroller === undefined) return;
    this.#listening = new AbortController();
    const options = { signal: this.#listening.signal, passive: true };
    scroller.addEventListener('scroll', () => this.#scrolled(), options);
    scroller.addEventListener('wheel', (event) => event.deltaY < 0 && this.#leave(), options);
    scroller.addEventListener('keydown', (event) => this.#key(event), options);
    scroller.addEventListener('pointerdown', (event) => this.#press(event), options);
    for (const end of ['pointerup', 'pointercancel', 'touchend', 'touchcancel'] as const) {
      window.addEventListener(end, () => this.#letGo(), options);
    }
    this.#resizes = new ResizeObserver(() => this.#toEnd());
    this.#resizes.observe(scroller);
  }

  /**
   * Call it after each drawing. Goes to the end, if it is followed.
   *
   * @param isNew Whether there is more to read at the end than before.
   */
  drawn(isNew: boolean): void {
    this.#toEnd();
    // Where nothing is followed, a text that grows out of the view leaves its reader behind.
    if (!this.#isEnabled() && this.#distance > NEAR_PX) this.#enter('reading');
    if (!isNew || this.#state === 'following' || this.#hasUnread) return;
    this.#hasUnread = true;
    this.#onChange();
  }

  /** Goes to the end, and follows it from now on. */
  jump(): void {
    this.settle();
    this.#go();
  }

  /** The reader is where they want to be: nothing is unread. */
  settle(): void {
    this.#touched = 'no';
    this.#enter('following');
  }

  #toEnd(): void {
    if (this.#state === 'following' && this.#touched === 'no' && this.#isEnabled()) this.#go();
  }

  #go(): void {
    if (this.#scroller === undefined) return;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#lastTop = this.#scroller.scrollTop;
  }

  get #distance(): number {
    const { scrollHeight = 0, clientHeight = 0, scrollTop = 0 } = this.#scroller ?? {};
    return scrollHeight - clientHeight - scrollTop;
  }

  #scrolled(): void {
    const top = this.#scroller?.scrollTop ?? 0;
    const went = top - this.#lastTop;
    this.#lastTop = top;
    // Our own scrolling, in each frame: nothing else is asked for, which would cost a layout.
    if (went >= 0 && this.#state === 'following') return;
    if (this.#distance <= 2 || (went > 0 && this.#distance <= NEAR_PX)) this.#enter('following');
    else if (went < 0) this.#enter('reading');
  }

  #leave(): void {
    const { scrollHeight = 0, clientHeight = 0, scrollTop = 0 } = this.#scroller ?? {};
    if (scrollHeight > clientHeight && scrollTop > 0) this.#enter('reading');
  }

  #key(event: KeyboardEvent): void {
    const up = ['ArrowUp', 'PageUp', 'Home'].includes(event.key) || (event.key === ' ' && event.shiftKey);
    if (up) this.#leave();
  }

  /** A finger on the text, or a mouse on the scrollbar: nothing moves under it. Selecting text is no scrolling. */
  #press(event: PointerEvent): void {
    if (event.pointerType === 'touch' || event.target === this.#scroller) this.#touched = 'touching';
  }

  #letGo(): void {
    if (this.#touched === 'no') return;
    this.#touched = 'no';
    this.#toEnd();
  }

  #enter(state: Reading): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#hasUnread = false;
    this.#onChange();
  }
}
