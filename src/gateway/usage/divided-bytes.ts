/** What one topic has of an answer. */
export type TopicShare = { readonly topic: string | null; readonly records: number; readonly bytes: number };

/**
 * Divides the bytes of an answer among the topics whose records are in it, in proportion to their records; the last has
 * what is left, so that the sum is the answer to the byte. An answer without a record is nobody's.
 */
export function divideBytes(records: ReadonlyMap<string | null, number>, bytes: number): TopicShare[] {
  const total = [...records.values()].reduce((sum, count) => sum + count, 0);
  const named = [...records].filter(([, count]) => count > 0);
  let left = bytes;
  return named.map(([topic, count], index) => {
    const own = index === named.length - 1 ? left : Math.floor((bytes * count) / total);
    left -= own;
    return { topic, records: count, bytes: own };
  });
}
