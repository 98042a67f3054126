import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, createClient } from '../../src/client/index.ts';
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
let writerKey: string;

beforeAll(async () => {
  platform = await startPlatformProcess({ auth: true });
  owner = createClient({ url: platform.url, credential: platform.ownerKey! });
  await owner.topics.create({ name: 'flights', partitions: 1 });
  writerKey = (await key('produce:topic:flights')).apiKey;
});
afterAll(() => platform[Symbol.asyncDispose]());

const key = (...scopes: string[]) => owner.organization.createKey({ name: 'a key', scopes });

/** A socket as a browser opens one: the credential is one of its subprotocols. */
async function open(path: string, subprotocol: string, apiKey: string) {
  const socket = new WebSocket(platform.url.replace('http', 'ws') + path, [subprotocol, `millrace.bearer.${apiKey}`]);
  socket.binaryType = 'arraybuffer';
  const messages: (string | ArrayBuffer)[] = [];
  socket.addEventListener('message', ({ data }) => messages.push(data));
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener('close', ({ code }) => resolve(code));
  });
  await once(socket, 'open');
  return { socket, messages, closed };
}

const openJson = (apiKey: string) => open('/v1/ws', 'millrace.v1', apiKey);
const openBinary = (apiKey: string) => open('/v1/topics/flights/partitions/0/ws', 'millrace.v1.binary', apiKey);

const typesOf = (messages: readonly (string | ArrayBuffer)[]) =>
  messages.map((message) => {
    if (message instanceof ArrayBuffer) return new Uint8Array(message)[0];
    const { type, code } = JSON.parse(message) as { type: string; code?: string };
    return code ?? type;
  });

async function produce(value: number): Promise<number> {
  const answer = await fetch(`${platform.url}/v1/topics/flights/records`, {
    method: 'POST',
    headers: { authorization: `Bearer ${writerKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ records: [{ key: 'user-1/a', value }] }),
  });
  await answer.arrayBuffer();
  return answer.status;
}

describe('sockets of a closed platform', () => {
  test('do what their keys may, at every door that pushes', async () => {
    const { apiKey } = await key('consume:topic:flights');
    const [json, binary] = [await openJson(apiKey), await openBinary(apiKey)];
    json.socket.send(JSON.stringify({ type: 'subscribe', id: 's', topic: 'flights' }));
    json.socket.send(JSON.stringify({ type: 'produce', id: 'p', topic: 'flights', records: [{ value: 1 }] }));
    json.socket.send(JSON.stringify({ type: 'subscribe', id: 'other', topic: 'elsewhere' }));
    binary.socket.send(encodeSubscribeFrame(1_000_000, subscribeLatest));
    binary.socket.send(encodeProduceFrame('produceRecords', 1, encodeLooseRecord(1, null, new Uint8Array([49]))));
    await expect.poll(() => [json.messages.length, binary.messages.length], { timeout: 20_000 }).toEqual([3, 2]);
    const refused = 'TOPIC_AUTHORIZATION_FAILED';
    expect(typesOf(json.messages).sort()).toEqual([refused, refused, 'subscribed']);
    expect(typesOf(binary.messages)).toEqual([serverFrame.subscribed, serverFrame.error]);
    expect(await produce(1)).toBe(200);
    await expect.poll(() => typesOf(json.messages).at(-1), { timeout: 20_000 }).toBe('records');
    await expect.poll(() => typesOf(binary.messages).at(-1), { timeout: 20_000 }).toBe(serverFrame.records);
    json.socket.close();
    binary.socket.close();
    const streamed = (credential: string) =>
      fetch(`${platform.url}/v1/topics/flights/stream`, {
        headers: { authorization: `Bearer ${credential}`, accept: 'text/event-stream' },
      });
    const [read, written] = [await streamed(apiKey), await streamed(writerKey)];
    expect([read.status, written.status]).toEqual([200, 403]);
    await read.body?.cancel();
    await written.arrayBuffer();
  });

  test('open for nobody without a credential', async () => {
    const socket = new WebSocket(`${platform.url.replace('http', 'ws')}/v1/ws`, 'millrace.v1');
    const outcome = await Promise.race([
      once(socket, 'open').then(() => 'open'),
      once(socket, 'error').then(() => 'error'),
    ]);
    expect(outcome).toBe('error');
  });

  test('are closed with 4401 after their key was revoked, while records come', async () => {
    const { apiKey, keyId } = await key('consume:topic:flights');
    const [json, binary] = [await openJson(apiKey), await openBinary(apiKey)];
    json.socket.send(JSON.stringify({ type: 'subscribe', id: 's', topic: 'flights' }));
    binary.socket.send(encodeSubscribeFrame(1_000_000, subscribeLatest));
    const stream = await fetch(`${platform.url}/v1/topics/flights/stream`, {
      headers: { authorization: `Bearer ${apiKey}`, accept: 'text/event-stream' },
    });
    const streamed = stream.text();
    await expect.poll(() => [json.messages.length, binary.messages.length], { timeout: 20_000 }).toEqual([1, 1]);
    await owner.organization.revokeKey(keyId);
    const revokedMs = Date.now();
    let isOver = false;
    const producing = (async () => {
      for (let value = 0; !isOver; value += 1) {
        expect(await produce(value)).toBe(200);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    const codes = await Promise.all([json.closed, binary.closed]);
    const text = await streamed;
    isOver = true;
    await producing;
    console.log(`sockets of a revoked key were closed ${Date.now() - revokedMs} ms after it`);
    expect(codes).toEqual([4401, 4401]);
    expect(text).toContain('SASL_AUTHENTICATION_FAILED');
  });
});
