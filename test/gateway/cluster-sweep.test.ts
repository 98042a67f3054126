import { expect, it } from 'vitest';
import { clustersToSweep } from '../../src/gateway/cluster-sweep.ts';
import { NodeSqlStore } from '../../src/platform/memory/node-sql-store.ts';
import { DirectoryService } from '../../src/tenancy/directory-service.ts';

async function directoryOf(count: number): Promise<DirectoryService> {
  const directory = new DirectoryService(new NodeSqlStore());
  for (let index = 0; index < count; index += 1) {
    const orgId = `org${index}`;
    const clusterIds = [`c${String(index).padStart(4, '0')}`];
    await directory.enter({ orgId, name: orgId, state: 'ACTIVE', version: 1, createdAtMs: 0, clusterIds });
  }
  return directory;
}

it.each([0, 1, 99, 100, 101, 250, 500])('looks after every one of %i clusters, wherever it starts', async (count) => {
  const directory = await directoryOf(count);
  for (const start of ['', 'c0050', 'zzz']) {
    const swept = await clustersToSweep(directory, start);
    expect(new Set(swept.map(({ clusterId }) => clusterId)).size).toBe(count);
    expect(swept).toHaveLength(count);
  }
});

it('looks after as many as it can ask, others another time', async () => {
  const directory = await directoryOf(700);
  const early = await clustersToSweep(directory, '');
  const late = await clustersToSweep(directory, 'c0499');
  expect([early.length, late.length]).toEqual([500, 500]);
  expect(new Set([...early, ...late].map(({ clusterId }) => clusterId)).size).toBe(700);
});
