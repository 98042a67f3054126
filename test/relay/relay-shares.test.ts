import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { noQuotas } from '../../src/authorization/quota-gate.ts';
import type { ServerFrame } from '../../src/contracts/websocket.ts';
import { openPrincipal } from '../../src/gateway/open-credentials.ts';
import { TieredMemory, TieredReader } from '../../src/gateway/tiered-reader.ts';
import { noUsage } from '../../src/gateway/usage/edge-usage.ts';
import { decompress } from '../../src/log/compression.ts';
import type { RelaySocket } from '../../src/relay/ports.ts';
import { RelayService } from '../../src/relay/relay-service.ts';
import { frameRecordRenderer } from '../../src/relay/render-frame-records.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';
import { openPrincipals } from '../support/open-platform.ts';
import { relayGroups } from '../support/relay-groups.ts';
import { MemorySocket } from './memory-socket.ts';

type Frame<Type extends ServerFrame['type']> = Extract<ServerFrame, { type: Type }>;
type SharedJson = Frame<'acquired'>['records'][number];

/** A relay over a whole platform, whose pauses end when the test moves the clock. */
class World {
  readonly platform = new MemoryPlatform();
  readonly #sockets: MemorySocket[] = [];
  readonly #bugs: unknown[] = [];
  #pauses: { readonly dueMs: number; readonly end: () => void }[] = [];
  #held = new Map<MemorySocket, RelaySocket>();
  #life = 0;
  #service = this.#start();

  static async with(values: readonly unknown[], config: object = {}, partitions = 1): Promise<World> {
    const world = new World();
    world.platform.answerDelivery = async (_relay, delivery) => world.#service.deliver(delivery);
    await world.post('/v1/topics', { name: 'jobs', partitions });
    await world.post('/v1/topics', { name: 'letters', partitions: 1 });
    await world.post('/v1/share-groups', { group: 'crew', start: 'earliest', ...config });
    if (values.length > 0) await world.produce(values);
    return world;
  }

  async post(path: string, body: object): Promise<unknown> {
    const headers = { 'content-type': 'application/json' };
    const answer = await this.platform.api.request(path, { method: 'POST', headers, body: JSON.stringify(body) });
    expect(answer.status).toBeLessThan(300);
    return answer.json();
  }

  produce(values: readonly unknown[], partition = 0): Promise<unknown> {
    return this.post('/v1/topics/jobs/records', { records: values.map((value) => ({ value, partition })) });
  }

  connect(topic: string | null = null): MemorySocket {
    const socket = new MemorySocket();
    this.#sockets.push(socket);
    this.#service.open(this.#hold(socket), topic, openPrincipal);
    return socket;
  }

  /** A socket that works in the group. */
  async join(memberId: string, more: object = {}): Promise<MemorySocket> {
    const socket = this.connect();
    const frame = { type: 'subscribe', id: 's', share_group: 'crew', topics: ['jobs'], member_id: memberId };
    await this.send(socket, { ...frame, ...more });
    return socket;
  }

  async send(socket: MemorySocket, frame: object): Promise<void> {
    await this.#service.receive(this.#hold(socket), JSON.stringify(frame));
  }

  /** The next frame of this type, which must be the first that comes. */
  async next<Type extends ServerFrame['type']>(socket: MemorySocket, type: Type): Promise<Frame<Type>> {
    for (let turn = 0; turn < 500 && socket.frames.length === 0; turn++) await setImmediate();
    const frame = socket.frames.shift();
    expect(frame?.type, JSON.stringify(frame)).toBe(type);
    return frame as Frame<Type>;
  }

