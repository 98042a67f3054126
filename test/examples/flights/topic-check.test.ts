import { describe, expect, test } from 'vitest';
import { KeyDigests } from '../../../examples/flights/key-digests.ts';
import { type DeliveredRecord, TopicCheck } from '../../../examples/flights/topic-check.ts';
import { partitionForKey } from '../../../src/topics/partitioner.ts';

const encoder = new TextEncoder();
const partitionCount = 2;

/** Records of two airports in each other's midst, as a correct door delivers them. */
const records: readonly DeliveredRecord[] = (() => {
  const next = [0, 0];
  return ['ATL', 'LAS', 'ORD', 'LAS', 'ATL', 'ORD'].map((key, index) => {
    const partition = partitionForKey(encoder.encode(key), partitionCount);
    return { partition, offset: next[partition]!++, key, value: encoder.encode(`{"flight":${index}}`) };
  });
})();

const highWatermarks = [0, 1].map((partition) => records.filter((record) => record.partition === partition).length);

const expected = new KeyDigests();
for (const { key, value } of records) expected.add(key!, value!);

function check(delivered: readonly DeliveredRecord[]): void {
  const topic = new TopicCheck(highWatermarks);
  for (const record of delivered) topic.take(record);
  topic.finish(expected);
}

test('passes what was sent, however the partitions are mixed', () => {
  expect(() => check(records)).not.toThrow();
  expect(() => check(records.toSorted((one, other) => one.partition - other.partition))).not.toThrow();
});

describe('fails', () => {
  const changed = (index: number, change: Partial<DeliveredRecord>) =>
    records.with(index, { ...records[index]!, ...change });
  const partition = records[0]!.partition;

  test.each<[what: string, delivered: readonly DeliveredRecord[], message: string]>([
    ['a record that is left out', records.slice(1), `partition ${partition}: offset 1 was delivered where 0 was due`],
    ['a record that is missing at the end', records.slice(0, -1), 'the door ended 1 records before'],
    ['a record that comes twice', [records[0]!, ...records], `offset 0 was delivered where 1 was due`],
    [
      'a record beyond the end',
      [...records, { ...records[0]!, offset: highWatermarks[partition]! }],
      'beyond the high',
    ],
    ['another byte', changed(3, { value: encoder.encode('{"flight": 3}') }), 'key LAS: the first difference'],
    [
      'another key of the same partition',
      changed(0, { key: keyIn(partition, 'ATL') }),
      'key ATL: 1 records, and the file',
    ],
    [
      'a key in a foreign partition',
      changed(0, { key: keyIn(1 - partition, 'ATL') }),
      `belongs to partition ${1 - partition}`,
    ],
    ['a partition that does not exist', changed(0, { partition: 2 }), 'offset 0 was delivered where none was due'],
    ['no value', changed(0, { value: null }), 'no key or no value'],
  ])('%s', (_what, delivered, message) => {
    expect(() => check(delivered)).toThrow(message);
  });

  test('two values of a key in the wrong order', () => {
    const [first, second] = records.filter(({ key }) => key === 'ATL') as [DeliveredRecord, DeliveredRecord];
    const swapped = records.map((record) => {
      if (record === first) return { ...record, value: second.value };
      return record === second ? { ...record, value: first.value } : record;
    });
    expect(() => check(swapped)).toThrow('key ATL: the first difference is among its records 1 to 2');
  });

  function keyIn(home: number, besides: string): string {
    const keys = ['ATL', 'LAS', 'ORD', 'SEA', 'JFK', 'DEN'];
    return keys.find((key) => key !== besides && partitionForKey(encoder.encode(key), partitionCount) === home)!;
  }
});
