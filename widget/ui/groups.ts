import type { Shown } from '../conversation/shown.js';

/** This many messages stand together. */
const GROUP_SIZE = 8;

/** This many messages have their turn with each division: on a slow device one takes 5 ms and more. */
const TURNS = 3;

/** Messages that stand together, in their order. */
export interface Group {
  /** Rises from the oldest group to the newest. */
  readonly key: number;
  readonly messages: readonly Shown[];
  /** How many messages are newer than those of this group. */
  readonly newer: number;
  /** How many of its oldest messages have not had their turn to be drawn. */
  readonly waiting: number;
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
  #waiting: ReadonlyMap<number, number> = new Map();
  #isComplete = true;

  /** @param canWait Whether messages out of sight may be drawn later. If not, all are drawn at once. */
  constructor(canWait: boolean) {
    this.#canWait = canWait;
  }

  /** Whether all messages of the last division had their turn. If not, divide again soon. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  /** The groups of these messages, oldest first. */
  divide(messages: readonly Shown[]): readonly Group[] {
    const isOther = messages.length > GROUP_SIZE && messages.every(({ message }) => !this.#keys.has(message.id));
    const groups = this.#put(messages);
    const stillWaiting = new Map<number, number>();
    const result: Group[] = [];
    let newer = 0;
    this.#isComplete = true;
    // From the newest on. A long history that has only just been read waits for the next division.
    let turns = !this.#canWait ? Infinity : isOther ? 0 : TURNS;
    for (const group of groups.toReversed()) {
      const before = Math.min(this.#waiting.get(group.key) ?? Infinity, group.messages.length);
      const waiting = Math.max(0, before - turns);
      turns -= before - waiting;
      stillWaiting.set(group.key, waiting);
      this.#isComplete &&= waiting === 0;
      result.unshift({ ...group, newer, waiting });
      newer += group.messages.length;
    }
    this.#waiting = stillWaiting;
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
    this.#waiting = new Map();
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
