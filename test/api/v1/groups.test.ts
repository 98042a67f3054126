import { describe, expect, it } from 'vitest';
import { MemoryPlatform } from '../../support/memory-platform.ts';

type Json = { readonly [field: string]: unknown };

async function platformWithFlights(partitions: number): Promise<MemoryPlatform> {
  const platform = new MemoryPlatform();
  await post(platform, '/v1/topics', { name: 'flights', partitions });
  return platform;
}

async function send(platform: MemoryPlatform, method: string, path: string, body?: unknown) {
  const headers = { 'content-type': 'application/json' };
  const init = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
  const answer = await platform.api.request(path, init);
  const text = await answer.text();
  return { status: answer.status, body: (text === '' ? null : JSON.parse(text)) as Json & { code?: string } };
}

const post = (platform: MemoryPlatform, path: string, body: unknown) => send(platform, 'POST', path, body);

async function produce(platform: MemoryPlatform, partition: number, values: readonly unknown[]): Promise<void> {
  const answer = await post(platform, '/v1/topics/flights/records', {
    records: values.map((value) => ({ partition, value })),
  });
  expect(answer.status).toBe(200);
}

describe('POST /v1/groups/{group}/consume', () => {
  it('joins, reads, commits with the next call, and goes on where that was', async () => {
    const platform = await platformWithFlights(2);
    await produce(platform, 0, ['a', 'b']);
    await produce(platform, 1, ['c']);
    const joined = await post(platform, '/v1/groups/g/consume', { topics: ['flights'] });
    expect(joined).toMatchObject({
      status: 200,
      body: { member_id: 'member-1', member_epoch: 1, assignment: { flights: [0, 1] } },
    });
    const values = (joined.body.records as Json[]).map(({ topic, partition, offset, value }) => [
      topic,
      partition,
      offset,
      value,
    ]);
    expect(values.sort()).toEqual([
      ['flights', 0, 0, 'a'],
      ['flights', 0, 1, 'b'],
      ['flights', 1, 0, 'c'],
    ]);
    expect(joined.body.positions).toEqual({ flights: { 0: 2, 1: 1 } });
    await produce(platform, 0, ['d']);
    const member = { member_id: 'member-1', member_epoch: 1, topics: ['flights'] };
    const next = { ...member, commit: joined.body.positions };
    const second = await post(platform, '/v1/groups/g/consume', next);
    expect((second.body.records as Json[]).map(({ value }) => value)).toEqual(['d']);
    // The answer was lost: the same call brings the same records.
    const again = await post(platform, '/v1/groups/g/consume', next);
    expect(again.body).toEqual(second.body);
  });
});

const valuesOf = ({ body }: { readonly body: Json }) => (body.records as Json[]).map(({ value }) => value);

