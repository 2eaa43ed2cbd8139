/** Does one thing at most once per painted frame; at once while the page is hidden, where nothing is painted. */
export class FrameQueue {
  #frame: number | undefined;
  #wait: ReturnType<typeof setTimeout> | undefined;
  /** When the work was done last. */
  #doneAt = 0;
  readonly #work: () => void;

  /** @param work What to do before the next paint. */
  constructor(work: () => void) {
    this.#work = work;
  }

  /**
   * Asks for the work to be done.
   *
   * @param gapMs How long after the last time, in ms, at least. Default: with the next frame.
   */
  request(gapMs = 0): void {
    if (document.visibilityState === 'hidden') return this.now();
    if (this.#frame !== undefined || (gapMs > 0 && this.#wait !== undefined)) return;
    clearTimeout(this.#wait);
    const left = gapMs && this.#doneAt + gapMs - performance.now();
    // Not by letting frames go by: each of them is work, for the page and for the screen.
    if (left > 0) this.#wait = setTimeout(() => this.#ask(), left);
    else this.#ask();
  }

  /** Does the work now, and not again in the next frame. */
  now(): void {
    this.cancel();
    this.#doneAt = performance.now();
    this.#work();
  }

  /** Nothing is to be done any more. */
  cancel(): void {
    clearTimeout(this.#wait);
    this.#wait = undefined;
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.#frame = undefined;
  }

  #ask(): void {
    this.#wait = undefined;
    this.#frame = requestAnimationFrame(() => this.now());
  }
}
