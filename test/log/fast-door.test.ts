import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compress } from '../../src/log/compression.ts';
import {
  decodeAcksFrame,
  encodeCreditFrame,
  encodeProduceFrame,
  encodeSubscribeFrame,
  recordsFrameHeaderBytes,
  serverFrame,
  subscribeEarliest,
  subscribeLatest,
} from '../../src/log/fast-door-frames.ts';
import { encodeBatch } from '../../src/log/record.ts';
import { batchField, sealBatch } from '../../src/log/record-batch.ts';
import { readInt64 } from '../../src/log/varint.ts';
import {
  looseValues,
  newRecord,
  PartitionHarness,
  producerBatch,
  RecordingSocket,
  recordsOf,
  settled,
  testRef,
  unwrap,
  valuesOf,
} from '../support/partition-harness.ts';

/** A new socket, or one that outlived the object's memory. */
function connect(partition: PartitionHarness, restored: RecordingSocket | null = null): RecordingSocket {
  const door = unwrap(partition.service.fastDoor(testRef, partition.configVersion));
  const socket = restored ?? new RecordingSocket();
  if (restored === null) door.open(socket);
  else door.restore(socket);
  return socket;
}

function receive(partition: PartitionHarness, socket: RecordingSocket, frame: Uint8Array): void {
  unwrap(partition.service.fastDoor(testRef, partition.configVersion)).onFrame(socket, frame);
}

function framesOf(socket: RecordingSocket, type: number): Uint8Array[] {
  return socket.frames.filter((frame) => frame[0] === type);
}

/** What a subscriber got: every records frame, checked to follow the one before it. */
function received(socket: RecordingSocket, from: number): { values: (string | null)[]; next: number } {
  let next = from;
  const values: (string | null)[] = [];
  for (const frame of framesOf(socket, serverFrame.records)) {
    expect(readInt64(frame, 1)).toBe(next);
    const to = readInt64(frame, 9);
    const records = recordsOf(frame.subarray(recordsFrameHeaderBytes));
    values.push(...valuesOf(records.filter((record) => record.offset >= next && record.offset < to)));
    next = to;
  }
  return { values, next };
}

describe('producing', () => {
  test('acks of a flush come in one frame, in order', async () => {
    const partition = await new PartitionHarness().open();
    const socket = connect(partition);
    partition.pacer.hold();
    receive(partition, socket, encodeProduceFrame('produceRecords', 7, looseValues(1, 'a', 'b')));
    receive(partition, socket, encodeProduceFrame('produceBatches', 8, encodeBatch([newRecord('c')])));
    await settled();
    expect(socket.frames).toEqual([]);
    partition.pacer.release();
    await settled();
    expect(socket.frames).toHaveLength(1);
    expect(decodeAcksFrame(socket.frames[0]!)).toEqual([
      { correlationId: 7, isLast: true, duplicate: false, baseOffset: 0, recordCount: 2, logAppendTimeMs: -1 },
      { correlationId: 8, isLast: true, duplicate: false, baseOffset: 2, recordCount: 1, logAppendTimeMs: -1 },
    ]);
  });

  test('a refused frame is answered by its correlation id, and the socket goes on', async () => {
    const partition = await new PartitionHarness().open();
    const socket = connect(partition);
    const broken = encodeBatch([newRecord('a')]);
    broken[30]! ^= 1;
    receive(partition, socket, encodeProduceFrame('produceBatches', 9, broken));
    receive(
      partition,
      socket,
      encodeProduceFrame(
        'produceBatches',
        10,
        producerBatch({ producerId: 1, producerEpoch: 0, baseSequence: 0 }, 'x'),
      ),
    );
    await settled();
    const [error] = framesOf(socket, serverFrame.error);
    expect(new DataView(error!.buffer).getUint32(1)).toBe(9);
    expect(JSON.parse(new TextDecoder().decode(error!.subarray(5)))).toMatchObject({ code: 'CORRUPT_MESSAGE' });
    expect(framesOf(socket, serverFrame.acks)).toHaveLength(1);
    expect(socket.closed).toBeNull();
  });

  test('a batch that lies about its records is refused, compressed or not', async () => {
    const partition = await new PartitionHarness().open();
    const socket = connect(partition);
    for (const type of ['none', 'gzip'] as const) {
      const lying = encodeBatch([newRecord('a'), newRecord('b')], { compression: { type, compress } });
      lying[batchField.recordCount + 3] = 3;
      lying[batchField.lastOffsetDelta + 3] = 2;
      sealBatch(lying, 0, lying.length);
      receive(partition, socket, encodeProduceFrame('produceBatches', 1, lying));
    }
    await settled();
    expect(framesOf(socket, serverFrame.error)).toHaveLength(2);
    expect(unwrap(await partition.read('latest')).highWatermark).toBe(0);
  });

  test('a wrong max timestamp in a header is put right, so that the record is found by its time', async () => {
    const partition = await new PartitionHarness().open();
    const socket = connect(partition);
    const batch = encodeBatch([newRecord('a', 1_000), newRecord('b', 2_000)]);
    batch[batchField.maxTimestamp + 7]! ^= 0xff;
    sealBatch(batch, 0, batch.length);
    receive(partition, socket, encodeProduceFrame('produceBatches', 1, batch));
    await settled();
    expect(unwrap(await partition.read({ timestampMs: 2_000 })).startOffset).toBe(1);
    expect(unwrap(await partition.read({ timestampMs: 2_001 })).startOffset).toBe(2);
  });

  test.each([[[]], [[0x99]], [[0x01, 0, 0]], [[0x03, 0, 0, 0, 1]], [[0x04]]])(
    'an unreadable frame %j closes the socket with 4400',
    async (bytes) => {
      const partition = await new PartitionHarness().open();
      const socket = connect(partition);
      receive(partition, socket, Uint8Array.from(bytes));
      expect(socket.closed?.code).toBe(4400);
    },
  );
});

