/** How many times a silence is looked at before it is too long. */
const LOOKS = 8;

/**
 * Notices a connection that is open only in name: a laptop that slept, a network that changed, a proxy that forgot.
 * No frame moves a timer or asks for the time, which some systems take long to tell: what was heard counts from the next
 * look on, so silence is noticed an eighth later at most.
 */
export class Liveness {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heardAt = 0;
  #isHeard = false;
  readonly #onSilence: () => void;

  /** @param onSilence Called once, when nothing was heard for as long as {@link watch} allows. */
  constructor(onSilence: () => void) {
    this.#onSilence = onSilence;
  }

  /** Allows `limitMs` milliseconds of silence from now on. */
  watch(limitMs: number): void {
    clearTimeout(this.#timer);
    this.#heardAt = performance.now();
    this.#look(limitMs);
  }

  /** Something was heard. Costs next to nothing. */
  heard(): void {
    this.#isHeard = true;
  }

  /** Stops watching. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #look(limitMs: number): void {
    this.#timer = setTimeout(() => {
      const now = performance.now();
      if (this.#isHeard) this.#heardAt = now;
      this.#isHeard = false;
      if (now - this.#heardAt < limitMs) this.#look(limitMs);
      else this.#onSilence();
    }, limitMs / LOOKS);
  }
}
