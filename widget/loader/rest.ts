/** How the rest of the chat stands. */
export type RestState = 'idle' | 'loading' | 'failed' | 'loaded';

/** How long the script may take to define the element, in milliseconds. */
const DEFINE_MS = 10_000;

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
      return await this.#isDefined();
    } catch {
      return false;
    }
  }

  /** As a rule it is at once; where the page forbids the element itself, another file has to come (framed/load-framed.ts). */
  async #isDefined(): Promise<boolean> {
    if (customElements.get(this.#name) !== undefined) return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), DEFINE_MS);
      void customElements.whenDefined(this.#name).then(() => (clearTimeout(timer), resolve(true)));
    });
  }

  /** Some browsers remember that a module failed, by its address. */
  #address(): string {
    const attempt = this.#attempts++;
    return attempt === 0 ? this.#url : `${this.#url}?retry=${attempt}`;
  }
}
