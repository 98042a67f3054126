import { expect, test } from 'vitest';
import { UsageError } from '../../../src/cli/command.ts';
import { fittingRows, renderActivity, top } from '../../../src/cli/commands/top.ts';
import { createClient } from '../../../src/client/index.ts';
import { HistorySweep } from '../../../src/gateway/history-sweep.ts';
import { localOrigin } from '../../support/checked-api.ts';
import { MemoryPlatform } from '../../support/memory-platform.ts';

type Invocation = Parameters<typeof top.run>[0];

/** The command against a platform in memory; it ends when so many lines were printed. */
function world() {
  const platform = new MemoryPlatform();
  const client = createClient({
    url: localOrigin,
    fetch: (url, { method, headers, body }) => {
      return platform.api.request(url.slice(localOrigin.length), { method, headers, ...(body && { body }) });
    },
  });
  const run = async (json: boolean, ...argv: string[]): Promise<string[]> => {
    const lines: string[] = [];
    const closed = Promise.resolve();
    const output = {
      line: (text: string) => lines.push(text),
      closed,
      get isClosed() {
        return lines.length >= 2;
      },
    };
    await top.run({ argv, client, output, json } as unknown as Invocation);
    return lines;
  };
  return { platform, client, run };
}

test('what goes on is shown once, as tables or as a line of JSON', async () => {
  const { platform, client, run } = world();
  expect(await run(false, '--once')).toEqual(['No topic was written to yet.\n\nNo consumer group was measured yet.']);
  await client.topics.create({ name: 'orders' });
  const records = [{ value: 'a' }, { value: 'b' }];
  const headers = { 'content-type': 'application/json' };
  const produce = { method: 'POST', headers, body: JSON.stringify({ records }) };
  expect((await platform.api.request('/v1/topics/orders/records', produce)).status).toBe(200);
  for await (const _page of client.maintenance()) {
    // Partitions report what they hold.
  }
  const commit = { method: 'POST', headers, body: JSON.stringify({ offsets: { orders: { 0: 1 } } }) };
  expect((await platform.api.request('/v1/groups/billing/offsets', commit)).status).toBe(200);
  await new HistorySweep(platform.services).sweep();
  const [tables] = await run(false, '--once');
  expect(tables).toMatch(/TOPIC +RECORDS\/S/);
  expect(tables).toMatch(/orders +\d/);
  expect(tables).toMatch(/billing +1 /);
  const lines = await run(true, '--once', '--limit', '1');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { topics: [{ topic: 'orders' }], groups: [{ group: 'billing', lag: 1 }] },
  ]);
});

test('it goes on until nobody reads', async () => {
  const { run } = world();
  expect(await run(true, '--interval', '1s')).toHaveLength(2);
});

test('rates and waits have as many digits as say something', () => {
  const topic = { topic: 'orders', bytes_per_second: 1234.5, local_bytes: 0, remote_bytes: 5_000_000 };
  const group = { group: 'billing', lag: 7, lag_ms: 252_000, measured_at: 1_000 };
  const shown = renderActivity(
    {
      topics: [
        { ...topic, records_per_second: 1234.56 },
        { ...topic, records_per_second: 0.0312 },
      ],
      groups: [group, { ...group, lag: 0, lag_ms: 0 }],
    },
    61_000,
  );
  expect(shown).toBe(`TOPIC   RECORDS/S  BYTES IN  HELD HERE  IN OBJECTS
orders       1235  1.2 kB/s  0 B        5.0 MB
orders      0.031  1.2 kB/s  0 B        5.0 MB

GROUP    LAG  BEHIND BY  MEASURED
billing    7  4m 12s     1m ago
billing    0  -          1m ago`);
});

test('a wrong interval, limit or word is refused before anything is asked', async () => {
  const { run } = world();
  for (const argv of [['--interval', '10ms'], ['--interval', 'often'], ['--limit', 'x'], ['orders']]) {
    await expect(run(false, ...argv)).rejects.toBeInstanceOf(UsageError);
  }
});

test('a terminal shows as much as it is high, and no more than is asked for by default', () => {
  expect([5, 24, 25, 50, 500].map(fittingRows)).toEqual([1, 10, 10, 20, 20]);
});
