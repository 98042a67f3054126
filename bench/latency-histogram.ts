/** Values below this many microseconds have a bucket each; above, a power of two is split into as many buckets. */
const bucketsPerOctave = 128;
/** 2^26 us is 67 s: longer than any window, so nothing real is clipped. */
const octaves = 27;

/**
 * A log-linear histogram of latencies: each percentile is within 1/128 of the true value, recording costs one
 * increment, and memory does not grow with the run.
 */
export class LatencyHistogram {
  readonly #counts = new Float64Array(bucketsPerOctave * octaves);
  #total = 0;

  get total(): number {
    return this.#total;
  }

  record(latencyMs: number): void {
    this.#counts[bucketOf(latencyMs * 1000)]! += 1;
    this.#total += 1;
  }

  /** The latency in ms that `percent` of the recorded ones do not exceed; 0 when nothing was recorded. */
  percentileMs(percent: number): number {
    const rank = Math.max(1, Math.ceil((this.#total * percent) / 100));
    let seen = 0;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      seen += this.#counts[bucket]!;
      if (seen >= rank) return middleOf(bucket) / 1000;
    }
    return 0;
  }
}

function bucketOf(latencyUs: number): number {
  const us = Math.max(0, Math.floor(latencyUs));
  if (us < bucketsPerOctave) return us;
  const octave = Math.floor(Math.log2(us)) - Math.log2(bucketsPerOctave);
  const within = Math.floor(us / 2 ** octave) - bucketsPerOctave;
  return Math.min((octave + 1) * bucketsPerOctave + within, bucketsPerOctave * octaves - 1);
}

function middleOf(bucket: number): number {
  if (bucket < bucketsPerOctave) return bucket + 0.5;
  const octave = Math.floor(bucket / bucketsPerOctave) - 1;
  const within = (bucket % bucketsPerOctave) + bucketsPerOctave;
  return (within + 0.5) * 2 ** octave;
}
