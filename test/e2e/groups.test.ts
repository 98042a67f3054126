import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, createClient, type GroupConsumer, type GroupOptions } from '../../src/client/index.ts';
import type { ServerFrame } from '../../src/contracts/websocket.ts';
import { JsonSocket } from '../support/json-socket.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

let platform: PlatformProcess;
let client: Client;

/** Sessions end after seconds, and thirty members take turns on few processors. */
const slowMs = 120_000;

beforeAll(async () => {
  platform = await startPlatformProcess();
  client = createClient({ url: platform.url });
});
afterAll(() => platform[Symbol.asyncDispose]());

type Answer = {
  readonly status: number;
  readonly member_epoch: number;
  readonly assignment: Record<string, number[]>;
  readonly revoked?: Record<string, number[]>;
  readonly records: readonly { readonly partition: number; readonly offset: number; readonly value: number }[];
  readonly positions: Record<string, Record<string, number>>;
  readonly refused?: readonly { readonly code: string }[];
  readonly code?: string;
};

async function post(path: string, body: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${platform.url}/v1/groups/${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  return { ...((await answer.json()) as Answer), status: answer.status };
}

async function topicWith(name: string, partitions: number, values: readonly number[] = []): Promise<void> {
  await client.topics.create({ name, partitions });
  if (values.length === 0) return;
  await using producer = client.producer({ topic: name });
  await producer.send(values.map((value) => ({ key: `k${value % 97}`, value })));
}

/** A program that reads in a group until it is stopped, or vanishes without a word. */
class Program {
  readonly member: GroupConsumer;
  readonly partitions = new Set<number>();
  readonly running: Promise<void>;
  changedAtMs = performance.now();
  #stop = new AbortController();

  constructor(group: string, topic: string, onRecord: (value: number) => void, options: GroupOptions = {}) {
    this.member = client.group(group, {
      topics: [topic],
      ...options,
      onAssigned: (assigned) => this.#change(assigned[topic] ?? []),
      onRevoked: () => this.#change(this.member.assignment[topic] ?? []),
      signal: this.#stop.signal,
    });
    this.running = this.#run(onRecord);
  }

  async stop(): Promise<void> {
    await this.member.close();
    await this.running;
  }

  async #run(onRecord: (value: number) => void): Promise<void> {
    for await (const record of this.member) onRecord(Number(record.text()));
  }

  #change(partitions: readonly number[]): void {
    this.partitions.clear();
    for (const partition of partitions) this.partitions.add(partition);
    this.changedAtMs = performance.now();
  }
}

const isDivided = (programs: readonly Program[], partitionCount: number): boolean => {
  const all = programs.flatMap(({ partitions }) => [...partitions]);
  return all.length === partitionCount && new Set(all).size === partitionCount;
};

describe('32 members on 64 partitions', () => {
  const members = 32;
  const partitions = 64;
  const sessionTimeoutMs = 6_000;

  test(
    'are rebalanced when one leaves and when one dies, and nobody who keeps its partitions stops',
    async () => {
      await topicWith('wide', partitions);
      const programs = Array.from(
        { length: members },
        () => new Program('wide', 'wide', () => {}, { sessionTimeoutMs }),
      );
      const divided = (of: readonly Program[]) => () => isDivided(of, partitions);
      await expect.poll(divided(programs), { timeout: 60_000, interval: 20 }).toBe(true);
      await expect.poll(async () => (await client.groups.describe('wide')).state, { timeout: 30_000 }).toBe('stable');

      const [leaver, ...rest] = programs;
      const before = rest.map(({ partitions: own }) => new Set(own));
      const leftMs = performance.now();
      await leaver!.stop();
      await expect.poll(divided(rest), { timeout: 30_000, interval: 5 }).toBe(true);
      const afterLeaveMs = Math.max(...rest.map(({ changedAtMs }) => changedAtMs)) - leftMs;
      for (const [index, { partitions: own }] of rest.entries()) expect(before[index]!.isSubsetOf(own)).toBe(true);

      // A member that joins and is never heard of again.
      const dead = await post('wide/consume', {
        member_id: 'dead',
        topics: ['wide'],
        session_timeout_ms: sessionTimeoutMs,
      });
      expect(dead.status).toBe(200);
      const silentSinceMs = performance.now();
      const target = async () =>
        (await client.groups.describe('wide')).members.find(({ memberId }) => memberId === 'dead')?.target.wide?.length;
      expect(await target()).toBe(2);
      await expect.poll(() => rest.flatMap(({ partitions: own }) => [...own]).length, { timeout: 30_000 }).toBe(62);
      await expect.poll(divided(rest), { timeout: 30_000, interval: 5 }).toBe(true);
      const afterDeathMs = Math.max(...rest.map(({ changedAtMs }) => changedAtMs)) - silentSinceMs - sessionTimeoutMs;
      console.log(
        `32 members, 64 partitions: rebalanced ${Math.round(afterLeaveMs)} ms after one left, ` +
          `${Math.round(afterDeathMs)} ms after the session of a dead one ended`,
      );
      await Promise.all(rest.map((program) => program.stop()));
    },
    slowMs,
  );
});

