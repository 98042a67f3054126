import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decompress } from '../../src/log/compression.ts';
import {
  checkLooseRecords,
  encodeLooseRecord,
  frameLooseRecords,
  LooseRecordWriter,
  looseRecordHeaderBytes,
  maxLooseRecordBytes,
} from '../../src/log/loose-records.ts';
import { decodeBatches, encodeBatch, type LogRecord } from '../../src/log/record.ts';
import { checkBatches, patchBatch, readBatchHeader } from '../../src/log/record-batch.ts';
import { records } from './record-arbitraries.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

const options = { baseOffset: 0, leaderEpoch: 0, nowMs: 1_750_000_000_000, timestampType: 'CreateTime' } as const;

function decodeAll(batch: Uint8Array): LogRecord[] {
  const decoded: LogRecord[] = [];
  expect(decodeBatches(batch, decompress, (record) => decoded.push(record) > 0)).toMatchObject({ ok: true });
  return decoded;
}

describe('loose records', () => {
  it('are laid out as their description says', () => {
    const record = encodeLooseRecord(5, bytesOf('k'), null, [{ name: 'é', value: bytesOf('') }]);
    expect(hex(record)).toBe('0000000000000005' + '00000008' + '026b' + '01' + '02' + '04c3a9' + '00');
    expect(hex(encodeLooseRecord(-1, null, null))).toBe('ffffffffffffffff' + '00000003' + '010100');
  });

  it('are the same from the writer, whole or as a range, as one by one', () => {
    fc.assert(
      fc.property(records, fc.nat(64), (written, expectedBytes) => {
        const whole = new LooseRecordWriter(expectedBytes);
        const ranges = new LooseRecordWriter(expectedBytes);
        const single: number[] = [];
        for (const { timestampMs, key, value, headers } of written) {
          whole.append(timestampMs, key, value, headers);
          const source = Uint8Array.from([7, ...(value ?? []), 7]);
          if (value === null) ranges.append(timestampMs, key, value, headers);
          else ranges.appendRange(timestampMs, key, source, 1, 1 + value.length, headers);
          single.push(...encodeLooseRecord(timestampMs, key, value, headers));
        }
        expect(whole.recordCount).toBe(written.length);
        expect(whole.sizeBytes).toBe(single.length);
        const taken = whole.take();
        expect(taken).toEqual(Uint8Array.from(single));
        expect(taken.buffer.byteLength).toBe(single.length);
        expect(ranges.take()).toEqual(taken);
        expect([whole.recordCount, whole.sizeBytes, whole.take().length]).toEqual([0, 0, 0]);
      }),
    );
  });

  it('do not change when the writer goes on', () => {
    const writer = new LooseRecordWriter();
    writer.append(1, null, bytesOf('first'));
    const taken = writer.take();
    const before = hex(taken);
    writer.append(2, null, bytesOf('second'));
    expect(hex(taken)).toBe(before);
  });
});

describe('checkLooseRecords', () => {
  const sound = encodeLooseRecord(7, bytesOf('key'), bytesOf('value'), [{ name: 'n', value: bytesOf('v') }]);

  it('counts sound records and finds their latest time', () => {
    fc.assert(
      fc.property(records, (written) => {
        const writer = new LooseRecordWriter();
        for (const { timestampMs, key, value, headers } of written) writer.append(timestampMs, key, value, headers);
        const maxTimestampMs = Math.max(...written.map((record) => record.timestampMs));
        expect(checkLooseRecords(writer.take(), 1_000_000)).toEqual({
          ok: true,
          value: { count: written.length, maxTimestampMs },
        });
      }),
    );
  });

  it('refuses a record cut off anywhere, saying which', () => {
    for (let size = 1; size < sound.length; size++) {
      const bytes = Uint8Array.from([...sound, ...sound.subarray(0, size)]);
      expect(checkLooseRecords(bytes, 1000), `${size} bytes`).toMatchObject({
        ok: false,
        error: { code: 'CORRUPT_MESSAGE', detail: { record: 1, position: sound.length } },
      });
    }
  });

  const spoiled = (at: number, byte: number) => Uint8Array.from(sound).fill(byte, at, at + 1);
  const body = looseRecordHeaderBytes;
  it.each<[string, Uint8Array, string]>([
    ['no record', new Uint8Array(0), 'INVALID_RECORD'],
    ['a length of 4 GB', spoiled(8, 0xff), 'CORRUPT_MESSAGE'],
    ['a length one too large', spoiled(11, sound.length - body + 1), 'CORRUPT_MESSAGE'],
    ['a length one too small', spoiled(11, sound.length - body - 1), 'CORRUPT_MESSAGE'],
    ['a key length below -1', spoiled(body, 0x03), 'CORRUPT_MESSAGE'],
    ['a key beyond the record', spoiled(body, 0x7e), 'CORRUPT_MESSAGE'],
    ['a value beyond the record', spoiled(body + 4, 0x7e), 'CORRUPT_MESSAGE'],
    ['a negative header count', spoiled(body + 10, 0x01), 'CORRUPT_MESSAGE'],
    ['more headers than bytes', spoiled(body + 10, 0x7e), 'CORRUPT_MESSAGE'],
    ['fewer headers than bytes', spoiled(body + 10, 0x00), 'CORRUPT_MESSAGE'],
    ['a header without a name', spoiled(body + 11, 0x01), 'CORRUPT_MESSAGE'],
    ['a header value beyond the record', spoiled(body + 13, 0x7e), 'CORRUPT_MESSAGE'],
    ['a varint that does not end', spoiled(body + 14, 0x80).fill(0x80, body), 'CORRUPT_MESSAGE'],
    ['a timestamp of -2', encodeLooseRecord(-2, null, null), 'INVALID_TIMESTAMP'],
    ['a timestamp beyond dates', encodeLooseRecord(8_640_000_000_000_001, null, null), 'INVALID_TIMESTAMP'],
    ['a timestamp beyond 2^53', spoiled(0, 0x7f), 'INVALID_TIMESTAMP'],
  ])('refuses %s', (_name, bytes, code) => {
    expect(checkLooseRecords(bytes, 1000)).toMatchObject({ ok: false, error: { code } });
  });

  it('refuses a record above the bound and, where keys are required, one without a key', () => {
    const bodyBytes = sound.length - body;
    expect(checkLooseRecords(sound, bodyBytes)).toMatchObject({ ok: true });
    expect(checkLooseRecords(sound, bodyBytes - 1)).toMatchObject({ error: { code: 'MESSAGE_TOO_LARGE' } });
    expect(checkLooseRecords(sound, 1000, true)).toMatchObject({ ok: true });
    expect(checkLooseRecords(encodeLooseRecord(7, null, bytesOf('v')), 1000, true)).toMatchObject({
      error: { code: 'INVALID_RECORD', detail: { record: 0 } },
    });
  });

  it('has a bound under which a record always fits a batch of max.message.bytes', () => {
    const value = new Uint8Array(maxLooseRecordBytes(10_000) - 5);
    const record = encodeLooseRecord(8_640_000_000_000_000, null, value);
    expect(record.length - body).toBe(maxLooseRecordBytes(10_000));
    expect(frameLooseRecords([record], options).batch.length).toBeLessThanOrEqual(10_000);
  });
});

