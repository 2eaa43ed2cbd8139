import type { Message } from '@chat-stream/protocol';
import { html, nothing, render, type TemplateResult } from 'lit/html.js';
import { createRef, ref } from './ref.js';
import type { Shown } from '../conversation/shown.js';
import type { Scroll } from '../settings.js';
import type { ChatStreamStrings } from '../strings.js';
import { Follow } from './follow.js';
import { FrameQueue } from './frame-queue.js';
import { GroupList } from './group-list.js';
import { type Group, Groups } from './groups.js';
import { downIcon } from './icons.js';
import { hasParts, type MessageActions, renderMessage } from './message.js';
import { MarkdownContent } from '../markdown/content.js';
import type { MarkdownHost } from '../markdown/context.js';
import type { drawParts, PartsHost, PartsPlace } from '../parts/index.js';
import { make } from '../markdown/elements.js';
import { FRAME_WORK } from '../markdown/limits.js';
import { work } from '../markdown/work.js';
import type { MessageContent } from './message-content.js';
import { TextContent } from './text-content.js';
import { ViewHeight } from './view-height.js';
import { WarmUp } from './warm-up.js';

/** What the transcript shows. */
export interface TranscriptView {
  readonly messages: readonly Shown[];
  readonly strings: ChatStreamStrings;
  readonly agentName: string;
  readonly isTyping: boolean;
  readonly isConnected: boolean;
  readonly canCopy: boolean;
  /** The message that was copied just now. */
  readonly copied: string | undefined;
  readonly scroll: Scroll;
  /** What stands there instead of messages. */
  readonly empty: TemplateResult;
  /** Asks for older messages; `undefined`: there are none. */
  readonly onOlder: (() => void) | undefined;
}

/**
 * Where parts of a long history that are out of sight may be drawn later, and get their height then: see the style sheet.
 * Drawn at once it would stop the page for a while.
 */
const CAN_WAIT = (globalThis as { CSS?: typeof CSS }).CSS?.supports('overflow-anchor', 'auto') !== false;

/** How far below the top a question stands that was brought there, in CSS pixels. */
const ANCHOR_PX = 20;

/** How long drawing may take in a frame, layout included and painting not, in ms. */
const FRAME_MS = 16;

/** What is drawn in a frame however slow the device is, in units of `work`. */
const LEAST_WORK = FRAME_WORK / 8;

/**
 * The least time between two drawings of a growing answer, in ms: at 60 frames per second it grows in every third one, as
 * in icotes (50 ms). Nobody reads faster; each drawing costs the page about 1.6 ms, whatever is in it.
 */
const GAP_MS = 40;

/** How long nothing must have come for the caret to blink, in ms: while it moves, it is seen anyway, and blinking is work. */
const STILL_MS = 600;

/** A little of everything that drawing an answer needs, and that loads nothing. */
const SAMPLE = '# a\n\nb **c** `d`\n\n- e\n- f\n\n| g |\n| - |\n| h |\n\n1. [i](j:k)';

/** What drawing messages needs of the element around them. */
export interface TranscriptHost extends MarkdownHost, PartsHost {
  words(): ReturnType<MarkdownHost['words']> & ReturnType<PartsHost['words']>;
  /** Draws what an answer holds beside its text; `undefined`: not before {@link Transcript.renderersChanged}. */
  parts(): typeof drawParts | undefined;
}

/** A text in the document, what stands around it, and the message that both were last compared with. */
interface Drawn {
  readonly content: MessageContent;
  place?: PartsPlace;
  message: Message | undefined;
}

/** Where a message stood in the view, in CSS pixels. */
interface Place {
  readonly id: string;
  readonly top: number | undefined;
}

/**
 * The list of messages. Its frame is drawn by Lit when something happens; the text of a running answer goes straight
 * into its own element, once per painted frame, and touches nothing else.
 */
