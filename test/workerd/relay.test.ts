import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { expect, it, vi } from 'vitest';
import { type ServerFrame, serverFrameSchema } from '../../src/contracts/websocket.ts';
import type { Env } from '../../src/platform/cloudflare/env.ts';
import { relayShardCount } from '../../src/relay/relay-limits.ts';
import { relayObjectName } from '../../src/relay/relay-object-name.ts';
import { localCluster } from '../../src/topics/local-cluster.ts';

const { RELAY } = env as unknown as Env;
const origin = 'http://127.0.0.1';

/** The platform's own door, guard and all. */
function request(path: string, init?: RequestInit): Promise<Response> {
  const { default: worker } = exports as unknown as { default: { fetch(request: Request): Promise<Response> } };
  return worker.fetch(new Request(origin + path, init));
}

async function postJson(path: string, body: string): Promise<void> {
  const response = await request(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  await response.body?.cancel();
}

const produce = (topic: string, ...values: number[]) =>
  postJson(`/v1/topics/${topic}/records`, JSON.stringify({ records: values.map((value) => ({ value })) }));

/** A client's socket, whose frames are taken one by one. */
class Client {
  readonly #frames: ServerFrame[] = [];
  readonly #waiting: ((frame: ServerFrame) => void)[] = [];
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      const frame = serverFrameSchema.parse(JSON.parse(String(data)));
      const next = this.#waiting.shift();
      if (next === undefined) this.#frames.push(frame);
      else next(frame);
    });
    socket.accept();
  }

  static async connect(topic: string): Promise<Client> {
    const headers = { upgrade: 'websocket', 'sec-websocket-protocol': 'millrace.v1' };
    const response = await request(`/v1/topics/${topic}/ws`, { headers });
    expect(response.status).toBe(101);
    expect(response.headers.get('sec-websocket-protocol')).toBe('millrace.v1');
    return new Client(response.webSocket as WebSocket);
  }

  send(frame: object | string): void {
    this.#socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  next(): Promise<ServerFrame> {
    const frame = this.#frames.shift();
    if (frame !== undefined) return Promise.resolve(frame);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  close(): Promise<number> {
    return new Promise((resolve) => {
      this.#socket.addEventListener('close', ({ code }) => resolve(code));
      this.#socket.close(1000, 'done');
    });
  }
}

const relays = () =>
  Array.from({ length: relayShardCount }, (_, shard) =>
    RELAY.getByName(relayObjectName({ cluster: localCluster, shard })),
  );

/** Takes every relay out of memory, its sockets staying open. Only one that is in memory can leave it. */
async function evictRelays(): Promise<void> {
  for (const relay of relays()) {
    await runInDurableObject(relay, () => {});
    await evictDurableObject(relay);
  }
}

it('goes on over the same socket after the relay was out of memory, without loss or repetition', async () => {
  await postJson('/v1/topics', '{"name":"sleepy","partitions":1}');
  const client = await Client.connect('sleepy');
  client.send({ type: 'subscribe', id: 'a', from: 'earliest' });
  expect(await client.next()).toMatchObject({ type: 'subscribed' });
  for (let round = 0; round < 3; round++) {
    await produce('sleepy', round, round);
    expect(await client.next()).toMatchObject({ type: 'records', from: 2 * round, to: 2 * round + 2 });
    await evictRelays();
  }
  // What was appended while nothing could be sent comes with the credit that wakes the relay.
  client.send({ type: 'subscribe', id: 'b', credit: 0 });
  expect(await client.next()).toMatchObject({ type: 'subscribed', id: 'b' });
  await produce('sleepy', 7);
  expect(await client.next()).toMatchObject({ id: 'a', from: 6, to: 7 });
  await evictRelays();
  client.send({ type: 'credit', id: 'b', bytes: 10_000 });
  expect(await client.next()).toMatchObject({ id: 'b', from: 6, to: 7, records: [{ offset: 6, value: 7 }] });
  expect(await client.close()).toBe(1000);
});

it('answers the ping without being in memory', async () => {
  await postJson('/v1/topics', '{"name":"pinged","partitions":1}');
  const client = await Client.connect('pinged');
  client.send('{"type":"ping"}');
  expect(await client.next()).toEqual({ type: 'pong' });
  const answered = await Promise.all(
    relays().map((relay) =>
      runInDurableObject(relay, (_instance, state) =>
        state.getWebSockets().map((socket) => state.getWebSocketAutoResponseTimestamp(socket)),
      ),
    ),
  );
  expect(answered.flat().filter((at) => at !== null)).toEqual([expect.any(Date)]);
  await client.close();
});

it('keeps every partition of a wide topic in mind while it sleeps', async () => {
  await postJson('/v1/topics', '{"name":"wide","partitions":60}');
  const client = await Client.connect('wide');
  client.send({ type: 'subscribe', id: 'all', from: 'earliest' });
  expect(await client.next()).toMatchObject({ type: 'subscribed' });
  await produce('wide', 1);
  expect(await client.next()).toMatchObject({ type: 'records', from: 0, to: 1 });
  await evictRelays();
  await produce('wide', 2);
  expect(await client.next()).toMatchObject({ type: 'records', records: [{ value: 2 }] });
  await client.close();
});

it("closes an event stream's socket when its reader leaves", async () => {
  await postJson('/v1/topics', '{"name":"streamed","partitions":1}');
  const openSockets = async () => {
    const counts = await Promise.all(
      relays().map((relay) => runInDurableObject(relay, (_instance, state) => state.getWebSockets().length)),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  };
  const before = await openSockets();
  const response = await request('/v1/topics/streamed/stream?from=earliest');
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  expect(new TextDecoder().decode((await reader.read()).value)).toMatch(/^retry: \d+\nid: [\w-]+\n\n$/);
  expect(await openSockets()).toBe(before + 1);
  await reader.cancel();
  // The next write finds nobody there.
  await produce('streamed', 1);
  await vi.waitFor(async () => expect(await openSockets()).toBe(before));
});
