import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Result } from '../../src/errors/result.ts';
import { compress, decompress } from '../../src/log/compression.ts';
import { compressionTypes, maxDecompressedBytes } from '../../src/log/compression-type.ts';
import { checkLooseRecords, frameLooseRecords, LooseRecordWriter } from '../../src/log/loose-records.ts';
import { checkRecords, decodeBatches, encodeBatch, recordsSection, walkRecords } from '../../src/log/record.ts';
import { checkBatches, readBatchHeader, sealBatch } from '../../src/log/record-batch.ts';
import { records } from './record-arbitraries.ts';

/** Bytes as an attacker makes them of sound ones: changed, cut, doubled, with runs of what lengths are made of. */
type Mutation = { readonly at: number; readonly kind: 'set' | 'cut' | 'insert'; readonly byte: number };

const mutations: fc.Arbitrary<Mutation[]> = fc.array(
  fc.record({
    at: fc.nat(2000),
    kind: fc.constantFrom('set', 'set', 'set', 'cut', 'insert'),
    byte: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff, 0xfe)),
  }),
  { minLength: 1, maxLength: 6 },
);

function mutate(bytes: Uint8Array, changes: readonly Mutation[], from = 0): Uint8Array {
  const mutated = [...bytes];
  for (const { at, kind, byte } of changes) {
    const place = from + (at % Math.max(1, mutated.length - from));
    if (kind === 'set') mutated[place] = byte;
    else if (kind === 'insert') mutated.splice(place, 0, byte);
    else mutated.splice(place, 1 + (byte % 40));
  }
  return Uint8Array.from(mutated);
}

/** Every code that a reader of foreign bytes may answer; anything else, a throw above all, is a bug. */
const refusals = [
  'CORRUPT_MESSAGE',
  'INVALID_RECORD',
  'INVALID_TIMESTAMP',
  'MESSAGE_TOO_LARGE',
  'UNSUPPORTED_COMPRESSION_TYPE',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
];

function expectAnswer(result: Result<unknown>): void {
  if (!result.ok) expect(refusals).toContain(result.error.code);
}

/** Runs `body` and answers the bytes of all arrays it made through a constructor. */
function allocatedBytes(body: () => void): number {
  let allocated = 0;
  const count = (made: ArrayBufferView) => {
    allocated += made.byteLength;
    return made;
  };
  const counting = <T extends new (...rest: never[]) => ArrayBufferView>(kind: T) =>
    new Proxy(kind, {
      construct(target, [first, ...rest]: unknown[]) {
        const made: ArrayBufferView = Reflect.construct(target, [first, ...rest]);
        return typeof first === 'number' ? count(made) : made;
      },
    });
  vi.stubGlobal('Uint8Array', counting(Uint8Array));
  vi.stubGlobal('Uint16Array', counting(Uint16Array));
  try {
    body();
  } finally {
    vi.unstubAllGlobals();
  }
  return allocated;
}

afterEach(() => vi.unstubAllGlobals());

const runs = { numRuns: 400 };