export class Transcript {
  readonly #contents = new Map<string, Drawn>();
  readonly #dirty = new Set<MessageContent>();
  /** Answers that may have stayed plain for want of a renderer that is there now. */
  readonly #plain = new Set<MessageContent>();
  /** Answers of which the parts beside the text are to be drawn. */
  readonly #withParts = new Map<PartsPlace, Message>();
  readonly #scroller = createRef<HTMLElement>();
  readonly #frames = new FrameQueue(() => this.#flush());
  readonly #groups = new Groups(CAN_WAIT);
  readonly #list = new GroupList();
  /** Draws another part of a long history. */
  readonly #later: FrameQueue;
  readonly #beforeFlush: () => void;
  readonly #follow: Follow;
  readonly #viewHeight = new ViewHeight();
  readonly #warmUp = new WarmUp();
  readonly #changed: () => void;
  readonly #host: TranscriptHost;
  #scroll: Scroll = 'follow';
  #ids: readonly string[] = [];
  #hasOlder = false;
  #first: Place | undefined;
  #toAnchor: string | undefined;
  /** The last message at the last drawing. */
  #newest: string | undefined;
  #growing: ReturnType<typeof setTimeout> | undefined;
  #hasGrown = false;
  /** How much may be drawn in a frame. It begins low: the first frame is the dearest. */
  #budget = LEAST_WORK;

  /**
   * @param changed Draws again.
   * @param beforeFlush Called once per painted frame in which an answer grew, before anything is measured.
   * @param host What drawing answers needs.
   */
  constructor(changed: () => void, beforeFlush: () => void, host: TranscriptHost) {
    this.#host = host;
    this.#changed = changed;
    this.#beforeFlush = beforeFlush;
    this.#follow = new Follow(changed, () => this.#scroll === 'follow');
    this.#later = new FrameQueue(changed);
  }

  /** A running answer grew. */
  append(id: string, text: string): void {
    const content = this.#contents.get(id)?.content;
    // Without an element the next drawing makes one, with all of the text.
    if (content === undefined) return this.#changed();
    if (content.length === 0) this.#changed();
    content.append(text);
    this.#dirty.add(content);
    this.#frames.request(GAP_MS);
  }

