/**
 * Runs what will be needed while the browser has nothing else to do: code that never ran takes several times as long, and
 * on a slow device the first message would stop the page. In Safari, which does not say when it is idle, nothing happens.
 */
export class WarmUp {
  #asked: number | undefined;
  #isDone = false;

  /** Asks for the time to do it, once. @param run What to run: nothing of it may be seen. */
  request(run: () => void): void {
    if (this.#isDone || this.#asked !== undefined) return;
    this.#asked = globalThis.requestIdleCallback?.(() => {
      this.#isDone = true;
      run();
    });
  }

  /** Asks no longer. */
  cancel(): void {
    if (this.#asked !== undefined) cancelIdleCallback(this.#asked);
    this.#asked = undefined;
  }
}
