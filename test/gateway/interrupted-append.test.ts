import { expect, test } from 'vitest';
import { failed, ok } from '../../src/errors/result.ts';
import { DirectPartitionCaller } from '../../src/gateway/partition-caller.ts';
import type { ObjectDirectory, PartitionStub, TopicRoutes } from '../../src/gateway/ports.ts';
import type { CatalogRpc, TopicRoute } from '../../src/topics/catalog-rpc.ts';
import { topicConfigOf } from '../../src/topics/topic-config.ts';

const route: TopicRoute = {
  orgId: 'org',
  clusterId: 'cluster',
  topicId: 'topic-id',
  topic: 'orders',
  partitionCount: 1,
  config: topicConfigOf({}),
  configVersion: 1,
};

const catalog = {} as CatalogRpc;
const routes: TopicRoutes = { find: async () => ok(route), forget: () => {} };
const directory: ObjectDirectory = { partition: () => ({}) as PartitionStub, catalog: () => catalog };

/** A call whose first try is interrupted and whose second one finds the partition overloaded. */
function callTwice(options: { readonly repeatable: boolean; readonly changes?: boolean }) {
  const caller = new DirectPartitionCaller({ directory, catalog, routes, random: () => 0, pause: async () => {} });
  let tries = 0;
  const attempt = async () => {
    tries += 1;
    if (tries === 1) throw Object.assign(new Error('Network connection lost.'), { retryable: true });
    return failed('OVERLOADED', 'nothing of this request was stored');
  };
  return caller.call(route, 0, attempt, options);
}

test('[I-16a] what a second try fails with is not said of the first, which may have stored the records', async () => {
  expect(await callTwice({ repeatable: true, changes: true })).toMatchObject({ error: { code: 'UNKNOWN_OUTCOME' } });
});

test('a read says why its last try failed', async () => {
  expect(await callTwice({ repeatable: true })).toMatchObject({ error: { code: 'OVERLOADED' } });
});
