/** Partitions an isolate remembers the end of; beyond it the memory starts anew. */
const rememberedPartitions = 50_000;

/**
 * The highest high watermark this isolate has seen of each partition. A log only grows, so an offset at or below it is
 * one that exists; what lies above has to be asked. It outlives a request.
 */
export class HighWatermarks {
  readonly #ends = new Map<string, number>();

  learn(topicId: string, partition: number, highWatermark: number): void {
    const key = `${topicId}/${partition}`;
    if ((this.#ends.get(key) ?? -1) >= highWatermark) return;
    if (this.#ends.size >= rememberedPartitions) this.#ends.clear();
    this.#ends.set(key, highWatermark);
  }

  reaches(topicId: string, partition: number, offset: number): boolean {
    return offset <= (this.#ends.get(`${topicId}/${partition}`) ?? -1);
  }
}
