const SUB_BUCKET_BITS = 6;
const SUB_BUCKETS = 1 << SUB_BUCKET_BITS;

/**
 * A log-linear histogram: each power of two of microseconds is divided into 64 buckets, so a value is
 * accurate to 1.6 %, and recording one takes a few integer operations, whatever the latency.
 */
export class LatencyHistogram {
  readonly #counts = new Uint32Array(32 * SUB_BUCKETS);
  #total = 0;
  #maxMs = 0;

  record(latencyMs: number): void {
    const micros = Math.min(Math.round(latencyMs * 1000), 0x7fffffff);
    const shift = Math.max(0, 31 - Math.clz32(micros) - SUB_BUCKET_BITS);
    const bucket = shift * SUB_BUCKETS + (micros >>> shift);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#total += 1;
    this.#maxMs = Math.max(this.#maxMs, latencyMs);
  }

  get count(): number {
    return this.#total;
  }

  /** The largest value, exactly. */
  get maxMs(): number {
    return this.#maxMs;
  }

  /** The upper edge of the bucket in which the given share (0 to 1) of all values is reached, in ms. */
  percentileMs(share: number): number {
    const wanted = Math.max(1, Math.ceil(this.#total * share));
    let seen = 0;
    for (let bucket = 0; bucket < this.#counts.length; bucket += 1) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= wanted) return upperEdgeMs(bucket);
    }
    return 0;
  }
}

function upperEdgeMs(bucket: number): number {
  const shift = Math.max(0, (bucket >>> SUB_BUCKET_BITS) - 1);
  return ((bucket - shift * SUB_BUCKETS + 1) * 2 ** shift - 1) / 1000;
}
