import { type DrawRequest, type DrawResult, readResult } from './messages.js';
import { followTheme, isDark, type Themed } from './theme.js';

/** How long a frame may take to load and to draw, in milliseconds. One that the page forbids never reports. */
const TIMEOUT_MS = 30_000;

/** The tallest frame, in CSS pixels: more scrolls inside of it. */
const MAX_HEIGHT = 2_000;

/**
 * A frame that draws one diagram. It has an origin of its own that is nobody's: what is drawn in it reaches neither the
 * page nor the server, and can open, send and load nothing. It draws anew when the theme changes, and when it was moved: a
 * frame that is put elsewhere on a page loads anew.
 */
export class DiagramFrame implements Themed {
  readonly element: HTMLIFrameElement = document.createElement('iframe');
  readonly #source: string;
  readonly #drawn: () => void;
  /** What it was last asked for; `undefined`: nothing since it was loaded. */
  #isDark: boolean | undefined;
  #hasDrawn = false;
  /** Ends the wait for the last request. */
  #stop = (): void => {};

  /**
   * Begins as soon as it is on a page; leaves it again when the first drawing fails.
   *
   * @param url The page that draws.
   * @param title The diagram's name for screen readers.
   * @param drawn Called once, when the diagram is there.
   */
  constructor(url: string, title: string, source: string, drawn: () => void) {
    this.#source = source;
    this.#drawn = drawn;
    this.element.className = 'diagram-frame';
    this.element.part.add('diagram');
    this.element.title = title;
    this.element.setAttribute('sandbox', 'allow-scripts');
    this.element.referrerPolicy = 'no-referrer';
    this.element.src = url;
    // Not `hidden`: what is not laid out has no size to draw for.
    this.element.style.height = '0';
    // Its script has run by then. A frame that was refused loads, too, and never answers.
    this.element.addEventListener('load', () => {
      this.#isDark = undefined;
      this.#draw();
    });
  }

  /** Watches out for a policy of the page that forbids the frame: call it before that is on the page. */
  begin(): void {
    this.#wait();
  }

  /** Draws in the colours of now, unless it does already. What is hidden has no size to draw for: call it again when shown. */
  themeChanged(): void {
    if (this.#hasDrawn) this.#draw();
  }

  #draw(): void {
    const dark = isDark(this.element);
    if (this.#isDark === dark || this.element.contentWindow === null || this.element.hidden) return;
    this.#isDark = dark;
    this.#wait();
    followTheme(this);
    const request: DrawRequest = { type: 'chat-stream:draw', source: this.#source, isDark: dark };
    // Its origin has no name that could be asked for.
    this.element.contentWindow.postMessage(request, '*');
  }

  /** Waits for one result, and for a word of the browser that there will be none. */
  #wait(): void {
    this.#stop();
    const listening = new AbortController();
    const { signal } = listening;
    const timer = setTimeout(() => this.#finish(undefined), TIMEOUT_MS);
    this.#stop = () => {
      listening.abort();
      clearTimeout(timer);
    };
    addEventListener(
      'message',
      ({ source, data }: MessageEvent<unknown>) => {
        // A frame that was taken away with its message has no window, and nothing to show.
        if (source === null || source !== this.element.contentWindow) return;
        const result = readResult(data);
        if (result !== undefined) this.#finish(result.size);
      },
      { signal },
    );
    document.addEventListener(
      'securitypolicyviolation',
      ({ blockedURI, disposition, effectiveDirective }) => {
        const isOurs =
          this.element.src.startsWith(blockedURI) && /^(frame|child|default)-src$/.test(effectiveDirective);
        if (isOurs && disposition === 'enforce') this.#finish(undefined);
      },
      { signal },
    );
  }

  #finish(size: DrawResult['size']): void {
    this.#stop();
    if (size !== undefined) this.#resize(size);
    // One that was there once stays as it is.
    else if (!this.#hasDrawn) return this.element.remove();
    if (!this.#hasDrawn) {
      this.#hasDrawn = true;
      this.#drawn();
    }
    // The theme may have changed meanwhile.
    this.#draw();
  }

  /** By the object model, which strict pages allow, and not by a `style` attribute. */
  #resize({ width, height }: { readonly width: number; readonly height: number }): void {
    const { style } = this.element;
    style.height = 'auto';
    style.aspectRatio = `${width} / ${height}`;
    style.maxWidth = `${width}px`;
    style.maxHeight = `${MAX_HEIGHT}px`;
  }
}
