import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exportTopic } from '../../../src/cli/commands/topics-export.ts';
import { importTopic } from '../../../src/cli/commands/topics-import.ts';
import type { Client } from '../../../src/client/index.ts';
import { valuesOf, world } from './memory-world.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-transactions-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each(['batches', 'ndjson'])(
  'an export as %s has what was committed, and nothing that was aborted',
  async (form) => {
    const { client, run } = world();
    await client.topics.create({ name: 'orders' });
    const { transactional, plain } = writersOf(client);
    await plain('before');
    await transactional('kept', true);
    await transactional('lost', false);
    await plain('after');
    const exported = await run(exportTopic, 'orders', '--to', folder, '--form', form);
    expect(exported).toMatchObject({ records: 3, gaps: [] });
    expect(await run(importTopic, 'again', '--from', folder, '--create')).toMatchObject({ records: 3, imported: 3 });
    expect(await valuesOf(client, 'again')).toEqual(['before', 'kept', 'after']);
  },
);

test('an export ends where a transaction is still open', async () => {
  const { client, run } = world();
  await client.topics.create({ name: 'orders' });
  const { plain } = writersOf(client);
  await plain('before');
  const producer = client.transactionalProducer({ transactionalId: 'billing' });
  await producer.transaction(async (transaction) => {
    await transaction.send('orders', { value: 'open' });
    await plain('behind it');
    expect(await run(exportTopic, 'orders', '--to', folder)).toMatchObject({ records: 1 });
  });
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  expect(manifest).toMatchObject({ isComplete: true, partitions: [{ from: 0, end: 1 }] });
});

function writersOf(client: Client) {
  const producer = client.transactionalProducer({ transactionalId: 'writer' });
  const transactional = async (value: string, isCommitted: boolean): Promise<void> => {
    const outcome = producer.transaction(async (transaction) => {
      await transaction.send('orders', { value });
      if (!isCommitted) throw new Error('changed its mind');
    });
    await outcome.catch((thrown: unknown) => {
      if (isCommitted) throw thrown;
    });
  };
  const plain = async (value: string): Promise<void> => {
    const own = client.producer({ topic: 'orders' });
    await own.send({ value });
    await own.close();
  };
  return { transactional, plain };
}
