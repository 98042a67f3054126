import { beforeEach, describe, expect, it } from 'vitest';
import type { Result } from '../../src/errors/result.ts';
import { limits } from '../../src/limits.ts';
import { MemoryGroups } from '../support/memory-groups.ts';
import { MemoryTopics } from '../support/memory-topics.ts';

const ref = { orgId: 'local', clusterId: 'local', groupId: 'billing' };

let topics: MemoryTopics;
let groups: MemoryGroups;
let topicId: string;

beforeEach(async () => {
  topics = new MemoryTopics();
  topics.set('flights', 3);
  groups = new MemoryGroups({ clock: { nowMs: () => 1_790_000_000_000 }, catalog: () => topics.catalog });
  const commits = [
    { topic: 'flights', partition: 0, offset: 70, metadata: 'a note', leaderEpoch: 4 },
    { topic: 'flights', partition: 1, offset: 5, metadata: '', leaderEpoch: -1 },
  ];
  expectOk(await service().commit({ ref, claim: null, commits }));
  topicId = expectOk(await service().describe(ref)).topics[0]!.topicId;
});

const service = () => groups.service(ref);

function expectOk<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

const offsetsTo = (offsets: readonly (number | null)[]) =>
  offsets.map((offset, partition) => ({ topic: 'flights', topicId, partition, offset }));

const reset = async (offsets: readonly (number | null)[], undoes: number | null = null) =>
  expectOk(await service().resetOffsets(ref, offsetsTo(offsets), undoes)).resetId;

const kept = async () => expectOk(await service().listResets(ref));

const committed = async () =>
  expectOk(await service().describe(ref)).offsets.map(({ partition, offset, metadata, leaderEpoch }) => [
    partition,
    offset,
    metadata,
    leaderEpoch,
  ]);

describe('a reset of offsets', () => {
  it('keeps what it changed, and nothing of what it did not', async () => {
    expect(await reset([0, 5, 9])).toBe(1);
    expect(await kept()).toMatchObject([
      {
        resetId: 1,
        undoes: null,
        changes: [
          { topic: 'flights', partition: 0, before: 70, after: 0 },
          { topic: 'flights', partition: 2, before: null, after: 9 },
        ],
      },
    ]);
    expect(await reset([0, 5, 9])).toBeNull();
    expect(await kept()).toHaveLength(1);
  });

  it('is put back with its notes, also by an object that started since, and that can be put back in turn', async () => {
    const before = await committed();
    await reset([0, 5, 9]);
    groups.restart(ref);
    expect(await reset([70, 5, null], 1)).toBe(2);
    expect(await committed()).toEqual(before);
    expect(await kept()).toMatchObject([{ resetId: 2, undoes: 1 }]);
    await reset([0, 5, 9], 2);
    expect((await committed()).map(([, offset]) => offset)).toEqual([0, 5, 9]);
  });

  it('is put back once: a call whose answer was lost is answered as before', async () => {
    await reset([0]);
    expect(await reset([70], 1)).toBe(2);
    expectOk(
      await service().commit({
        ref,
        claim: null,
        commits: [{ topic: 'flights', partition: 0, offset: 71, metadata: '', leaderEpoch: -1 }],
      }),
    );
    expect(await reset([70], 1)).toBe(2);
    expect((await committed())[0]).toEqual([0, 71, '', -1]);
    expect(await service().resetOffsets(ref, offsetsTo([70]), 9)).toMatchObject({
      error: { code: 'UNKNOWN_RESOURCE' },
    });
  });

  it('is forgotten when later ones are too many, and never gives its number to another', async () => {
    for (let offset = 1; offset <= limits.resetsPerGroup.value + 2; offset += 1) await reset([offset]);
    expect((await kept()).map(({ resetId }) => resetId)).toEqual([5, 4, 3]);
    await reset([70], 5);
    expect((await kept()).map(({ resetId }) => resetId)).toEqual([6, 4, 3]);
  });
});
