import { describe, expect, test } from 'vitest';
import { encodeSubscribeFrame, serverFrame } from '../../../src/log/fast-door-frames.ts';
import { encodeLooseRecord } from '../../../src/log/loose-records.ts';
import { readBatchHeader } from '../../../src/log/record-batch.ts';
import { committedBatches } from '../../../src/log/transactions/aborted-ranges.ts';
import { controlBatchBytes, type TransactionMarker } from '../../../src/log/transactions/transaction-marker.ts';
import { readInt64 } from '../../../src/log/varint.ts';
import {
  looseValues,
  PartitionHarness,
  producerBatch,
  RecordingSocket,
  recordsOf,
  settled,
  testRef,
  transactionalBatch,
  unwrap,
  valuesOf,
} from '../../support/partition-harness.ts';

/** A producer of transactions against one partition; epochs move as its coordinator would move them. */
class TransactionalWriter {
  readonly producerId: number;
  epoch = 0;
  number = 0;
  #sequence = 0;
  readonly #partition: PartitionHarness;

  constructor(partition: PartitionHarness, producerId: number) {
    this.#partition = partition;
    this.producerId = producerId;
  }

  begin(): void {
    this.number += 1;
  }

  send(...values: string[]) {
    const producer = { producerId: this.producerId, producerEpoch: this.epoch };
    const batches = transactionalBatch({ ...producer, baseSequence: this.#sequence }, ...values);
    this.#sequence += values.length;
    return this.#partition.append({ batches, transaction: { ...producer, transactionNumber: this.number } });
  }

  /** As for a client with an epoch a transaction; with `keepsEpoch` for one of before KIP-890. */
  async end(committed: boolean, keepsEpoch = false): Promise<TransactionMarker> {
    if (!keepsEpoch) {
      this.epoch += 1;
      this.#sequence = 0;
    }
    const { producerId, epoch, number } = this;
    const marker = { producerId, producerEpoch: epoch, transactionNumber: number, committed };
    unwrap(await this.#partition.service.writeTxnMarker(testRef, marker));
    return marker;
  }
}

async function readCommitted(partition: PartitionHarness, offset = 0): Promise<(string | null)[]> {
  const values: (string | null)[] = [];
  for (let next = offset; ; ) {
    const reply = unwrap(await partition.askCommitted({ offset: next }, 200));
    const committed = committedBatches(reply.batches, reply.abortedTransactions ?? []);
    values.push(...valuesOf(recordsOf(committed).filter((record) => record.offset >= next)));
    if (reply.nextOffset === next) {
      expect(next, 'a committed read ends at the last stable offset').toBe(reply.lastStableOffset);
      return values;
    }
    next = reply.nextOffset;
  }
}

async function lastStableOffset(partition: PartitionHarness): Promise<number> {
  return unwrap(await partition.ask('latest')).lastStableOffset;
}

describe('[I-2f] a committed reader', () => {
  test('sees records of a transaction once it is committed, and none of one that was aborted', async () => {
    const partition = await new PartitionHarness().open();
    const first = new TransactionalWriter(partition, 1);
    const second = new TransactionalWriter(partition, 2);
    await partition.appendValues('plain 0');
    first.begin();
    second.begin();
    unwrap(await first.send('a1', 'a2'));
    unwrap(await second.send('b1'));
    await partition.appendValues('plain 1');
    expect(await lastStableOffset(partition)).toBe(1);
    expect(await readCommitted(partition)).toEqual(['plain 0']);
    await first.end(true);
    expect(await lastStableOffset(partition), 'the second one began at 3').toBe(3);
    expect(await readCommitted(partition)).toEqual(['plain 0', 'a1', 'a2']);
    await second.end(false);
    expect(await readCommitted(partition)).toEqual(['plain 0', 'a1', 'a2', 'plain 1']);
    const { highWatermark } = unwrap(await partition.ask('latest'));
    expect(await lastStableOffset(partition)).toBe(highWatermark);
    expect(highWatermark, 'each marker takes an offset').toBe(7);
  });

  test('is told of the same end and the same aborted records after a restart', async () => {
    const partition = await new PartitionHarness().open();
    const [aborting, open] = [new TransactionalWriter(partition, 1), new TransactionalWriter(partition, 2)];
    for (const writer of [aborting, open]) writer.begin();
    unwrap(await aborting.send('gone'));
    unwrap(await open.send('later'));
    await aborting.end(false);
    partition.restart();
    expect(await lastStableOffset(partition)).toBe(1);
    expect(await readCommitted(partition)).toEqual([]);
    await open.end(true);
    partition.restart();
    expect(await readCommitted(partition)).toEqual(['later']);
    expect(unwrap(await partition.askCommitted({ offset: 0 })).abortedTransactions).toEqual([
      { producerId: 1, firstOffset: 0, lastOffset: 2 },
    ]);
  });

  test('is given only the aborted transactions that reach into what it reads', async () => {
    const partition = await new PartitionHarness().open();
    const writer = new TransactionalWriter(partition, 1);
    for (const value of ['x0', 'x2', 'x4']) {
      writer.begin();
      unwrap(await writer.send(value));
      await writer.end(false);
    }
    const aborted = (from: number, to: number) => partition.service.abortedTransactions(testRef, 1, from, to);
    expect(unwrap(await aborted(0, 6)).map(({ firstOffset }) => firstOffset)).toEqual([0, 2, 4]);
    expect(unwrap(await aborted(2, 4)).map(({ firstOffset }) => firstOffset)).toEqual([2]);
    expect(unwrap(await aborted(3, 5)).map(({ firstOffset }) => firstOffset)).toEqual([2, 4]);
    expect(unwrap(await aborted(6, 6))).toEqual([]);
  });

  test('finds a long transaction that was aborted after many short ones that began later', async () => {
    const partition = await new PartitionHarness().open();
    const long = new TransactionalWriter(partition, 1);
    const short = new TransactionalWriter(partition, 2);
    long.begin();
    unwrap(await long.send('long'));
    for (let index = 0; index < 5; index += 1) {
      short.begin();
      unwrap(await short.send(`short ${index}`));
      await short.end(false);
    }
    await long.end(false);
    const found = unwrap(await partition.service.abortedTransactions(testRef, 1, 0, 1));
    expect(found).toEqual([{ producerId: 1, firstOffset: 0, lastOffset: 11 }]);
    expect(await readCommitted(partition)).toEqual([]);
  });
});

describe('a transactional batch', () => {
  test('is refused until the coordinator has confirmed the transaction, and by a door without one', async () => {
    const partition = await new PartitionHarness().open();
    const batches = transactionalBatch({ producerId: 1, producerEpoch: 0, baseSequence: 0 }, 'x');
    const claim = { producerId: 1, producerEpoch: 0, transactionNumber: null };
    expect(await partition.append({ batches })).toMatchObject({ error: { code: 'INVALID_TXN_STATE' } });
    expect(await partition.append({ batches, transaction: claim })).toMatchObject({
      error: { code: 'TRANSACTION_UNVERIFIED' },
    });
    unwrap(await partition.append({ batches, transaction: { ...claim, transactionNumber: 1 } }));
    const next = transactionalBatch({ producerId: 1, producerEpoch: 0, baseSequence: 1 }, 'y');
    unwrap(await partition.append({ batches: next, transaction: claim }));
    expect(await lastStableOffset(partition)).toBe(0);
  });

  test('[I-2c] never lands in a transaction that was ended before it came', async () => {
    const partition = await new PartitionHarness().open();
    const writer = new TransactionalWriter(partition, 1);
    writer.begin();
    await writer.end(false, true);
    expect(await writer.send('late')).toMatchObject({ error: { code: 'TRANSACTION_UNVERIFIED' } });
    expect(await lastStableOffset(partition), 'no transaction hangs').toBe(0);
  });

  test('and one outside of a transaction do not mix', async () => {
    const partition = await new PartitionHarness().open();
    const writer = new TransactionalWriter(partition, 1);
    writer.begin();
    unwrap(await writer.send('x'));
    const batches = producerBatch({ producerId: 1, producerEpoch: 0, baseSequence: 1 }, 'outside');
    expect(await partition.append({ batches })).toMatchObject({ error: { code: 'INVALID_TXN_STATE' } });
  });

  test('of an older epoch is fenced by the marker that ended its transaction', async () => {
    const partition = await new PartitionHarness().open();
    const writer = new TransactionalWriter(partition, 1);
    writer.begin();
    unwrap(await writer.send('x'));
    await writer.end(true);
    const batches = transactionalBatch({ producerId: 1, producerEpoch: 0, baseSequence: 1 }, 'zombie');
    const transaction = { producerId: 1, producerEpoch: 0, transactionNumber: 1 };
    expect(await partition.append({ batches, transaction })).toMatchObject({
      error: { code: 'INVALID_PRODUCER_EPOCH' },
    });
  });

  test('keeps its sequence over transactions when the epoch does not move', async () => {
    const partition = await new PartitionHarness().open();
    const writer = new TransactionalWriter(partition, 1);
    for (const value of ['a', 'b', 'c']) {
      writer.begin();
      unwrap(await writer.send(value));
      await writer.end(value !== 'b', true);
    }
    expect(await readCommitted(partition)).toEqual(['a', 'c']);
  });

  test('that comes again is answered with its first offset, whether its transaction is open or ended', async () => {
    const partition = await new PartitionHarness().open();
    const batches = () => transactionalBatch({ producerId: 1, producerEpoch: 0, baseSequence: 0 }, 'x');
    const transaction = { producerId: 1, producerEpoch: 0, transactionNumber: 1 };
    unwrap(await partition.append({ batches: batches(), transaction }));
    expect(unwrap(await partition.append({ batches: batches(), transaction })).duplicate).toBe(true);
    const marker = { producerId: 1, producerEpoch: 0, transactionNumber: 1, committed: true };
    unwrap(await partition.service.writeTxnMarker(testRef, marker));
    const again = unwrap(await partition.append({ batches: batches(), transaction }));
    expect(again).toMatchObject({ duplicate: true, ranges: [{ baseOffset: 0 }] });
    expect(await readCommitted(partition)).toEqual(['x']);
  });

  test('may be framed by the partition, under the next sequence of its producer', async () => {
    const partition = await new PartitionHarness().open();
    const transaction = { producerId: 7, producerEpoch: 3, transactionNumber: 1 };
    for (const value of ['x', 'y']) {
      unwrap(await partition.append({ looseRecords: looseValues(partition.nowMs, value, value), transaction }));
    }
    const { batches } = unwrap(await partition.ask({ offset: 0 }));
    const header = readBatchHeader(batches, batches.length / 2);
    expect(header).toMatchObject({ isTransactional: true, producerId: 7, producerEpoch: 3, baseSequence: 2 });
    expect(await readCommitted(partition)).toEqual([]);
    const marker = { producerId: 7, producerEpoch: 4, transactionNumber: 1, committed: true };
    unwrap(await partition.service.writeTxnMarker(testRef, marker));
    expect(await readCommitted(partition)).toEqual(['x', 'x', 'y', 'y']);
  });
});

describe('a marker', () => {
  test('is a control batch as Kafka writes it', async () => {
    const partition = await new PartitionHarness().open();
    const writer = new TransactionalWriter(partition, 5);
    writer.begin();
    unwrap(await writer.send('x'));
    await writer.end(true);
    const { batches } = unwrap(await partition.ask({ offset: 1 }));
    expect(batches.length).toBe(controlBatchBytes);
    expect(readBatchHeader(batches, 0)).toMatchObject({
      baseOffset: 1,
      isControl: true,
      isTransactional: true,
      producerId: 5,
      producerEpoch: 1,
      baseSequence: -1,
      recordCount: 1,
    });
    const record = batches.subarray(61);
    expect([...record]).toEqual([32, 0, 0, 0, 8, 0, 0, 0, 1, 12, 0, 0, 0, 0, 0, 1, 0]);
  });

  test('[I-2c] that comes again, however late, changes nothing', async () => {
    const partition = await new PartitionHarness().open();
    const writer = new TransactionalWriter(partition, 1);
    writer.begin();
    unwrap(await writer.send('one'));
    const first = await writer.end(true, true);
    writer.begin();
    unwrap(await writer.send('two'));
    unwrap(await partition.service.writeTxnMarker(testRef, { ...first, committed: false }));
    expect(await lastStableOffset(partition), 'the second transaction is still open').toBe(2);
    await writer.end(true, true);
    unwrap(await partition.service.writeTxnMarker(testRef, first));
    expect(await readCommitted(partition)).toEqual(['one', 'two']);
    expect(unwrap(await partition.ask('latest')).highWatermark).toBe(4);
  });

  test('of a producer that wrote nothing here takes no offset, and fences it', async () => {
    const partition = await new PartitionHarness().open();
    const marker = { producerId: 1, producerEpoch: 4, transactionNumber: 9, committed: true };
    unwrap(await partition.service.writeTxnMarker(testRef, marker));
    expect(unwrap(await partition.ask('latest')).highWatermark).toBe(0);
    const batches = transactionalBatch({ producerId: 1, producerEpoch: 3, baseSequence: 0 }, 'zombie');
    const transaction = { producerId: 1, producerEpoch: 3, transactionNumber: 9 };
    expect(await partition.append({ batches, transaction })).toMatchObject({
      error: { code: 'INVALID_PRODUCER_EPOCH' },
    });
  });

  test('and the batches before it may share a flush', async () => {
    const partition = await new PartitionHarness().open();
    const writer = new TransactionalWriter(partition, 1);
    writer.begin();
    partition.pacer.hold();
    const sent = writer.send('x');
    const ended = writer.end(false);
    await settled();
    partition.pacer.release();
    await Promise.all([sent, ended]);
    expect(partition.rowCount()).toBe(1);
    expect(await readCommitted(partition)).toEqual([]);
  });
});

test('what the partition tells of its producers', async () => {
  const partition = await new PartitionHarness().open();
  const writer = new TransactionalWriter(partition, 3);
  await partition.append({ batches: producerBatch({ producerId: 1, producerEpoch: 2, baseSequence: 0 }, 'a', 'b') });
  writer.begin();
  unwrap(await writer.send('x'));
  expect(unwrap(await partition.service.describeProducers(testRef, 1))).toEqual([
    {
      producerId: 1,
      producerEpoch: 2,
      lastSequence: 1,
      lastTimestampMs: partition.nowMs,
      transactionFirstOffset: null,
    },
    { producerId: 3, producerEpoch: 0, lastSequence: 0, lastTimestampMs: partition.nowMs, transactionFirstOffset: 2 },
  ]);
});

test('a producer whose transaction is open is not forgotten, however long it is idle', async () => {
  const partition = await new PartitionHarness().open();
  const writer = new TransactionalWriter(partition, 1);
  writer.begin();
  unwrap(await writer.send('x'));
  partition.nowMs += 3 * 24 * 60 * 60 * 1000;
  await partition.runAlarm();
  expect(unwrap(await partition.service.describeProducers(testRef, 1))).toHaveLength(1);
  await writer.end(true);
  expect(await readCommitted(partition)).toEqual(['x']);
});

describe('upkeep', () => {
  const small = { segmentBytes: 1_000, millraceTiering: 'true' as const };

  async function fill(partition: PartitionHarness, count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) await partition.appendValues(`filler ${'-'.repeat(200)} ${index}`);
  }

  test('moves no segment into objects, and deletes none, at or above the last stable offset', async () => {
    const partition = await new PartitionHarness().open({ ...small, retentionMs: 1_000 });
    await fill(partition, 10);
    const writer = new TransactionalWriter(partition, 1);
    writer.begin();
    unwrap(await writer.send('open'));
    await fill(partition, 20);
    partition.nowMs += 60_000;
    await partition.runAlarm();
    const stable = await lastStableOffset(partition);
    expect(stable).toBe(10);
    const { logStartOffset } = unwrap(await partition.ask('latest'));
    expect(logStartOffset).toBeGreaterThan(0);
    expect(logStartOffset).toBeLessThanOrEqual(10);
    await writer.end(true);
    partition.nowMs += 60_000;
    await partition.runAlarm();
    expect(unwrap(await partition.ask('latest')).logStartOffset).toBeGreaterThan(10);
  });

  test('leaves the index of aborted transactions with the partition, and a plan says that there are some', async () => {
    const partition = await new PartitionHarness().open(small);
    const writer = new TransactionalWriter(partition, 1);
    writer.begin();
    unwrap(await writer.send('aborted'));
    await fill(partition, 5);
    await writer.end(false);
    await fill(partition, 20);
    partition.nowMs += 60_000;
    await partition.runAlarm();
    partition.restart();
    const { plan } = unwrap(await partition.askCommitted({ offset: 0 }));
    expect(plan?.hasAborted).toBe(true);
    // Readers use a plan for every offset that its segments hold, whatever it was asked for.
    const inSegment = unwrap(await partition.askCommitted({ offset: 3 }));
    expect(inSegment.plan?.segments[0]?.baseOffset).toBe(0);
    expect(inSegment.plan?.hasAborted).toBe(true);
    const later = unwrap(await partition.askCommitted({ offset: 16 }));
    expect(later.plan?.hasAborted).toBe(false);
  });

  test('compaction removes aborted records, which replace nothing', async () => {
    const partition = await new PartitionHarness().open({
      segmentBytes: 300,
      cleanupPolicy: 'compact',
      minCleanableDirtyRatio: 0,
      millraceTiering: 'false',
    });
    const encoder = new TextEncoder();
    const write = (key: string, value: string, epoch: number) =>
      partition.append({
        looseRecords: encodeLooseRecord(partition.nowMs, encoder.encode(key), encoder.encode(value)),
        transaction: { producerId: 1, producerEpoch: epoch, transactionNumber: epoch + 1 },
      });
    const end = (epoch: number, committed: boolean) =>
      partition.service.writeTxnMarker(testRef, {
        producerId: 1,
        producerEpoch: epoch + 1,
        transactionNumber: epoch + 1,
        committed,
      });
    unwrap(await write('key', 'committed', 0));
    unwrap(await end(0, true));
    unwrap(await write('key', 'aborted', 1));
    unwrap(await end(1, false));
    for (let epoch = 2; epoch < 12; epoch += 1) {
      unwrap(await write(`other ${epoch}`, 'x'.repeat(50), epoch));
      unwrap(await end(epoch, true));
    }
    partition.nowMs += 60_000;
    await partition.runAlarm();
    const all = valuesOf(
      recordsOf(unwrap(await partition.ask({ offset: 0 })).batches).filter(({ key }) => key?.length === 3),
    );
    expect(all).toEqual(['committed']);
    expect((await readCommitted(partition)).slice(0, 1)).toEqual(['committed']);
  });
});

test('a socket of a committed reader is pushed what is committed, when it is', async () => {
  const partition = await new PartitionHarness().open();
  const door = unwrap(partition.service.fastDoor(testRef, 1));
  const socket = new RecordingSocket();
  door.open(socket);
  await partition.appendValues('plain');
  partition.service.onFrame(socket, encodeSubscribeFrame(1_000_000, 0, 'read_committed'));
  const [aborted, kept] = [new TransactionalWriter(partition, 1), new TransactionalWriter(partition, 2)];
  for (const writer of [aborted, kept]) writer.begin();
  unwrap(await aborted.send('aborted'));
  unwrap(await kept.send('kept'));
  const pushed = () =>
    socket.frames
      .filter((frame) => frame[0] === serverFrame.records)
      .flatMap((frame) => valuesOf(recordsOf(frame.subarray(25))));
  await settled();
  expect(pushed()).toEqual(['plain']);
  await aborted.end(false);
  await settled();
  expect(pushed()).toEqual(['plain']);
  await kept.end(true);
  await settled();
  expect(pushed()).toEqual(['plain', 'kept']);
  const ranges = socket.frames
    .filter((frame) => frame[0] === serverFrame.records)
    .map((frame) => [readInt64(frame, 1), readInt64(frame, 9)]);
  expect(ranges.at(-1)?.[1], 'all offsets are covered').toBe(5);
  for (const [index, range] of ranges.entries()) if (index > 0) expect(range[0]).toBe(ranges[index - 1]?.[1]);
});
