import { describe, expect, it } from 'vitest';
import { createClient, type SharedRecord } from '../../src/client/index.ts';
import { localOrigin } from '../support/checked-api.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';

async function jobs(values: readonly string[]) {
  const platform = new MemoryPlatform();
  const client = createClient({
    url: localOrigin,
    fetch: (url, { method, headers, body }) =>
      platform.api.request(url.slice(localOrigin.length), { method, headers, ...(body === undefined ? {} : { body }) }),
  });
  await client.topics.create({ name: 'jobs', partitions: 1 });
  await client.topics.create({ name: 'letters', partitions: 1 });
  await client.shareGroups.create('crew', { start: 'earliest', deadLetterTopic: 'letters' });
  await using producer = client.producer({ topic: 'jobs' });
  await producer.send(values.map((value) => ({ value, timestamp: platform.nowMs })));
  const standing = async () => (await client.shareGroups.describe('crew')).partitions[0]!;
  return { platform, client, standing };
}

describe('a member of a share group', () => {
  it('accepts what the loop decides nothing on, and does what it decides', async () => {
    const { platform, client, standing } = await jobs(['good', 'bad', 'later', 'fine']);
    const seen: [string | null, number][] = [];
    for await (const record of client.shareGroup('crew', { topics: ['jobs'], stopAtEnd: true })) {
      seen.push([record.text(), record.deliveryCount]);
      if (record.text() === 'bad') record.reject();
      if (record.text() === 'later' && record.deliveryCount === 1) record.release();
    }
    expect(seen).toEqual([
      ['good', 1],
      ['bad', 1],
      ['later', 1],
      ['fine', 1],
      ['later', 2],
    ]);
    await platform.shareObjects.runAlarms();
    expect(await standing()).toMatchObject({ accepted: 3, deadLettered: 1, available: 0, acquired: 0 });
    expect((await client.shareGroups.describe('crew')).members).toEqual([]);
  });

  it('releases what it has not begun when the loop is left, without spending their time', async () => {
    const { client, standing } = await jobs(['a', 'b', 'c']);
    for await (const record of client.shareGroup('crew', { topics: ['jobs'] })) {
      record.accept();
      break;
    }
    expect(await standing()).toMatchObject({ accepted: 1, available: 2, acquired: 0 });
  });

  it('tells of decisions that came too late', async () => {
    const { platform, client } = await jobs(['slow']);
    const late: [readonly SharedRecord[], string][] = [];
    const member = client.shareGroup('crew', {
      topics: ['jobs'],
      stopAtEnd: true,
      onLate: (records, error) => late.push([records, error.code]),
    });
    let deliveries = 0;
    for await (const record of member) {
      deliveries += 1;
      if (record.deliveryCount === 1) platform.nowMs += 30_000;
    }
    expect(deliveries).toBe(2);
    expect(late).toMatchObject([[[{ offset: 0 }], 'INVALID_RECORD_STATE']]);
  });

  it('can be looped over once', async () => {
    const { client } = await jobs([]);
    const member = client.shareGroup('crew', { topics: ['jobs'], stopAtEnd: true });
    for await (const _ of member) expect.unreachable();
    await expect(member[Symbol.asyncIterator]().next()).rejects.toThrow('once');
  });
});
