import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compress, decompress } from '../../src/log/compression.ts';
import { compressionTypes } from '../../src/log/compression-type.ts';
import {
  checkRecords,
  decodeBatches,
  encodeBatch,
  type LogRecord,
  type NewRecord,
  recordsSection,
  walkRecords,
} from '../../src/log/record.ts';
import {
  batchField,
  checkBatches,
  patchBatch,
  readBatchHeader,
  sealBatch,
  stampLogAppendTime,
} from '../../src/log/record-batch.ts';
import { writeInt16, writeInt32 } from '../../src/log/varint.ts';
import { records } from './record-arbitraries.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const plain = (value: string | null, key: string | null = null, timestampMs = 1_700_000_000_000): NewRecord => ({
  timestampMs,
  key: key === null ? null : bytesOf(key),
  value: value === null ? null : bytesOf(value),
  headers: [],
});

function decodeAll(bytes: Uint8Array): LogRecord[] {
  const decoded: LogRecord[] = [];
  const outcome = decodeBatches(bytes, decompress, (record) => decoded.push(record) > 0);
  expect(outcome).toEqual({ ok: true, value: null });
  return decoded;
}

function concatenate(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

describe('encodeBatch and decodeBatches', () => {
  it.each(compressionTypes)('give back what was written, %s', (type) => {
    fc.assert(
      fc.property(
        records,
        fc.maxSafeNat().map((offset) => Math.floor(offset / 2)),
        (written, baseOffset) => {
          const batch = encodeBatch(written, { compression: { type, compress } });
          expect(checkBatches(batch, 1_000_000)).toMatchObject({
            ok: true,
            value: [{ header: { compression: type } }],
          });
          patchBatch(batch, 0, baseOffset, 3);
          const expected = written.map((record, index) => ({ ...record, offset: baseOffset + index }));
          expect(decodeAll(batch)).toEqual(expected);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('lays out a batch as Kafka does, byte for byte', () => {
    const batch = encodeBatch(
      [
        { timestampMs: 1_000, key: bytesOf('k'), value: bytesOf('v'), headers: [{ name: 'h', value: null }] },
        { timestampMs: 999, key: null, value: null, headers: [] },
      ],
      { producerId: 1, producerEpoch: 2, baseSequence: 3 },
    );
    const hex = Buffer.from(batch).toString('hex');
    expect(hex.slice(0, 34)).toBe('0000000000000000' + '00000044' + '00000000' + '02');
    expect(hex.slice(42)).toBe(
      '0000' + // attributes
        '00000001' + // last offset delta
        '00000000000003e8' + // base timestamp
        '00000000000003e8' + // max timestamp
        '0000000000000001' + // producer id
        '0002' + // producer epoch
        '00000003' + // base sequence
        '00000002' + // record count
        '16' +
        '00' +
        '00' +
        '00' +
        '026b' +
        '0276' +
        '02' +
        '0268' +
        '01' +
        '0c' +
        '00' +
        '01' +
        '02' +
        '01' +
        '01' +
        '00',
    );
  });

  it('show the append time of a stamped batch on every record', () => {
    const batch = encodeBatch([plain('a'), plain('b', null, 5)]);
    stampLogAppendTime(batch, 0, 1_800_000_000_000);
    expect(decodeAll(batch).map((record) => record.timestampMs)).toEqual([1_800_000_000_000, 1_800_000_000_000]);
  });

  it('read on over batches, pass over control batches and empty ones, and stop when told', () => {
    const control = encodeBatch([plain('marker', 'control')], { baseOffset: 2 });
    writeInt16(control, batchField.attributes, 0x20);
    sealBatch(control, 0, control.length);
    const empty = encodeBatch([plain('gone')], { baseOffset: 3 }).slice(0, 61);
    writeInt32(empty, batchField.batchLength, 49);
    writeInt32(empty, batchField.recordCount, 0);
    const bytes = concatenate(
      encodeBatch([plain('a'), plain('b')]),
      control,
      empty,
      encodeBatch([plain('c')], { baseOffset: 4 }),
    );
    expect(decodeAll(bytes).map((record) => record.offset)).toEqual([0, 1, 4]);
    const seen: number[] = [];
    decodeBatches(bytes, decompress, (record) => seen.push(record.offset) < 2);
    expect(seen).toEqual([0, 1]);
  });

  it('say what is unsound', () => {
    const visitNothing = () => true;
    const batch = encodeBatch([plain('a')]);
    expect(decodeBatches(batch.subarray(0, 68), decompress, visitNothing)).toMatchObject({
      error: { code: 'CORRUPT_MESSAGE' },
    });
    const gzipped = encodeBatch([plain('a')], { compression: { type: 'gzip', compress } });
    gzipped[61]! ^= 0xff;
    expect(decodeBatches(gzipped, decompress, visitNothing)).toMatchObject({ error: { code: 'CORRUPT_MESSAGE' } });
    patchBatch(batch, 0, -4, 0);
    expect(decodeBatches(batch, decompress, visitNothing)).toMatchObject({ error: { code: 'CORRUPT_MESSAGE' } });
  });
});

describe('walkRecords', () => {
  const section = (batch: Uint8Array) => batch.subarray(61);
  const walk = (batch: Uint8Array) => walkRecords(section(batch), readBatchHeader(batch, 0), () => true);

  it('tells null from empty, by position', () => {
    const batch = encodeBatch([plain(null, ''), plain('', null)]);
    const seen: number[][] = [];
    walkRecords(section(batch), readBatchHeader(batch, 0), (record) => {
      seen.push([record.keyStart, record.keyEnd, record.valueStart, record.valueEnd]);
      return true;
    });
    expect(seen).toEqual([
      [5, 5, -1, -1],
      [-1, -1, 13, 13],
    ]);
  });

  it('keeps the offsets that compaction left', () => {
    const batch = encodeBatch([plain('a'), plain('b')], { baseOffset: 100 });
    // The second record's offset delta, after length, attributes, deltas, lengths, value and header count of the first.
    batch[61 + 8 + 3] = 10;
    writeInt32(batch, batchField.lastOffsetDelta, 9);
    expect(decodeAll(batch).map((record) => record.offset)).toEqual([100, 105]);
  });

  it.each<[string, number, number]>([
    ['a record longer than what is left', 61, 0x7e],
    ['a record shorter than its least', 61, 0x0a],
    ['a negative record length', 61, 0x01],
    ['a key length below -1', 65, 0x03],
    ['a key longer than the record', 65, 0x20],
    ['a value length below -1', 66, 0x03],
    ['a value longer than the record', 66, 0x20],
    ['a value shorter than the record', 66, 0x00],
    ['a negative header count', 68, 0x01],
    ['more headers than bytes', 68, 0x02],
    ['a varint that does not end', 68, 0x80],
    ['an offset delta beyond the last', 64, 0x04],
    ['a negative offset delta', 64, 0x01],
  ])('refuses %s', (_name, at, byte) => {
    const batch = encodeBatch([plain('a')]);
    expect(walk(batch)).toMatchObject({ ok: true });
    batch[at] = byte;
    expect(walk(batch)).toMatchObject({ ok: false, error: { code: 'CORRUPT_MESSAGE' } });
  });

  it('refuses offsets that do not grow, bytes left over, and counts that cannot be', () => {
    const twice = encodeBatch([plain('a'), plain('b')]);
    twice[61 + 8 + 3] = 0;
    expect(walk(twice)).toMatchObject({ error: { message: expect.stringContaining('offset delta 0 after 0') } });
    const fewer = encodeBatch([plain('a'), plain('b')]);
    writeInt32(fewer, batchField.recordCount, 1);
    expect(walk(fewer)).toMatchObject({ error: { message: expect.stringContaining('8 bytes after its 1 records') } });
    const more = encodeBatch([plain('a'), plain('b')]);
    writeInt32(more, batchField.recordCount, 3);
    expect(walk(more)).toMatchObject({ error: { message: expect.stringContaining('3 records in 16 bytes') } });
  });
});

describe('checkRecords', () => {
  const check = (batch: Uint8Array, requiresKeys = false) => {
    const header = readBatchHeader(batch, 0);
    const section = recordsSection(batch, 0, header, decompress);
    return section.ok ? checkRecords(section.value, header, requiresKeys) : section;
  };

  it('answers the latest timestamp, whatever the header states', () => {
    const batch = encodeBatch([plain('a', null, 5), plain('b', null, 9), plain('c', null, 7)]);
    batch.fill(0, batchField.maxTimestamp, batchField.producerId);
    expect(check(batch)).toEqual({ ok: true, value: { maxTimestampMs: 9 } });
  });

  it('refuses gaps, impossible times and, where keys are required, records without one', () => {
    const gap = encodeBatch([plain('a'), plain('b')]);
    gap[61 + 8 + 3] = 4;
    writeInt32(gap, batchField.lastOffsetDelta, 2);
    expect(check(gap)).toMatchObject({ error: { code: 'INVALID_RECORD', detail: { record: 1 } } });
    const early = encodeBatch([plain('a', null, 0), plain('b', null, 1)]);
    early[61 + 8 + 2] = 0x03;
    expect(check(early)).toMatchObject({ error: { code: 'INVALID_TIMESTAMP', detail: { record: 1 } } });
    const keyed = encodeBatch([plain('a', ''), plain('b')], { compression: { type: 'zstd', compress } });
    expect(check(keyed)).toMatchObject({ ok: true });
    expect(check(keyed, true)).toMatchObject({ error: { code: 'INVALID_RECORD', detail: { record: 1 } } });
  });
});
