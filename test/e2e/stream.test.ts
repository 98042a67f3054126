import { expect, it } from 'vitest';
import { readEvents, type StreamEvent } from '../support/event-stream.ts';
import { startPlatformProcess } from '../support/platform.ts';

const json = { 'content-type': 'application/json' };

type RecordOnWire = { partition: number; offset: number; value: unknown };

async function createTopic(url: string, name: string, partitions: number): Promise<void> {
  const body = JSON.stringify({ name, partitions });
  expect((await fetch(`${url}/v1/topics`, { method: 'POST', headers: json, body })).status).toBe(201);
}

async function produce(url: string, topic: string, records: readonly object[]): Promise<void> {
  const body = JSON.stringify({ records });
  const stored = await fetch(`${url}/v1/topics/${topic}/records`, { method: 'POST', headers: json, body });
  expect(stored.status).toBe(200);
  await stored.body?.cancel();
}

/** The next `count` events that have data. */
async function take(url: string, count: number, headers: Record<string, string> = {}): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  const response = await fetch(url, { headers: { accept: 'text/event-stream', ...headers } });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  for await (const event of readEvents(response.body as ReadableStream<Uint8Array>)) {
    if (event.data !== '') events.push(event);
    if (events.length === count) break;
  }
  return events;
}

const where = (event: StreamEvent) => {
  const { partition, offset } = JSON.parse(event.data) as RecordOnWire;
  return `${partition}/${offset}`;
};

it('resumes after each id with exactly what followed it', async () => {
  await using platform = await startPlatformProcess();
  await createTopic(platform.url, 'flights', 3);
  const stream = `${platform.url}/v1/topics/flights/stream`;
  const records = Array.from({ length: 30 }, (_, index) => ({ key: `k${index}`, value: { n: index } }));
  for (let at = 0; at < records.length; at += 10) await produce(platform.url, 'flights', records.slice(at, at + 10));
  const all = await take(`${stream}?from=earliest`, records.length);
  expect(new Set(all.map(where)).size).toBe(records.length);
  for (const cut of [0, 1, 7, 15, 28]) {
    const before = all.slice(0, cut + 1).map(where);
    const after = await take(stream, records.length - cut - 1, { 'last-event-id': all[cut]?.id ?? '' });
    expect([...before, ...after.map(where)].toSorted()).toEqual(all.map(where).toSorted());
  }
  // A position works as ?from= too, and Last-Event-ID wins over it.
  const last = all[28]?.id ?? '';
  expect((await take(`${stream}?from=${last}`, 1)).map(where)).toEqual([where(all[29] as StreamEvent)]);
  expect(await take(`${stream}?from=earliest`, 1, { 'last-event-id': last })).toHaveLength(1);
});

it('gives a reader a place to resume from before its first record, also over a restart', async () => {
  await using platform = await startPlatformProcess();
  await createTopic(platform.url, 'quiet', 2);
  await produce(platform.url, 'quiet', [{ value: 'before' }]);
  const response = await fetch(`${platform.url}/v1/topics/quiet/stream`);
  const events = readEvents(response.body as ReadableStream<Uint8Array>);
  const { value: opening } = await events.next();
  expect(opening).toMatchObject({ data: '' });
  await events.return(undefined);
  await platform.restart();
  await produce(platform.url, 'quiet', [{ value: 'after' }]);
  const [event] = await take(`${platform.url}/v1/topics/quiet/stream`, 1, { 'last-event-id': opening?.id ?? '' });
  expect(JSON.parse(event?.data ?? '')).toMatchObject({ value: 'after' });
});

it('follows one partition, live, in the rendering asked for', async () => {
  await using platform = await startPlatformProcess();
  await createTopic(platform.url, 'flights', 2);
  const taking = take(`${platform.url}/v1/topics/flights/stream?partition=1&from=earliest&as=base64`, 2);
  await produce(
    platform.url,
    'flights',
    [0, 1, 0, 1].map((partition, index) => ({ partition, value: index })),
  );
  expect((await taking).map(({ data }) => JSON.parse(data))).toMatchObject([
    { partition: 1, offset: 0, value: btoa('1'), value_type: 'base64' },
    { partition: 1, offset: 1, value: btoa('3') },
  ]);
});

it('waits for a reader that takes nothing, and then brings all of it', async () => {
  await using platform = await startPlatformProcess();
  await createTopic(platform.url, 'large', 1);
  const response = await fetch(`${platform.url}/v1/topics/large/stream?from=earliest`);
  const value = 'x'.repeat(100_000);
  for (let batch = 0; batch < 20; batch++) {
    await produce(
      platform.url,
      'large',
      Array.from({ length: 8 }, (_, index) => ({ value: `${8 * batch + index}${value}` })),
    );
  }
  const seen: number[] = [];
  for await (const { data } of readEvents(response.body as ReadableStream<Uint8Array>)) {
    if (data === '') continue;
    const record = JSON.parse(data) as RecordOnWire;
    expect(record.value).toBe(`${record.offset}${value}`);
    seen.push(record.offset);
    if (seen.length === 160) break;
  }
  expect(seen).toEqual(Array.from({ length: 160 }, (_, offset) => offset));
});

it('tells that the topic was deleted, and ends', async () => {
  await using platform = await startPlatformProcess();
  await createTopic(platform.url, 'brief', 1);
  const response = await fetch(`${platform.url}/v1/topics/brief/stream`);
  const events = readEvents(response.body as ReadableStream<Uint8Array>);
  await events.next();
  await fetch(`${platform.url}/v1/topics/brief`, { method: 'DELETE' });
  const { value: ending } = await events.next();
  expect(ending).toMatchObject({ type: 'error' });
  expect(JSON.parse(ending?.data ?? '')).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' });
  expect((await events.next()).done).toBe(true);
});

it('refuses before it begins: with a problem, and nothing streamed', async () => {
  await using platform = await startPlatformProcess();
  await createTopic(platform.url, 'flights', 2);
  const stream = `${platform.url}/v1/topics/flights/stream`;
  const refusals: [url: string, headers: Record<string, string>, status: number, code: string][] = [
    [`${platform.url}/v1/topics/none/stream`, {}, 404, 'UNKNOWN_TOPIC_OR_PARTITION'],
    [`${stream}?partition=2`, {}, 404, 'UNKNOWN_TOPIC_OR_PARTITION'],
    [`${stream}?partition=x`, {}, 400, 'INVALID_REQUEST'],
    [`${stream}?from=tomorrow`, {}, 400, 'INVALID_POSITION'],
    [stream, { 'last-event-id': 'tomorrow' }, 400, 'INVALID_POSITION'],
    [`${stream}?since=1`, {}, 400, 'INVALID_REQUEST'],
    [stream, { accept: 'application/json' }, 406, 'NOT_ACCEPTABLE'],
  ];
  for (const [url, headers, status, code] of refusals) {
    const answer = await fetch(url, { headers });
    expect([url, answer.status, ((await answer.json()) as { code: string }).code]).toEqual([url, status, code]);
  }
});
