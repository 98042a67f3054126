import { expect, it } from 'vitest';
import { SubscriptionFollower } from '../relay/memory-socket.ts';
import { JsonSocket } from '../support/json-socket.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

const json = { 'content-type': 'application/json' };

async function createTopic(url: string, name: string, partitions: number): Promise<void> {
  const body = JSON.stringify({ name, partitions });
  const created = await fetch(`${url}/v1/topics`, { method: 'POST', headers: json, body });
  expect(created.status).toBe(201);
}

/** NDJSON lines are values byte for byte; `key` is a member of each. */
async function produceLines(url: string, topic: string, lines: readonly string[]): Promise<void> {
  const headers = { 'content-type': 'application/x-ndjson' };
  const body = `${lines.join('\n')}\n`;
  const stored = await fetch(`${url}/v1/topics/${topic}/records?key=/key`, { method: 'POST', headers, body });
  expect(stored.status).toBe(200);
  await stored.body?.cancel();
}

/** Values that a JSON parser would not bring back. */
const lineOf = (index: number) =>
  `{"key":"k${index % 50}", "n":${index}, "big":1234567890123456789${index % 10}, "f":1.50}`;

/** Follows a subscription until it has `count` values, which are taken from the frames' text as they stand. */
async function follow(
  socket: JsonSocket,
  follower: SubscriptionFollower,
  seen: string[],
  count: number,
): Promise<void> {
  while (seen.length < count) {
    const next = await socket.next();
    if (next === null) return;
    const { frame, text } = next;
    follower.see(frame, Buffer.byteLength(text));
    if (frame.type !== 'records') continue;
    seen.push(...Array.from(text.matchAll(/"value":(\{"key".*?\}),"value_type"/g), ([, value]) => value as string));
    const used = Buffer.byteLength(text);
    follower.creditBytes += used;
    socket.send({ type: 'credit', id: frame.id, bytes: used });
  }
}

/** Kills the launcher; the runtime it leaves behind goes, with the socket, when the platform starts again. */
async function cutOff(platform: PlatformProcess, socket: JsonSocket): Promise<void> {
  await platform.kill9();
  await platform.restart();
  await socket.closed;
}

it('brings every record of many partitions once, byte for byte, while they are written', async () => {
  await using platform = await startPlatformProcess();
  await createTopic(platform.url, 'flights', 4);
  const lines = Array.from({ length: 20_000 }, (_, index) => lineOf(index));
  await produceLines(platform.url, 'flights', lines.slice(0, 2_000));
  await using socket = await JsonSocket.connect(platform.url, '/v1/topics/flights/ws');
  socket.send({ type: 'subscribe', id: 'all', from: 'earliest', credit: 200_000 });
  const writing = (async () => {
    for (let at = 2_000; at < lines.length; at += 1_000) {
      await produceLines(platform.url, 'flights', lines.slice(at, at + 1_000));
    }
  })();
  const seen: string[] = [];
  await follow(socket, new SubscriptionFollower(200_000), seen, lines.length);
  await writing;
  expect(seen.toSorted()).toEqual(lines.toSorted());
  // Records of one key keep their order.
  const orderOf = (values: readonly string[]) => values.filter((value) => value.startsWith('{"key":"k7"'));
  expect(orderOf(seen)).toEqual(orderOf(lines));
});

it('resumes with its last position after the platform was killed, with every record once', async () => {
  await using platform = await startPlatformProcess();
  await createTopic(platform.url, 'flights', 3);
  const lines = Array.from({ length: 9_000 }, (_, index) => lineOf(index));
  const seen: string[] = [];
  const follower = new SubscriptionFollower(1_048_576);
  let from = 'earliest';
  for (let cut = 1; cut <= 3; cut++) {
    const socket = await JsonSocket.connect(platform.url, '/v1/ws');
    follower.creditBytes = 1_048_576;
    socket.send({ type: 'subscribe', id: 'all', topic: 'flights', from });
    const writing = produceLines(platform.url, 'flights', lines.slice((cut - 1) * 3_000, cut * 3_000));
    // The last part is read to its end; the others are cut off somewhere in their middle.
    const wanted = cut === 3 ? lines.length : (cut - 1) * 3_000 + 700;
    await follow(socket, follower, seen, wanted);
    await writing;
    from = follower.position;
    if (cut === 3) await socket.close();
    else await cutOff(platform, socket);
  }
  expect(seen.toSorted()).toEqual(lines.toSorted());
});

it('stores what comes in produce frames, and acks it in order', async () => {
  await using platform = await startPlatformProcess();
  await createTopic(platform.url, 'orders', 1);
  await using socket = await JsonSocket.connect(platform.url, '/v1/topics/orders/ws');
  for (let id = 0; id < 50; id++) {
    socket.send(`{"type":"produce","id":"${id}","records":[{"value":{"id":${id}, "big":12345678901234567890}}]}`);
  }
  for (let id = 0; id < 50; id++) {
    const answer = await socket.next();
    expect(answer?.frame).toMatchObject({ type: 'ack', id: String(id), results: [{ partition: 0, offset: id }] });
  }
  const read = await fetch(`${platform.url}/v1/topics/orders/partitions/0/records?offset=49`);
  expect(await read.text()).toContain('{"id":49, "big":12345678901234567890}');
});

it('takes partitions that are added into a subscription to the whole topic', async () => {
  await using platform = await startPlatformProcess();
  await createTopic(platform.url, 'growing', 1);
  await using socket = await JsonSocket.connect(platform.url, '/v1/topics/growing/ws');
  socket.send({ type: 'subscribe', id: 'all' });
  expect((await socket.next())?.frame.type).toBe('subscribed');
  const grown = await fetch(`${platform.url}/v1/topics/growing`, {
    method: 'PATCH',
    headers: json,
    body: '{"partitions":3}',
  });
  expect(grown.status).toBe(200);
  const body = '{"records":[{"partition":2,"value":"new"},{"partition":0,"value":"old"}]}';
  await fetch(`${platform.url}/v1/topics/growing/records`, { method: 'POST', headers: json, body });
  expect((await socket.next())?.frame).toMatchObject({ partition: 0, from: 0, records: [{ value: 'old' }] });
  expect((await socket.next())?.frame).toMatchObject({ partition: 2, from: 0, records: [{ value: 'new' }] });
});

it('ends a subscription whose topic is deleted', async () => {
  await using platform = await startPlatformProcess();
  await createTopic(platform.url, 'brief', 2);
  const socket = await JsonSocket.connect(platform.url, '/v1/topics/brief/ws');
  socket.send({ type: 'subscribe', id: 'a' });
  expect((await socket.next())?.frame.type).toBe('subscribed');
  expect((await fetch(`${platform.url}/v1/topics/brief`, { method: 'DELETE' })).status).toBe(204);
  expect((await socket.next())?.frame).toMatchObject({
    type: 'error',
    code: 'UNKNOWN_TOPIC_OR_PARTITION',
    fatal: true,
  });
  expect(await socket.closed).toMatchObject({ code: 4404 });
});
