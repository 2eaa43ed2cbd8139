/** What {@link AnswerText} tells whoever shows the answer. */
export type TextOutput =
  /** New text, at the end. */
  | { readonly type: 'text'; readonly text: string }
  /** At the end of a turn: what was shown is not the answer. This is, all of it. */
  | { readonly type: 'correction'; readonly text: string };

interface Part {
  readonly id: string;
  text: string;
  /** Whether this is another text than what was shown: nothing can go on from that. */
  isCorrected: boolean;
}

/** Between the texts of two steps of one answer. */
const BLANK_LINE = '\n\n';

/**
 * The text of an answer that several steps write, each of which says at its end what its text really is. What is shown
 * only ever grows, so a text that goes on where its stream stopped is added at once; one that does not is corrected when
 * the turn is over ({@link finish}).
 *
 * @example
 * const text = new AnswerText();
 * text.append('step-1', 'Hel'); // [{ type: 'text', text: 'Hel' }]
 * text.settle('step-1', 'Hello'); // [{ type: 'text', text: 'lo' }]
 * text.finish(); // []
 */
export class AnswerText {
  readonly #parts: Part[] = [];
  /** What was told so far, as one text. */
  #shown = '';

  /** The text as it really is, as far as it is known. */
  get text(): string {
    return this.#parts.flatMap(({ text }) => text || []).join(BLANK_LINE);
  }

  /** The text of the last step that wrote any. */
  get last(): string {
    return this.#parts.at(-1)?.text ?? '';
  }

  /** The step `id` wrote more. */
  append(id: string, text: string): TextOutput[] {
    if (text === '') return [];
    const part = this.#partOf(id);
    const isNew = part.text === '';
    part.text += text;
    return this.#tell(isNew && this.#shown !== '' ? BLANK_LINE + text : text);
  }

  /** The step `id` is over, and this is its text. */
  settle(id: string, text: string): TextOutput[] {
    const known = this.#parts.find((part) => part.id === id);
    if (known === undefined) return this.append(id, text);
    const isLast = known === this.#parts.at(-1);
    if (isLast && !known.isCorrected && text.startsWith(known.text))
      return this.append(id, text.slice(known.text.length));
    known.isCorrected ||= text !== known.text;
    known.text = text;
    return [];
  }

  /** The turn says in which order its steps came. Only where some were lost on the way is it another one than here. */
  order(ids: readonly string[]): void {
    const placeOf = ({ id }: Part) => (ids.includes(id) ? ids.indexOf(id) : ids.length);
    this.#parts.sort((a, b) => placeOf(a) - placeOf(b));
  }

  /** The turn is over, and this is the text of its last step. */
  settleLast(text: string): TextOutput[] {
    return this.settle(this.#parts.at(-1)?.id ?? '', text);
  }

  /** Nothing more comes: a correction, where what was shown is not the text. */
  finish(): TextOutput[] {
    const { text } = this;
    if (text === this.#shown) return [];
    const shown = this.#shown;
    this.#shown = text;
    return [text.startsWith(shown) ? { type: 'text', text: text.slice(shown.length) } : { type: 'correction', text }];
  }

  #partOf(id: string): Part {
    const known = this.#parts.find((part) => part.id === id);
    if (known !== undefined) return known;
    const part = { id, text: '', isCorrected: false };
    this.#parts.push(part);
    return part;
  }

  #tell(text: string): TextOutput[] {
    this.#shown += text;
    return [{ type: 'text', text }];
  }
}
