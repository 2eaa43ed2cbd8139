/** The words of what an answer holds beside its text, in English: they are loaded with what draws it. */
export const PART_STRINGS = {
  /** What opens the part of an answer that holds what the model thought. */
  reasoning: 'Reasoning',
  /** An image that came with an answer, for screen readers, and the link in its place. */
  image: 'Image',
  /** With a call that runs only when the visitor approves, and said to screen readers, with the name of the tool behind it. */
  approval: 'Needs your approval',
  /** The button that lets such a call run. */
  approve: 'Approve',
  /** The button that keeps it from running. */
  decline: 'Decline',
  /** What was decided about it. */
  approved: 'Approved',
  /** What was decided about it. */
  declined: 'Declined',
  /** The answer ended before anybody decided. */
  undecided: 'Nobody decided',
} as const;

/** The words of what an answer holds beside its text, by key. */
export type PartStrings = Readonly<Record<keyof typeof PART_STRINGS, string>>;

/** The page's own words, and ours where it gives none. */
export function wordsOf(host: { words(): Partial<PartStrings> }): PartStrings {
  return { ...PART_STRINGS, ...host.words() };
}
