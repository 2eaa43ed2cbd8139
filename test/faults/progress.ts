/** How often it is looked at. */
const TICK_MS = 250;

/** Ticks in a row without any progress, after which there will be none: processes are started in between. */
const PATIENCE_TICKS = 80;

/**
 * Gives up when nothing has moved for long, however long everything takes: what is slow is not broken. It counts ticks of
 * this process and does not look at a clock, so a machine that is busy with something else makes it wait as well.
 */
export class Progress {
  private readonly stalling = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private still = 0;

  /** `patience`: ticks in a row without any progress after which there will be none. */
  constructor(patience = PATIENCE_TICKS) {
    this.timer = setInterval(() => {
      if (++this.still >= patience) this.stalling.abort();
    }, TICK_MS);
  }

  /** Aborted when nothing moves any more. */
  get stalled(): AbortSignal {
    return this.stalling.signal;
  }

  /** Something got further that can't go on for ever: a frame was stored, or came for the first time; a step was done. */
  readonly moved = (): void => {
    this.still = 0;
  };

  stop(): void {
    clearInterval(this.timer);
  }
}
