import { expect, test } from 'vitest';
import { UsageError } from '../../../src/cli/command.ts';
import { alerts } from '../../../src/cli/commands/alerts.ts';
import { createClient } from '../../../src/client/index.ts';
import { ok } from '../../../src/errors/result.ts';
import { localOrigin } from '../../support/checked-api.ts';
import { MemoryPlatform } from '../../support/memory-platform.ts';

type Invocation = Parameters<typeof alerts.run>[0];

/** The command against a platform in memory. */
function world() {
  const platform = new MemoryPlatform();
  platform.post = async () => ok({ status: 204 });
  const client = createClient({
    url: localOrigin,
    fetch: (url, { method, headers, body }) =>
      platform.api.request(url.slice(localOrigin.length), { method, headers, ...(body && { body }) }),
  });
  const run = async (json: boolean, ...argv: string[]) => {
    const printed: string[] = [];
    const said: string[] = [];
    const output = { line: (text: string) => printed.push(text) };
    const terminal = { say: (text: string) => said.push(text) };
    await alerts.run({ argv, client, output, terminal, json } as unknown as Invocation);
    return { printed, said: said.join('\n') };
  };
  return { client, run };
}

const rule = ['--metric', 'lag_ms', '--on', 'group:web-*', '--above', '5m', '--for', '10m', '--repeat', '4h'];

test('an alert is made, looked at, changed, muted, tested and deleted', async () => {
  const { client, run } = world();
  const made = await run(false, 'create', 'Web is behind', ...rule, '--webhook', 'https://hooks.example.com/x');
  expect(made.printed).toEqual([expect.stringMatching(/^whsec_/)]);
  expect(made.said).toContain('delay of groups web-* above 5 min for 10 min');
  const [{ alert_id, ...alert }] = (await client.alerts.list()) as [Awaited<ReturnType<typeof client.alerts.describe>>];
  expect(alert).toMatchObject({
    target: { type: 'group', name: 'web-', pattern: 'prefixed' },
    ...{ metric: 'lag_ms', comparison: 'above', threshold: 300_000, for_ms: 600_000, repeat_ms: 14_400_000 },
  });
  expect((await run(false, 'list')).printed[0]).toMatch(/alr_\w+ +Web is behind +ok +delay of groups web-\*/);
  await run(false, 'alter', alert_id, '--below', '3', '--metric', 'lag', '--repeat', 'never');
  await run(false, 'mute', alert_id, '--for', '2h');
  expect(await client.alerts.describe(alert_id)).toMatchObject({
    ...{ comparison: 'below', threshold: 3, metric: 'lag', for_ms: 600_000, repeat_ms: null },
    muted_until: expect.any(Number),
  });
  expect((await run(false, 'describe', alert_id)).printed.join('\n')).toMatch(/state +ok, muted\n/);
  await run(false, 'unmute', alert_id);
  expect((await run(false, 'test', alert_id)).said).toBe('delivered: HTTP 204');
  expect((await run(false, 'history', alert_id)).printed.join('\n')).toMatch(/test +web- +delivered +1 {2}HTTP 204/);
  const rotated = await run(false, 'rotate-secret', alert_id, '--overlap', '0');
  expect(rotated.printed).not.toEqual(made.printed);
  await run(false, 'delete', alert_id);
  expect((await run(true, 'list')).printed).toEqual([]);
});

test('a preview says that nothing would have fired, or that nothing is known', async () => {
  const { client, run } = world();
  await client.topics.create({ name: 'orders' });
  const silent = ['--metric', 'records_in_per_second', '--on', 'topic:orders', '--above', '1'];
  expect((await run(false, 'preview', ...silent)).printed).toEqual(['would have fired 0 times within the last day']);
  const damaged = ['--metric', 'damaged_ranges', '--on', 'cluster', '--above', '0'];
  expect((await run(false, 'preview', ...damaged)).printed).toEqual(['No past is kept of this metric.']);
});

test.each([
  ['create', 'A', '--metric', 'lag', '--on', 'group:a', '--above', '1'],
  ['create', 'A', ...rule.slice(0, 4), '--webhook', 'https://a.example.com/'],
  ['preview', ...rule.slice(0, 6), '--below', '1'],
  ['preview', '--metric', 'lag', '--on', 'groups', '--above', '1'],
  ['preview', '--metric', 'lag', '--on', 'group:a', '--above', 'many'],
  ['mute', 'alr_1'],
])('what makes no sense is a wrong usage: %j', async (...argv) => {
  await expect(world().run(false, ...argv)).rejects.toBeInstanceOf(UsageError);
});
