import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ok } from '../../../../src/errors/result.ts';
import { concatBytes } from '../../../../src/log/concat-bytes.ts';
import { eachBatch, recordKeys } from '../../../../src/log/maintenance/compaction/batch-scan.ts';
import { type CleaningRule, cleanBatch } from '../../../../src/log/maintenance/compaction/cleaning-rule.ts';
import { hashSecretOf } from '../../../../src/log/maintenance/compaction/key-hash.ts';
import { KeyOffsets } from '../../../../src/log/maintenance/compaction/key-offsets.ts';
import { encodeBatch, type LogRecord } from '../../../../src/log/record.ts';
import { patchBatch } from '../../../../src/log/record-batch.ts';
import { AbortedRanges } from '../../../../src/log/transactions/aborted-ranges.ts';
import { recordsOf, unwrap } from '../../../support/partition-harness.ts';
import { foldUpdates, keyOf, textOf } from './changelog.ts';

const encoder = new TextEncoder();
const secret = hashSecretOf('0f1e2d3c-4b5a-4968-8776-655443322110');
const deleteRetentionMs = 1_000;

const updates = fc.array(
  fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), value: fc.option(fc.string({ maxLength: 3 })) }),
  { minLength: 1, maxLength: 5 },
);

/** What happens to a log: batches are appended, a pass is run with room for so many keys, time goes by. */
const events = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ append: updates }) },
    { weight: 2, arbitrary: fc.record({ keysMax: fc.integer({ min: 1, max: 7 }) }) },
    { weight: 1, arbitrary: fc.record({ waitMs: fc.integer({ min: 1, max: 1_500 }) }) },
  ),
  { maxLength: 25 },
);

/** A log as its bytes, cleaned by the product's own functions, with what was ever in it. */
const noneAborted = new AbortedRanges([]);

class CleanedLog {
  bytes: Uint8Array = new Uint8Array(0);
  readonly everything: LogRecord[] = [];
  nowMs = 1_000_000;
  cleanedOffset = 0;
  nextOffset = 0;
  /** For each tombstone, by its offset: when a pass first had the whole of its batch below its end. */
  readonly firstCleanedMs = new Map<number, number>();

  append(batch: readonly { readonly key: string; readonly value: string | null }[]): void {
    const records = batch.map(({ key, value }) => ({
      timestampMs: this.nowMs,
      key: encoder.encode(key),
      value: value === null ? null : encoder.encode(value),
      headers: [],
    }));
    const encoded = encodeBatch(records);
    patchBatch(encoded, 0, this.nextOffset, 0);
    this.everything.push(...recordsOf(encoded));
    this.bytes = concatBytes([this.bytes, encoded]);
    this.nextOffset += batch.length;
  }

  clean(keysMax: number): void {
    if (this.nextOffset === this.cleanedOffset) return;
    const keys = new KeyOffsets(secret, keysMax);
    let endOffset = this.nextOffset;
    const range = { from: this.cleanedOffset, to: this.nextOffset };
    unwrap(
      eachBatch(this.bytes, (batch, header) => {
        const unfit = unwrap(recordKeys(batch, header, keys, range, noneAborted));
        endOffset = unfit ?? endOffset;
        return ok(unfit === null);
      }),
    );
    expect(endOffset, 'a pass gets on').toBeGreaterThan(this.cleanedOffset);
    const rule: CleaningRule = {
      endOffset,
      keys,
      nowMs: this.nowMs,
      deleteRetentionMs,
      isLastOfProducer: () => false,
      aborted: noneAborted,
    };
    const pieces: Uint8Array[] = [];
    unwrap(
      eachBatch(this.bytes, (batch, header) => {
        const { bytes } = unwrap(cleanBatch(batch, header, rule));
        if (bytes !== null) pieces.push(bytes);
        const isWhole = header.baseOffset + header.lastOffsetDelta < endOffset;
        for (const record of bytes === null ? [] : recordsOf(bytes)) {
          if (isWhole && record.value === null && !this.firstCleanedMs.has(record.offset)) {
            this.firstCleanedMs.set(record.offset, this.nowMs);
          }
        }
        return ok(true);
      }),
    );
    this.bytes = concatBytes(pieces);
    this.cleanedOffset = endOffset;
  }
}

test('[I-7a] [I-7b] [I-7d] whatever is appended and cleaned, and however few keys fit: the last value of each key stays, in order, and tombstones for their time', () => {
  fc.assert(
    fc.property(events, (sequence) => {
      const log = new CleanedLog();
      for (const event of sequence) {
        const before = recordsOf(log.bytes);
        if ('append' in event) log.append(event.append);
        else if ('waitMs' in event) log.nowMs += event.waitMs;
        else {
          log.clean(event.keysMax);
          const after = recordsOf(log.bytes);
          expect(foldUpdates(after)).toEqual(foldUpdates(log.everything));
          const kept = new Map(before.map((record) => [record.offset, record]));
          for (const record of after) expect(record).toEqual(kept.get(record.offset));
          expect(after.map(({ offset }) => offset)).toEqual(after.map(({ offset }) => offset).sort((a, b) => a - b));
          expectTombstonesKept(log, after);
          expectClean(log, after);
        }
      }
    }),
    { numRuns: 2_000 },
  );
});

/** The last record of a key that is a tombstone stays until its time is over, counted from the pass that first saw it. */
function expectTombstonesKept(log: CleanedLog, after: readonly LogRecord[]): void {
  const left = new Set(after.map(({ offset }) => offset));
  const last = new Map(log.everything.map((record) => [keyOf(record), record]));
  for (const record of last.values()) {
    if (textOf(record) !== null || left.has(record.offset)) continue;
    const firstMs = log.firstCleanedMs.get(record.offset);
    expect(firstMs, 'a tombstone goes only after a pass has kept it').toBeDefined();
    expect(log.nowMs).toBeGreaterThanOrEqual((firstMs ?? 0) + deleteRetentionMs);
  }
}

/** Of two records of one key below the cleaned offset, only the later is left. */
function expectClean(log: CleanedLog, after: readonly LogRecord[]): void {
  const below = after.filter(({ offset }) => offset < log.cleanedOffset).map(keyOf);
  expect(new Set(below).size).toBe(below.length);
}
