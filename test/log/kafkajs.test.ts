import { createRequire } from 'node:module';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { compress, decompress } from '../../src/log/compression.ts';
import { compressionTypes } from '../../src/log/compression-type.ts';
import { decodeBatches, encodeBatch, type LogRecord, type NewRecord } from '../../src/log/record.ts';
import { checkBatches, patchBatch } from '../../src/log/record-batch.ts';
import { registerKafkajsCodecs } from '../support/kafkajs-codecs.ts';
import { timestamps } from './record-arbitraries.ts';

/**
 * kafkajs, written by other people from the same specification, reads what this codec writes and writes what it
 * reads. Its codecs for snappy, lz4 and zstd are plugged in from libraries that this codec does not use for them.
 */
const require = createRequire(import.meta.url);

type KafkajsEncoder = { readonly buffer: Buffer };
type KafkajsRecord = {
  offset: string;
  timestamp: string;
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, Buffer | Buffer[]>;
};
type KafkajsBatch = { records: KafkajsRecord[]; producerId: string; producerEpoch: number; firstSequence: number };

const {
  RecordBatch,
}: { RecordBatch(fields: object): Promise<KafkajsEncoder> } = require('kafkajs/src/protocol/recordBatch/v0');
const decodeKafkajs: (
  decoder: object,
) => Promise<KafkajsBatch> = require('kafkajs/src/protocol/recordBatch/v0/decoder');
const kafkajsRecord: (fields: object) => KafkajsEncoder = require('kafkajs/src/protocol/recordBatch/record/v0');
const KafkajsDecoder: new (buffer: Buffer) => object = require('kafkajs/src/protocol/decoder');

beforeAll(registerKafkajsCodecs);

const parts = fc.oneof(fc.constant(null), fc.uint8Array({ maxLength: 300 }));

/** What kafkajs can say: header values that are not null, names that are not repeated and no number in disguise. */
const headers = fc.uniqueArray(
  fc.record({ name: fc.string({ maxLength: 9 }).map((name) => `h${name}`), value: fc.uint8Array({ maxLength: 40 }) }),
  {
    maxLength: 3,
    selector: (header) => header.name,
  },
);

const records: fc.Arbitrary<NewRecord[]> = fc.array(
  fc.record({ timestampMs: timestamps, key: parts, value: parts, headers }),
  { minLength: 1, maxLength: 10 },
);

const buffer = (part: Uint8Array | null) => (part === null ? null : Buffer.from(part));

describe.each(compressionTypes)('kafkajs, %s', (type) => {
  it('reads what we write', async () => {
    await fc.assert(
      fc.asyncProperty(records, fc.nat(), async (written, baseOffset) => {
        const batch = encodeBatch(written, {
          baseOffset,
          producerId: 2 ** 50,
          producerEpoch: 3,
          baseSequence: 4,
          compression: { type, compress },
        });
        const decoded = await decodeKafkajs(new KafkajsDecoder(Buffer.from(batch)));
        expect(decoded).toMatchObject({ producerId: String(2 ** 50), producerEpoch: 3, firstSequence: 4 });
        expect(
          decoded.records.map(({ offset, timestamp, key, value, headers }) => ({
            offset,
            timestamp,
            key,
            value,
            headers,
          })),
        ).toEqual(
          written.map((record, index) => ({
            offset: String(baseOffset + index),
            timestamp: String(record.timestampMs),
            key: buffer(record.key),
            value: buffer(record.value),
            headers: Object.fromEntries(record.headers.map((header) => [header.name, buffer(header.value)])),
          })),
        );
      }),
      { numRuns: 50 },
    );
  });

  it('writes what we read', async () => {
    await fc.assert(
      fc.asyncProperty(records, async (written) => {
        const firstTimestamp = written[0]!.timestampMs;
        const encoder = await RecordBatch({
          compression: compressionTypes.indexOf(type),
          firstTimestamp,
          maxTimestamp: Math.max(...written.map((record) => record.timestampMs)),
          lastOffsetDelta: written.length - 1,
          records: written.map((record, index) =>
            kafkajsRecord({
              offsetDelta: index,
              timestampDelta: record.timestampMs - firstTimestamp,
              key: buffer(record.key),
              value: buffer(record.value),
              headers: Object.fromEntries(record.headers.map((header) => [header.name, buffer(header.value)])),
            }),
          ),
        });
        const bytes = new Uint8Array(encoder.buffer);
        expect(checkBatches(bytes, 1_000_000)).toMatchObject({
          ok: true,
          value: [{ header: { compression: type, recordCount: written.length, producerId: -1 } }],
        });
        patchBatch(bytes, 0, 1000, 0);
        const decoded: LogRecord[] = [];
        expect(decodeBatches(bytes, decompress, (record) => decoded.push(record) > 0)).toMatchObject({ ok: true });
        expect(decoded).toEqual(written.map((record, index) => ({ ...record, offset: 1000 + index })));
      }),
      { numRuns: 50 },
    );
  });
});
