import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Consumer, type ConsumerOptions, type Gap } from '../../src/client/consumer.ts';
import { MillraceError } from '../../src/client/index.ts';
import { type FrameFate, type MemoryLog, MemoryLogDoor } from './memory-log-door.ts';

function consumerOver(door: MemoryLogDoor, options: Partial<ConsumerOptions> = {}): Consumer {
  const partitions = options.partitions;
  return new Consumer(
    { topic: 'orders', backoff: { firstMs: 1, maxMs: 2 }, ...options },
    {
      channels: (start) => Promise.resolve([{ door, partitions, start }]),
      diagnose: () => Promise.resolve(null),
    },
  );
}

/** A consumer with a channel for each partition, as the binary transport has. */
function channelledConsumerOver(door: MemoryLogDoor, options: Partial<ConsumerOptions>): Consumer {
  return new Consumer(
    { topic: 'orders', backoff: { firstMs: 1, maxMs: 2 }, ...options },
    {
      channels: (start) => Promise.resolve(door.logs.map((_, partition) => ({ door, partitions: [partition], start }))),
      diagnose: () => Promise.resolve(null),
    },
  );
}

const logOf = (count: number, logStart = 0): MemoryLog => ({
  values: Array.from({ length: count }, (_, offset) => `v${offset}`),
  logStart,
});

async function readAll(consumer: Consumer, limit = Number.POSITIVE_INFINITY): Promise<string[]> {
  const read: string[] = [];
  for await (const { partition, offset } of consumer) {
    read.push(`${partition}/${offset}`);
    if (read.length >= limit) break;
  }
  return read;
}

const offsetsOf = (read: readonly string[], partition: number) =>
  read.filter((each) => each.startsWith(`${partition}/`)).map((each) => Number(each.split('/')[1]));

const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);