  /** A renderer may be there that was missing: what stayed plain is drawn with it. */
  renderersChanged(): void {
    for (const { content } of this.#contents.values()) this.#plain.add(content);
    // Not here: to run the file that it is in has taken a task's time already.
    this.#frames.request();
  }

  /** A question of one's own brings the reader to it with the next drawing, wherever they were. */
  bring(id: string): void {
    this.#toAnchor = id;
  }

  /** Goes to the newest message, and follows it. */
  jump(): void {
    this.#follow.jump();
  }

  /** Draws the list. */
  render(view: TranscriptView, actions: MessageActions): TemplateResult {
    const { messages, strings, isTyping } = view;
    this.#scroll = view.scroll;
    this.#prune(messages);
    this.#first = this.#placeOf(this.#first?.id);
    this.#hasOlder = view.onOlder !== undefined;
    this.#ids = messages.map(({ message }) => message.id);
    this.#list.draw(
      this.#groups.divide(messages),
      (group) => inputsOf(group, view),
      (group) => this.#drawGroup(group, view, actions),
    );
    this.#warmUp.request(() => this.#drawSample(view, actions));
    const isAway = this.#follow.state === 'reading' && messages.length > 0;
    return html`<div class="transcript-area">
      <div
        class="transcript"
        part="transcript"
        role="log"
        aria-live="off"
        aria-label=${strings.conversation}
        tabindex="0"
        data-scroll=${view.scroll}
        ?data-reading=${isAway}
        ${ref(this.#scroller)}
      >
        <div class="column">
          ${messages.length === 0 && !isTyping ? view.empty : nothing}
          ${
            view.onOlder === undefined
              ? nothing
              : html`<button class="older" part="older" type="button" @click=${view.onOlder}>${strings.older}</button>`
          }
          ${this.#list.element}
          ${isTyping ? html`<div class="typing" part="typing"><i></i><i></i><i></i><span class="hidden-text">${strings.working}</span></div>` : nothing}
        </div>
      </div>
      ${
        isAway
          ? html`<button
              class="jump"
              part="jump"
              type="button"
              ?data-unread=${this.#follow.hasUnread}
              @click=${() => this.jump()}
            >
              ${downIcon}<span>${this.#follow.hasUnread ? strings.unread : strings.jump}</span>
            </button>`
          : nothing
      }
    </div>`;
  }

  #drawGroup({ messages, newer, waiting }: Group, view: TranscriptView, actions: MessageActions) {
    return messages.map((shown, index) => {
      if (index < waiting) return nothing;
      const isLast = newer === 0 && index === messages.length - 1;
      const isCopied = view.copied === shown.message.id;
      return renderMessage({ ...view, shown, content: this.#contentOf(shown), isCopied, isLast }, actions);
    });
  }

  /** Draws a question and an answer where nobody sees them. */
  #drawSample(view: TranscriptView, actions: MessageActions): void {
    if (this.#contents.size > 0) return;
    const messages = (['user', 'ai'] as const).map((sender) => ({
      message: { id: sender, sender, content: SAMPLE, metadata: { streaming: true }, attachments: [] },
      delivery: undefined,
    }));
    render(this.#drawGroup({ key: 0, messages, newer: 0, waiting: 0 }, view, actions), new DocumentFragment());
    for (const content of this.#dirty) while (content.isBehind) content.flush(FRAME_WORK);
    this.#contents.clear();
    this.#dirty.clear();
  }

  /** Call it after each drawing. */
  updated(): void {
    this.#follow.attach(this.#scroller.value);
    this.#viewHeight.attach(this.#scroller.value);
    this.#frames.cancel();
    this.#flush(() => {
      this.#keepPlace();
      this.#goToAnchor();
    });
  }

  /** Before anything is called unread: the reader is brought to what they wrote. */
  #goToAnchor(): void {
    const anchor = this.#toAnchor;
    this.#toAnchor = undefined;
    if (anchor === undefined || this.#scroll === 'off') return;
    if (this.#scroll === 'follow') return this.#follow.jump();
    this.#toTop(this.#contents.get(anchor)?.content.element);
    this.#follow.settle();
  }

  /** Where a message stands in the view. Asked for only while there are older ones, because it costs a layout. */
  #placeOf(id: string | undefined): Place | undefined {
    const element = id === undefined || !this.#hasOlder ? undefined : this.#contents.get(id)?.content.element;
    return id === undefined ? undefined : { id, top: element?.getBoundingClientRect().top };
  }

  /** Older messages came in front: what the reader looks at stays where it is. */
  #keepPlace(): void {
    const [id] = this.#ids;
    const { id: before, top } = this.#first ?? {};
    this.#first = id === undefined ? undefined : { id, top: undefined };
    const scroller = this.#scroller.value;
    if (before === undefined || before === id || top === undefined || scroller === undefined) return;
    const now = this.#contents.get(before)?.content.element.getBoundingClientRect().top;
    if (now !== undefined) scroller.scrollTop += now - top;
  }

  /** Not `scrollIntoView`: that would move the page as well. */
  #toTop(element: Element | undefined): void {
    const scroller = this.#scroller.value;
    if (scroller === undefined || element === undefined) return;
    this.#viewHeight.tell();
    scroller.scrollTop += element.getBoundingClientRect().top - scroller.getBoundingClientRect().top - ANCHOR_PX;
  }

  /** Leaves no listener, observer or frame. {@link updated} begins again. */
  disconnect(): void {
    this.#follow.attach(undefined);
    this.#viewHeight.attach(undefined);
    this.#frames.cancel();
    this.#later.cancel();
    this.#warmUp.cancel();
    this.#stand();
  }

  /** Draws what the answers have grown by. `then`: what comes before the end is followed. */
  #flush(then?: () => void): void {
    const start = performance.now();
    const isNew = this.#drawContents();
    then?.();
    this.#follow.drawn(isNew);
    // What this took, layout included, tells how much the next frame may draw: on a slow device, less.
    if (this.#dirty.size === 0) return;
    const ratio = Math.min(2, FRAME_MS / (performance.now() - start));
    this.#budget = Math.min(FRAME_WORK, Math.max(LEAST_WORK, this.#budget * ratio));
  }

  #grow(): void {
    this.#hasGrown = true;
    // Not with each drawing: a timer that fires early finds out that there is more.
    if (this.#growing !== undefined) return;
    this.#scroller.value?.setAttribute('data-growing', '');
    this.#wait();
  }

  #wait(): void {
    this.#hasGrown = false;
    this.#growing = setTimeout(() => (this.#hasGrown ? this.#wait() : this.#stand()), STILL_MS);
  }

