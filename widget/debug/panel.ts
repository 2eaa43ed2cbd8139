import { addStyle } from '../styles/add-style.js';
import { AnswerList } from './answer-list.js';
import { CopyBox } from './copy-box.js';
import { debugStyles } from './debug.styles.js';
import { button, el } from './dom.js';
import { FrameTable, matches } from './frame-table.js';
import type { DebuggedElement } from './index.js';
import type { Recording } from './recording.js';
import { report } from './report.js';

/** Shows a recording: how the connection stands, the answers, the frames. In English, whatever the page speaks. */
export class DebugPanel {
  /** What to show. */
  readonly element: HTMLElement;
  readonly #element: DebuggedElement;
  readonly #recording: Recording;
  readonly #line = el('span', { class: 'debug-line', part: 'debug-state' });
  readonly #toggle = button('Debug', () => this.#fold(), { 'aria-expanded': 'true', 'aria-controls': 'debug-body' });
  readonly #pause = button('Pause', () => this.#hold(this.#pausedAt === undefined), { 'aria-pressed': 'false' });
  readonly #filter = el('input', { type: 'search', 'aria-label': 'Filter frames', placeholder: 'Filter frames' });
  readonly #answers = new AnswerList((id) => this.#copy(id));
  readonly #table = new FrameTable();
  readonly #copyBox = new CopyBox();
  readonly #body: HTMLElement;
  readonly #listening = new AbortController();
  #unstyle = (): void => {};
  /** What had come when it was paused, of all frames that ever came. */
  #pausedAt: number | undefined;
  /** How many of all frames that ever came were looked at for the table. */
  #shown = 0;
  #request: number | undefined;

  constructor(element: DebuggedElement, recording: Recording) {
    this.#element = element;
    this.#recording = recording;
    const tools = el(
      'div',
      { class: 'debug-tools', role: 'group', 'aria-label': 'Tools' },
      this.#filter,
      this.#pause,
      button('Clear', () => this.#clear()),
      button('Copy all as JSON', () => this.#copy(undefined)),
      this.#copyBox.status,
    );
    this.#body = el(
      'div',
      { class: 'debug-body', id: 'debug-body' },
      tools,
      this.#copyBox.element,
      this.#answers.element,
      this.#table.element,
    );
    this.element = el(
      'section',
      { class: 'debug', part: 'debug', 'aria-label': 'Debugging', lang: 'en', dir: 'ltr' },
      el('div', { class: 'debug-head' }, this.#toggle, this.#line),
      this.#body,
    );
    this.#filter.addEventListener('input', () => this.#redraw());
    // What Escape does here is to empty the filter, and not to close a launcher.
    this.#filter.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.#filter.value !== '') event.stopPropagation();
    });
    const { signal } = this.#listening;
    element.addEventListener('chat-stream-connection', () => this.changed(), { signal });
    const root = element.shadowRoot;
    if (root !== null) this.#unstyle = withStyles(root);
    this.changed();
  }

  /** There is something new: it is drawn with the next frame that the browser paints. */
  changed(): void {
    this.#request ??= requestAnimationFrame(() => {
      this.#request = undefined;
      this.#draw();
    });
  }

  /** Ends: nothing runs, listens or has a style any more. */
  close(): void {
    if (this.#request !== undefined) cancelAnimationFrame(this.#request);
    // What is drawn no longer must not ask for it again.
    this.#request = 0;
    this.#listening.abort();
    this.#unstyle();
  }

  #draw(): void {
    this.#line.textContent = this.#line.title = this.#state();
    if (this.#body.hidden) return;
    const { frames, dropped, answers } = this.#recording;
    // Before the table, which has the place that they leave.
    if (this.#pausedAt === undefined) this.#answers.show(answers);
    const from = Math.max(0, this.#shown - dropped);
    const to = Math.max(from, (this.#pausedAt ?? Infinity) - dropped);
    this.#table.append(frames.slice(from, to).filter((detail) => matches(detail, this.#filter.value)));
    this.#shown = dropped + Math.min(to, frames.length);
  }

  #state(): string {
    const { transport, frames, cursor } = this.#recording;
    return [
      this.#element.connectionState,
      transport ?? 'no transport yet',
      `seq ${cursor.seq ?? '–'}`,
      `${frames.length} frames`,
      `epoch ${cursor.epoch ?? '–'}`,
    ].join(' · ');
  }

  #redraw(): void {
    this.#shown = 0;
    this.#table.clear();
    this.changed();
  }

  #fold(): void {
    this.#body.hidden = !this.#body.hidden;
    this.#toggle.setAttribute('aria-expanded', String(!this.#body.hidden));
    this.changed();
  }

  /** Holds the view still, or lets it go on. The recording goes on in any case. */
  #hold(isHeld: boolean): void {
    const { frames, dropped } = this.#recording;
    this.#pausedAt = isHeld ? dropped + frames.length : undefined;
    this.#pause.setAttribute('aria-pressed', String(isHeld));
    this.changed();
  }

  #clear(): void {
    this.#recording.clear();
    if (this.#pausedAt !== undefined) this.#pausedAt = 0;
    this.#copyBox.hide();
    this.#answers.show([]);
    this.#redraw();
  }

  #copy(id: string | undefined): void {
    void this.#copyBox.copy(report(this.#element, this.#recording, id));
  }
}

/** @returns what takes them away again. */
function withStyles(root: ShadowRoot): () => void {
  const sheet = 'adoptedStyleSheets' in root ? debugStyles.styleSheet : undefined;
  if (sheet === undefined) {
    const style = addStyle(root, debugStyles.cssText);
    return () => style.remove();
  }
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  return () => (root.adoptedStyleSheets = root.adoptedStyleSheets.filter((other) => other !== sheet));
}
