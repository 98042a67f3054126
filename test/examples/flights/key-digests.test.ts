import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { KeyDigests } from '../../../examples/flights/key-digests.ts';

type Entry = readonly [key: string, value: string];

function digestsOf(entries: Iterable<Entry>): KeyDigests {
  const digests = new KeyDigests();
  for (const [key, value] of entries) digests.add(key, value);
  return digests;
}

/** The obvious way to say the same: all values of each key, in a list. */
function valuesByKey(entries: readonly Entry[]): Map<string, string[]> {
  return Map.groupBy(entries, ([key]) => key)
    .entries()
    .reduce(
      (lists, [key, list]) =>
        lists.set(
          key,
          list.map(([, value]) => value),
        ),
      new Map<string, string[]>(),
    );
}

describe('digests', () => {
  const key = fc.constantFrom('ATL', 'LAS', 'ORD');
  const entries = fc.array(fc.tuple(key, fc.constantFrom('', 'a', 'b', 'ab', '1:a')), { maxLength: 8 });

  test('are the same exactly when every key has the same values in the same order', () =>
    fc.assert(
      fc.property(entries, entries, (one, other) => {
        const isSame = digestsOf(one).differencesFrom(digestsOf(other)).length === 0;
        const sorted = (list: readonly Entry[]) => [...valuesByKey(list)].sort();
        expect(isSame).toBe(JSON.stringify(sorted(one)) === JSON.stringify(sorted(other)));
      }),
      { numRuns: 2_000 },
    ));

  test('take text and its bytes for the same', () => {
    const bytes = new KeyDigests();
    bytes.add('ATL', new TextEncoder().encode('zürich'));
    expect(bytes.differencesFrom(digestsOf([['ATL', 'zürich']]))).toEqual([]);
  });
});

describe('a difference is told', () => {
  const flights = Array.from({ length: 2_500 }, (_, index): Entry => ['ATL', `flight ${index}`]);
  const whole = digestsOf(flights);

  test('with the thousand records that it is in', () => {
    const changed = digestsOf(flights.with(1_234, ['ATL', 'another']));
    expect(changed.differencesFrom(whole)).toEqual(['key ATL: the first difference is among its records 1001 to 2000']);
  });

  test('at the end, behind the last whole thousand', () => {
    const shorter = digestsOf(flights.slice(0, -1));
    expect(shorter.differencesFrom(whole)).toEqual([
      'key ATL: 2499 records, and the file has 2500; the first difference is among its records 2001 to 2500',
    ]);
  });

  test('for keys that only one side has', () => {
    const other = digestsOf([['LAS', 'a']]);
    expect(other.differencesFrom(whole)).toEqual([
      'key ATL: no record, and the file has 2500',
      'key LAS: 1 records, and the file has none',
    ]);
  });
});
