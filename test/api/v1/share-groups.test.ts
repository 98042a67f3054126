import { describe, expect, it } from 'vitest';
import { MemoryPlatform } from '../../support/memory-platform.ts';

type Json = { readonly [field: string]: unknown };
type ShareRecord = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly value: unknown;
  readonly lock_id: string;
  readonly delivery_count: number;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
};

class Shares {
  readonly platform = new MemoryPlatform();

  async send(method: string, path: string, body?: unknown) {
    const headers = { 'content-type': 'application/json' };
    const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
    const answer = await this.platform.api.request(path, init);
    const text = await answer.text();
    return { status: answer.status, body: (text === '' ? null : JSON.parse(text)) as Json & { code?: string } };
  }

  async topic(name: string, partitions: number): Promise<void> {
    await this.send('POST', '/v1/topics', { name, partitions });
  }

  async produce(topic: string, partition: number, values: readonly unknown[]): Promise<void> {
    const records = values.map((value) => ({ partition, value, headers: [{ name: 'own', value: 'kept' }] }));
    expect((await this.send('POST', `/v1/topics/${topic}/records`, { records })).status).toBe(200);
  }

  async create(config: Json = {}): Promise<void> {
    const created = await this.send('POST', '/v1/share-groups', { group: 'jobs', start: 'earliest', ...config });
    expect(created.status).toBe(201);
  }

  async acquire(options: Json = {}): Promise<ShareRecord[]> {
    const acquired = await this.send('POST', '/v1/share-groups/jobs/acquire', { topics: ['work'], ...options });
    expect(acquired).toMatchObject({ status: 200 });
    return acquired.body.records as ShareRecord[];
  }

  async acknowledge(records: readonly ShareRecord[], type: string, more: Json = {}): Promise<unknown[]> {
    const acknowledgements = records.map(({ topic, partition, offset, lock_id }) => ({
      topic,
      partition,
      from: offset,
      lock_id,
      type,
      ...more,
    }));
    const answer = await this.send('POST', '/v1/share-groups/jobs/acknowledge', { acknowledgements });
    expect(answer.status).toBe(200);
    return answer.body.results as unknown[];
  }

  async deleteRecords(topic: string, partition: number, before: number): Promise<void> {
    const { routes, partitions } = this.platform.services;
    const route = await routes.find(topic);
    if (!route.ok) throw new Error(route.error.message);
    const deleted = await partitions.call(
      route.value,
      partition,
      (stub, ref, configVersion) => stub.deleteRecords(ref, configVersion, before),
      { repeatable: true },
    );
    expect(deleted).toMatchObject({ ok: true });
  }

  async pass(ms: number): Promise<void> {
    this.platform.nowMs += ms;
    await this.platform.shareObjects.runAlarms();
  }

  async letters(): Promise<ShareRecord[]> {
    const read = await this.send('GET', '/v1/topics/letters/partitions/0/records?offset=earliest');
    return read.body.records as ShareRecord[];
  }
}

const valuesOf = (records: readonly ShareRecord[]) => records.map(({ value }) => value).sort();

async function sharesOfWork(config: Json = {}): Promise<Shares> {
  const shares = new Shares();
  await shares.topic('work', 2);
  await shares.topic('letters', 1);
  await shares.create(config);
  return shares;
}

