/** Does one thing at most once per painted frame; at once while the page is hidden, where nothing is painted. */
export class FrameQueue {
  #request: number | undefined;
  readonly #work: () => void;

  /** @param work What to do before the next paint. */
  constructor(work: () => void) {
    this.#work = work;
  }

  /** Asks for the work to be done. */
  request(): void {
    if (document.visibilityState === 'hidden') return this.now();
    this.#request ??= requestAnimationFrame(() => this.now());
  }

  /** Does the work now, and not again in the next frame. */
  now(): void {
    this.cancel();
    this.#work();
  }

  /** Nothing is to be done any more. */
  cancel(): void {
    if (this.#request !== undefined) cancelAnimationFrame(this.#request);
    this.#request = undefined;
  }
}
