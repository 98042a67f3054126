import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, createClient } from '../../src/client/index.ts';
import type { ServerFrame } from '../../src/contracts/websocket.ts';
import { freePort } from '../support/free-port.ts';
import { JsonSocket } from '../support/json-socket.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

let platform: PlatformProcess;
let client: Client;

beforeAll(async () => {
  // Clients come back to the same URL after the restart.
  platform = await startPlatformProcess({ port: await freePort() });
  client = createClient({ url: platform.url });
});
afterAll(() => platform[Symbol.asyncDispose]());

type Frame<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>;

async function next<Type extends ServerFrame['type']>(socket: JsonSocket, type: Type): Promise<Frame<Type>> {
  const received = await socket.next();
  expect(received?.frame.type, received?.text).toBe(type);
  return received?.frame as Frame<Type>;
}

async function join(group: string, topic: string, more: object = {}): Promise<JsonSocket> {
  const socket = await JsonSocket.connect(platform.url, '/v1/ws');
  socket.send({ type: 'subscribe', id: 's', share_group: group, topics: [topic], ...more });
  await next(socket, 'joined');
  return socket;
}

/** Sends an acknowledgement of every record, and answers the results. */
async function acknowledge(socket: JsonSocket, { records }: Frame<'acquired'>, type: string) {
  const acknowledgements = records.map(({ topic, partition, offset, lock_id }) => ({
    topic,
    partition,
    from: offset,
    lock_id,
    type,
  }));
  socket.send({ type: 'acknowledge', id: 's', acknowledgements });
  return (await next(socket, 'acknowledged')).results;
}

test('sockets are pushed records as they have credit, decide on them, and get what others let go', async () => {
  await client.topics.create({ name: 'jobs', partitions: 1 });
  await client.topics.create({ name: 'letters', partitions: 1 });
  await client.shareGroups.create('crew', { start: 'earliest', deadLetterTopic: 'letters', lockDurationMs: 2_000 });
  const first = await join('crew', 'jobs', { credit: 2 });
  await using producer = client.producer({ topic: 'jobs' });
  await producer.send([{ value: 'one' }, { value: 'two' }, { value: 'three' }]);
  // Commits may come apart: the first push has one record or two.
  const taken: Frame<'acquired'>[] = [];
  while (taken.flatMap(({ records }) => records).length < 2) taken.push(await next(first, 'acquired'));
  const [one, two] = taken.flatMap(({ records }) => records);
  const page = (...records: Frame<'acquired'>['records']) => ({ ...taken[0]!, records });
  expect(await acknowledge(first, page(one!), 'reject')).toEqual([{ ok: true }]);
  expect(await acknowledge(first, page(two!), 'renew')).toEqual([{ ok: true }]);

  // Another socket gets the third at once, and the second when its lock has run out.
  const second = await join('crew', 'jobs');
  const third = await next(second, 'acquired');
  expect(third.records).toMatchObject([{ value: 'three', delivery_count: 1 }]);
  expect(await acknowledge(second, third, 'release')).toEqual([{ ok: true }]);
  const later: Frame<'acquired'>[] = [];
  while (later.flatMap(({ records }) => records).length < 2) later.push(await next(second, 'acquired'));
  const again = later.flatMap(({ records }) => records);
  expect(again.map(({ value, delivery_count }) => [value, delivery_count]).toSorted()).toEqual([
    ['three', 2],
    ['two', 2],
  ]);
  expect(await acknowledge(first, page(two!), 'accept')).toMatchObject([{ code: 'INVALID_RECORD_STATE' }]);

  // A socket that broke takes no lock along: what it proves is accepted over the next one.
  await second.close();
  await using fresh = await join('crew', 'jobs', { credit: 0 });
  expect(await acknowledge(fresh, page(...again), 'accept')).toEqual([{ ok: true }, { ok: true }]);
  await first.close();
  const letters = await client.read({ topic: 'letters', partition: 0, offset: 0, waitMs: 10_000 });
  expect(letters.records.map((record) => record.text())).toEqual(['one']);
});

test('members over sockets and over HTTP accept every record once, with a kill -9 in between (I-4a I-4b)', async () => {
  const recordCount = 4_000;
  await client.topics.create({ name: 'work', partitions: 4 });
  await client.shareGroups.create('mixed', { start: 'earliest', lockDurationMs: 5_000, deliveryLimit: 50 });
  await using producer = client.producer({ topic: 'work' });
  await producer.send(Array.from({ length: recordCount }, (_, value) => ({ value, key: `k${value % 61}` })));
  let handled = 0;
  let late = 0;
  const members = (['websocket', 'http', 'websocket', 'websocket', 'http', 'websocket'] as const).map((transport) =>
    client.shareGroup('mixed', {
      topics: ['work'],
      transport,
      maxRecords: 20,
      onLate: (records) => {
        late += records.length;
      },
    }),
  );
  const loops = members.map(async (member) => {
    for await (const _ of member) {
      handled += 1;
      // The loop yields, so that members take turns.
      await pause(0);
    }
  });
  while (handled < recordCount / 2) await pause(5);
  await platform.kill9();
  await platform.restart();
  const accepted = async () => {
    const { partitions } = await client.shareGroups.describe('mixed');
    return partitions.reduce((sum, partition) => sum + partition.accepted, 0);
  };
  while ((await accepted()) < recordCount) await pause(100);
  await Promise.all(members.map((member) => member.close()));
  await Promise.all(loops);
  console.log(
    `share group over sockets: ${recordCount} records accepted, ${handled} handled, ${late} decided too late`,
  );
  expect(handled).toBeGreaterThanOrEqual(recordCount);
  const { partitions, members: left } = await client.shareGroups.describe('mixed');
  expect(partitions.reduce((sum, { accepted: done }) => sum + done, 0)).toBe(recordCount);
  expect(partitions.every(({ available, acquired, archived }) => available + acquired + archived === 0)).toBe(true);
  expect(left.length).toBeLessThanOrEqual(members.length);
}, 120_000);
