import { once } from 'node:events';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, createClient } from '../../src/client/index.ts';
import { errorTable } from '../../src/errors/error-codes.ts';
import {
  encodeProduceFrame,
  encodeSubscribeFrame,
  serverFrame,
  subscribeLatest,
} from '../../src/log/fast-door-frames.ts';
import { encodeLooseRecord } from '../../src/log/loose-records.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

let platform: PlatformProcess;
let owner: Client;
let apiKey: string;
let keyId: string;

beforeAll(async () => {
  process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
  platform = await startPlatformProcess({ auth: true });
  owner = createClient({ url: platform.url, credential: platform.ownerKey! });
  await owner.topics.create({ name: 'orders', partitions: 1 });
  const scopes = ['produce:topic:orders', 'consume:topic:orders', 'consume:group:*'];
  ({ apiKey, keyId } = await owner.organization.createKey({ name: 'a program', scopes }));
});
afterAll(() => platform[Symbol.asyncDispose]());

/** A change of rights arrives within a second or two; on a busy machine it may take longer. */
const patience = { timeout: 30_000 };

function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', ...init.headers };
  return fetch(`${platform.url}${path}`, { ...init, headers });
}

async function codeOf(answer: Promise<Response>): Promise<string> {
  const { status, body } = await answer.then(async (response) => ({
    status: response.status,
    body: (await response.json()) as { code?: string },
  }));
  return status === 200 ? 'ok' : String(body.code);
}

const records = JSON.stringify({ records: [{ value: 'an order' }] });
const produce = () => codeOf(request('/v1/topics/orders/records', { method: 'POST', body: records }));
const read = () => codeOf(request('/v1/topics/orders/partitions/0/records?offset=0'));

async function produceByRestProxy(): Promise<number> {
  const body = JSON.stringify({ records: [{ value: { an: 'order' } }] });
  const headers = { 'content-type': 'application/vnd.kafka.json.v2+json' };
  const answer = await request('/rest-proxy/topics/orders', { method: 'POST', body, headers });
  const { error_code } = (await answer.json()) as { error_code?: number };
  return error_code ?? answer.status;
}

async function open(path: string, subprotocol: string) {
  const socket = new WebSocket(platform.url.replace('http', 'ws') + path, [subprotocol, `millrace.bearer.${apiKey}`]);
  socket.binaryType = 'arraybuffer';
  const messages: (string | ArrayBuffer)[] = [];
  socket.addEventListener('message', ({ data }) => messages.push(data));
  await once(socket, 'open');
  /** What came since the last question: types of frames, and codes of errors. */
  const news = () =>
    messages.splice(0).map((message) => {
      if (message instanceof ArrayBuffer) return new Uint8Array(message)[0];
      const { type, code } = JSON.parse(message) as { type: string; code?: string };
      return code ?? type;
    });
  return { socket, news };
}

const subscribe = JSON.stringify({ type: 'subscribe', id: 's', topic: 'orders' });
const produceFrame = JSON.stringify({ type: 'produce', id: 'p', topic: 'orders', records: [{ value: 1 }] });
const binaryProduceFrame = () =>
  encodeProduceFrame('produceRecords', 7, encodeLooseRecord(1, null, new Uint8Array([49])));

describe('an organization that has used up its budget', () => {
  test('is told so at every door, open streams included, and goes on when the budget is raised', async () => {
    const json = await open('/v1/ws', 'millrace.v1');
    const binary = await open('/v1/topics/orders/partitions/0/ws', 'millrace.v1.binary');
    const sasl = { mechanism: 'plain', username: keyId, password: apiKey.slice(-49) } as const;
    const kafka = new Kafka({
      brokers: [platform.kafkaServers],
      sasl,
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
    });
    const producer = kafka.producer();
    await producer.connect();
    const send = () =>
      producer.send({ topic: 'orders', messages: [{ value: 'by Kafka' }] }).then(
        () => 'ok',
        (error: { code?: number }) => error.code,
      );

    json.socket.send(subscribe);
    binary.socket.send(encodeSubscribeFrame(1_000_000, subscribeLatest));
    await expect.poll(() => json.news().length + binary.news().length, patience).toBeGreaterThan(0);
    const streamed = await request('/v1/topics/orders/stream', { headers: { accept: 'text/event-stream' } });
    const stream = streamed.text();
    expect([await produce(), await read(), await produceByRestProxy(), await send()]).toEqual(['ok', 'ok', 200, 'ok']);
    await expect.poll(() => json.news().at(-1), patience).toBe('records');
    await expect.poll(() => binary.news().at(-1), patience).toBe(serverFrame.records);

    // What the partition has counted would be told within seconds anyway.
    await fetch(`${platform.url}/v1/topics/orders/maintenance`, {
      method: 'POST',
      headers: { authorization: `Bearer ${platform.ownerKey}` },
    }).then((answer) => answer.text());
    expect((await owner.organization.alterBudget({ monthly_bytes: 10 })).state).toBe('stopped');

    await expect.poll(produce, patience).toBe('BUDGET_EXCEEDED');
    expect(await read()).toBe('BUDGET_EXCEEDED');
    expect(await produceByRestProxy()).toBe(429);
    await expect.poll(send, patience).toBe(errorTable.POLICY_VIOLATION.number);
    await expect.poll(() => json.news(), patience).toContain('BUDGET_EXCEEDED');
    await expect.poll(() => binary.news(), patience).toContain(serverFrame.error);
    json.socket.send(produceFrame);
    binary.socket.send(binaryProduceFrame());
    await expect.poll(() => json.news(), patience).toContain('BUDGET_EXCEEDED');
    await expect.poll(() => binary.news(), patience).toContain(serverFrame.error);
    expect(await stream).toContain('BUDGET_EXCEEDED');
    // Looking, deleting and changing go on.
    expect((await owner.topics.describe('orders')).name).toBe('orders');
    expect((await owner.organization.usage({ by: 'topic' })).total.records_in).toBeGreaterThanOrEqual(3);

    expect((await owner.organization.alterBudget({ monthly_bytes: 1_000_000_000 })).state).toBe('within');
    await expect.poll(produce, patience).toBe('ok');
    await expect.poll(send, patience).toBe('ok');
    json.socket.send(subscribe);
    binary.socket.send(encodeSubscribeFrame(1_000_000, subscribeLatest));
    json.socket.send(produceFrame);
    binary.socket.send(binaryProduceFrame());
    await expect.poll(() => json.news(), patience).toContain('records');
    await expect.poll(() => binary.news(), patience).toContain(serverFrame.records);
    const stored = await request('/v1/topics/orders/partitions/0/records?offset=0');
    const { records: all } = (await stored.json()) as { records: { offset: number }[] };
    expect(all.map(({ offset }) => offset)).toEqual(all.map((_, index) => index));
    expect(all.length).toBeGreaterThanOrEqual(7);
    json.socket.close();
    binary.socket.close();
    await producer.disconnect();
  });
});