describe('a consume call', () => {
  it('brings at most so many records, and positions after those that it brought', async () => {
    const platform = await platformWithFlights(1);
    await produce(platform, 0, [1, 2, 3]);
    const body = { member_id: 'm', topics: ['flights'], max_records: 2, as: 'text' };
    const first = await post(platform, '/v1/groups/g/consume', body);
    expect(valuesOf(first)).toEqual(['1', '2']);
    expect(first.body.positions).toEqual({ flights: { 0: 2 } });
    const { member_epoch } = first.body;
    // Read on without committing: the group knows nothing of it.
    const second = await post(platform, '/v1/groups/g/consume', {
      ...body,
      member_epoch,
      positions: first.body.positions,
    });
    expect(valuesOf(second)).toEqual(['3']);
    const described = await send(platform, 'GET', '/v1/groups/g');
    expect((described.body.partitions as Json[])[0]).toMatchObject({ committed_offset: null, lag: null });
  });

  it('begins at the end when it is told to, and does not move that place when it is made again', async () => {
    const platform = await platformWithFlights(1);
    await produce(platform, 0, ['old']);
    const body = { member_id: 'm', topics: ['flights'], from: 'latest' };
    expect((await post(platform, '/v1/groups/g/consume', body)).body.positions).toEqual({ flights: { 0: 1 } });
    await produce(platform, 0, ['new']);
    expect(valuesOf(await post(platform, '/v1/groups/g/consume', body))).toEqual(['new']);
  });

  it('reads several topics, and those that a pattern matches', async () => {
    const platform = await platformWithFlights(1);
    await post(platform, '/v1/topics', { name: 'flights-eu' });
    await produce(platform, 0, ['a']);
    await post(platform, '/v1/topics/flights-eu/records', { records: [{ value: 'b' }] });
    const consumed = await post(platform, '/v1/groups/g/consume', { topics_pattern: 'flights.*' });
    expect((consumed.body.records as Json[]).map(({ topic, value }) => `${topic} ${value}`).sort()).toEqual([
      'flights a',
      'flights-eu b',
    ]);
  });

  it('[I-3e] commits no offset beyond the end, says so, and goes on', async () => {
    const platform = await platformWithFlights(1);
    await produce(platform, 0, ['a']);
    const member = { member_id: 'm', topics: ['flights'] };
    const { member_epoch } = (await post(platform, '/v1/groups/g/consume', member)).body;
    const commit = { flights: { 0: 2, 9: 0 }, 'no-such-topic': { 0: 0 } };
    const answer = await post(platform, '/v1/groups/g/consume', { ...member, member_epoch, commit });
    expect(answer.status).toBe(200);
    expect((answer.body.refused as Json[]).map(({ code }) => code).sort()).toEqual([
      'OFFSET_OUT_OF_RANGE',
      'UNKNOWN_TOPIC_OR_PARTITION',
      'UNKNOWN_TOPIC_OR_PARTITION',
    ]);
    expect(valuesOf(answer)).toEqual(['a']);
    const whole = await post(platform, '/v1/groups/g/offsets', {
      member_id: 'm',
      member_epoch,
      offsets: { flights: { 0: 2 } },
    });
    expect(whole).toMatchObject({ status: 416, body: { code: 'OFFSET_OUT_OF_RANGE' } });
    const described = await send(platform, 'GET', '/v1/groups/g');
    expect((described.body.partitions as Json[])[0]).toMatchObject({ committed_offset: null });
  });

  it('keeps the note beside an offset', async () => {
    const platform = await platformWithFlights(1);
    await produce(platform, 0, ['a']);
    const offsets = { flights: { 0: { offset: 1, metadata: 'by hand', leader_epoch: 0 } } };
    expect(await post(platform, '/v1/groups/g/offsets', { offsets })).toMatchObject({
      status: 200,
      body: { refused: [] },
    });
    const described = await send(platform, 'GET', '/v1/groups/g');
    expect((described.body.partitions as Json[])[0]).toMatchObject({
      committed_offset: 1,
      metadata: 'by hand',
      lag: 0,
    });
  });

  it.each([
    [{ topics: ['no-such-topic'] }, 404, 'UNKNOWN_TOPIC_OR_PARTITION'],
    [{}, 404, 'GROUP_ID_NOT_FOUND'],
    [{ topics: [] }, 400, 'INVALID_REQUEST'],
    [{ topics: ['flights'], member_id: '' }, 400, 'INVALID_REQUEST'],
    [{ topics: ['flights'], instance_id: 'a\nb' }, 400, 'INVALID_REQUEST'],
    [{ topics: ['flights'], assignor: 'fair' }, 400, 'UNSUPPORTED_ASSIGNOR'],
    [{ topics: ['flights'], session_timeout_ms: 5_999 }, 400, 'INVALID_SESSION_TIMEOUT'],
    [{ topics: ['flights'], session_timeout_ms: 1_800_001 }, 400, 'INVALID_SESSION_TIMEOUT'],
    [{ topics: ['flights'], rebalance_timeout_ms: 0 }, 400, 'INVALID_REQUEST'],
    [{ topics_pattern: 'a(' }, 400, 'INVALID_REGULAR_EXPRESSION'],
    [{ topics: ['flights'], commit: { flights: { x: 1 } } }, 400, 'INVALID_REQUEST'],
    [{ topics: ['flights'], commit: { flights: { 0: -1 } } }, 400, 'INVALID_REQUEST'],
    [{ topics: ['flights'], positions: { flights: { 0: 99 } } }, 416, 'OFFSET_OUT_OF_RANGE'],
    [{ topics: ['flights'], max_bytes: 0 }, 400, 'INVALID_REQUEST'],
    [{ topics: ['flights'], wait_ms: 30_001 }, 400, 'INVALID_REQUEST'],
    [{ topics: ['flights'], from: 'now' }, 400, 'INVALID_REQUEST'],
    [{ topics: ['flights'], surprise: true }, 400, 'INVALID_REQUEST'],
  ])('with %j is refused', async (body, status, code) => {
    const platform = await platformWithFlights(1);
    expect(await post(platform, '/v1/groups/g/consume', body)).toMatchObject({ status, body: { code } });
  });

  it.each(['__own', 'x'.repeat(250), '%00', 'a%0Ab'])('of a group %j is refused', async (group) => {
    const platform = await platformWithFlights(1);
    const refused = await post(platform, `/v1/groups/${group}/consume`, { topics: ['flights'] });
    expect(refused).toMatchObject({ status: 400, body: { code: 'INVALID_GROUP_ID' } });
  });

  it('of static members with one instance id is refused to the second, and to the first once it was replaced', async () => {
    const platform = await platformWithFlights(1);
    const call = (member_id: string, more: object = {}) =>
      post(platform, '/v1/groups/g/consume', { member_id, instance_id: 'one', topics: ['flights'], ...more });
    const first = await call('a');
    const { member_epoch } = first.body;
    expect(await call('b')).toMatchObject({ status: 409, body: { code: 'UNRELEASED_INSTANCE_ID' } });
    const leave = { member_id: 'a', member_epoch, instance_id: 'one', away: true };
    expect((await post(platform, '/v1/groups/g/leave', leave)).status).toBe(200);
    expect((await call('b')).body.assignment).toEqual({ flights: [0] });
    expect(await call('a', { member_epoch })).toMatchObject({ status: 409, body: { code: 'FENCED_INSTANCE_ID' } });
  });
});

