import { describe, expect, it } from 'vitest';
import { type Client, type ConsumedRecord, createClient, type GroupOptions } from '../../src/client/index.ts';
import { localOrigin } from '../support/checked-api.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';

/** What becomes of a call on its way: it never arrives, or its answer is lost. */
type Fault = 'request' | 'answer' | null;

type World = { readonly platform: MemoryPlatform; readonly client: Client; faults: Fault[] };

/** A client of the platform in memory, over a network that loses what the test says. */
async function worldWithFlights(partitions: number): Promise<World> {
  const platform = new MemoryPlatform();
  const world: World = {
    platform,
    faults: [],
    client: createClient({ url: localOrigin, fetch: (url, init) => call(url, init) }),
  };
  const call = async (url: string, init: Parameters<typeof fetch>[1]): Promise<Response> => {
    const fault = url.includes('/consume') ? (world.faults.shift() ?? null) : null;
    if (fault === 'request') throw new TypeError('the request was lost');
    const { method, headers, body } = init as { method: string; headers: Record<string, string>; body?: string };
    const answer = await platform.api.request(url.slice(localOrigin.length), { method, headers, body });
    if (fault === 'answer') throw new TypeError('the answer was lost');
    return answer;
  };
  await world.client.topics.create({ name: 'flights', partitions });
  return world;
}

async function produce({ client, platform }: World, partition: number, values: readonly number[]): Promise<void> {
  await using producer = client.producer({ topic: 'flights' });
  await producer.send(values.map((value) => ({ partition, value, timestamp: platform.nowMs })));
}

const options: GroupOptions = {
  topics: ['flights'],
  stopAtEnd: true,
  backoff: { firstMs: 1, maxMs: 1 },
};

const numberOf = (record: ConsumedRecord) => Number(record.text());

async function readAll(world: World, group: string, more: GroupOptions = {}): Promise<number[]> {
  const values: number[] = [];
  for await (const record of world.client.group(group, { ...options, ...more })) values.push(numberOf(record));
  return values.sort((one, other) => one - other);
}

