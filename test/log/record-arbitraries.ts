import fc from 'fast-check';
import type { NewRecord } from '../../src/log/record.ts';

const parts = fc.oneof(fc.constant(null), fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ maxLength: 400 }));

/** Header names of every width that UTF-8 has; lone surrogates are not UTF-8 and cannot come back. */
const names = fc.string({ unit: 'binary', maxLength: 12 }).filter((name) => name.isWellFormed());

export const headers = fc.array(fc.record({ name: names, value: parts }), { maxLength: 4 });

export const timestamps = fc.oneof(
  fc.integer({ min: 1_700_000_000_000, max: 1_700_000_100_000 }),
  fc.nat(),
  fc.constantFrom(-1, 0, 8_640_000_000_000_000),
);

/** Records as a producer may send them, nulls, empties, repeated headers and jumping clocks included. */
export const records: fc.Arbitrary<NewRecord[]> = fc.array(
  fc.record({ timestampMs: timestamps, key: parts, value: parts, headers }),
  { minLength: 1, maxLength: 12 },
);
