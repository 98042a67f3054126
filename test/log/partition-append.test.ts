import { describe, expect, test } from 'vitest';
import { compress } from '../../src/log/compression.ts';
import { encodeBatch } from '../../src/log/record.ts';
import { readBatchHeader, sealBatch } from '../../src/log/record-batch.ts';
import {
  looseValues,
  newRecord,
  PartitionHarness,
  producerBatch,
  recordsOf,
  settled,
  unwrap,
  valuesOf,
} from '../support/partition-harness.ts';

describe('group commit', () => {
  test('requests that wait for a commit share one row and one batch', async () => {
    const partition = await new PartitionHarness().open();
    partition.pacer.hold();
    const replies = ['a', 'b', 'c'].map((value) => partition.appendValues(value));
    await settled();
    expect(partition.rowCount()).toBe(0);
    partition.pacer.release();
    const offsets = (await Promise.all(replies)).map((reply) => unwrap(reply).ranges[0]?.baseOffset);
    expect(offsets).toEqual([0, 1, 2]);
    expect(partition.rowCount()).toBe(1);
    const { batches } = unwrap(await partition.read('earliest'));
    expect(readBatchHeader(batches, 0).recordCount).toBe(3);
  });

  test('requests keep their order when loose records and batches mix', async () => {
    const partition = await new PartitionHarness().open();
    partition.pacer.hold();
    const replies = [
      partition.appendValues('a'),
      partition.append({ batches: encodeBatch([newRecord('b'), newRecord('c')]) }),
      partition.appendValues('d'),
    ];
    partition.pacer.release();
    await Promise.all(replies);
    expect(valuesOf(await partition.readAll())).toEqual(['a', 'b', 'c', 'd']);
    expect(partition.rowCount()).toBe(1);
  });

  test('a request that fails takes no offset and disturbs no other', async () => {
    const partition = await new PartitionHarness().open();
    const producer = { producerId: 7, producerEpoch: 0, baseSequence: 0 };
    unwrap(await partition.append({ batches: producerBatch(producer, 'first') }));
    partition.pacer.hold();
    const replies = [
      partition.appendValues('a'),
      partition.append({ batches: producerBatch({ ...producer, baseSequence: 5 }, 'gap') }),
      partition.appendValues('b'),
    ];
    partition.pacer.release();
    const [a, gap, b] = await Promise.all(replies);
    expect(a?.ok && a.value.ranges[0]?.baseOffset).toBe(1);
    expect(gap).toMatchObject({ ok: false, error: { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' } });
    expect(b?.ok && b.value.ranges[0]?.baseOffset).toBe(2);
  });

  test('a write that breaks answers UNKNOWN_OUTCOME and gives up the instance', async () => {
    const partition = await new PartitionHarness().open();
    partition.store.run('DROP TABLE segment_0');
    expect(await partition.appendValues('a')).toMatchObject({ ok: false, error: { code: 'UNKNOWN_OUTCOME' } });
    expect(partition.panics).toHaveLength(1);
  });
});

describe('batches', () => {
  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'a %s batch is stored as it came but for its offset',
    async (type) => {
      const partition = await new PartitionHarness().open();
      unwrap(await partition.appendValues('before'));
      const sent = encodeBatch([newRecord('x'.repeat(500)), newRecord('y')], { compression: { type, compress } });
      unwrap(await partition.append({ batches: sent.slice() }));
      const { batches } = unwrap(await partition.read({ offset: 1 }));
      expect(batches.subarray(16)).toEqual(sent.subarray(16));
      expect(readBatchHeader(batches, 0).baseOffset).toBe(1);
    },
  );

  test('LogAppendTime stamps batches and loose records with the time of the flush', async () => {
    const partition = await new PartitionHarness().open({ messageTimestampType: 'LogAppendTime' });
    const reply = unwrap(await partition.append({ batches: encodeBatch([newRecord('a', 5)]) }));
    expect(reply.ranges[0]?.logAppendTimeMs).toBe(partition.nowMs);
    unwrap(await partition.append({ looseRecords: looseValues(5, 'b') }));
    expect((await partition.readAll()).map(({ timestampMs }) => timestampMs)).toEqual([
      partition.nowMs,
      partition.nowMs,
    ]);
  });

  test('compression.type rewrites what came in another codec, and loose records too', async () => {
    const partition = await new PartitionHarness().open({ compressionType: 'zstd' });
    unwrap(await partition.append({ batches: encodeBatch([newRecord('a'.repeat(300))]) }));
    unwrap(await partition.appendValues('b'));
    const { batches } = unwrap(await partition.read('earliest'));
    const first = readBatchHeader(batches, 0);
    expect([first.compression, readBatchHeader(batches, first.sizeBytes).compression]).toEqual(['zstd', 'zstd']);
    expect(valuesOf(recordsOf(batches))).toEqual(['a'.repeat(300), 'b']);
  });

  test('a batch too large and one marked transactional are refused, and the high watermark stays', async () => {
    const partition = await new PartitionHarness().open({ maxMessageBytes: 1_000 });
    const transactional = producerBatch({ producerId: 1, producerEpoch: 0, baseSequence: 0 }, 'a');
    transactional[22]! |= 0b1_0000;
    sealBatch(transactional, 0, transactional.length);
    expect(await partition.append({ batches: encodeBatch([newRecord('x'.repeat(2_000))]) })).toMatchObject({
      error: { code: 'MESSAGE_TOO_LARGE' },
    });
    expect(await partition.append({ batches: transactional })).toMatchObject({ error: { code: 'INVALID_TXN_STATE' } });
    expect(unwrap(await partition.read('latest')).highWatermark).toBe(0);
  });

  test('timestamps outside message.timestamp.*.max.ms are refused', async () => {
    const partition = await new PartitionHarness().open({
      messageTimestampBeforeMaxMs: 1_000,
      messageTimestampAfterMaxMs: 1_000,
    });
    for (const timestampMs of [partition.nowMs - 1_001, partition.nowMs + 1_001]) {
      expect(await partition.append({ looseRecords: looseValues(timestampMs, 'a') })).toMatchObject({
        error: { code: 'INVALID_TIMESTAMP' },
      });
    }
  });

  test('a compacted topic takes no record without a key', async () => {
    const partition = await new PartitionHarness().open({ cleanupPolicy: 'compact' });
    expect(await partition.appendValues('a')).toMatchObject({ error: { code: 'INVALID_RECORD' } });
  });
});

describe('idempotent producers', () => {
  const producer = { producerId: 42, producerEpoch: 0, baseSequence: 0 };

  test('[I-1f] a retry of any of the last five batches gets the first answer, also after a restart', async () => {
    const partition = await new PartitionHarness().open();
    for (let sequence = 0; sequence < 6; sequence += 1) {
      unwrap(
        await partition.append({ batches: producerBatch({ ...producer, baseSequence: sequence }, `v${sequence}`) }),
      );
    }
    partition.restart();
    for (let sequence = 1; sequence < 6; sequence += 1) {
      const reply = unwrap(
        await partition.append({ batches: producerBatch({ ...producer, baseSequence: sequence }, `v${sequence}`) }),
      );
      expect(reply).toMatchObject({ duplicate: true, ranges: [{ baseOffset: sequence, recordCount: 1 }] });
    }
    const tooOld = await partition.append({ batches: producerBatch(producer, 'v0') });
    expect(tooOld).toMatchObject({ ok: false, error: { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' } });
    expect(valuesOf(await partition.readAll())).toEqual(['v0', 'v1', 'v2', 'v3', 'v4', 'v5']);
  });

  test('a repeat in the same request is answered with the offset that its first gets there', async () => {
    const partition = await new PartitionHarness().open();
    unwrap(await partition.appendValues('x', 'y'));
    const batches = [0, 1, 1].map((baseSequence) =>
      producerBatch({ producerId: 7, producerEpoch: 0, baseSequence }, `v${baseSequence}`),
    );
    const reply = unwrap(await partition.append({ batches: new Uint8Array(Buffer.concat(batches)) }));
    expect(reply.ranges.map(({ baseOffset }) => baseOffset)).toEqual([2, 3, 3]);
  });

  test('an older epoch is fenced, a newer one begins at sequence 0', async () => {
    const partition = await new PartitionHarness().open();
    unwrap(await partition.append({ batches: producerBatch({ ...producer, producerEpoch: 1 }, 'a') }));
    expect(await partition.append({ batches: producerBatch(producer, 'b') })).toMatchObject({
      error: { code: 'INVALID_PRODUCER_EPOCH' },
    });
    expect(
      await partition.append({ batches: producerBatch({ ...producer, producerEpoch: 2, baseSequence: 1 }, 'c') }),
    ).toMatchObject({
      error: { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER', detail: { expected_sequence: 0 } },
    });
    unwrap(await partition.append({ batches: producerBatch({ ...producer, producerEpoch: 2 }, 'd') }));
  });

  test('sequences wrap to 0 after 2147483647, and an unknown producer may begin anywhere', async () => {
    const partition = await new PartitionHarness().open();
    unwrap(await partition.append({ batches: producerBatch({ ...producer, baseSequence: 2_147_483_646 }, 'a', 'b') }));
    unwrap(await partition.append({ batches: producerBatch({ ...producer, baseSequence: 0 }, 'c') }));
    expect(valuesOf(await partition.readAll())).toEqual(['a', 'b', 'c']);
  });

  test('two batches of one request are stored together or not at all', async () => {
    const partition = await new PartitionHarness().open();
    const both = (second: number) => {
      const pieces = [producerBatch(producer, 'a'), producerBatch({ ...producer, baseSequence: second }, 'b')];
      return new Uint8Array(Buffer.concat(pieces));
    };
    expect(await partition.append({ batches: both(3) })).toMatchObject({
      error: { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' },
    });
    expect(await partition.readAll()).toEqual([]);
    unwrap(await partition.append({ batches: both(1) }));
    expect(valuesOf(await partition.readAll())).toEqual(['a', 'b']);
  });

  test('a repeat within one flush is recognised', async () => {
    const partition = await new PartitionHarness().open();
    partition.pacer.hold();
    const replies = [1, 2].map(() => partition.append({ batches: producerBatch(producer, 'a') }));
    partition.pacer.release();
    const [first, second] = (await Promise.all(replies)).map(unwrap);
    expect([first?.duplicate, second?.duplicate]).toEqual([false, true]);
    expect(second?.ranges).toEqual(first?.ranges);
  });
});

describe('Idempotency-Key', () => {
  const claim = { keyHash: 'k1', bodyHash: 'b1', requestedAtMs: 1_790_000_000_000 };

  test('a retry gets the first answer, another body is refused, and both survive a restart', async () => {
    const partition = await new PartitionHarness().open();
    const first = unwrap(await partition.append({ looseRecords: looseValues(1, 'a', 'b'), idempotency: claim }));
    partition.restart();
    const retry = unwrap(
      await partition.append({
        looseRecords: looseValues(2, 'a', 'b'),
        idempotency: { ...claim, requestedAtMs: claim.requestedAtMs + 9 },
      }),
    );
    expect(retry).toMatchObject({ duplicate: true, ranges: first.ranges, firstRequestedAtMs: claim.requestedAtMs });
    const reused = await partition.append({
      looseRecords: looseValues(2, 'c'),
      idempotency: { ...claim, bodyHash: 'b2' },
    });
    expect(reused).toMatchObject({ error: { code: 'IDEMPOTENCY_KEY_REUSED' } });
    expect(valuesOf(await partition.readAll())).toEqual(['a', 'b']);
  });

  test('a key is forgotten after a day', async () => {
    const partition = await new PartitionHarness().open();
    const idempotency = { ...claim, requestedAtMs: partition.nowMs };
    unwrap(await partition.append({ looseRecords: looseValues(-1, 'a'), idempotency }));
    partition.nowMs += 24 * 60 * 60 * 1000 + 1;
    const later = unwrap(
      await partition.append({
        looseRecords: looseValues(-1, 'a'),
        idempotency: { ...idempotency, requestedAtMs: partition.nowMs },
      }),
    );
    expect(later.duplicate).toBe(false);
  });
});
