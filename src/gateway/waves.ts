/** Partitions of one request that are called at a time: a Worker may have six connections open at once. */
export const partitionsAtOnce = 4;

/** Does `work` for every item, a few at a time, and answers in their order. */
export async function inWaves<Item, Done>(
  items: readonly Item[],
  work: (item: Item) => Promise<Done>,
): Promise<Done[]> {
  const done: Done[] = [];
  for (let at = 0; at < items.length; at += partitionsAtOnce) {
    done.push(...(await Promise.all(items.slice(at, at + partitionsAtOnce).map(work))));
  }
  return done;
}
