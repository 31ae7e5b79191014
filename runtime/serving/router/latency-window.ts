/** Counts and latencies since a moment, in buckets that grow by a fifth: quantiles to within 10 %. */

const FACTOR = Math.log(1.2);
const LEAST_MS = 0.05;
const BUCKETS = 96;

export class LatencyWindow {
  requests = 0;
  errors = 0;
  private readonly buckets = new Uint32Array(BUCKETS);

  add(ms: number, failed: boolean): void {
    this.requests++;
    if (failed) this.errors++;
    const bucket = ms <= LEAST_MS ? 0 : Math.min(BUCKETS - 1, Math.ceil(Math.log(ms / LEAST_MS) / FACTOR));
    this.buckets[bucket]++;
  }

  /** Upper end of the bucket in which the quantile lies, ms; undefined without requests. */
  quantile(q: number): number | undefined {
    if (this.requests === 0) return undefined;
    let left = Math.max(1, Math.ceil(this.requests * q));
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      left -= this.buckets[bucket];
      if (left <= 0) return Number((LEAST_MS * Math.exp(bucket * FACTOR)).toPrecision(3));
    }
    return undefined;
  }
}
