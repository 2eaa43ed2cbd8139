/** Who wants to know when frames were appended to which session. */
export class Watchers {
  private readonly bySession = new Map<string, Set<() => void>>();

  /** Calls `wake` at every {@link wake} of this session. Returns the function that ends it. */
  add(sessionId: string, wake: () => void): () => void {
    const watchers = this.bySession.get(sessionId) ?? new Set();
    this.bySession.set(sessionId, watchers.add(wake));
    return () => {
      watchers.delete(wake);
      if (watchers.size === 0 && this.bySession.get(sessionId) === watchers) this.bySession.delete(sessionId);
    };
  }

  /** Wakes the watchers of a session. */
  wake(sessionId: string): void {
    const watchers = this.bySession.get(sessionId);
    if (watchers === undefined) return;
    for (const wake of watchers) wake();
  }

  /** Forgets everybody. */
  clear(): void {
    this.bySession.clear();
  }
}