  /** Lets everything that waits for no clock come to rest. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 60; turn++) await setImmediate();
    if (this.#bugs.length > 0) throw this.#bugs[0];
  }

  async advance(ms: number): Promise<void> {
    this.platform.nowMs += ms;
    await this.platform.shareObjects.runAlarms();
    const due = this.#pauses.filter(({ dueMs }) => dueMs <= this.platform.nowMs);
    this.#pauses = this.#pauses.filter(({ dueMs }) => dueMs > this.platform.nowMs);
    for (const { end } of due) end();
    await this.settle();
  }

  async acknowledge(socket: MemorySocket, records: readonly SharedJson[], type: string, more: object = {}) {
    const acknowledgements = records.map(({ topic, partition, offset, lock_id }) => ({
      topic,
      partition,
      from: offset,
      lock_id,
      type,
      ...more,
    }));
    await this.send(socket, { type: 'acknowledge', id: 's', ref: 'r', acknowledgements });
    const { ref, results } = await this.next(socket, 'acknowledged');
    expect(ref).toBe('r');
    return results;
  }

  disconnect(socket: MemorySocket): void {
    socket.closed = { code: 1005, reason: '' };
    this.#service.closed(this.#hold(socket));
  }

  /** The relay leaves memory; sockets and attachments stay. Something must wake it. */
  evict(): void {
    this.#life++;
    this.#held = new Map();
    this.#pauses = [];
    this.#service = this.#start();
  }

  async standing(): Promise<Record<string, unknown>[]> {
    const answer = await this.platform.api.request('/v1/share-groups/crew');
    const { members, partitions } = (await answer.json()) as Record<string, Record<string, unknown>[]>;
    return [{ members: members!.map(({ member_id }) => member_id) }, ...partitions!];
  }

  #start(): RelayService {
    const life = this.#life;
    const { services, objects } = this.platform;
    const { clock } = services;
    const tiered = new TieredReader({
      blobs: objects.blobs,
      clock,
      memory: new TieredMemory(),
      pause: () => new Promise(() => {}),
    });
    return new RelayService({
      principals: openPrincipals,
      quotas: noQuotas,
      usage: noUsage,
      ...services,
      tiered,
      relay: 'relay-1',
      render: frameRecordRenderer(decompress),
      openSockets: () => this.#sockets.filter(({ closed }) => closed === null).map((socket) => this.#hold(socket)),
      pause: (ms) =>
        new Promise((end) => {
          if (life === this.#life) this.#pauses.push({ dueMs: clock.nowMs() + ms, end });
        }),
      groups: relayGroups({ ...services, clock }),
      keepAlive: (work) => void work.catch((thrown) => this.#bugs.push(thrown)),
    });
  }

  #hold(socket: MemorySocket): RelaySocket {
    const life = this.#life;
    const held = this.#held.get(socket) ?? socket.held(() => life === this.#life);
    this.#held.set(socket, held);
    return held;
  }
}

const valuesOf = ({ records }: Frame<'acquired'>) => records.map(({ value }) => value);