describe('POST /v1/groups/{group}/offsets/reset', () => {
  async function groupAt(offset: number): Promise<MemoryPlatform> {
    const platform = await platformWithFlights(2);
    for (const value of [1, 2, 3, 4]) {
      await produce(platform, 0, [value]);
      platform.nowMs += 1_000;
    }
    await post(platform, '/v1/groups/g/offsets', { offsets: { flights: { 0: offset } } });
    return platform;
  }

  const plan = async (platform: MemoryPlatform, body: object) => {
    const answer = await post(platform, '/v1/groups/g/offsets/reset', { dry_run: true, ...body });
    return (answer.body.partitions as Json[]).map((one) => [one.partition, one.current, one.offset, one.clamped]);
  };

  it('plans every way, within what the log has', async () => {
    const platform = await groupAt(2);
    const topics = { flights: [0] };
    const middleMs = platform.nowMs - 2_000;
    expect(await plan(platform, { topics, to: 'earliest' })).toEqual([[0, 2, 0, false]]);
    expect(await plan(platform, { topics, to: 'latest' })).toEqual([[0, 2, 4, false]]);
    expect(await plan(platform, { topics, to: { offset: 3 } })).toEqual([[0, 2, 3, false]]);
    expect(await plan(platform, { topics, to: { offset: 30 } })).toEqual([[0, 2, 4, true]]);
    expect(await plan(platform, { topics, to: { shift: 1 } })).toEqual([[0, 2, 3, false]]);
    expect(await plan(platform, { topics, to: { shift: -9 } })).toEqual([[0, 2, 0, true]]);
    expect(await plan(platform, { topics, to: { timestamp: middleMs } })).toEqual([[0, 2, 2, false]]);
    expect(await plan(platform, { topics, to: { timestamp: platform.nowMs + 1 } })).toEqual([[0, 2, 4, false]]);
    expect(await plan(platform, { to: 'latest' })).toEqual([
      [0, 2, 4, false],
      [1, null, 0, false],
    ]);
    const described = await send(platform, 'GET', '/v1/groups/g');
    expect((described.body.partitions as Json[])[0]).toMatchObject({ committed_offset: 2, lag: 2, lag_ms: 2_000 });
  });

  it('moves a group to where another one is, founding it if need be', async () => {
    const platform = await groupAt(3);
    const copied = await post(platform, '/v1/groups/copy/offsets/reset', { topics: ['flights'], to: { group: 'g' } });
    expect(copied.body).toMatchObject({ dry_run: false, partitions: [{ partition: 0, current: null, offset: 3 }] });
    const described = await send(platform, 'GET', '/v1/groups/copy');
    expect((described.body.partitions as Json[])[0]).toMatchObject({ committed_offset: 3 });
  });

  it('is refused while the group has members, and for what is not there', async () => {
    const platform = await groupAt(1);
    const reset = (body: object, group = 'g') => post(platform, `/v1/groups/${group}/offsets/reset`, body);
    expect(await reset({ to: 'latest' }, 'nobody')).toMatchObject({
      status: 404,
      body: { code: 'GROUP_ID_NOT_FOUND' },
    });
    expect(await reset({ to: { group: 'nobody' } })).toMatchObject({ status: 404 });
    expect(await reset({ to: 'latest', topics: ['nowhere'] })).toMatchObject({ status: 404 });
    expect(await reset({ to: 'latest', topics: { flights: [2] } })).toMatchObject({ status: 404 });
    expect(await reset({ to: 'yesterday' })).toMatchObject({ status: 400 });
    await post(platform, '/v1/groups/g/consume', { topics: ['flights'] });
    expect(await reset({ to: 'latest' })).toMatchObject({ status: 409, body: { code: 'NON_EMPTY_GROUP' } });
    expect(await reset({ to: 'latest', dry_run: true })).toMatchObject({ status: 200 });
  });
});

