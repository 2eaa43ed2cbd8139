import type { Delta, Message } from '@chat-stream/protocol';
import { adopt } from '../lazy/adopt.js';
import { KINDS } from './kinds.js';
import { PARTS_STYLES } from './parts.styles.js';
import type { PartKind, PartsHost, PartView } from './part-view.js';

export { PageTools } from '../conversation/page-tools.js';
export type { PartsHost } from './part-view.js';

/** Where the parts of an answer go: what led to the text above it, what belongs to it below. */
export interface PartsPlace {
  readonly before: HTMLElement;
  readonly after: HTMLElement;
}

/** A part that is shown. */
interface Shown {
  readonly type: Delta['type'];
  readonly view: PartView | undefined;
}

/** What stands below the text. */
const AFTER = new Set<Delta['type']>(['source', 'image', 'data']);

/** Where a part stands. What waits for the reader is where they read: the end of the answer. */
function homeOf(delta: Delta, { before, after }: PartsPlace): HTMLElement {
  const isAsked = delta.type === 'tool_call' && delta.needs_approval === true;
  return isAsked || AFTER.has(delta.type) ? after : before;
}

/** What is shown so far, by place. */
const places = new WeakMap<PartsPlace, Shown[]>();

/**
 * Draws what an answer holds beside its text. A part that is there already is updated in its place: what is open in it stays
 * open. Call it with each change of the message; the elements of `place` are in the document.
 */
export function drawParts(place: PartsPlace, message: Message, host: PartsHost): void {
  adopt(place.before, PARTS_STYLES);
  const { deltas = [] } = message;
  const shown = places.get(place) ?? [];
  places.set(place, shown);
  for (const { view } of shown.splice(deltas.length)) view?.element.remove();
  for (const [index, delta] of deltas.entries()) {
    const known = shown[index];
    // A part of which there is nothing to see yet is asked for again: a call may get its name.
    if (known?.type !== delta.type || known.view === undefined) {
      known?.view?.element.remove();
      shown[index] = { type: delta.type, view: (KINDS[delta.type] as PartKind<Delta>)(delta, message, host) };
    }
    const view = shown[index]?.view;
    if (view === undefined) continue;
    put(view.element, shown.slice(index + 1), homeOf(delta, place));
    view.update?.(delta, message);
  }
}

/** Only where it is not there: what moves in the document loses its focus. */
function put(element: HTMLElement, others: readonly Shown[], home: HTMLElement): void {
  if (element.parentNode === home) return;
  const next = others.find(({ view }) => view?.element.parentNode === home);
  home.insertBefore(element, next?.view?.element ?? null);
}