describe('frameLooseRecords', () => {
  it('makes the batch that the encoder makes of the same records', () => {
    fc.assert(
      fc.property(fc.array(records, { minLength: 1, maxLength: 5 }), (groups) => {
        const parts = groups.map((group) => {
          const writer = new LooseRecordWriter();
          for (const { timestampMs, key, value, headers } of group) writer.append(timestampMs, key, value, headers);
          return writer.take();
        });
        const stamped = groups.flat().map((record) => ({
          ...record,
          timestampMs: record.timestampMs === -1 ? options.nowMs : record.timestampMs,
        }));
        const framed = frameLooseRecords(parts, options);
        expect(hex(framed.batch)).toBe(hex(encodeBatch(stamped)));
        expect(framed.recordCount).toBe(stamped.length);
        expect(framed.maxTimestampMs).toBe(Math.max(...stamped.map((record) => record.timestampMs)));
        expect(checkBatches(framed.batch, 10_000_000)).toMatchObject({ ok: true });
      }),
    );
  });

  it('frames more records than one varint byte counts, at their offsets', () => {
    const parts = Array.from({ length: 300 }, (_, index) =>
      Uint8Array.from([
        ...encodeLooseRecord(1000 + index, null, bytesOf(`a${index}`)),
        ...encodeLooseRecord(-1, bytesOf('k'), bytesOf(`b${index}`)),
      ]),
    );
    const framed = frameLooseRecords(parts, { ...options, baseOffset: 5_000_000_000, leaderEpoch: 9 });
    expect(readBatchHeader(framed.batch, 0)).toMatchObject({
      baseOffset: 5_000_000_000,
      leaderEpoch: 9,
      baseTimestampMs: 1000,
      maxTimestampMs: options.nowMs,
      producerId: -1,
      producerEpoch: -1,
      baseSequence: -1,
      lastOffsetDelta: 599,
      recordCount: 600,
    });
    const decoded = decodeAll(framed.batch);
    expect(decoded.map((record) => record.offset)).toEqual(
      Array.from({ length: 600 }, (_, index) => 5_000_000_000 + index),
    );
    expect(decoded[599]).toMatchObject({ timestampMs: options.nowMs, value: bytesOf('b299') });
    patchBatch(framed.batch, 0, 0, 0);
    expect(checkBatches(framed.batch, 10_000_000)).toMatchObject({ ok: true });
  });

  it('gives every record the append time when the topic says so', () => {
    const parts = [encodeLooseRecord(1000, null, bytesOf('a')), encodeLooseRecord(-1, null, bytesOf('b'))];
    const framed = frameLooseRecords(parts, { ...options, timestampType: 'LogAppendTime' });
    expect(framed.maxTimestampMs).toBe(options.nowMs);
    expect(readBatchHeader(framed.batch, 0)).toMatchObject({
      timestampType: 'LogAppendTime',
      baseTimestampMs: options.nowMs,
      maxTimestampMs: options.nowMs,
    });
    expect(decodeAll(framed.batch).map((record) => record.timestampMs)).toEqual([options.nowMs, options.nowMs]);
  });
});