describe('GET /v1/groups', () => {
  it('lists groups page by page, whatever their ids are made of', async () => {
    const platform = await platformWithFlights(1);
    const ids = ['a b', 'ünïcode', 'z/slash', '日本'];
    for (const id of ids) {
      const committed = await post(platform, `/v1/groups/${encodeURIComponent(id)}/offsets`, {
        offsets: { flights: { 0: 0 } },
      });
      expect(committed.status).toBe(200);
    }
    const found: unknown[] = [];
    let cursor: string | null = null;
    do {
      const query: string = cursor === null ? '' : `&cursor=${cursor}`;
      const page: { body: Json } = await send(platform, 'GET', `/v1/groups?limit=3${query}`);
      found.push(...(page.body.groups as Json[]).map(({ group }) => group));
      cursor = page.body.next_cursor as string | null;
    } while (cursor !== null);
    expect(found).toEqual([...ids].sort());
    expect((await send(platform, 'GET', '/v1/groups?limit=1001')).status).toBe(400);
    expect((await send(platform, 'GET', '/v1/groups?cursor=!')).status).toBe(400);
  });
});

describe('deleting', () => {
  it('offsets needs a topic, and a group without members', async () => {
    const platform = await platformWithFlights(2);
    await post(platform, '/v1/groups/g/offsets', { offsets: { flights: { 0: 0, 1: 0 } } });
    const remove = (query: string) => send(platform, 'DELETE', `/v1/groups/g/offsets${query}`);
    expect(await remove('')).toMatchObject({ status: 400 });
    expect(await remove('?topic=flights&partition=1')).toMatchObject({ status: 200, body: { deleted: 1 } });
    await post(platform, '/v1/groups/g/consume', { topics: ['flights'] });
    expect(await remove('?topic=flights')).toMatchObject({ status: 409, body: { code: 'GROUP_SUBSCRIBED_TO_TOPIC' } });
    expect(await send(platform, 'DELETE', '/v1/groups/g')).toMatchObject({ status: 409 });
    expect(await send(platform, 'DELETE', '/v1/groups/nobody')).toMatchObject({ status: 404 });
  });
});
