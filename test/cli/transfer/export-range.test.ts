import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exportTopic } from '../../../src/cli/commands/topics-export.ts';
import { importTopic } from '../../../src/cli/commands/topics-import.ts';
import { valuesOf, world } from './memory-world.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-range-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A topic with ten records in one batch, a second apart, the first at `startMs`. */
async function tenRecords() {
  const { client, run } = world();
  const startMs = Date.parse('2026-11-20T06:00:00Z');
  await client.topics.create({ name: 'orders', partitions: 2, config: { 'retention.ms': -1 } });
  const values = Array.from({ length: 10 }, (_, index) => ({
    value: `v${index}`,
    partition: 0,
    timestamp: startMs + index * 1000,
  }));
  const producer = client.producer({ topic: 'orders' });
  await Promise.all(values.map((record) => producer.send(record)));
  await producer.close();
  return { client, run };
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => `v${from + index}`);

test.each([
  ['batches', 'orders/0@3..7', range(3, 7)],
  ['ndjson', 'orders/0@3..7', range(3, 7)],
  ['batches', 'orders@2026-11-20T06:00:02Z..2026-11-20T06:00:05Z', range(2, 5)],
  ['ndjson', 'orders@2026-11-20T06:00:08Z..now', range(8, 10)],
  ['batches', 'orders/0@6', range(6, 10)],
  ['batches', 'orders/0@7..3', []],
  ['batches', 'orders@latest', []],
])('an export as %s of %s', async (form, address, values) => {
  const { client, run } = await tenRecords();
  const exported = await run(exportTopic, address, '--to', folder, '--form', form);
  expect(exported).toMatchObject({ records: values.length });
  await run(importTopic, 'again', '--from', folder, '--create');
  expect(await valuesOf(client, 'again')).toEqual(values);
});

test('an address that is none, says something twice or ends nowhere is refused', async () => {
  const { run } = await tenRecords();
  await expect(run(exportTopic, 'orders/x')).rejects.toThrow('is no address');
  await expect(run(exportTopic, 'orders/0', '--partition', '0')).rejects.toThrow('names a partition already');
  await expect(run(exportTopic, 'orders@1..tomorrow')).rejects.toThrow('not at "tomorrow"');
  await expect(run(exportTopic, 'orders/7')).rejects.toThrow('has partitions 0 to 1, not 7');
});
