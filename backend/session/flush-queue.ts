/**
 * Runs what was added in this turn of the event loop, together, at its end. Answers add their flush here, so that tokens
 * that arrived together travel as one frame, and the frames of all sessions reach the log as one batch. It is not a timer:
 * the check phase follows the I/O that brought the tokens within the same turn, whatever the load.
 */
export class FlushQueue {
  private pending = new Set<() => void>();
  private scheduled = false;

  /** Adds `flush`; added twice in one turn, it runs once. */
  add(flush: () => void): void {
    this.pending.add(flush);
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      const batch = this.pending;
      this.pending = new Set();
      for (const run of batch) run();
    });
  }
}
