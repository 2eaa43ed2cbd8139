import { button, el } from './dom.js';
import type { AnswerFigures } from './figures.js';

/** How many answers are listed: the newest. */
const MAX_LISTED = 10;
/** How much of an id names an answer, in characters. */
const SHORT_ID = 8;

/** The newest answers, each with its figures and a button that copies its frames. */
export class AnswerList {
  readonly element = el('ul', { class: 'debug-answers', 'aria-label': 'Answers' });
  readonly #lines = new Map<string, { readonly line: HTMLLIElement; readonly text: HTMLSpanElement }>();
  readonly #copy: (id: string) => void;

  /** @param copy Copies the frames of an answer. */
  constructor(copy: (id: string) => void) {
    this.#copy = copy;
  }

  /** Shows how the answers stand. A line that stays is the same element: the focus stays in it. */
  show(answers: readonly AnswerFigures[]): void {
    const listed = answers.slice(-MAX_LISTED).reverse();
    const ids = new Set(listed.map(({ id }) => id));
    for (const [id, { line }] of this.#lines) {
      if (ids.has(id)) continue;
      line.remove();
      this.#lines.delete(id);
    }
    for (const answer of listed.toReversed()) {
      const { text } = this.#lines.get(answer.id) ?? this.#add(answer.id);
      text.textContent = sentence(answer);
    }
    this.element.hidden = listed.length === 0;
  }

  #add(id: string): { readonly line: HTMLLIElement; readonly text: HTMLSpanElement } {
    const name = id.slice(0, SHORT_ID);
    const text = el('span');
    const copy = button('Copy as JSON', () => this.#copy(id), { 'aria-label': `Copy as JSON: answer ${name}` });
    const entry = { line: el('li', { 'data-id': id }, el('code', { title: id }, name), copy, text), text };
    this.#lines.set(id, entry);
    this.element.prepend(entry.line);
    return entry;
  }
}

/** How an answer came, in one line. */
function sentence({
  status,
  firstChunkMs,
  chunks,
  characters,
  missing,
  longestPauseMs,
  durationMs,
}: AnswerFigures): string {
  const first = firstChunkMs === undefined ? 'no text yet' : `first text after ${span(firstChunkMs)}`;
  const gaps = missing === 0 ? 'no gap' : `${missing} missing`;
  const text = `${count(chunks, 'chunk')}, ${count(characters, 'character')}`;
  return `${status} · ${first} · ${text} · ${gaps} · longest pause ${span(longestPauseMs)} · took ${span(durationMs)}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

function span(ms: number): string {
  return ms < 1_000 ? `${ms.toFixed(0)} ms` : `${(ms / 1_000).toFixed(2)} s`;
}