  /** Nothing grows any more. */
  #stand(): void {
    clearTimeout(this.#growing);
    this.#growing = undefined;
    this.#scroller.value?.removeAttribute('data-growing');
  }

  /** Draws what the answers have grown by. @returns whether there is more to read than before. */
  #drawContents(): boolean {
    this.#beforeFlush();
    if (this.#dirty.size > 0) this.#grow();
    const newest = this.#ids.at(-1);
    let isNew = newest !== this.#newest;
    this.#newest = newest;
    // The newest first: that is what is seen. What one frame has no time for waits for the next.
    let budget = document.visibilityState === 'hidden' ? Infinity : this.#budget;
    // What comes in front of what is read is there at once, as far as possible: Safari does not hold the place when it grows.
    if (this.#first?.top !== undefined) budget = Math.max(budget, FRAME_WORK);
    for (const content of [...this.#dirty].reverse()) {
      const drawn = budget > 0 ? content.flush(budget) : 0;
      budget -= drawn;
      isNew ||= drawn > 0;
      if (!content.isBehind) this.#dirty.delete(content);
    }
    for (const content of [...this.#plain].reverse()) {
      if (budget <= 0) break;
      const before = work.done;
      content.renderersChanged();
      this.#plain.delete(content);
      budget -= work.done - before;
    }
    this.#drawParts();
    if (this.#dirty.size + this.#plain.size > 0) this.#frames.request();
    // Not in the same frame: each of them has it laid out.
    else if (!this.#groups.isComplete) this.#later.request();
    return isNew;
  }

  /** When their elements have their place, as what is dirty. */
  #drawParts(): void {
    if (this.#withParts.size === 0) return;
    const draw = this.#host.parts();
    if (draw === undefined) return;
    for (const [place, message] of this.#withParts) draw(place, message, this.#host);
    this.#withParts.clear();
  }

  #contentOf({ message }: Shown): readonly (Element | undefined)[] {
    const drawn: Drawn = this.#contents.get(message.id) ?? { content: this.#contentFor(message), message: undefined };
    this.#contents.set(message.id, drawn);
    const { content } = drawn;
    // A running text only grows: lengths tell. One that is complete may have been replaced as a whole.
    const isReplaced =
      message !== drawn.message && message.metadata.streaming !== true && !content.shows(message.content);
    if (content.length !== message.content.length || isReplaced) content.set(message.content);
    drawn.message = message;
    if (message.metadata.streaming !== true) content.end();
    // Drawn when its element has its place: what draws code needs the styles around it.
    if (content.isBehind) this.#dirty.add(content);
    if (hasParts(message) || drawn.place) {
      drawn.place ??= { before: make('div', { class: 'parts' }), after: make('div', { class: 'parts after' }) };
      this.#withParts.set(drawn.place, message);
    }
    return [drawn.place?.before, content.element, drawn.place?.after];
  }

  /** What a visitor wrote is shown as they wrote it. */
  #contentFor({ sender }: Message): MessageContent {
    return sender === 'user' ? new TextContent() : new MarkdownContent(this.#host);
  }

  #prune(messages: readonly Shown[]): void {
    if (this.#contents.size <= messages.length) return;
    const present = new Set(messages.map(({ message }) => message.id));
    for (const id of this.#contents.keys()) if (!present.has(id)) this.#contents.delete(id);
  }
}

/** What the drawing of a group depends on. */
function inputsOf({ messages, newer, waiting }: Group, view: TranscriptView): readonly unknown[] {
  const copied = messages.some(({ message }) => message.id === view.copied) && view.copied;
  const { strings, agentName, isConnected, canCopy } = view;
  const each = messages.flatMap(({ message, delivery }) => [message, delivery]);
  return [waiting, newer === 0, copied, strings, agentName, isConnected, canCopy, ...each];
}
