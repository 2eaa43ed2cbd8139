/** How the rest of the chat stands. */
export type RestState = 'idle' | 'loading' | 'failed' | 'loaded';

/** The rest of the chat: loads it once, and again after a failure. */
export class Rest {
  readonly #url: string;
  readonly #name: string;
  #loading: Promise<boolean> | undefined;
  #attempts = 0;

  /**
   * @param url The script.
   * @param name The element that it defines.
   */
  constructor(url: string, name: string) {
    this.#url = url;
    this.#name = name;
  }

  /** Loads it, unless that runs already or is done. @returns whether it is there. Never rejects. */
  async load(): Promise<boolean> {
    this.#loading ??= this.#import();
    const isThere = await this.#loading;
    if (!isThere) this.#loading = undefined;
    return isThere;
  }

  async #import(): Promise<boolean> {
    if (customElements.get(this.#name) !== undefined) return true;
    try {
      // `import()` and no script element: under `require-trusted-types-for` its `src` takes no string.
      await import(/* @vite-ignore */ this.#address());
      return customElements.get(this.#name) !== undefined;
    } catch {
      return false;
    }
  }

  /** Some browsers remember that a module failed, by its address. */
  #address(): string {
    const attempt = this.#attempts++;
    return attempt === 0 ? this.#url : `${this.#url}?retry=${attempt}`;
  }
}
