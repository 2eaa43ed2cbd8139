import type { FrameDetail } from '../events.js';
import { el } from './dom.js';

/** How many rows there are at most: the newest frames that the filter lets through. */
export const MAX_ROWS = 200;
/** How much of a frame stands in its row, in characters. */
const PREVIEW_LENGTH = 200;

/** Fields that have a column of their own, or say nothing that another one does not. */
const PLAIN = new Set([
  'type',
  'seq',
  'stream_start',
  'stream_chunk',
  'stream_end',
  'sender',
  'session_id',
  'timestamp',
]);

/** The newest frames as a table, which only ever grows at its end. */
export class FrameTable {
  readonly #body = el('tbody');
  #isAtEnd = true;
  /** Scrolls, by keyboard too. */
  readonly element = el(
    'div',
    { class: 'debug-frames', part: 'debug-frames', role: 'region', 'aria-label': 'Frames', tabindex: '0' },
    el(
      'table',
      {},
      el(
        'thead',
        {},
        el(
          'tr',
          {},
          ...[
            ['ms', 'Since this connection began, in milliseconds'],
            ['+ms', 'Since the frame before, in milliseconds'],
            ['', 'Direction'],
            ['frame', 'Type'],
            ['seq', 'Number in the conversation'],
            ['bytes', 'Size as JSON'],
            ['content', 'What else is in it'],
          ].map(([text = '', title = '']) =>
            el('th', { scope: 'col', title }, text === '' ? el('span', { class: 'hidden-text' }, title) : text),
          ),
        ),
      ),
      this.#body,
    ),
  );

  constructor() {
    const { element } = this;
    let top = 0;
    // Where the place for the table becomes smaller, its end goes out of view by itself: only who scrolls up leaves it.
    element.addEventListener('scroll', () => {
      const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 24;
      if (isAtEnd || element.scrollTop < top) this.#isAtEnd = isAtEnd;
      top = element.scrollTop;
    });
  }

  /** Shows these frames behind those that are there, and stays at the end where the reader is there. */
  append(details: readonly FrameDetail[]): void {
    if (details.length === 0) return;
    this.#body.append(...details.slice(-MAX_ROWS).map(rowOf));
    for (let extra = this.#body.rows.length - MAX_ROWS; extra > 0; extra--) this.#body.deleteRow(0);
    if (this.#isAtEnd) this.element.scrollTop = this.element.scrollHeight;
  }

  /** Takes all rows away. */
  clear(): void {
    this.#body.replaceChildren();
  }
}

/** Whether a frame has this text in it: in its type, its direction, or anything that it says. */
export function matches(detail: FrameDetail, filter: string): boolean {
  if (filter === '') return true;
  const text = `${detail.direction} ${typeOf(detail)} ${JSON.stringify(detail.frame)}`;
  return text.toLowerCase().includes(filter.toLowerCase());
}

function rowOf(detail: FrameDetail): HTMLTableRowElement {
  const { direction, frame, sinceConnect, sincePrevious, bytes } = detail;
  const arrow = el('span', { 'aria-hidden': 'true' }, direction === 'in' ? '↓' : '↑');
  const seq = typeof frame['seq'] === 'number' ? String(frame['seq']) : '';
  return el(
    'tr',
    { 'data-direction': direction, 'data-type': frame.type },
    el('td', {}, sinceConnect.toFixed(0)),
    el('td', {}, sincePrevious.toFixed(sincePrevious < 10 ? 1 : 0)),
    el('td', {}, arrow, el('span', { class: 'hidden-text' }, direction)),
    el('th', { scope: 'row' }, typeOf(detail)),
    el('td', {}, seq),
    el('td', {}, String(bytes)),
    el('td', {}, previewOf(frame)),
  );
}

/** The type, and of an answer's frames the phase. */
function typeOf({ frame }: FrameDetail): string {
  if (frame.type !== 'message_stream') return frame.type;
  const phases = ['start', 'chunk', 'end'].filter((phase) => frame[`stream_${phase}`] === true);
  return ['stream', ...(phases.length === 0 && frame['delta'] !== undefined ? ['delta'] : phases)].join(' ');
}

function previewOf(frame: FrameDetail['frame']): string {
  const text = frame['chunk'];
  if (typeof text === 'string') return JSON.stringify(text).slice(0, PREVIEW_LENGTH);
  const rest = Object.fromEntries(
    Object.entries(frame).filter(([name, value]) => !PLAIN.has(name) && value !== null && value !== undefined),
  );
  return JSON.stringify(rest).slice(0, PREVIEW_LENGTH);
}