describe('a consumer', () => {
  test('starts where it is told and stops at the end it found', async () => {
    const door = new MemoryLogDoor([logOf(5), logOf(2), logOf(0)]);
    const read = await readAll(consumerOver(door, { from: 'earliest', stopAtEnd: true }));
    expect(offsetsOf(read, 0)).toEqual(range(0, 5));
    expect(offsetsOf(read, 1)).toEqual(range(0, 2));
    const some = { from: { 0: 3 }, partitions: [0], stopAtEnd: true };
    expect(await readAll(consumerOver(door, some))).toEqual(['0/3', '0/4']);
    expect(await readAll(consumerOver(door, { from: 'latest', stopAtEnd: true }))).toEqual([]);
  });

  test('ends before the offset that it is told, in the middle of a batch too, and its position is there', async () => {
    const door = new MemoryLogDoor([logOf(9), logOf(4), logOf(3)]);
    const consumer = consumerOver(door, { from: 'earliest', stopAtEnd: true, until: { 0: 5, 1: 9, 2: 0 } });
    const read = await readAll(consumer);
    expect([0, 1, 2].map((partition) => offsetsOf(read, partition))).toEqual([range(0, 5), range(0, 4), []]);
    expect(consumer.offsets).toEqual({ 0: 5, 1: 4, 2: 0 });
    const behind = consumerOver(door, { from: { 0: 7 }, partitions: [0], stopAtEnd: true, until: { 0: 5 } });
    expect(await readAll(behind)).toEqual([]);
  });

  test('follows what comes, and a loop that is left closes it', async () => {
    const door = new MemoryLogDoor([logOf(1)]);
    const consumer = consumerOver(door);
    const reading = readAll(consumer, 2);
    setTimeout(() => door.append(0, 'a', 'b', 'c'), 5);
    expect(await reading).toEqual(['0/1', '0/2']);
    expect(consumer.offsets).toEqual({ 0: 3 });
  });

  test('hands its position on to another consumer, in mid-frame', async () => {
    const door = new MemoryLogDoor([logOf(10), logOf(10)], undefined, () => 10);
    const first = consumerOver(door, { from: 'earliest', stopAtEnd: true });
    const read = await readAll(first, 13);
    const rest = await readAll(consumerOver(door, { from: first.position!, stopAtEnd: true }));
    expect([...read, ...rest].sort()).toEqual([...new Set([...read, ...rest])].sort());
    expect(read.length + rest.length).toBe(20);
  });

  test('ends with an error on a gap nobody listens for, and its position stays before it', async () => {
    const door = new MemoryLogDoor([logOf(9, 4)]);
    const consumer = consumerOver(door, { from: { 0: 1 } });
    const thrown = await readAll(consumer).catch((error) => error);
    expect(thrown).toMatchObject({ code: 'OFFSET_OUT_OF_RANGE', detail: { partition: 0, from: 1, to: 4 } });
    expect(consumer.offsets).toEqual({ 0: 1 });
  });

  test('tells a listener of a gap and goes on behind it', async () => {
    const gaps: Gap[] = [];
    const door = new MemoryLogDoor([logOf(9, 4)]);
    const options = { from: { 0: 1 }, stopAtEnd: true, onGap: (gap: Gap) => gaps.push(gap) };
    expect(offsetsOf(await readAll(consumerOver(door, options)), 0)).toEqual(range(4, 9));
    expect(gaps).toEqual([{ topic: 'orders', partition: 0, from: 1, to: 4, reason: 'retention' }]);
  });

  test('reads a partition that was added while it was cut off, from its beginning', async () => {
    const logs = [logOf(1)];
    const fates: FrameFate[] = ['delivered', 'cut'];
    const door = new MemoryLogDoor(logs, () => fates.shift() ?? 'delivered');
    const reading = readAll(consumerOver(door, { from: 'earliest' }), 4);
    setTimeout(() => {
      logs.push(logOf(2));
      door.append(0, 'more');
    }, 5);
    const read = await reading;
    expect(offsetsOf(read, 0)).toEqual([0, 1]);
    expect(offsetsOf(read, 1)).toEqual([0, 1]);
  });

  test('ends with the platform at fault when the same hole shows again and again', async () => {
    let turn = 0;
    const door = new MemoryLogDoor([logOf(9)], () => (turn++ % 2 === 0 ? 'skipped' : 'delivered'));
    expect(await readAll(consumerOver(door, { from: 'earliest' })).catch((error) => error)).toMatchObject({
      code: 'CORRUPT_MESSAGE',
      detail: { partition: 0, expected: 0 },
    });
    expect(door.subscriptions).toBe(5);
  });

  test('gives up on a final error at once, and on a lost platform when its time is up', async () => {
    const door = new MemoryLogDoor([logOf(1)]);
    door.refusals.push(new MillraceError({ code: 'UNKNOWN_TOPIC_OR_PARTITION', message: 'no such topic' }));
    expect(await readAll(consumerOver(door)).catch((error) => error)).toMatchObject({
      code: 'UNKNOWN_TOPIC_OR_PARTITION',
    });
    expect(door.subscriptions).toBe(1);

    const down = new MemoryLogDoor([logOf(1)]);
    for (let n = 0; n < 1_000; n++) {
      down.refusals.push(new MillraceError({ code: 'NETWORK_EXCEPTION', message: 'down' }));
    }
    const lost = await readAll(consumerOver(down, { reconnectTimeoutMs: 20 })).catch((error) => error);
    expect(lost).toMatchObject({ code: 'NETWORK_EXCEPTION', message: 'down' });
    expect(down.subscriptions).toBeGreaterThan(1);
  });

  test('ends quietly when it is closed while it waits, and throws the reason of an abort', async () => {
    const consumer = consumerOver(new MemoryLogDoor([logOf(0)]));
    setTimeout(() => void consumer.close(), 5);
    expect(await readAll(consumer)).toEqual([]);

    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error('enough')), 5);
    const aborted = consumerOver(new MemoryLogDoor([logOf(0)]), { signal: abort.signal });
    expect(await readAll(aborted).catch((error) => error)).toMatchObject({ message: 'enough' });
  });

  test('closes while it is disconnected', async () => {
    const door = new MemoryLogDoor([logOf(1)]);
    for (let n = 0; n < 1_000; n++) {
      door.refusals.push(new MillraceError({ code: 'NETWORK_EXCEPTION', message: 'down' }));
    }
    const consumer = consumerOver(door, {
      backoff: { firstMs: 3_600_000, maxMs: 3_600_000 },
      reconnectTimeoutMs: 1e12,
    });
    const reading = readAll(consumer);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await consumer.close();
    expect(await reading).toEqual([]);
  });

  test('can be looped over once', async () => {
    const consumer = consumerOver(new MemoryLogDoor([logOf(1)]), { from: 'earliest', stopAtEnd: true });
    await readAll(consumer);
    expect(await readAll(consumer).catch((error) => error)).toBeInstanceOf(MillraceError);
  });

  test('asks for no more than its credit while the loop is busy', async () => {
    const door = new MemoryLogDoor([logOf(1_000)], undefined, () => 1);
    let handedOut = 0;
    let received = 0;
    const subscribe = door.subscribe.bind(door);
    door.subscribe = (request, events) =>
      subscribe(request, {
        ...events,
        frame: (frame) => {
          received += 1;
          events.frame(frame);
        },
      });
    const consumer = consumerOver(door, { from: 'earliest', stopAtEnd: true, creditBytes: 100 });
    for await (const _ of consumer) {
      handedOut += 1;
      if (handedOut % 97 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      // A frame is ten bytes; one may still be on its way when the credit is used up.
      expect(received - handedOut).toBeLessThanOrEqual(11);
    }
    expect(handedOut).toBe(1_000);
  });

  test('hands out every record exactly once, in order, whatever happens to the connection', async () => {
    const fate = fc.constantFrom<FrameFate>('delivered', 'delivered', 'cut', 'skipped', 'repeated');
    const plan = fc.record({
      fates: fc.array(fate, { maxLength: 30 }),
      counts: fc.array(fc.nat(30), { minLength: 1, maxLength: 4 }),
      frameRecords: fc.integer({ min: 1, max: 7 }),
      creditBytes: fc.constantFrom(1, 35, 100_000),
      isChannelled: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ fates, counts, frameRecords, creditBytes, isChannelled }) => {
        // Holes are only ever five in a row before the platform is at fault, so good frames stand between.
        const left = fates.flatMap((each): FrameFate[] => [each, 'delivered', 'delivered']);
        const door = new MemoryLogDoor(
          counts.map((count) => logOf(count)),
          () => left.shift() ?? 'delivered',
          () => frameRecords,
        );
        const over = isChannelled ? channelledConsumerOver : consumerOver;
        const consumer = over(door, { from: 'earliest', stopAtEnd: true, creditBytes });
        const read = await readAll(consumer);
        for (const [partition, count] of counts.entries()) {
          expect(offsetsOf(read, partition)).toEqual(range(0, count));
        }
        expect(consumer.offsets).toEqual(Object.fromEntries(counts.entries()));
      }),
      { numRuns: 200 },
    );
  });
});
