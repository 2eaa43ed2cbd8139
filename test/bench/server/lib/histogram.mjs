const STEPS_PER_E = 100;
const BUCKETS = 2_400;

/** Times in µs, kept to within 1 %. */
export class Histogram {
  #counts = new Uint32Array(BUCKETS);
  #total = 0;

  add(microseconds) {
    this.#total++;
    this.#counts[Math.min(BUCKETS - 1, Math.floor(Math.log(Math.max(1, microseconds)) * STEPS_PER_E))]++;
  }

  /** The time in ms that a `share` of all were within. */
  quantile(share) {
    let left = Math.ceil(this.#total * share);
    const bucket = this.#counts.findIndex((count) => (left -= count) <= 0);
    return Math.exp((bucket + 0.5) / STEPS_PER_E) / 1000;
  }
}
