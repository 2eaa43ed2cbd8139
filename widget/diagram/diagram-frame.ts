import { type DrawRequest, READY, readResult } from './messages.js';

/** How long a frame may take to load and to draw, in milliseconds. One that the page forbids never reports. */
const TIMEOUT_MS = 30_000;

/** The tallest frame, in CSS pixels: more scrolls inside of it. */
const MAX_HEIGHT = 2_000;

/**
 * A frame that draws one diagram. It has an origin of its own that is nobody's: what is drawn in it reaches neither the
 * page nor the server, and can open, send and load nothing.
 */
export class DiagramFrame {
  readonly element: HTMLIFrameElement = document.createElement('iframe');

  /**
   * @param url The page that draws.
   * @param title The diagram's name for screen readers.
   */
  constructor(url: string, title: string) {
    this.element.className = 'diagram-frame';
    this.element.part.add('diagram');
    this.element.title = title;
    this.element.setAttribute('sandbox', 'allow-scripts');
    this.element.referrerPolicy = 'no-referrer';
    this.element.src = url;
    // Not `hidden`: what is not laid out has no size to draw for.
    this.element.style.height = '0';
  }

  /**
   * Draws as soon as the frame is on the page and has loaded; takes the frame away again when that fails.
   *
   * @param drawn Called once, when the diagram is there.
   */
  draw(source: string, isDark: boolean, drawn: () => void): void {
    const listening = new AbortController();
    const timer = setTimeout(() => finish(false), TIMEOUT_MS);
    const finish = (isDrawn: boolean): void => {
      listening.abort();
      clearTimeout(timer);
      if (isDrawn) drawn();
      else this.element.remove();
    };
    addEventListener(
      'message',
      ({ source: from, data }: MessageEvent<unknown>) => {
        const { contentWindow } = this.element;
        // A frame that was taken away with its message has no window, and nothing to show.
        if (contentWindow === null || from !== contentWindow) return;
        if (data === READY) {
          const request: DrawRequest = { type: 'chat-stream:draw', source, isDark };
          // Its origin has no name that could be asked for.
          contentWindow.postMessage(request, '*');
        }
        const result = readResult(data);
        if (result === undefined) return;
        if (result.size !== undefined) this.#resize(result.size);
        finish(result.size !== undefined);
      },
      { signal: listening.signal },
    );
    document.addEventListener(
      'securitypolicyviolation',
      ({ blockedURI, disposition, effectiveDirective }) => {
        const isOurs =
          this.element.src.startsWith(blockedURI) && /^(frame|child|default)-src$/.test(effectiveDirective);
        if (isOurs && disposition === 'enforce') finish(false);
      },
      { signal: listening.signal },
    );
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
