import { createClient } from '../../src/client/index.ts';
import type { World } from './asking.ts';
import { newIds } from './http-writers.ts';
import { keyOf, recordValue } from './run-log.ts';

/** Calls of `send` that this writer has open at a time. */
const openSendsMax = 20;

/** Longer than any test: whether the platform comes back is checked elsewhere. */
const neverMs = 3_600_000;

/** The TypeScript client's own idempotent producer, which does the repeating; keys choose the partitions. */
export async function runClientWriter(world: World, writer: number): Promise<void> {
  await world.platform.whenUp();
  const client = createClient({ url: world.platform.url });
  await using producer = client.producer({
    topic: world.topic,
    backoff: { firstMs: 10, maxMs: 100 },
    deliveryTimeoutMs: neverMs,
    requestTimeoutMs: 10_000,
  });
  const open = new Set<Promise<void>>();
  while (!world.isEnding()) {
    const ids = newIds(world, writer, 3);
    const sentAtMs = world.log.now();
    const sending = producer
      .send(ids.map((id) => ({ key: keyOf(id), value: recordValue(id) })))
      .then((results) => {
        world.log.counts.requests += 1;
        for (const [index, { partition, offset }] of results.entries()) {
          world.log.ack(ids[index]!, partition, offset, sentAtMs);
        }
      })
      .catch((thrown: unknown) => {
        for (const id of ids) world.log.unknown(id, sentAtMs);
        world.log.report('refused', `the client's writer ${writer}: ${thrown}`);
      })
      .finally(() => open.delete(sending));
    open.add(sending);
    if (open.size >= openSendsMax) await Promise.race(open);
  }
  await Promise.all(open);
}
