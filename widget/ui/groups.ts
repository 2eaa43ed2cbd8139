import type { Shown } from '../conversation/shown.js';

/** This many messages stand together. */
const GROUP_SIZE = 8;

/** Messages that stand together, in their order. */
export interface Group {
  /** Rises from the oldest group to the newest. */
  readonly key: number;
  readonly messages: readonly Shown[];
  /** How many messages are newer than those of this group. */
  readonly newer: number;
  /** Whether it has had its turn to be drawn. */
  readonly isDrawn: boolean;
}

/**
 * Puts messages together. What a browser does in every frame for each child of a list (layout, painting, the question
 * whether it can be seen) is done for groups, then: below 500 messages an answer costs what it costs alone.
 *
 * A message stays in its group for as long as the order of messages allows: what moves in the document loses its
 * selection, its focus and where it was scrolled to.
 */
export class Groups {
  readonly #canWait: boolean;
  #keys: ReadonlyMap<string, number> = new Map();
  #drawn: ReadonlySet<number> = new Set();
  #isComplete = true;

  /** @param canWait Whether groups out of sight may be drawn later. If not, all are drawn at once. */
  constructor(canWait: boolean) {
    this.#canWait = canWait;
  }

  /** Whether all groups of the last division are drawn. If not, divide again soon. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** The groups of these messages, oldest first. */
  divide(messages: readonly Shown[]): readonly Group[] {
    const isOther = messages.length > GROUP_SIZE && messages.every(({ message }) => !this.#keys.has(message.id));
    const groups = this.#put(messages);
    const drawn = new Set<number>();
    const result: Group[] = [];
    let newer = 0;
    // From the newest on, one with each division. A long history that has only just been read waits for the next.
    let turns = !this.#canWait ? Infinity : isOther ? 0 : 1;
    for (const group of groups.toReversed()) {
      const isDrawn = this.#drawn.has(group.key) || turns-- > 0;
      if (isDrawn) drawn.add(group.key);
      result.unshift({ ...group, newer, isDrawn });
      newer += group.messages.length;
    }
    this.#drawn = drawn;
    this.#isComplete = drawn.size === groups.length;
    return result;
  }

  #put(messages: readonly Shown[]): readonly { readonly key: number; readonly messages: readonly Shown[] }[] {
    const groups: { key: number; messages: Shown[] }[] = [];
    const keys = new Map<string, number>();
    let key = this.#firstKey(messages);
    for (const [index, shown] of messages.entries()) {
      const last = groups.at(-1);
      const known = this.#keys.get(shown.message.id);
      if (known !== undefined) key = Math.max(key, known);
      else if (last !== undefined && last.messages.length >= GROUP_SIZE && this.#isFree(key + 1, messages, index))
        key++;
      keys.set(shown.message.id, key);
      if (last?.key === key) last.messages.push(shown);
      else groups.push({ key, messages: [shown] });
    }
    this.#keys = keys;
    return groups;
  }

  /** Older messages that were put in front get groups of their own. */
  #firstKey(messages: readonly Shown[]): number {
    const known = messages.findIndex(({ message }) => this.#keys.has(message.id));
    if (known >= 0) return this.#keyOf(messages[known]) - Math.ceil(known / GROUP_SIZE);
    // Another conversation: nothing of it was drawn.
    this.#drawn = new Set();
    return 0;
  }

  /** Whether no message from here on is in this group, or in one before it. */
  #isFree(key: number, messages: readonly Shown[], from: number): boolean {
    const next = messages.find(({ message }, index) => index >= from && this.#keys.has(message.id));
    return next === undefined || this.#keyOf(next) > key;
  }

  #keyOf(shown: Shown | undefined): number {
    return this.#keys.get(shown?.message.id ?? '') ?? 0;
  }
}
