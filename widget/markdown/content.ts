import { BlockParser } from './block-parser.js';
import { BlockTree } from './block-tree.js';
import type { DrawContext, MarkdownHost, Redrawable } from './context.js';
import { isHeld } from './held.js';
import { NODE_WORK, STEP } from './limits.js';
import type { Target } from './references.js';
import type { MessageContent } from '../ui/message-content.js';
import { work } from './work.js';

/** The end of a line. A carriage return at the very end may be half of one. */
const LINE_END = /\r\n|\n|\r(?!$)/g;

/**
 * Shows one answer as Markdown, while it grows. A finished block is drawn once and never touched again; the open one is
 * patched. However the text comes in pieces, what stands there in the end is the same.
 */
export class MarkdownContent implements MessageContent {
  readonly element: HTMLElement;
  readonly #host: MarkdownHost;
  #parser!: BlockParser;
  #tree!: BlockTree;
  #context!: { -readonly [Key in keyof DrawContext]: DrawContext[Key] };
  #targets!: Map<string, Target>;
  #waiting!: Map<string, Set<Redrawable>>;
  /** Texts with links that are known now. */
  #stale!: Set<Redrawable>;
  #source = '';
  /** How much of the source may be drawn by now, and how much was fed in whole lines. */
  #visible = 0;
  #fed = 0;
  /** Where no line is known to end before. */
  #searched = 0;
  /** What a UTF-16 unit cost in the last frame, in units of {@link work}. */
  #cost = 8;
  #state: 'open' | 'ending' | 'ended' = 'open';

  constructor(host: MarkdownHost) {
    this.#host = host;
    this.element = document.createElement('div');
    this.element.className = 'content markdown';
    this.element.part.add('content');
    this.element.dir = 'auto';
    this.#begin();
  }

  get length(): number {
    return this.#source.length;
  }

  get isBehind(): boolean {
    return this.#hasMore || this.#stale.size > 0;
  }

  get #hasMore(): boolean {
    return this.#visible < this.#source.length || this.#state === 'ending';
  }

  shows(text: string): boolean {
    return this.#source === text;
  }

  append(text: string): void {
    this.#source += text;
    if (this.#state !== 'open') this.set(this.#source);
  }

  set(text: string): void {
    this.#begin();
    this.#source = text;
    this.#visible = 0;
    this.#fed = this.#searched = 0;
    this.#state = 'open';
  }

  end(): void {
    if (this.#state === 'open') this.#state = 'ending';
  }

  flush(budget: number): number {
    const before = work.done;
    let spent = 0;
    let drawn = 0;
    // What comes is likely to cost what came, but not sure to.
    for (let step = Math.min(STEP, budget / this.#cost); this.isBehind && spent < budget / 2;) {
      this.#redraw(before + budget / 2);
      const length = this.#hasMore ? this.#advance(Math.ceil(step)) : 0;
      drawn += length;
      work.done += length;
      spent = work.done - before;
      // Steps only grow: each of them draws the open block.
      step = Math.min(step * 2, (step * (budget - spent)) / Math.max(spent, step));
    }
    this.#cost = spent / Math.max(drawn, 1);
    return spent;
  }

  /** Each text once, however many of its links became known; and not all of those that wait for one link in one frame. */
  #redraw(mostWork: number): void {
    for (const own of this.#stale) {
      if (work.done > mostWork) return;
      this.#stale.delete(own);
      own.redraw();
      work.done += NODE_WORK;
    }
  }

  /** Draws up to so many units of the text. @returns how many these were. */
  #advance(length: number): number {
    const before = this.#visible;
    this.#visible = Math.min(this.#source.length, before + length);
    const isLast = this.#state === 'ending' && this.#visible === this.#source.length;
    this.#feedLines();
    if (isLast) this.#finish();
    else this.#drawOpen();
    return this.#visible - before;
  }

  renderersChanged(): void {
    this.#tree.renderersChanged();
  }

  #begin(): void {
    this.element.replaceChildren();
    this.#targets = new Map();
    this.#waiting = new Map();
    this.#stale = new Set();
    this.#parser = new BlockParser(
      (label, target) => this.#define(label, target),
      () => this.#host.hasMath(),
    );
    this.#context = {
      host: this.#host,
      find: (label, asks) => this.#find(label, asks),
      isTrial: false,
      isEnded: false,
    };
    this.#tree = new BlockTree(this.element, this.#parser.root, this.#context);
  }

  #feedLines(): void {
    // Not from the beginning of the line: a long one would be searched with each piece of it.
    LINE_END.lastIndex = this.#searched;
    const text = this.#visible === this.#source.length ? this.#source : this.#source.slice(0, this.#visible);
    for (let end = LINE_END.exec(text); end !== null; end = LINE_END.exec(text)) {
      this.#feed(text.slice(this.#fed, end.index));
      this.#fed = end.index + end[0].length;
    }
    // The last character may be a carriage return.
    this.#searched = Math.max(this.#fed, text.length - 1);
  }

  #feed(line: string): void {
    this.#parser.feed(line.replaceAll('\0', '\ufffd'));
  }

  /** The line that is not finished. */
  #line(): string {
    const line = this.#source.slice(this.#fed, this.#visible);
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  }

  /** Draws the line that is not finished as if it were, and takes it back. */
  #drawOpen(): void {
    this.#tree.settle();
    const line = this.#line();
    const isTrial = line !== '' && !isHeld(line, this.#parser.tip);
    const mark = this.#parser.mark();
    this.#context.isTrial = isTrial;
    if (isTrial) this.#feed(line);
    this.#tree.draw();
    this.#parser.undo(mark);
    this.#context.isTrial = false;
  }

  #finish(): void {
    const line = this.#line();
    if (line !== '') this.#feed(line);
    this.#fed = this.#source.length;
    this.#parser.end();
    this.#context.isEnded = true;
    this.#tree.settle();
    this.#tree.draw();
    this.#state = 'ended';
  }

  #find(label: string, asks: Redrawable): Target | undefined {
    const target = this.#targets.get(label);
    if (target !== undefined || this.#context.isEnded) return target;
    const waiting = this.#waiting.get(label) ?? new Set();
    this.#waiting.set(label, waiting.add(asks));
    return undefined;
  }

  #define(label: string, target: Target): void {
    if (this.#targets.has(label)) return;
    this.#targets.set(label, target);
    const waiting = this.#waiting.get(label);
    this.#waiting.delete(label);
    for (const own of waiting ?? []) this.#stale.add(own);
  }
}
