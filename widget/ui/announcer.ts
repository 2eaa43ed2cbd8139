/** How long a sentence stays in the live region, in milliseconds: long enough to be read out, and not found later. */
const KEEP_MS = 2_000;
/**
 * Sentences of a running answer that come faster than this, in milliseconds, are said together: nobody hears them faster, and
 * each time the browser lays out its live region, too.
 */
const PACE_MS = 500;
/** Markers of Markdown, and the addresses of links. No search goes further than to the next marker, or a few characters. */
const MARKERS =
  /^[ \t]{0,9}(?:(?:(?:[-+*>]|#+)[ \t]+)+|[-*:| ]{3,}$|`{3}.*)|!?\[(?=[^[\]]*\]\()|\]\([^()]*\)|[`|]|~~|(?<![\w*_])[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}(?![\w*_])/gm;
/** Text without the end of a sentence is said after this many characters all the same. */
const LONGEST = 400;
/** Not more than this is said at once: the browser lays out what is said, too, and a megabyte of it would stop the page. */
const MOST = 8_000;

/**
 * Says things to screen readers, once each, from a live region outside the transcript. A running answer is said
 * sentence by sentence; what was said is taken out again, so that nobody meets it twice.
 */
export class Announcer {
  /** The live region, for the document. */
  readonly element: HTMLElement;
  #rest = '';
  readonly #said: { readonly node: ChildNode; readonly at: number }[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pace: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    this.element = document.createElement('div');
    this.element.className = 'announcer';
    this.element.part.add('announcer');
    this.element.setAttribute('role', 'status');
    this.element.setAttribute('aria-live', 'polite');
    this.element.setAttribute('aria-atomic', 'false');
  }

  /** Says a sentence, without its markers of Markdown. */
  say(sentence: string): void {
    const text = sentence.replace(MARKERS, '').trim();
    if (text === '') return;
    const node = document.createElement('p');
    node.textContent = text;
    this.element.append(node);
    this.#said.push({ node, at: performance.now() });
    this.#timer ??= setTimeout(() => this.#clean(), KEEP_MS);
  }

  /** Takes more of a running answer, to be said with the next {@link flush}. */
  grow(text: string): void {
    this.#rest += text;
  }

  /** Says the sentences that are complete: at once, or soon after the last ones. */
  flush(): void {
    if (this.#pace !== undefined) return;
    const end = sentencesEnd(this.#rest.slice(0, MOST));
    if (end === 0) return;
    this.#pace = setTimeout(() => this.#paced(), PACE_MS);
    this.say(this.#rest.slice(0, end));
    this.#rest = this.#rest.slice(end);
  }

  #paced(): void {
    this.#pace = undefined;
    this.flush();
  }

  /** The running answer is over: says what is left of it, piece by piece if that is long. */
  finish(): void {
    if (this.#rest.length > MOST) {
      this.#rest += '\n';
      return this.flush();
    }
    this.say(this.#rest);
    this.#rest = '';
  }

  /** Takes everything out, and leaves no timer. */
  clear(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#pace);
    this.#timer = undefined;
    this.#pace = undefined;
    this.#said.length = 0;
    this.#rest = '';
    this.element.replaceChildren();
  }

  #clean(): void {
    const now = performance.now();
    while (this.#said[0] !== undefined && now - this.#said[0].at >= KEEP_MS) this.#said.shift()?.node.remove();
    const next = this.#said[0];
    this.#timer = next === undefined ? undefined : setTimeout(() => this.#clean(), next.at + KEEP_MS - now);
  }
}

/** Where the last complete sentence ends. A full stop counts when a space follows: "3.14" goes on. */
function sentencesEnd(text: string): number {
  let end = 0;
  for (const match of text.matchAll(/[.!?…]["'”’)\]*_`]*\s|[。！？]|\n/g)) end = match.index + match[0].length;
  if (end === 0 && text.length > LONGEST) end = text.lastIndexOf(' ') + 1 || text.length;
  return end;
}