describe('a member of a group', () => {
  it('reads what the group has not read, and commits what its loop has dealt with', async () => {
    const world = await worldWithFlights(2);
    await produce(world, 0, [1, 2]);
    await produce(world, 1, [3]);
    expect(await readAll(world, 'g')).toEqual([1, 2, 3]);
    await produce(world, 1, [4]);
    expect(await readAll(world, 'g')).toEqual([4]);
    expect(await readAll(world, 'another')).toEqual([1, 2, 3, 4]);
  });

  it('hands a record that the loop broke off at to the next one', async () => {
    const world = await worldWithFlights(1);
    await produce(world, 0, [1, 2, 3]);
    for await (const record of world.client.group('g', options)) if (numberOf(record) === 2) break;
    expect(await readAll(world, 'g')).toEqual([2, 3]);
  });

  it('commits nothing by itself without autoCommit', async () => {
    const world = await worldWithFlights(1);
    await produce(world, 0, [1, 2, 3]);
    expect(await readAll(world, 'g', { autoCommit: false })).toEqual([1, 2, 3]);
    const member = world.client.group('g', { ...options, autoCommit: false });
    for await (const record of member) {
      if (numberOf(record) === 2) expect(await member.commit(record)).toEqual([]);
    }
    expect(await readAll(world, 'g')).toEqual([3]);
  });

  it('waits for beforeCommit before anything is committed', async () => {
    const world = await worldWithFlights(1);
    await produce(world, 0, [1, 2]);
    const kept: number[] = [];
    const read: number[] = [];
    const beforeCommit = async () => {
      const { partitions } = await world.client.groups.describe('g');
      expect(partitions[0]?.committedOffset).toBeNull();
      kept.push(...read.splice(0));
    };
    for await (const record of world.client.group('g', { ...options, beforeCommit })) read.push(numberOf(record));
    expect(kept).toEqual([1, 2]);
  });

  it('[at least once] loses and skips nothing when calls and answers are lost, and repeats nothing either', async () => {
    const world = await worldWithFlights(2);
    await produce(world, 0, [1, 2, 3]);
    await produce(world, 1, [4, 5]);
    const failed: string[] = [];
    world.faults = ['request', 'answer', null, 'answer', 'answer', 'request', null];
    const more = { maxRecords: 2, onRetry: (error: { code: string }) => failed.push(error.code) };
    expect(await readAll(world, 'g', more)).toEqual([1, 2, 3, 4, 5]);
    expect(failed).toEqual(Array(5).fill('NETWORK_EXCEPTION'));
  });

  it('shares the partitions, and gives up what it is told to', async () => {
    const world = await worldWithFlights(2);
    await produce(world, 0, [1, 2]);
    await produce(world, 1, [3, 4]);
    const news: string[] = [];
    const first = world.client.group('g', {
      ...options,
      maxRecords: 1,
      onAssigned: (partitions) => news.push(`assigned ${partitions.flights}`),
      onRevoked: (partitions) => news.push(`revoked ${partitions.flights}`),
    });
    const other = async (verb: string, body: object): Promise<{ member_epoch: number }> => {
      const headers = { 'content-type': 'application/json' };
      const init = { method: 'POST', headers, body: JSON.stringify({ member_id: 'other', ...body }) };
      return (await world.platform.api.request(`/v1/groups/g/${verb}`, init)).json() as never;
    };
    const values: number[] = [];
    let joined = { member_epoch: 0 };
    for await (const record of first) {
      values.push(numberOf(record));
      if (values.length === 1) joined = await other('consume', { topics: ['flights'] });
    }
    expect(news).toEqual(['assigned 0,1', 'revoked 1']);
    await other('leave', { member_epoch: joined.member_epoch });
    const left = await readAll(world, 'g');
    expect([...values, ...left].sort()).toEqual([1, 2, 3, 4]);
    expect(left.length).toBeGreaterThan(0);
  });

  it('joins again when its session was over, and goes on from what was committed', async () => {
    const world = await worldWithFlights(1);
    await produce(world, 0, [1, 2, 3, 4]);
    const rejoined: string[] = [];
    const values: number[] = [];
    const member = world.client.group('g', {
      ...options,
      maxRecords: 2,
      onRejoined: ({ code }) => rejoined.push(code),
    });
    for await (const record of member) {
      values.push(numberOf(record));
      if (values.length !== 2) continue;
      // As long as a page takes that nobody hears anything of.
      world.platform.nowMs += 60_000;
      await world.platform.groupObjects.runAlarms();
    }
    expect(rejoined).toEqual(['UNKNOWN_MEMBER_ID']);
    expect(values).toEqual([1, 2, 1, 2, 3, 4]);
  });

  it('refuses what makes no sense before it calls anyone', async () => {
    const { client } = await worldWithFlights(1);
    expect(() => client.group('g', {})).toThrow('topics or a pattern');
    const member = client.group('g', options);
    await member.close();
    await expect(member[Symbol.asyncIterator]().next()).rejects.toThrow('looped over once');
    await expect(readAll({ client } as World, 'g', { topics: ['no-such-topic'] })).rejects.toMatchObject({
      code: 'UNKNOWN_TOPIC_OR_PARTITION',
    });
  });
});

describe('client.groups', () => {
  it('lists, describes, resets and deletes', async () => {
    const world = await worldWithFlights(2);
    const { client, platform } = world;
    await produce(world, 0, [1, 2, 3]);
    await readAll(world, 'a group/with:signs');
    platform.nowMs += 2_000;
    await platform.groupObjects.runAlarms();
    await produce(world, 0, [4]);
    platform.nowMs += 5_000;
    const listed = [];
    for await (const group of client.groups.list({ prefix: 'a ' })) listed.push(group);
    expect(listed).toEqual([{ group: 'a group/with:signs', state: 'empty', members: 0 }]);
    const described = await client.groups.describe('a group/with:signs');
    expect(described).toMatchObject({ state: 'empty', members: [], lag: 1, lagMs: 5_000 });
    expect(described.partitions[0]).toMatchObject({ committedOffset: 3, highWatermark: 4, lag: 1, lagMs: 5_000 });
    const planned = await client.groups.resetOffsets('a group/with:signs', {
      topics: { flights: [0] },
      to: { shift: -2 },
      dryRun: true,
    });
    expect(planned).toMatchObject([{ topic: 'flights', partition: 0, current: 3, offset: 1, clamped: false }]);
    expect((await client.groups.describe('a group/with:signs')).partitions[0]?.committedOffset).toBe(3);
    await client.groups.resetOffsets('a group/with:signs', { to: 'latest' });
    expect((await client.groups.describe('a group/with:signs')).lag).toBe(0);
    expect(await client.groups.deleteOffsets('a group/with:signs', { topic: 'flights', partition: 1 })).toBe(1);
    await client.groups.delete('a group/with:signs');
    await expect(client.groups.describe('a group/with:signs')).rejects.toMatchObject({ code: 'GROUP_ID_NOT_FOUND' });
  });
});