describe('a subscription in a share group', () => {
  it('is sent as many records as it has credit for, and decides on them', async () => {
    const world = await World.with(['a', 'b', 'c', 'd'], { dead_letter_topic: 'letters' });
    const socket = await world.join('w1', { credit: 3 });
    expect(await world.next(socket, 'joined')).toMatchObject({
      share_group: 'crew',
      member_id: 'w1',
      lock_duration_ms: 30_000,
    });
    const first = await world.next(socket, 'acquired');
    expect(valuesOf(first)).toEqual(['a', 'b', 'c']);
    expect(first.records.map(({ delivery_count }) => delivery_count)).toEqual([1, 1, 1]);
    await world.settle();
    expect(socket.take()).toEqual([]);
    expect(await world.acknowledge(socket, first.records.slice(0, 1), 'accept')).toEqual([{ ok: true }]);
    expect(await world.acknowledge(socket, first.records.slice(1, 2), 'reject')).toEqual([{ ok: true }]);
    expect(await world.acknowledge(socket, first.records.slice(2), 'release')).toEqual([{ ok: true }]);
    await world.send(socket, { type: 'credit', id: 's', records: 10 });
    const second = await world.next(socket, 'acquired');
    expect(second.records.map(({ value, delivery_count }) => [value, delivery_count])).toEqual([
      ['c', 2],
      ['d', 1],
    ]);
    await world.acknowledge(socket, second.records, 'accept');
    await world.platform.shareObjects.runAlarms();
    expect(await world.standing()).toMatchObject([
      { members: ['w1'] },
      { accepted: 3, dead_lettered: 1, acquired: 0, available: 0 },
    ]);
  });

  it('is sent what is appended while it waits, to whichever partition', async () => {
    const world = await World.with([], {}, 2);
    const socket = await world.join('w1');
    await world.next(socket, 'joined');
    await world.settle();
    await world.produce(['a'], 1);
    expect(valuesOf(await world.next(socket, 'acquired'))).toEqual(['a']);
    await world.settle();
    await world.produce(['b'], 0);
    await world.produce(['c'], 1);
    const later = [
      ...valuesOf(await world.next(socket, 'acquired')),
      ...valuesOf(await world.next(socket, 'acquired')),
    ];
    expect(later.toSorted()).toEqual(['b', 'c']);
  });

  it('[I-4a] shares records with the other members, and no two hold the same', async () => {
    const world = await World.with(Array.from({ length: 20 }, (_, index) => index));
    const first = await world.join('w1', { credit: 12 });
    await world.next(first, 'joined');
    const one = valuesOf(await world.next(first, 'acquired'));
    const second = await world.join('w2', { credit: 12 });
    await world.next(second, 'joined');
    const other = valuesOf(await world.next(second, 'acquired'));
    expect([one.length, other.length]).toEqual([12, 8]);
    expect(new Set([...one, ...other]).size).toBe(20);
  });

  it('has another get what it does not decide in time, and is told that it is too late', async () => {
    const world = await World.with(['slow', 'renewed']);
    const slow = await world.join('w1', { credit: 2 });
    await world.next(slow, 'joined');
    const { records } = await world.next(slow, 'acquired');
    const other = await world.join('w2');
    await world.next(other, 'joined');
    await world.settle();
    await world.advance(20_000);
    expect(await world.acknowledge(slow, records.slice(1), 'renew')).toEqual([{ ok: true }]);
    await world.advance(12_000);
    const again = await world.next(other, 'acquired');
    expect(again.records).toMatchObject([{ value: 'slow', delivery_count: 2 }]);
    expect(await world.acknowledge(slow, records, 'accept')).toMatchObject([
      { code: 'INVALID_RECORD_STATE' },
      { ok: true },
    ]);
    expect(await world.acknowledge(other, again.records, 'accept')).toEqual([{ ok: true }]);
  });

  it('decides over a new socket what it was sent over one that broke', async () => {
    const world = await World.with(['a', 'b']);
    const broken = await world.join('w1');
    await world.next(broken, 'joined');
    const { records } = await world.next(broken, 'acquired');
    world.disconnect(broken);
    const socket = await world.join('w1');
    await world.next(socket, 'joined');
    expect(await world.acknowledge(socket, records, 'accept')).toEqual([{ ok: true }, { ok: true }]);
    expect(await world.standing()).toMatchObject([{ members: ['w1'] }, { accepted: 2 }]);
  });

  it('gives back, uncounted, what was being acquired when it ended', async () => {
    const world = await World.with(['a']);
    const leaving = await world.join('w1');
    // The acquisition is under way: nothing was awaited since.
    await world.send(leaving, { type: 'unsubscribe', id: 's' });
    await world.next(leaving, 'unsubscribed');
    await world.settle();
    expect(leaving.take()).toEqual([]);
    const socket = await world.join('w2');
    await world.next(socket, 'joined');
    expect((await world.next(socket, 'acquired')).records).toMatchObject([{ value: 'a', delivery_count: 1 }]);
    expect((await world.standing())[0]).toEqual({ members: ['w2'] });
  });

  it('goes on after the relay was out of memory, with the credit it had', async () => {
    const world = await World.with(['a', 'b']);
    const socket = await world.join('w1', { credit: 3 });
    await world.next(socket, 'joined');
    const { records } = await world.next(socket, 'acquired');
    await world.settle();
    world.evict();
    await world.acknowledge(socket, records, 'accept');
    await world.produce(['c', 'd']);
    expect(valuesOf(await world.next(socket, 'acquired'))).toEqual(['c']);
    await world.settle();
    expect(socket.take()).toEqual([]);
  });

  it('stays as long as its client pings, and is taken out when it has fallen silent', async () => {
    const world = await World.with([]);
    const socket = await world.join('w1');
    await world.next(socket, 'joined');
    await world.settle();
    for (let beat = 0; beat < 4; beat++) {
      socket.lastPingMs = world.platform.nowMs;
      for (let second = 0; second < 20; second += 2) await world.advance(2_000);
    }
    expect(socket.take()).toEqual([]);
    expect((await world.standing())[0]).toEqual({ members: ['w1'] });
    for (let second = 0; second < 60; second += 2) await world.advance(2_000);
    expect(await world.next(socket, 'error')).toMatchObject({ id: 's', code: 'UNKNOWN_MEMBER_ID', fatal: true });
    expect((await world.standing())[0]).toEqual({ members: [] });
  });

  it('ends with its topic', async () => {
    const world = await World.with([]);
    const socket = await world.join('w1');
    await world.next(socket, 'joined');
    await world.settle();
    await world.platform.api.request('/v1/topics/jobs', { method: 'DELETE' });
    await world.platform.runCatalogAlarm();
    for (let second = 0; second < 20; second += 2) await world.advance(2_000);
    expect(await world.next(socket, 'error')).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION', fatal: true });
  });

  it.each([
    [{ group: 'g' }, 'INVALID_REQUEST'],
    [{ from: 'earliest' }, 'INVALID_REQUEST'],
    [{ partitions: [0] }, 'INVALID_REQUEST'],
    [{ topics_pattern: 'j.*' }, 'INVALID_REQUEST'],
    [{ topics: [] }, 'INVALID_REQUEST'],
    [{ credit: 2_001 }, 'INVALID_REQUEST'],
    [{ topics: ['no-such-topic'] }, 'UNKNOWN_TOPIC_OR_PARTITION'],
    [{ member_id: '' }, 'INVALID_REQUEST'],
    [{ share_group: '' }, 'INVALID_GROUP_ID'],
  ])('is refused with %j', async (more, code) => {
    const world = await World.with([]);
    const socket = await world.join('w1', more);
    expect(await world.next(socket, 'error')).toMatchObject({ id: 's', code, fatal: true });
    await world.send(socket, { type: 'acknowledge', id: 's', acknowledgements: [entry] });
    expect(await world.next(socket, 'error')).toMatchObject({ id: 's', code: 'INVALID_REQUEST', fatal: false });
  });

  it('cannot read the topic of its own dead letters, nor a group of the other kind', async () => {
    const world = await World.with([], { dead_letter_topic: 'letters' });
    const socket = await world.join('w1', { topics: ['letters'] });
    expect(await world.next(socket, 'error')).toMatchObject({ code: 'INVALID_REQUEST', fatal: true });
    await world.send(socket, { type: 'subscribe', id: 's', share_group: 'crew', topics: ['jobs'] });
    await world.next(socket, 'joined');
    await world.send(socket, { type: 'subscribe', id: 's', topic: 'jobs' });
    expect(await world.next(socket, 'error')).toMatchObject({ code: 'INVALID_REQUEST', fatal: false });
  });

  it('counts credit in records, and no more than it may have', async () => {
    const world = await World.with([]);
    const socket = await world.join('w1', { credit: 1_000 });
    await world.next(socket, 'joined');
    for (const credit of [{ bytes: 5 }, { records: 1_001 }]) {
      await world.send(socket, { type: 'credit', id: 's', ...credit });
      expect(await world.next(socket, 'error')).toMatchObject({ id: 's', code: 'INVALID_REQUEST', fatal: false });
    }
    await world.send(socket, { type: 'subscribe', id: 'plain', topic: 'jobs' });
    await world.next(socket, 'subscribed');
    await world.send(socket, { type: 'credit', id: 'plain', records: 5 });
    expect(await world.next(socket, 'error')).toMatchObject({ id: 'plain', code: 'INVALID_REQUEST', fatal: false });
  });

  it('answers each acknowledgement by itself', async () => {
    const world = await World.with(['a']);
    const socket = await world.join('w1');
    await world.next(socket, 'joined');
    const { records } = await world.next(socket, 'acquired');
    const [held] = records;
    const results = await world.acknowledge(
      socket,
      [held!, { ...held!, offset: 7 }, { ...held!, topic: 'none' }],
      'accept',
    );
    expect(results).toMatchObject([
      { ok: true },
      { code: 'INVALID_RECORD_STATE' },
      { code: 'UNKNOWN_TOPIC_OR_PARTITION' },
    ]);
  });
});

const entry = { topic: 'jobs', partition: 0, from: 0, lock_id: 'none', type: 'accept' };
