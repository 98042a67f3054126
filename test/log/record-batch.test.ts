import { describe, expect, it } from 'vitest';
import { crc32c } from '../../src/log/crc32c.ts';
import { encodeBatch } from '../../src/log/record.ts';
import {
  batchField,
  checkBatches,
  patchBatch,
  readBatchHeader,
  sealBatch,
  stampLogAppendTime,
} from '../../src/log/record-batch.ts';
import { writeInt16, writeInt32, writeInt64 } from '../../src/log/varint.ts';

const maxMessageBytes = 1_048_588;
const value = new TextEncoder().encode('a value');

function batchOf(recordCount: number): Uint8Array {
  const records = Array.from({ length: recordCount }, (_, index) => ({
    timestampMs: 1_700_000_000_000 + index,
    key: null,
    value,
    headers: [],
  }));
  return encodeBatch(records);
}

function concatenate(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** A sound batch of three records with something changed and, unless it is the CRC, its CRC made right again. */
function spoiled(change: (batch: Uint8Array) => void): Uint8Array {
  const batch = batchOf(3);
  change(batch);
  sealBatch(batch, 0, batch.length);
  return batch;
}

describe('checkBatches', () => {
  it('reads the headers of sound batches, back to back', () => {
    const first = batchOf(3);
    const second = encodeBatch([{ timestampMs: 5, key: value, value: null, headers: [] }], {
      producerId: 2 ** 40,
      producerEpoch: 7,
      baseSequence: 2_147_483_647,
    });
    const checked = checkBatches(concatenate(first, second), maxMessageBytes);
    expect(checked).toMatchObject({
      ok: true,
      value: [
        {
          at: 0,
          header: {
            baseOffset: 0,
            sizeBytes: first.length,
            compression: 'none',
            timestampType: 'CreateTime',
            isTransactional: false,
            isControl: false,
            lastOffsetDelta: 2,
            baseTimestampMs: 1_700_000_000_000,
            maxTimestampMs: 1_700_000_000_002,
            producerId: -1,
            recordCount: 3,
          },
        },
        {
          at: first.length,
          header: { producerId: 2 ** 40, producerEpoch: 7, baseSequence: 2_147_483_647, recordCount: 1 },
        },
      ],
    });
  });

  const refusals: [string, Uint8Array, string, RegExp][] = [
    ['no bytes', new Uint8Array(0), 'INVALID_RECORD', /no record batch/],
    ['ten bytes', new Uint8Array(10), 'CORRUPT_MESSAGE', /cut off/],
    ['a header cut off', batchOf(3).subarray(0, 60), 'CORRUPT_MESSAGE', /cut off/],
    ['a batch cut off', batchOf(3).subarray(0, -1), 'CORRUPT_MESSAGE', /cut off/],
    ['bytes after a batch', concatenate(batchOf(3), new Uint8Array(5)), 'CORRUPT_MESSAGE', /Batch 1/],
    [
      'a length below a header',
      spoiled((batch) => writeInt32(batch, batchField.batchLength, 48)),
      'CORRUPT_MESSAGE',
      /60 bytes/,
    ],
    [
      'a negative length',
      spoiled((batch) => writeInt32(batch, batchField.batchLength, -5)),
      'CORRUPT_MESSAGE',
      /7 bytes/,
    ],
    ['format 0', spoiled((batch) => (batch[batchField.magic] = 0)), 'UNSUPPORTED_FOR_MESSAGE_FORMAT', /format 0/],
    ['format 1', spoiled((batch) => (batch[batchField.magic] = 1)), 'UNSUPPORTED_FOR_MESSAGE_FORMAT', /format 1/],
    ['format 3', spoiled((batch) => (batch[batchField.magic] = 3)), 'CORRUPT_MESSAGE', /format 3/],
    ['format 255', spoiled((batch) => (batch[batchField.magic] = 255)), 'CORRUPT_MESSAGE', /format 255/],
    [
      'codec 5',
      spoiled((batch) => writeInt16(batch, batchField.attributes, 5)),
      'UNSUPPORTED_COMPRESSION_TYPE',
      /codec 5/,
    ],
    [
      'codec 7',
      spoiled((batch) => writeInt16(batch, batchField.attributes, 7)),
      'UNSUPPORTED_COMPRESSION_TYPE',
      /codec 7/,
    ],
    [
      'a control batch',
      spoiled((batch) => writeInt16(batch, batchField.attributes, 0x20)),
      'INVALID_RECORD',
      /control/,
    ],
    [
      'LogAppendTime',
      spoiled((batch) => writeInt16(batch, batchField.attributes, 0x08)),
      'INVALID_TIMESTAMP',
      /LogAppendTime/,
    ],
    [
      'a base offset',
      spoiled((batch) => writeInt64(batch, batchField.baseOffset, 7)),
      'INVALID_RECORD',
      /base offset 0/,
    ],
    ['no records', spoiled((batch) => writeInt32(batch, batchField.recordCount, 0)), 'INVALID_RECORD', /0 records/],
    [
      'a negative count',
      spoiled((batch) => writeInt32(batch, batchField.recordCount, -1)),
      'INVALID_RECORD',
      /-1 records/,
    ],
    [
      'a wrong last delta',
      spoiled((batch) => writeInt32(batch, batchField.lastOffsetDelta, 3)),
      'INVALID_RECORD',
      /delta 3/,
    ],
    [
      'more records than bytes',
      spoiled((batch) => {
        writeInt32(batch, batchField.recordCount, 2_147_483_647);
        writeInt32(batch, batchField.lastOffsetDelta, 2_147_483_646);
      }),
      'INVALID_RECORD',
      /2147483647 records in/,
    ],
    [
      'a base timestamp of -2',
      spoiled((batch) => writeInt64(batch, batchField.baseTimestamp, -2)),
      'INVALID_TIMESTAMP',
      /-2/,
    ],
    [
      'a timestamp beyond 2^53',
      spoiled((batch) => writeInt32(batch, batchField.maxTimestamp, 0x7fffffff)),
      'INVALID_TIMESTAMP',
      /timestamps/,
    ],
    [
      'a producer id of -2',
      spoiled((batch) => writeInt64(batch, batchField.producerId, -2)),
      'INVALID_RECORD',
      /producer id/,
    ],
    [
      'a producer id without a sequence',
      spoiled((batch) => writeInt64(batch, batchField.producerId, 9)),
      'INVALID_RECORD',
      /sequence -1/,
    ],
  ];

  it.each(refusals)('refuses %s', (_name, bytes, code, why) => {
    const checked = checkBatches(bytes, maxMessageBytes);
    expect(checked).toMatchObject({ ok: false, error: { code, message: expect.stringMatching(why) } });
  });

  it('refuses a batch above max.message.bytes and takes one of exactly that size', () => {
    const batch = batchOf(3);
    expect(checkBatches(batch, batch.length)).toMatchObject({ ok: true });
    expect(checkBatches(batch, batch.length - 1)).toMatchObject({ ok: false, error: { code: 'MESSAGE_TOO_LARGE' } });
  });

  it('refuses any single flipped bit under the CRC', () => {
    const batch = batchOf(1);
    for (let bit = batchField.crc * 8; bit < batch.length * 8; bit++) {
      const flipped = batch.slice();
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(checkBatches(flipped, maxMessageBytes).ok, `bit ${bit}`).toBe(false);
    }
  });

  it('says which batch and where', () => {
    const first = batchOf(2);
    const second = batchOf(1);
    second[second.length - 1]! ^= 1;
    expect(checkBatches(concatenate(first, second), maxMessageBytes)).toMatchObject({
      ok: false,
      error: { code: 'CORRUPT_MESSAGE', detail: { batch: 1, position: first.length } },
    });
  });
});

describe('patchBatch', () => {
  it('sets base offset and leader epoch and leaves the CRC valid', () => {
    const bytes = concatenate(new Uint8Array(3), batchOf(2));
    patchBatch(bytes, 3, Number.MAX_SAFE_INTEGER - 10, 42);
    expect(readBatchHeader(bytes, 3)).toMatchObject({ baseOffset: Number.MAX_SAFE_INTEGER - 10, leaderEpoch: 42 });
    patchBatch(bytes, 3, 0, 42);
    expect(checkBatches(bytes.subarray(3), maxMessageBytes)).toMatchObject({ ok: true });
  });
});

describe('stampLogAppendTime', () => {
  it('sets the type and the latest time, with a valid CRC, and touches no other batch', () => {
    const first = batchOf(1);
    const bytes = concatenate(first, batchOf(2));
    stampLogAppendTime(bytes, first.length, 1_800_000_000_123);
    expect(bytes.subarray(0, first.length)).toEqual(first);
    expect(readBatchHeader(bytes, first.length)).toMatchObject({
      timestampType: 'LogAppendTime',
      maxTimestampMs: 1_800_000_000_123,
      baseTimestampMs: 1_700_000_000_000,
      recordCount: 2,
    });
    const stamped = bytes.subarray(first.length);
    const stated = new DataView(stamped.buffer, stamped.byteOffset).getUint32(batchField.crc);
    expect(crc32c(stamped, batchField.attributes)).toBe(stated);
  });
});
