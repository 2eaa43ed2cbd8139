/**
 * Tells an Enter that ends a composition (Chinese, Japanese, Korean and other input methods) from one that sends.
 *
 * Chrome and Firefox: `keydown` (`isComposing`, or the key code 229), then `compositionend`, then `keyup`.
 * Safari: `compositionend` first, then that `keydown`, with `isComposing` false already, and the key code 229.
 * So a key that comes in the very same turn as a `compositionend` which no key preceded belongs to it as well.
 */
export class ImeGuard {
  #isComposing = false;
  /** A key of this composition is down; the `compositionend` that may follow is its doing. */
  #keyIsDown = false;
  #justEnded = false;

  /** A composition begins. */
  start(): void {
    this.#isComposing = true;
    this.#keyIsDown = false;
  }

  /** A composition ends. */
  end(): void {
    this.#isComposing = false;
    this.#justEnded = !this.#keyIsDown;
    queueMicrotask(() => (this.#justEnded = false));
  }

  /** A key went down. @returns whether it belongs to a composition. */
  keyDown(event: KeyboardEvent): boolean {
    const belongs = event.isComposing || event.keyCode === 229 || this.#isComposing || this.#justEnded;
    this.#keyIsDown = belongs;
    this.#justEnded = false;
    return belongs;
  }

  /** A key went up. */
  keyUp(): void {
    this.#keyIsDown = false;
  }
}
