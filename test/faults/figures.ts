/** What a run of the fault suite did, and what it found. All but the first group must stay 0. */
export class Figures {
  /** Answers that were written. */
  streams = 0;
  /** Connections that were lost after they had been accepted. */
  cuts = 0;
  /** Attempts that never got through. */
  refused = 0;
  /** Frames with a `seq`, as they arrived at clients. */
  frames = 0;
  /** Echoes of messages that were sent again. */
  repeats = 0;
  /** Sessions that went on from a cursor, and those that began with a snapshot. */
  resumed = 0;
  snapshots = 0;

  lost = 0;
  doubled = 0;
  reordered = 0;
  gaps = 0;
  /** Answers without exactly one start and one end. */
  ends = 0;
  /** Everything else that a promise was broken with. */
  other = 0;
  readonly faults: Record<string, number> = {};

  get broken(): number {
    return this.lost + this.doubled + this.reordered + this.gaps + this.ends + this.other;
  }

  count(fault: string): void {
    this.faults[fault] = (this.faults[fault] ?? 0) + 1;
  }

  toString(): string {
    const { streams, cuts, refused, frames, repeats, resumed, snapshots } = this;
    const { lost, doubled, reordered, gaps, ends, other } = this;
    const faults = Object.entries(this.faults).map(([name, count]) => `${name} ${count}`);
    return (
      `${streams} streams, ${cuts} cuts, ${refused} attempts refused, ${resumed} resumed, ${snapshots} snapshots, ` +
      `${frames} frames, ${repeats} echoes repeated | lost ${lost}, doubled ${doubled}, reordered ${reordered}, ` +
      `gaps ${gaps}, ends other than one ${ends}, other ${other} | faults: ${faults.sort().join(', ')}`
    );
  }
}
