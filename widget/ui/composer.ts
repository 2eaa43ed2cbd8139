import { html, nothing, type TemplateResult } from 'lit/html.js';
import type { ChatStreamStrings } from '../strings.js';
import { sendIcon, stopIcon } from './icons.js';
import { ImeGuard } from './ime-guard.js';
import { createRef, ref } from './ref.js';

/** What the composer asks of the element. */
export interface ComposerHost {
  /** Sends a text. @returns whether it was taken; if not, it stays in the composer. */
  submit(text: string): boolean;
  /** Ends the running answer. */
  stop(): void;
  /** Draws again. */
  changed(): void;
}

/** What the composer shows. */
export interface ComposerView {
  readonly strings: ChatStreamStrings;
  readonly placeholder: string;
  /** Whether there is something to stop. */
  readonly isWorking: boolean;
}

/** The field that one writes in. Enter sends, Shift+Enter breaks the line, and what an input method commits never sends. */
export class Composer {
  readonly #host: ComposerHost;
  readonly #input = createRef<HTMLTextAreaElement>();
  readonly #ime = new ImeGuard();
  #draft = '';

  /** @param host Where to send. */
  constructor(host: ComposerHost) {
    this.#host = host;
  }

  /** Puts the caret into the field. */
  focus(): void {
    this.#input.value?.focus({ preventScroll: true });
  }

  /** Draws the form. */
  render({ strings, placeholder, isWorking }: ComposerView): TemplateResult {
    const isBlank = this.#draft.trim() === '';
    return html`<form class="composer" part="composer" @submit=${this.#onSubmit} @pointerdown=${this.#onPress}>
      <div class="grow" data-text=${this.#draft}>
        <textarea
          part="input"
          rows="1"
          dir="auto"
          enterkeyhint="send"
          autocomplete="off"
          placeholder=${placeholder}
          aria-label=${placeholder}
          ${ref(this.#input)}
          @input=${this.#onInput}
          @keydown=${this.#onKey}
          @keyup=${() => this.#ime.keyUp()}
          @compositionstart=${() => this.#ime.start()}
          @compositionend=${() => this.#ime.end()}
        ></textarea>
      </div>
      ${
        isWorking
          ? html`<button
              class="button stop"
              part="stop"
              type="button"
              aria-label=${strings.stop}
              title=${strings.stop}
              @click=${this.#onStop}
            >
              ${stopIcon}
            </button>`
          : nothing
      }
      <button
        class="button send"
        part="send"
        type="submit"
        aria-label=${strings.send}
        title=${strings.send}
        ?disabled=${isBlank}
      >
        ${sendIcon}
      </button>
    </form>`;
  }

  readonly #onInput = (event: InputEvent): void => {
    this.#draft = (event.target as HTMLTextAreaElement).value;
    this.#host.changed();
  };

  readonly #onKey = (event: KeyboardEvent): void => {
    const isComposing = this.#ime.keyDown(event);
    if (event.key !== 'Enter' || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
    if (isComposing) return;
    event.preventDefault();
    this.#send();
  };

  readonly #onSubmit = (event: SubmitEvent): void => {
    event.preventDefault();
    this.#send();
    this.focus();
  };

  readonly #onStop = (): void => {
    // The button goes away with the answer; the focus must not go with it.
    this.focus();
    this.#host.stop();
  };

  /** The whole box is the field: a press beside the text sets the caret, as one expects. */
  readonly #onPress = (event: PointerEvent): void => {
    if (event.target !== event.currentTarget) return;
    event.preventDefault();
    this.focus();
  };

  #send(): void {
    const input = this.#input.value;
    // The field itself is asked: a page, a test or a dictation may have written into it without an event.
    const text = (input?.value ?? '').trim();
    if (text === '' || !this.#host.submit(text)) return;
    if (input !== undefined) input.value = '';
    this.#draft = '';
    this.#host.changed();
  }
}