describe('subscribing', () => {
  test('from earliest, latest and an offset; above the end is refused with the range', async () => {
    const partition = await new PartitionHarness().open();
    unwrap(await partition.appendValues('a', 'b'));
    const [earliest, latest, second, beyond] = [subscribeEarliest, subscribeLatest, 1, 3].map((offset) => {
      const socket = connect(partition);
      receive(partition, socket, encodeSubscribeFrame(1_000_000, offset));
      return socket;
    });
    unwrap(await partition.appendValues('c'));
    await settled();
    expect(received(earliest!, 0).values).toEqual(['a', 'b', 'c']);
    expect(received(latest!, 2).values).toEqual(['c']);
    expect(received(second!, 1).values).toEqual(['b', 'c']);
    expect(framesOf(beyond!, serverFrame.records)).toEqual([]);
    expect(JSON.parse(new TextDecoder().decode(beyond!.frames[0]!.subarray(5)))).toMatchObject({
      code: 'OFFSET_OUT_OF_RANGE',
      detail: { high_watermark: 2 },
    });
  });

  test('without credit nothing is pushed, with credit everything follows without a hole', async () => {
    const partition = await new PartitionHarness().open();
    const socket = connect(partition);
    receive(partition, socket, encodeSubscribeFrame(1, subscribeLatest));
    for (const value of ['a', 'b', 'c']) unwrap(await partition.appendValues(value));
    await settled();
    expect(received(socket, 0).values).toEqual(['a']);
    receive(partition, socket, encodeCreditFrame(1_000_000));
    await settled();
    expect(received(socket, 0).values).toEqual(['a', 'b', 'c']);
  });

  test('a socket that outlives the object continues where it stood', async () => {
    const partition = await new PartitionHarness().open();
    const socket = connect(partition);
    receive(partition, socket, encodeSubscribeFrame(1_000_000, subscribeLatest));
    unwrap(await partition.appendValues('a'));
    partition.restart();
    connect(partition, socket);
    unwrap(await partition.appendValues('b'));
    expect(received(socket, 0).values).toEqual(['a', 'b']);
  });

  test('a socket that is gone does not disturb a flush', async () => {
    const partition = await new PartitionHarness().open();
    const gone = connect(partition);
    const other = connect(partition);
    for (const socket of [gone, other]) receive(partition, socket, encodeSubscribeFrame(1_000_000, subscribeLatest));
    gone.closed = { code: 1006, reason: '' };
    unwrap(await partition.appendValues('a'));
    expect(received(other, 0).values).toEqual(['a']);
  });

  test('[I-13a] whatever the order of appends, credit and restarts, a subscriber gets every record once', async () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('append' as const),
        values: fc.array(fc.string({ maxLength: 40 }), { minLength: 1, maxLength: 5 }),
      }),
      fc.record({ kind: fc.constant('credit' as const), bytes: fc.integer({ min: 1, max: 400 }) }),
      fc.record({ kind: fc.constant('restart' as const) }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 30 }),
        fc.integer({ min: 0, max: 300 }),
        async (steps, firstCredit) => {
          const partition = await new PartitionHarness().open({ segmentBytes: 400 });
          const socket = connect(partition);
          receive(partition, socket, encodeSubscribeFrame(firstCredit, subscribeEarliest));
          const sent: string[] = [];
          for (const action of steps) {
            if (action.kind === 'append') {
              sent.push(...action.values);
              unwrap(await partition.appendValues(...action.values));
            } else if (action.kind === 'credit') {
              receive(partition, socket, encodeCreditFrame(action.bytes));
            } else {
              partition.restart();
              connect(partition, socket);
            }
            await settled();
            expect(sent.slice(0, received(socket, 0).next)).toEqual(received(socket, 0).values);
          }
          receive(partition, socket, encodeCreditFrame(1_000_000));
          await settled();
          expect(received(socket, 0).values).toEqual(sent);
        },
      ),
      { numRuns: 60 },
    );
  });
});
