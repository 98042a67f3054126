import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compress } from '../../../../src/log/compression.ts';
import { compressionTypes } from '../../../../src/log/compression-type.ts';
import { compactBatch, deleteHorizonMs } from '../../../../src/log/maintenance/compaction/compact-batch.ts';
import { encodeBatch, type LogRecord } from '../../../../src/log/record.ts';
import { patchBatch, readBatchHeader, stampLogAppendTime } from '../../../../src/log/record-batch.ts';
import { verifyStoredBatches } from '../../../../src/log/stored-batches.ts';
import { recordsOf, unwrap } from '../../../support/partition-harness.ts';

const encoder = new TextEncoder();

const records = fc.array(
  fc.record({
    timestampMs: fc.oneof(fc.integer({ min: 0, max: 2_000_000_000_000 }), fc.constant(-1)),
    key: fc.option(fc.string({ maxLength: 5 }).map((text) => encoder.encode(text))),
    value: fc.option(fc.string({ maxLength: 40 }).map((text) => encoder.encode(text))),
    headers: fc.array(
      fc.record({ name: fc.string({ maxLength: 4 }), value: fc.option(fc.uint8Array({ maxLength: 4 })) }),
      { maxLength: 2 },
    ),
    stays: fc.boolean(),
  }),
  { minLength: 1, maxLength: 12 },
);

const batchCases = fc.record({
  records,
  baseOffset: fc.nat(),
  codec: fc.constantFrom(...compressionTypes),
  isStamped: fc.boolean(),
  horizonMs: fc.option(fc.integer({ min: 0, max: 8_640_000_000_000_000 })),
  isKeptEmpty: fc.boolean(),
});

type BatchCase = typeof batchCases extends fc.Arbitrary<infer Case> ? Case : never;

function encode(given: BatchCase): Uint8Array {
  const batch = encodeBatch(given.records, {
    producerId: 7,
    producerEpoch: 2,
    baseSequence: 40,
    compression: { type: given.codec, compress },
  });
  if (given.isStamped) stampLogAppendTime(batch, 0, 1_900_000_000_000);
  patchBatch(batch, 0, given.baseOffset, 3);
  return batch;
}

/** Everything of a record that a reader sees, comparable. */
const seen = ({ offset, timestampMs, key, value, headers }: LogRecord) => ({
  offset,
  timestampMs,
  key: key === null ? null : [...key],
  value: value === null ? null : [...value],
  headers: headers.map((header) => ({ name: header.name, value: header.value === null ? null : [...header.value] })),
});

describe('compactBatch', () => {
  it('[I-7b] keeps exactly what stays, each record as it was, and the batch its offsets, producer and sequence', () => {
    fc.assert(
      fc.property(batchCases, (given) => {
        const batch = encode(given);
        const original = batch.slice();
        const { baseOffset, horizonMs, isKeptEmpty } = given;
        const stays = (offset: number) => given.records[offset - baseOffset]?.stays === true;
        const cleaned = unwrap(
          compactBatch(batch, { keeps: ({ offset }) => stays(offset), deleteHorizonMs: horizonMs, isKeptEmpty }),
        );
        expect(batch).toEqual(original);
        const before = recordsOf(batch).map(seen);
        const expected = before.filter(({ offset }) => stays(offset));
        expect(cleaned.removedRecords).toBe(before.length - expected.length);
        if (expected.length === 0 && !isKeptEmpty) {
          expect(cleaned.bytes).toBeNull();
          return;
        }
        const after = cleaned.bytes ?? new Uint8Array(0);
        expect(unwrap(verifyStoredBatches(after, baseOffset))).toBe(baseOffset + given.records.length);
        expect(recordsOf(after).map(seen)).toEqual(expected);
        const header = readBatchHeader(after, 0);
        const { sizeBytes: _, ...same } = readBatchHeader(original, 0);
        expect(header).toMatchObject({
          baseOffset,
          lastOffsetDelta: same.lastOffsetDelta,
          leaderEpoch: 3,
          producerId: 7,
          producerEpoch: 2,
          baseSequence: 40,
          timestampType: same.timestampType,
          recordCount: expected.length,
        });
        if (expected.length > 0) expect(header.compression).toBe(given.codec);
        const hasTombstone = expected.some(({ value }) => value === null);
        expect(deleteHorizonMs(header)).toBe(hasTombstone ? horizonMs : null);
        if (expected.length === before.length && !(hasTombstone && horizonMs !== null)) expect(after).toBe(batch);
      }),
      { numRuns: 2_000 },
    );
  });

  it('[I-7d] sets the horizon of a batch once: later cleanings leave it, and the records keep their times', () => {
    const batch = encodeBatch([
      { timestampMs: 1_000, key: encoder.encode('a'), value: null, headers: [] },
      { timestampMs: 2_000, key: encoder.encode('b'), value: encoder.encode('v'), headers: [] },
      { timestampMs: 3_000, key: encoder.encode('c'), value: null, headers: [] },
    ]);
    const first = unwrap(compactBatch(batch, { keeps: () => true, deleteHorizonMs: 50_000, isKeptEmpty: false }))
      .bytes!;
    const second = unwrap(
      compactBatch(first, { keeps: ({ offset }) => offset !== 1, deleteHorizonMs: 90_000, isKeptEmpty: false }),
    ).bytes!;
    expect(deleteHorizonMs(readBatchHeader(second, 0))).toBe(50_000);
    expect(recordsOf(second).map(({ offset, timestampMs }) => [offset, timestampMs])).toEqual([
      [0, 1_000],
      [2, 3_000],
    ]);
  });

  it('says so when records cannot be read', () => {
    const batch = encodeBatch([{ timestampMs: 1, key: null, value: encoder.encode('abc'), headers: [] }]);
    batch[61] = 0x7f;
    const cleaned = compactBatch(batch, { keeps: () => true, deleteHorizonMs: null, isKeptEmpty: false });
    expect(cleaned).toMatchObject({ ok: false, error: { code: 'CORRUPT_MESSAGE' } });
  });
});
