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
      const view = (KINDS[delta.type] as PartKind<Delta>)(delta, message, host);
      if (view !== undefined) put(view.element, delta, shown.slice(index + 1), place);
      shown[index] = { type: delta.type, view };
    }
    shown[index]?.view?.update?.(delta, message);
  }
}

function put(element: HTMLElement, { type }: Delta, others: readonly Shown[], { before, after }: PartsPlace): void {
  const isAfter = AFTER.has(type);
  const next = others.find((other) => other.view !== undefined && AFTER.has(other.type) === isAfter);
  (isAfter ? after : before).insertBefore(element, next?.view?.element ?? null);
}
