/** Where the slots in use are kept: on the page, so that two copies of this script share them. */
const REGISTRY = Symbol.for('chat-stream.slots');

interface Registry {
  [REGISTRY]?: Map<string, Set<number>>;
}

/** A number that tells elements of one kind on one page apart. */
export interface Slot {
  /** 0 for the first element, 1 for the second, and so on: the same after a reload. */
  readonly index: number;
  /** Gives the number back. */
  release(): void;
}

/**
 * Takes the lowest number that no other element of this `kind` on the page has.
 *
 * @param preferred A number to take again if it is still free: an element that was put back.
 */
export function takeSlot(kind: string, preferred?: number): Slot {
  const slots = ((globalThis as Registry)[REGISTRY] ??= new Map<string, Set<number>>());
  const used = slots.get(kind) ?? new Set<number>();
  slots.set(kind, used);
  let index = preferred !== undefined && !used.has(preferred) ? preferred : 0;
  while (used.has(index)) index++;
  used.add(index);
  return { index, release: () => void used.delete(index) };
}
