import { describe, expect, it } from 'vitest';
import type { Result } from '../../src/errors/result.ts';
import {
  type Caps,
  type ClusterCaps,
  capKinds,
  capMaxima,
  capOf,
  operatorCapsOf,
  parseCaps,
} from '../../src/limits/caps.ts';
import { localCluster } from '../../src/topics/local-cluster.ts';
import { CatalogWorld } from './catalog-world.ts';

const refusalOf = (result: Result<unknown>) => (result.ok ? 'ok' : [result.error.code, result.error.detail?.cap]);

async function worldOf(own: ClusterCaps, operatorCaps: Caps = {}) {
  const world = new CatalogWorld();
  world.wrapPorts = (ports) => ({ ...ports, operatorCaps });
  await world.restart();
  await world.catalog.found(localCluster, own);
  const create = (topic: string, partitionCount = 1) =>
    world.catalog.createTopic(localCluster, { topic, partitionCount }).then(refusalOf);
  return { world, create };
}

describe('the caps of a cluster', () => {
  it('bound topics and partitions, also those that are added, and free them with deletion', async () => {
    const { world, create } = await worldOf({ topics: 2, partitions: 10 });
    expect(await create('a', 4)).toBe('ok');
    expect(await create('b', 7)).toEqual(['LIMIT_REACHED', 'partitions']);
    expect(await create('b', 6)).toBe('ok');
    expect(await create('c')).toEqual(['LIMIT_REACHED', 'topics']);
    const grow = () => world.catalog.alterTopic(localCluster, { topic: 'a', partitionCount: 5 }).then(refusalOf);
    expect(await grow()).toEqual(['LIMIT_REACHED', 'partitions']);
    await world.catalog.deleteTopic(localCluster, 'b');
    expect(await grow()).toBe('ok');
    expect(await create('c')).toBe('ok');
  });

  it('bound groups of both kinds together, and transactional ids, while those that are there go on', async () => {
    const { world } = await worldOf({ groups: 2, transactionalIds: 1 });
    const { catalog } = world;
    const group = (id: string, kind: 'consumer' | 'share') =>
      catalog.registerGroup(localCluster, id, kind).then(refusalOf);
    expect([await group('a', 'consumer'), await group('b', 'share')]).toEqual(['ok', 'ok']);
    expect(await group('c', 'consumer')).toEqual(['LIMIT_REACHED', 'groups']);
    expect(await group('a', 'consumer')).toBe('ok');
    const register = (id: string) => catalog.registerTransactionalId(localCluster, id).then(refusalOf);
    expect([await register('t'), await register('t')]).toEqual(['ok', 'ok']);
    expect(await register('u')).toEqual(['LIMIT_REACHED', 'transactionalIds']);
  });

  it('are those that the operator says of its organization, where it says any, in the place of those of all', async () => {
    const raised = await worldOf({ operator: { topics: 2 } }, { topics: 1, groups: 1 });
    expect([await raised.create('a'), await raised.create('b')]).toEqual(['ok', 'ok']);
    expect(await raised.create('c')).toEqual(['LIMIT_REACHED', 'topics']);
    const lifted = await worldOf({ topics: 2, operator: { topics: null } }, { topics: 1 });
    expect([await lifted.create('a'), await lifted.create('b')]).toEqual(['ok', 'ok']);
    expect(await lifted.create('c')).toEqual(['LIMIT_REACHED', 'topics']);
    await lifted.world.restart();
    expect(await lifted.create('c')).toEqual(['LIMIT_REACHED', 'topics']);
  });

  it('are not freed by the deletion of a group of the other kind', async () => {
    const { world } = await worldOf({ groups: 2 });
    const { catalog } = world;
    const listed = async (kind: 'consumer' | 'share') => {
      const page = await catalog.listGroups(localCluster, { kind, prefix: '', after: null, limit: 10 });
      return page.ok ? page.value.groups.map(({ groupId }) => groupId) : page.error.code;
    };
    await catalog.registerGroup(localCluster, 'a', 'consumer');
    await catalog.registerGroup(localCluster, 'b', 'share');
    await catalog.unregisterGroup(localCluster, 'a', 'share');
    await catalog.unregisterGroup(localCluster, 'b', 'consumer');
    expect([await listed('consumer'), await listed('share')]).toEqual([['a'], ['b']]);
    await catalog.unregisterGroup(localCluster, 'a', 'consumer');
    await catalog.unregisterGroup(localCluster, 'b', 'share');
    expect([await listed('consumer'), await listed('share')]).toEqual([[], []]);
  });

  it('are the lower of the organization and the operator, are kept, and are lifted', async () => {
    const { world, create } = await worldOf({ topics: 5 }, { topics: 1 });
    expect(await create('a')).toBe('ok');
    expect(await create('b')).toEqual(['LIMIT_REACHED', 'topics']);
    world.wrapPorts = (ports) => ports;
    await world.restart();
    for (const topic of ['b', 'c', 'd', 'e']) expect(await create(topic)).toBe('ok');
    expect(await create('f')).toEqual(['LIMIT_REACHED', 'topics']);
    await world.catalog.found(localCluster);
    expect(await create('f'), 'a word of founding alone changes nothing').toEqual(['LIMIT_REACHED', 'topics']);
    await world.catalog.found(localCluster, {});
    expect(await create('f')).toBe('ok');
  });
});

it('an operator writes caps as JSON, which are never above the limits of the platform', () => {
  expect([operatorCapsOf(undefined), operatorCapsOf('')]).toEqual([{}, {}]);
  expect(capOf('topics', operatorCapsOf('{"topics":3}'), {})).toBe(3);
  expect(capOf('topics', { topics: 1e9 })).toBe(capMaxima.topics);
});

it('caps that cannot be read are told of without being repeated, and let nothing more be created', () => {
  for (const wrong of ['{"topic":3}', '{"topics":"3"}', '{"topics":-1}', '{"__proto__":1}', '[]', 'null', 'a secret']) {
    const parsed = parseCaps(wrong);
    expect(parsed).toMatchObject({ ok: false, error: { code: 'UNKNOWN_SERVER_ERROR' } });
    expect(parsed.ok || parsed.error.message).toMatch(/MILLRACE_CAPS/);
    expect(JSON.stringify(parsed)).not.toContain('a secret');
    for (const kind of capKinds) expect(capOf(kind, operatorCapsOf(wrong))).toBe(0);
  }
});