describe('POST /v1/share-groups/{group}/acquire and /acknowledge', () => {
  it('hands each record to one caller, and not again once it was accepted (I-4a I-4b)', async () => {
    const shares = await sharesOfWork();
    await shares.produce('work', 0, ['a', 'b', 'c']);
    await shares.produce('work', 1, ['d']);
    const first = await shares.acquire({ member_id: 'one', max_records: 2 });
    const second = await shares.acquire({ member_id: 'two' });
    expect(valuesOf([...first, ...second])).toEqual(['a', 'b', 'c', 'd']);
    expect(await shares.acquire()).toEqual([]);
    expect(await shares.acknowledge([...first, ...second], 'accept')).toEqual([
      { ok: true },
      { ok: true },
      { ok: true },
      { ok: true },
    ]);
    await shares.pass(60_000);
    expect(await shares.acquire()).toEqual([]);
  });

  it('brings no more records than were asked for, from however many partitions, and finds those of any', async () => {
    const shares = await sharesOfWork();
    await shares.produce('work', 0, ['a', 'b']);
    await shares.produce('work', 1, ['c', 'd']);
    for (const member of ['one', undefined, 'two', undefined]) {
      const records = await shares.acquire({ max_records: 1, ...(member === undefined ? {} : { member_id: member }) });
      expect(records).toHaveLength(1);
    }
    expect(await shares.acquire({ max_records: 1 })).toEqual([]);
  });

  it('delivers again what was released, at once or after its delay, and counts (I-4d)', async () => {
    const shares = await sharesOfWork();
    await shares.produce('work', 0, ['a', 'b']);
    const [a, b] = await shares.acquire();
    await shares.acknowledge([a!], 'release');
    await shares.acknowledge([b!], 'release', { delay_ms: 5_000 });
    const again = await shares.acquire();
    expect(again).toMatchObject([{ value: 'a', delivery_count: 2 }]);
    expect(again[0]!.lock_id).not.toBe(a!.lock_id);
    await shares.pass(5_000);
    expect(await shares.acquire()).toMatchObject([{ value: 'b', delivery_count: 2 }]);
  });

  it('delivers again what nobody acknowledged in time, and refuses the late acknowledgement', async () => {
    const shares = await sharesOfWork();
    await shares.produce('work', 0, ['a']);
    const [late] = await shares.acquire();
    await shares.pass(30_000);
    expect(await shares.acknowledge([late!], 'accept')).toMatchObject([{ code: 'INVALID_RECORD_STATE' }]);
    expect(await shares.acquire()).toMatchObject([{ value: 'a', delivery_count: 2 }]);
  });

  it('keeps a lock that is renewed, and repeats the answer to an acknowledgement that was lost', async () => {
    const shares = await sharesOfWork();
    await shares.produce('work', 0, ['a']);
    const [held] = await shares.acquire();
    await shares.pass(20_000);
    expect(await shares.acknowledge([held!], 'renew')).toEqual([{ ok: true }]);
    await shares.pass(20_000);
    expect(await shares.acknowledge([held!], 'accept')).toEqual([{ ok: true }]);
    expect(await shares.acknowledge([held!], 'accept')).toEqual([{ ok: true }]);
    expect(await shares.acknowledge([held!], 'reject')).toMatchObject([{ code: 'INVALID_RECORD_STATE' }]);
  });

  it('writes one dead letter for what was rejected or delivered too often, saying why (I-4e)', async () => {
    const shares = await sharesOfWork({ dead_letter_topic: 'letters', delivery_limit: 2 });
    await shares.produce('work', 0, ['bad', 'tiring', 'good']);
    const [bad, tiring, good] = await shares.acquire();
    await shares.acknowledge([bad!], 'reject');
    await shares.acknowledge([good!], 'accept');
    await shares.acknowledge([tiring!], 'release');
    await shares.acquire();
    await shares.pass(30_000);
    await shares.pass(1_000);
    const letters = await shares.letters();
    expect(letters.map(({ value }) => value)).toEqual(['bad', 'tiring']);
    const headers = letters.map((letter) => Object.fromEntries(letter.headers.map(({ name, value }) => [name, value])));
    expect(headers).toMatchObject([
      {
        own: 'kept',
        '__dlq.errors.topic': 'work',
        '__dlq.errors.partition': '0',
        '__dlq.errors.offset': '0',
        '__dlq.errors.group': 'jobs',
        '__dlq.errors.delivery.count': '1',
        '__dlq.errors.reason': 'rejected',
      },
      { '__dlq.errors.offset': '1', '__dlq.errors.delivery.count': '2', '__dlq.errors.reason': 'delivery-limit' },
    ]);
    const described = await shares.send('GET', '/v1/share-groups/jobs');
    expect(described.body).toMatchObject({
      partitions: [
        { partition: 0, start_offset: 3, accepted: 1, dead_lettered: 2, dead_letters: 0, available: 0, acquired: 0 },
        { partition: 1 },
      ],
    });
  });

  it('gives back what does not fit the answer, without counting its delivery', async () => {
    const shares = await sharesOfWork();
    for (const letter of ['a', 'b', 'c']) await shares.produce('work', 0, [letter.repeat(1_000)]);
    expect(await shares.acquire({ max_bytes: 1 })).toHaveLength(1);
    expect(await shares.acquire()).toMatchObject([{ delivery_count: 1 }, { delivery_count: 1 }]);
  });

  it('begins at the end unless told otherwise, on every partition at the same moment', async () => {
    const shares = new Shares();
    await shares.topic('work', 2);
    await shares.produce('work', 1, ['before']);
    expect(await shares.acquire()).toEqual([]);
    await shares.produce('work', 0, ['after']);
    await shares.produce('work', 1, ['after too']);
    expect(valuesOf(await shares.acquire())).toEqual(['after', 'after too']);
  });

  it('passes over records that were deleted', async () => {
    const shares = await sharesOfWork();
    await shares.produce('work', 0, ['a', 'b', 'c']);
    const [a] = await shares.acquire({ max_records: 1 });
    await shares.deleteRecords('work', 0, 2);
    await shares.acknowledge([a!], 'release');
    expect(valuesOf(await shares.acquire())).toEqual(['c']);
  });
});