describe('hostile bytes', () => {
  it('are answered by every reader when they are noise', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expectAnswer(checkBatches(bytes, 1_000_000));
        expectAnswer(checkLooseRecords(bytes, 1_000_000));
        expectAnswer(decodeBatches(bytes, decompress, () => true));
        for (const type of compressionTypes) expectAnswer(decompress(type, bytes, 10_000));
        const header = readBatchHeader(encodeBatch([{ timestampMs: 0, key: null, value: null, headers: [] }]), 0);
        for (const recordCount of [1, 3, 2_147_483_647, -1]) {
          expectAnswer(walkRecords(bytes, { ...header, recordCount, lastOffsetDelta: recordCount - 1 }, () => true));
        }
      }),
      runs,
    );
  });

  it.each(compressionTypes)('are answered when they were a batch, its CRC made right again: %s', (type) => {
    fc.assert(
      fc.property(records, mutations, fc.boolean(), (written, changes, onlyRecords) => {
        const sound = encodeBatch(written, { compression: { type, compress } });
        const bytes = mutate(sound, changes, onlyRecords ? 61 : 0);
        if (bytes.length >= 61) {
          new DataView(bytes.buffer).setInt32(8, bytes.length - 12);
          sealBatch(bytes, 0, bytes.length);
        }
        let visited = 0;
        const decoded = decodeBatches(bytes, decompress, (record) => {
          visited++;
          for (const header of record.headers) expect(typeof header.name).toBe('string');
          return true;
        });
        expectAnswer(decoded);
        if (type === 'none') expect(visited).toBeLessThanOrEqual(bytes.length / 7);
        const checked = checkBatches(bytes, 1_000_000);
        expectAnswer(checked);
        if (!checked.ok) return;
        for (const { at, header } of checked.value) {
          const section = recordsSection(bytes, at, header, decompress);
          expectAnswer(section);
          if (section.ok) expectAnswer(checkRecords(section.value, header, true));
        }
      }),
      runs,
    );
  });

  it('never show a position outside their section', () => {
    fc.assert(
      fc.property(records, mutations, (written, changes) => {
        const sound = encodeBatch(written);
        const section = mutate(sound.subarray(61), changes);
        walkRecords(section, readBatchHeader(sound, 0), (record) => {
          for (const [start, end] of [
            [record.keyStart, record.keyEnd],
            [record.valueStart, record.valueEnd],
          ] as const) {
            expect(start === -1 ? end === -1 : start <= end && end <= section.length && start > 0).toBe(true);
          }
          expect(record.headersStart + 2 * record.headerCount).toBeLessThanOrEqual(section.length);
          return true;
        });
      }),
      runs,
    );
  });

  it('are answered when they were loose records, and frame to a sound batch if they are let in', () => {
    fc.assert(
      fc.property(records, mutations, (written, changes) => {
        const writer = new LooseRecordWriter();
        for (const { timestampMs, key, value, headers } of written) writer.append(timestampMs, key, value, headers);
        const bytes = mutate(writer.take(), changes);
        const checked = checkLooseRecords(bytes, 1_000_000);
        expectAnswer(checked);
        if (!checked.ok) return;
        const framed = frameLooseRecords([bytes], {
          baseOffset: 0,
          leaderEpoch: 0,
          nowMs: 1,
          timestampType: 'CreateTime',
        });
        expect(framed.recordCount).toBe(checked.value.count);
        expect(checkBatches(framed.batch, 10_000_000)).toMatchObject({ ok: true });
        expect(checkRecords(framed.batch.subarray(61), readBatchHeader(framed.batch, 0), false)).toMatchObject({
          ok: true,
        });
      }),
      runs,
    );
  });

  it.each(['snappy', 'lz4'] as const)('make %s allocate no more than they decode to', (type) => {
    fc.assert(
      fc.property(records, mutations, (written, changes) => {
        const section = encodeBatch(written).subarray(61);
        const bytes = mutate(compress(type, section), changes);
        let opened: Result<Uint8Array> | undefined;
        const allocated = allocatedBytes(() => {
          opened = decompress(type, bytes, maxDecompressedBytes);
        });
        expect(allocated).toBeLessThanOrEqual((type === 'snappy' ? 22 : 255) * bytes.length);
        if (opened?.ok) expect(allocated).toBe(opened.value.length);
      }),
      runs,
    );
  });

  it('make no reader of uncompressed records allocate', () => {
    fc.assert(
      fc.property(records, mutations, (written, changes) => {
        const batch = encodeBatch(written);
        const section = mutate(batch.subarray(61), changes);
        const header = readBatchHeader(batch, 0);
        expect(allocatedBytes(() => walkRecords(section, header, () => true))).toBe(0);
        expect(allocatedBytes(() => checkLooseRecords(section, 1_000_000))).toBe(0);
      }),
      runs,
    );
  });
});
