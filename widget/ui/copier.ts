/** How long a message says that it was copied, in milliseconds. */
const COPIED_MS = 2_000;

/** Copies texts, and remembers for a moment which one it was. */
export class Copier {
  #copied: string | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #changed: () => void;

  /** @param changed Called when {@link copied} changed. */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /** The message that was copied just now, by id. */
  get copied(): string | undefined {
    return this.#copied;
  }

  /** Whether the page may copy at all: only where it was loaded securely. */
  get isPossible(): boolean {
    return typeof navigator.clipboard?.writeText === 'function';
  }

  /** Copies the text of the message `id`. @returns whether it was allowed. */
  async copy(id: string, text: string): Promise<boolean> {
    if (!(await this.write(text))) return false;
    this.#set(id);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#set(undefined), COPIED_MS);
    return true;
  }

  /** Copies a text. @returns whether it was allowed. */
  async write(text: string): Promise<boolean> {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      return false; // The visitor or a policy said no; the text can still be selected.
    }
  }

  /** Leaves no timer. */
  disconnect(): void {
    clearTimeout(this.#timer);
    this.#copied = undefined;
  }

  #set(id: string | undefined): void {
    this.#copied = id;
    this.#changed();
  }
}
