/**
 * Notices a connection that is open only in name: a laptop that slept, a network that changed, a proxy that forgot.
 * No timer is moved per frame: one that fires early finds out that there is time left.
 */
export class Liveness {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heardAt = 0;
  #limitMs = 0;
  readonly #onSilence: () => void;

  /** @param onSilence Called once, when nothing was heard for as long as {@link watch} allows. */
  constructor(onSilence: () => void) {
    this.#onSilence = onSilence;
  }

  /** Allows `limitMs` milliseconds of silence from now on. */
  watch(limitMs: number): void {
    this.#limitMs = limitMs;
    this.#heardAt = performance.now();
    this.#arm(limitMs);
  }

  /** Something was heard. Costs next to nothing. */
  heard(): void {
    this.#heardAt = performance.now();
  }

  /** Stops watching. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const left = this.#limitMs - (performance.now() - this.#heardAt);
      if (left > 0) this.#arm(left);
      else this.#onSilence();
    }, ms);
  }
}