describe('a stale commit', () => {
  test('[I-3b] of a member that was taken out, or of a partition that passed on, never lands', async () => {
    await topicWith('stale', 2, [1, 2, 3, 4, 5, 6]);
    const first = await post('stale/consume', { member_id: 'a', topics: ['stale'] });
    const second = await post('stale/consume', { member_id: 'b', topics: ['stale'] });
    expect(second.assignment).toEqual({});
    const own = { member_id: 'a', topics: ['stale'] };
    const told = await post('stale/consume', { ...own, member_epoch: first.member_epoch });
    expect(told.revoked).toEqual({ stale: [1] });
    await post('stale/consume', { ...own, member_epoch: told.member_epoch });
    const late = await post('stale/consume', {
      ...own,
      member_epoch: told.member_epoch,
      commit: { stale: { 1: 1 } },
    });
    expect(late.refused).toMatchObject([{ code: 'FENCED_MEMBER_EPOCH' }]);
    const offsets = { stale: { 0: 1 } };
    const fenced = await post('stale/offsets', { member_id: 'a', member_epoch: 99, offsets });
    expect(fenced).toMatchObject({ status: 409, code: 'FENCED_MEMBER_EPOCH' });
    const unknown = await post('stale/offsets', { member_id: 'gone', member_epoch: first.member_epoch, offsets });
    expect(unknown).toMatchObject({ status: 404, code: 'UNKNOWN_MEMBER_ID' });
    const beyond = await post('stale/offsets', {
      member_id: 'a',
      member_epoch: told.member_epoch,
      offsets: { stale: { 0: 1_000_000 } },
    });
    expect(beyond).toMatchObject({ status: 416, code: 'OFFSET_OUT_OF_RANGE' });
    const { partitions } = await client.groups.describe('stale');
    expect(partitions.map(({ committedOffset }) => committedOffset)).toEqual([null, null]);
  });
});

describe('members on sockets', () => {
  const subscribe = { type: 'subscribe', id: 's', group: 'sockets', topics: ['sockets'] };

  async function until<Type extends ServerFrame['type']>(socket: JsonSocket, type: Type) {
    for (let next = await socket.next(); next !== null; next = await socket.next()) {
      if (next.frame.type === type) return next.frame as Extract<ServerFrame, { type: Type }>;
    }
    throw new Error(`the socket closed before a ${type} frame came`);
  }

  test('[I-3a] share the partitions with those that call, give them back when told, and leave when they close', async () => {
    await topicWith('sockets', 2, [1, 2, 3, 4, 5, 6, 7, 8]);
    const first = await JsonSocket.connect(platform.url, '/v1/ws');
    first.send(subscribe);
    const assigned = await until(first, 'assign');
    expect(Object.keys(assigned.partitions.sockets!)).toEqual(['0', '1']);
    expect((await until(first, 'records')).topic).toBe('sockets');

    const caller = { member_id: 'caller', topics: ['sockets'] };
    const joined = await post('sockets/consume', caller);
    expect(joined.assignment).toEqual({});
    const waiting = post('sockets/consume', { ...caller, member_epoch: joined.member_epoch, wait_ms: 20_000 });
    const revoke = await until(first, 'revoke');
    expect(revoke.partitions).toEqual({ sockets: [1] });
    first.send({ type: 'commit', id: 's', offsets: { sockets: { 1: 1 } } });
    expect((await until(first, 'committed')).refused).toEqual([]);
    first.send({ type: 'revoked', id: 's', member_epoch: revoke.member_epoch });
    const granted = await waiting;
    expect(granted.assignment).toEqual({ sockets: [1] });
    expect(granted.records[0]).toMatchObject({ partition: 1, offset: 1 });

    const { member_epoch } = granted;
    const alone = post('sockets/consume', { ...caller, member_epoch, commit: granted.positions, wait_ms: 20_000 });
    await first.close();
    expect((await alone).assignment).toEqual({ sockets: [0, 1] });
  });
});

describe('members that die', () => {
  const recordCount = 30_000;

  test(
    '[at least once] lose no record, with the platform restarted under them, and repeat only what was not committed',
    async () => {
      const values = Array.from({ length: recordCount }, (_, index) => index);
      await topicWith('work', 8, values);
      const seen = new Uint32Array(recordCount);
      let count = 0;
      const see = (value: number) => {
        seen[value]! += 1;
        count += 1;
      };
      const options: GroupOptions = { sessionTimeoutMs: 6_000, maxRecords: 500 };
      const programs = Array.from({ length: 4 }, () => new Program('work', 'work', see, options));
      // Members that take a page and are never heard of again.
      let taken = 0;
      for (let crash = 0; crash < 3; crash++) {
        const member = { member_id: `crash-${crash}`, topics: ['work'], session_timeout_ms: 6_000, max_records: 500 };
        const page = await post('work/consume', member);
        taken += page.records?.length ?? 0;
        await expect.poll(() => count, { timeout: 60_000 }).toBeGreaterThan((crash + 1) * 1_000);
      }
      await platform.kill9();
      await platform.restart();
      client = createClient({ url: platform.url });
      programs.push(...Array.from({ length: 4 }, () => new Program('work', 'work', see, options)));
      await expect.poll(() => seen.every((times) => times > 0), { timeout: 90_000 }).toBe(true);
      const repeated = count - recordCount;
      console.log(
        `${recordCount} records, 8 members, 3 of them dead and a restart: ${repeated} repeated (${taken} taken by the dead)`,
      );
      await Promise.all(programs.map((program) => program.stop().catch(() => undefined)));
      expect((await client.groups.describe('work')).lag).toBe(0);
    },
    slowMs,
  );
});