describe('share groups', () => {
  it('are created, listed, altered, reset and deleted', async () => {
    const shares = await sharesOfWork();
    expect((await shares.send('POST', '/v1/share-groups', { group: 'jobs' })).status).toBe(200);
    expect((await shares.send('GET', '/v1/share-groups')).body).toEqual({
      groups: [{ group: 'jobs', state: 'empty', members: 0 }],
      next_cursor: null,
    });
    expect((await shares.send('GET', '/v1/groups')).body.groups).toEqual([]);
    const altered = await shares.send('PATCH', '/v1/share-groups/jobs', { delivery_limit: 1, lock_duration_ms: 2_000 });
    expect(altered.body).toMatchObject({ config: { delivery_limit: 1, lock_duration_ms: 2_000, start: 'earliest' } });
    await shares.produce('work', 0, ['a']);
    await shares.acknowledge(await shares.acquire(), 'accept');
    expect(await shares.acquire()).toEqual([]);
    const reset = await shares.send('POST', '/v1/share-groups/jobs/reset', { to: 'earliest' });
    expect(reset.body.partitions).toContainEqual({ topic: 'work', partition: 0, start_offset: 0 });
    expect(await shares.acquire()).toHaveLength(1);
    expect((await shares.send('DELETE', '/v1/share-groups/jobs')).status).toBe(204);
    expect((await shares.send('GET', '/v1/share-groups/jobs')).body.code).toBe('GROUP_ID_NOT_FOUND');
    expect((await shares.send('GET', '/v1/share-groups')).body.groups).toEqual([]);
    await shares.create();
    expect(await shares.acquire()).toMatchObject([{ value: 'a', delivery_count: 1 }]);
  });

  it('spread their members over the partitions, and forget those that fall silent', async () => {
    const shares = await sharesOfWork();
    await shares.acquire({ member_id: 'one' });
    await shares.acquire({ member_id: 'two' });
    const described = await shares.send('GET', '/v1/share-groups/jobs');
    expect(described.body).toMatchObject({
      state: 'stable',
      members: [
        { member_id: 'one', preferred: { work: [0] } },
        { member_id: 'two', preferred: { work: [1] } },
      ],
    });
    expect((await shares.send('DELETE', '/v1/share-groups/jobs')).body.code).toBe('NON_EMPTY_GROUP');
    expect((await shares.send('POST', '/v1/share-groups/jobs/leave', { member_id: 'two' })).status).toBe(204);
    await shares.pass(45_000);
    expect((await shares.send('DELETE', '/v1/share-groups/jobs')).status).toBe(204);
  });

  it('hear of a member as long as it waits', async () => {
    const shares = await sharesOfWork();
    const { services } = shares.platform;
    const request = {
      groupId: 'jobs',
      memberId: 'patient',
      clientId: '',
      topics: ['work'],
      maxRecords: 1,
      maxBytes: 1,
    };
    const waited = await services.shares.consumer.acquire({ ...request, waitMs: 60_000, as: 'auto' }, async (_, ms) => {
      shares.platform.nowMs += ms;
    });
    expect(waited).toMatchObject({ ok: true, value: { texts: [] } });
    const { body } = await shares.send('GET', '/v1/share-groups/jobs');
    expect(body).toMatchObject({ state: 'stable', members: [{ member_id: 'patient' }] });
    await shares.pass(45_000);
    expect((await shares.send('GET', '/v1/share-groups/jobs')).body).toMatchObject({ state: 'empty', members: [] });
  });

  it('and consumer groups cannot have the same id', async () => {
    const shares = await sharesOfWork();
    const joined = await shares.send('POST', '/v1/groups/jobs/consume', { topics: ['work'] });
    expect(joined).toMatchObject({ status: 409, body: { code: 'INCONSISTENT_GROUP_PROTOCOL' } });
    await shares.send('POST', '/v1/groups/readers/consume', { topics: ['work'] });
    const acquired = await shares.send('POST', '/v1/share-groups/readers/acquire', { topics: ['work'] });
    expect(acquired).toMatchObject({ status: 409, body: { code: 'INCONSISTENT_GROUP_PROTOCOL' } });
  });

  it.each([
    ['POST', '/v1/share-groups', { group: '' }, 400, 'INVALID_GROUP_ID'],
    ['POST', '/v1/share-groups', { group: '__own' }, 400, 'INVALID_GROUP_ID'],
    ['POST', '/v1/share-groups', { group: 'x', delivery_limit: 0 }, 400, 'INVALID_CONFIG'],
    ['POST', '/v1/share-groups', { group: 'x', lock_duration_ms: 1 }, 400, 'INVALID_CONFIG'],
    ['POST', '/v1/share-groups', { group: 'x', dead_letter_topic: 'nowhere' }, 404, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['POST', '/v1/share-groups', { group: 'x', dead_letter_topic: 'compacted' }, 400, 'INVALID_CONFIG'],
    ['PATCH', '/v1/share-groups/none', { delivery_limit: 3 }, 404, 'GROUP_ID_NOT_FOUND'],
    ['POST', '/v1/share-groups/jobs/acquire', { topics: [] }, 400, 'INVALID_REQUEST'],
    ['POST', '/v1/share-groups/jobs/acquire', { topics: ['nowhere'] }, 404, 'UNKNOWN_TOPIC_OR_PARTITION'],
    ['POST', '/v1/share-groups/jobs/acquire', { topics: ['letters'] }, 400, 'INVALID_REQUEST'],
    ['POST', '/v1/share-groups/jobs/acquire', { topics: ['work'], max_records: 3_000 }, 400, 'INVALID_REQUEST'],
    ['POST', '/v1/share-groups/jobs/acquire', { topics: ['work'], member_id: '' }, 400, 'INVALID_REQUEST'],
    ['POST', '/v1/share-groups/none/acknowledge', ack('work', 'x'), 404, 'GROUP_ID_NOT_FOUND'],
    ['POST', '/v1/share-groups/none/leave', { member_id: 'm' }, 404, 'GROUP_ID_NOT_FOUND'],
    ['POST', '/v1/share-groups/none/reset', { to: 'earliest' }, 404, 'GROUP_ID_NOT_FOUND'],
    ['POST', '/v1/share-groups/jobs/reset', { to: 'earliest', topics: ['x'] }, 404, 'UNKNOWN_TOPIC_OR_PARTITION'],
  ])('%s %s %j is %i %s', async (method, path, body, status, code) => {
    const shares = await sharesOfWork({ dead_letter_topic: 'letters' });
    await shares.send('POST', '/v1/topics', { name: 'compacted', config: { 'cleanup.policy': 'compact' } });
    expect(await shares.send(method, path, body)).toMatchObject({ status, body: { code } });
  });

  it('answer an acknowledgement of what was never acquired, entry by entry', async () => {
    const shares = await sharesOfWork();
    const answer = await shares.send('POST', '/v1/share-groups/jobs/acknowledge', {
      acknowledgements: [...ack('work', 'x').acknowledgements, ...ack('nowhere', 'x').acknowledgements],
    });
    expect(answer.body.results).toMatchObject([
      { code: 'INVALID_RECORD_STATE' },
      { code: 'UNKNOWN_TOPIC_OR_PARTITION' },
    ]);
  });
});

function ack(topic: string, lockId: string) {
  return { acknowledgements: [{ topic, partition: 0, from: 0, lock_id: lockId, type: 'accept' }] };
}
