import { expect, test } from 'vitest';
import { UsageError } from '../../../src/cli/command.ts';
import { parseRecordTemplate } from '../../../src/cli/output/record-template.ts';
import { ConsumedRecord } from '../../../src/client/consumed-record.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);

const record = new ConsumedRecord('orders', 3, 17, 1_700_000_000_000, {
  key: bytesOf('k'),
  value: Uint8Array.of(0xff, 0x41),
  headers: [
    { name: 'a', value: bytesOf('1') },
    { name: 'b', value: null },
  ],
});
const tombstone = new ConsumedRecord('orders', 0, 0, 0, { key: null, value: null, headers: [] });

function rendered(template: string, of = record): Buffer {
  return Buffer.concat(parseRecordTemplate(template)(of).map((piece) => Buffer.from(piece as string)));
}

test.each([
  ['%t/%p/%o', 'orders/3/17'],
  ['%T', '1700000000000'],
  ['%k|%K|%S', 'k|1|2'],
  ['%h', 'a=1,b='],
  ['100%%\\n\\t\\x41\\\\', '100%\n\tA\\'],
  ['', ''],
])('%s', (template, expected) => {
  expect(rendered(template).toString()).toBe(expected);
});

test('writes bytes as they are', () => {
  expect([...rendered('%s')]).toEqual([0xff, 0x41]);
});

test('tells null from empty by its length', () => {
  expect(rendered('%k%s %K %S', tombstone).toString()).toBe(' -1 -1');
});

test.each(['%', '%z', '\\q', '\\x4', 'a\\'])('%s is refused', (template) => {
  expect(() => parseRecordTemplate(template)).toThrow(UsageError);
});
