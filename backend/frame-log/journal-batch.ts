import type { LoggedFrame } from './frame-log.js';
import { dropLine, framesLine, trimLine } from './journal-record.js';
import type { JournalSession } from './journal-session.js';

/** What waits for the end of this turn of the event loop. */
export type Operation =
  | { readonly type: 'append'; readonly log: JournalSession; readonly frames: readonly LoggedFrame[] }
  | { readonly type: 'trim'; readonly log: JournalSession; readonly seq: number; readonly head: number }
  | { readonly type: 'drop'; readonly log: JournalSession };

/** The operations of one turn: written together, with one outcome. */
export class Batch {
  readonly operations: Operation[] = [];
  /** One promise for all: it costs less than one for each, and they end alike. */
  readonly written: Promise<void>;
  resolve!: () => void;
  reject!: (error: Error) => void;

  constructor() {
    this.written = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }
}

/** What the journal says of an operation. */
export function lineOf(operation: Operation): string {
  const { prefix } = operation.log;
  switch (operation.type) {
    case 'append':
      return framesLine(prefix, operation.frames);
    case 'trim':
      return trimLine(prefix, operation.seq, operation.head);
    case 'drop':
      return dropLine(prefix);
  }
}
