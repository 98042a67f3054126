import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BatchDoor } from '../../src/client/batch-door.ts';
import { MillraceError, type ProducerRecord, type Topic } from '../../src/client/index.ts';
import { Producer, type ProducerOptions } from '../../src/client/producer.ts';
import { partitionForKey } from '../../src/topics/partitioner.ts';
import { type Fate, MemoryPartitions } from './memory-partitions.ts';

const topic: Topic = {
  name: 'orders',
  topicId: '6b1f5f0e-0000-4000-8000-000000000000',
  partitions: 3,
  config: { 'max.message.bytes': '100000', 'message.timestamp.type': 'CreateTime' },
  configOverrides: {},
  createdAt: 0,
};

function producerOver(partitions: MemoryPartitions, options: Partial<ProducerOptions> = {}): Producer {
  return new Producer(
    { topic: topic.name, backoff: { firstMs: 1, maxMs: 2 }, ...options },
    { door: partitions, describe: () => Promise.resolve(topic) },
  );
}

const codeOf = (thrown: unknown) => (thrown instanceof MillraceError ? thrown.code : String(thrown));

describe('a producer', () => {
  test('sends a key to the partition that the Java client chooses', async () => {
    const partitions = new MemoryPartitions();
    await using producer = producerOver(partitions);
    const ack = await producer.send({ key: 'ada', value: 'x', timestamp: 42 });
    const partition = partitionForKey(new TextEncoder().encode('ada'), 3);
    expect(ack).toEqual({ partition, offset: 0, timestamp: 42 });
    expect(partitions.logs.get(partition)).toEqual(['x']);
  });

  test('puts what one turn sends into one batch', async () => {
    const partitions = new MemoryPartitions();
    await using producer = producerOver(partitions);
    const acks = await Promise.all(
      Array.from({ length: 50 }, (_, n) => producer.send({ partition: 1, value: `${n}` })),
    );
    expect(acks.map(({ offset }) => offset)).toEqual(Array.from({ length: 50 }, (_, n) => n));
    expect(partitions.requests).toBe(1);
  });

  test('lingers for more when told to, and flush ends the wait', async () => {
    const partitions = new MemoryPartitions();
    await using producer = producerOver(partitions, { lingerMs: 3_600_000 });
    const first = producer.send({ partition: 0, value: 'a' });
    await new Promise((resolve) => setImmediate(resolve));
    const second = producer.send({ partition: 0, value: 'b' });
    await new Promise((resolve) => setImmediate(resolve));
    expect(partitions.requests).toBe(0);
    await producer.flush();
    expect([(await first).offset, (await second).offset]).toEqual([0, 1]);
    expect(partitions.requests).toBe(1);
  });

  test('stores JSON, bytes, text, a tombstone and headers', async () => {
    const partitions = new MemoryPartitions();
    await using producer = producerOver(partitions);
    await producer.send([
      { partition: 0, value: { a: 1 } },
      { partition: 0, value: new Uint8Array([104, 105]) },
      { partition: 0, value: 'text', headers: { trace: 'x' } },
      { partition: 0, value: null },
    ]);
    expect(partitions.logs.get(0)).toEqual(['{"a":1}', 'hi', 'text', '']);
  });

  test('answers an empty call at once and refuses what cannot be stored before anything leaves', async () => {
    const partitions = new MemoryPartitions();
    await using producer = producerOver(partitions);
    expect(await producer.send([])).toEqual([]);
    const refused = async (...records: ProducerRecord[]) => codeOf(await producer.send(records).catch((e) => e));
    expect(await refused({ value: 'fine' }, { partition: 3, value: 'x' })).toBe('UNKNOWN_TOPIC_OR_PARTITION');
    expect(await refused({ value: 'fine' }, { value: 'x'.repeat(100_001) })).toBe('MESSAGE_TOO_LARGE');
    expect(await refused({ value: 'x', timestamp: -5 })).toBe('INVALID_TIMESTAMP');
    expect(await refused({ value: () => 0 })).toBe('INVALID_RECORD');
    expect(partitions.requests).toBe(0);
  });

  test('makes send wait beyond its bytes, and ready tells when there is room', async () => {
    const partitions = new MemoryPartitions();
    await using producer = producerOver(partitions, { maxInFlightBytes: 1_000 });
    const sends = Array.from({ length: 20 }, (_, n) => producer.send({ partition: 0, value: `${n}`.padEnd(400) }));
    let isReady = false;
    const ready = producer.ready().then(() => {
      isReady = true;
    });
    await Promise.resolve();
    expect(isReady).toBe(false);
    await Promise.all([...sends, ready]);
    expect(partitions.logs.get(0)?.map((value) => Number(value))).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect(partitions.requests).toBeGreaterThanOrEqual(10);
  });

  test('says of a refused batch how many others of the call are stored, and goes on', async () => {
    const partitions = new MemoryPartitions();
    partitions.poison = 'poison';
    await using producer = producerOver(partitions);
    const thrown = await producer
      .send([
        { partition: 0, value: 'a' },
        { partition: 1, value: 'poison' },
        { partition: 2, value: 'c' },
      ])
      .catch((error) => error);
    expect(thrown).toMatchObject({ code: 'INVALID_RECORD', detail: { acknowledged: 2 } });
    expect(await producer.send({ partition: 1, value: 'after' })).toMatchObject({ partition: 1, offset: 0 });
  });

  test('reports an unknown outcome when its time is up, and numbers what follows anew', async () => {
    let fates: Fate[] = [];
    const partitions = new MemoryPartitions(() => fates.shift() ?? 'answered');
    await using producer = producerOver(partitions, { deliveryTimeoutMs: 50 });
    await producer.send({ partition: 0, value: 'first' });
    fates = Array<Fate>(1_000).fill('lost');
    const thrown = await producer.send({ partition: 0, value: 'lost' }).catch((error) => error);
    expect(thrown).toMatchObject({ code: 'UNKNOWN_OUTCOME', detail: { partition: 0, record_count: 1 } });
    fates = [];
    expect(await producer.send({ partition: 0, value: 'next' })).toMatchObject({ offset: 1 });
    expect(partitions.logs.get(0)).toEqual(['first', 'next']);
  });

  test('lets no more pass a batch that is being repeated than the platform remembers', async () => {
    const fates: Fate[] = ['answered', 'unanswered'];
    const partitions = new MemoryPartitions(() => fates.shift() ?? 'answered');
    await using producer = producerOver(partitions, { maxBatchBytes: 200, backoff: { firstMs: 50, maxMs: 50 } });
    const sends = Array.from({ length: 40 }, (_, n) => producer.send({ partition: 0, value: `${n}` }));
    expect((await Promise.all(sends)).map(({ offset }) => offset)).toEqual(Array.from({ length: 40 }, (_, n) => n));
    expect(partitions.requests).toBeGreaterThan(10);
  });

  test('does not take a refusal that is older than the predecessor for the last word', async () => {
    const partitions = new MemoryPartitions();
    const held = Promise.withResolvers<void>();
    let requests = 0;
    const door: BatchDoor = {
      identify: () => partitions.identify(),
      append: async (partition, batch) => {
        requests += 1;
        const own = requests;
        // The second batch takes its time; the third is lost once, and then refused because the second is not there yet.
        if (own === 2) await held.promise;
        if (own === 3) throw new MillraceError({ code: 'NETWORK_EXCEPTION', message: 'cut' });
        const answer = partitions.append(partition, batch);
        if (own !== 4) return answer;
        const refusal = await answer.catch((error) => error);
        expect(codeOf(refusal)).toBe('OUT_OF_ORDER_SEQUENCE_NUMBER');
        held.resolve();
        for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        throw refusal;
      },
    };
    const ports = { door, describe: () => Promise.resolve(topic) };
    await using producer = new Producer({ topic: topic.name, backoff: { firstMs: 1, maxMs: 2 } }, ports);
    expect(await producer.send({ partition: 0, value: 'a' })).toMatchObject({ offset: 0 });
    const second = producer.send({ partition: 0, value: 'b' });
    await new Promise((resolve) => setImmediate(resolve));
    const third = producer.send({ partition: 0, value: 'c' });
    expect([(await second).offset, (await third).offset]).toEqual([1, 2]);
    expect(partitions.logs.get(0)).toEqual(['a', 'b', 'c']);
  });

  test('without idempotence repeats only what was surely not stored', async () => {
    const fates: Fate[] = ['overloaded', 'answered', 'unanswered'];
    const partitions = new MemoryPartitions(() => fates.shift() ?? 'answered');
    await using producer = producerOver(partitions, { idempotent: false });
    expect(await producer.send({ partition: 0, value: 'a' })).toMatchObject({ offset: 0 });
    expect(codeOf(await producer.send({ partition: 0, value: 'b' }).catch((error) => error))).toBe('UNKNOWN_OUTCOME');
    expect(partitions.logs.get(0)).toEqual(['a', 'b']);
  });

  test('closes by flushing, refuses sends afterwards, and gives up at its deadline', async () => {
    const partitions = new MemoryPartitions();
    const producer = producerOver(partitions, { lingerMs: 3_600_000 });
    const sent = producer.send({ partition: 0, value: 'a' });
    await producer.close();
    expect(await sent).toMatchObject({ offset: 0 });
    expect(codeOf(await producer.send({ value: 'late' }).catch((error) => error))).toBe('CLIENT_CLOSED');

    const deaf = producerOver(new MemoryPartitions(() => 'lost'), { closeTimeoutMs: 20 });
    const lost = deaf.send({ partition: 0, value: 'a' }).catch((error) => error);
    await deaf.close();
    expect(codeOf(await lost)).toBe('UNKNOWN_OUTCOME');
  });

  test('stops waiting when the signal aborts', async () => {
    await using producer = producerOver(new MemoryPartitions(() => 'lost'), { closeTimeoutMs: 1 });
    const abort = new AbortController();
    const sent = producer.send({ partition: 0, value: 'a' }, { signal: abort.signal }).catch((error) => error);
    abort.abort(new Error('enough'));
    expect(await sent).toMatchObject({ message: 'enough' });
  });

  test('stores every acknowledged record exactly once, in order, whatever the network does', async () => {
    const fate = fc.constantFrom<Fate>(
      'answered',
      'answered',
      'delayed',
      'answered late',
      'lost',
      'unanswered',
      'straggling',
      'overloaded',
    );
    const plan = fc.record({
      fates: fc.array(fate, { maxLength: 60 }),
      calls: fc.array(fc.array(fc.nat(2), { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 40 }),
      maxInFlightBatches: fc.integer({ min: 1, max: 5 }),
      maxBatchBytes: fc.constantFrom(200, 400, 100_000),
      poisonAt: fc.option(fc.nat(60)),
    });
    await fc.assert(
      fc.asyncProperty(plan, async ({ fates, calls, poisonAt, ...options }) => {
        const left = [...fates];
        const partitions = new MemoryPartitions(() => left.shift() ?? 'answered');
        partitions.poison = poisonAt === null ? null : String(poisonAt);
        let count = 0;
        const acknowledged = new Map<string, { partition: number; offset: number }>();
        await using producer = producerOver(partitions, options);
        const sends = calls.map(async (call) => {
          const records = call.map((partition) => ({ partition, value: String(count++) }));
          const acks = await producer.send(records).catch((error) => {
            // Nothing but poison keeps a record from being acknowledged in the end.
            if (poisonAt === null) throw error;
            return [];
          });
          for (const [index, ack] of acks.entries()) acknowledged.set(records[index]!.value, ack);
        });
        await Promise.all(sends);
        for (const [value, { partition, offset }] of acknowledged) {
          expect(partitions.logs.get(partition)?.[offset]).toBe(value);
        }
        for (const log of partitions.logs.values()) {
          const numbers = log.map(Number);
          expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => one - other));
        }
      }),
      { numRuns: 200 },
    );
  });
});
