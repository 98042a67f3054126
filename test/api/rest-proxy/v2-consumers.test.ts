import { beforeEach, describe, expect, it } from 'vitest';
import { limits } from '../../../src/limits.ts';
import { localCluster } from '../../../src/topics/local-cluster.ts';
import { MemoryPlatform } from '../../support/memory-platform.ts';
import { RestProxyApi, restProxyOrigin } from '../../support/rest-proxy-api.ts';

const jsonType = 'application/vnd.kafka.json.v2+json';
const binaryType = 'application/vnd.kafka.binary.v2+json';

let platform: MemoryPlatform;
let api: RestProxyApi;

beforeEach(async () => {
  platform = new MemoryPlatform();
  api = new RestProxyApi(platform.services);
  await createTopic('first', 2);
});

async function createTopic(topic_name: string, partitions_count = 1): Promise<void> {
  await api.request('/v3/clusters/local/topics', { body: { topic_name, partitions_count } });
}

async function produce(topic: string, partition: number, values: readonly unknown[]): Promise<void> {
  const body = { records: values.map((value) => ({ value, partition })) };
  expect((await api.request(`/topics/${topic}`, { headers: { 'content-type': jsonType }, body })).status).toBe(200);
}

/** A consumer instance as a client drives it. */
class Consumer {
  readonly path: string;

  constructor(group: string, name: string) {
    this.path = `/consumers/${group}/instances/${name}`;
  }

  static async create(group: string, name: string, config: object = {}): Promise<Consumer> {
    const body = { name, format: 'json', 'auto.offset.reset': 'earliest', 'auto.commit.enable': 'false', ...config };
    expect((await api.request(`/consumers/${group}`, { body })).status).toBe(200);
    return new Consumer(group, name);
  }

  async send(path: string, body?: unknown, method = 'POST'): Promise<void> {
    const { status, text } = await api.request(this.path + path, { method, body });
    expect([path, status, text]).toEqual([path, 204, '']);
  }

  async subscribe(...topics: string[]): Promise<this> {
    await this.send('/subscription', { topics });
    return this;
  }

  /** The values read, in order. */
  async values(query = '?timeout=0', accept = jsonType): Promise<unknown[]> {
    const { status, json, headers } = await api.request(`${this.path}/records${query}`, { headers: { accept } });
    expect([status, headers.get('content-type')]).toEqual([200, accept]);
    return (json as { value: unknown }[]).map(({ value }) => value);
  }

  async commit(offsets?: readonly object[]): Promise<void> {
    const { status, json } = await api.request(`${this.path}/offsets`, {
      method: 'POST',
      body: offsets === undefined ? undefined : { offsets },
    });
    expect([status, json]).toEqual([200, []]);
  }

  async committed(topic: string, ...partitions: number[]): Promise<(number | undefined)[]> {
    const body = { partitions: partitions.map((partition) => ({ topic, partition })) };
    const { json } = await api.request(`${this.path}/offsets`, { method: 'GET', body });
    const { offsets } = json as { offsets: { partition: number; offset: number }[] };
    return partitions.map((asked) => offsets.find(({ partition }) => partition === asked)?.offset);
  }
}

const groupRef = (groupId: string) => ({ ...localCluster, groupId });

describe('a consumer instance', () => {
  it('is created, reads what it subscribes to, commits, and is deleted', async () => {
    const created = await api.request('/consumers/readers/', {
      body: { name: 'my_consumer', format: 'json', 'auto.offset.reset': 'earliest', 'auto.commit.enable': 'false' },
    });
    expect([created.status, created.json]).toEqual([
      200,
      {
        instance_id: 'my_consumer',
        base_uri: `${restProxyOrigin}/consumers/readers/instances/my_consumer`,
      },
    ]);
    const consumer = new Consumer('readers', 'my_consumer');
    await consumer.subscribe('first');
    await produce('first', 0, [{ foo: 'bar' }, 'text', 3]);
    const { json } = await api.request(`${consumer.path}/records?timeout=0`, { headers: { accept: jsonType } });
    expect(json).toEqual([
      { topic: 'first', key: null, value: { foo: 'bar' }, partition: 0, offset: 0 },
      { topic: 'first', key: null, value: 'text', partition: 0, offset: 1 },
      { topic: 'first', key: null, value: 3, partition: 0, offset: 2 },
    ]);
    expect(await consumer.values()).toEqual([]);
    expect(await consumer.committed('first', 0, 1)).toEqual([undefined, undefined]);
    await consumer.commit();
    expect(await consumer.committed('first', 0)).toEqual([3]);
    await consumer.send('', undefined, 'DELETE');
    expect(await api.refusal(`${consumer.path}/records`)).toEqual({ status: 404, error_code: 40_403 });
  });

  it('has a name of its own when it is given none, and defaults', async () => {
    const { json } = await api.request('/consumers/readers', { method: 'POST' });
    const { instance_id: name, base_uri: uri } = json as { instance_id: string; base_uri: string };
    expect(name).toMatch(/^rest-consumer-/);
    await produce('first', 0, ['before']);
    const path = uri.slice(restProxyOrigin.length);
    await api.request(`${path}/subscription`, { body: { topics: ['first'] } });
    const read = async () => (await api.request(`${path}/records?timeout=0`, { headers: { accept: binaryType } })).json;
    expect(await read()).toEqual([]);
    await produce('first', 0, ['after']);
    expect(await read()).toMatchObject([{ key: null, value: 'ImFmdGVyIg==', offset: 1 }]);
  });

  it('reads binary as base64 and, in the json format, anything it can show', async () => {
    await createTopic('bytes');
    const values = ['anNvbg==', 'eyJhIjogMX0=', '/w==', '', null];
    const body = { records: values.map((value) => ({ key: 'a2V5', value })) };
    await api.request('/topics/bytes', { headers: { 'content-type': binaryType }, body });
    const binary = await (await Consumer.create('b', 'binary', { format: 'binary' })).subscribe('bytes');
    expect(await binary.values('?timeout=0', binaryType)).toEqual(values);
    const json = await (await Consumer.create('j', 'json')).subscribe('bytes');
    expect(await json.values()).toEqual(['json', { a: 1 }, '/w==', '', null]);
  });

  it('reads no more than it is asked to, and goes on after it', async () => {
    await produce('first', 0, ['a'.repeat(100), 'b'.repeat(100), 'c'.repeat(100)]);
    const consumer = await (await Consumer.create('readers', 'few')).subscribe('first');
    const lengths = async (query: string) => (await consumer.values(query)).map((value) => String(value).length);
    expect(await lengths('?timeout=0&max_bytes=1')).toEqual([100]);
    await consumer.commit();
    expect(await consumer.committed('first', 0)).toEqual([1]);
    expect(await lengths('?timeout=0&max_bytes=210')).toEqual([100, 100]);
    expect(await lengths('?timeout=0')).toEqual([]);
  });

  it('shares the topic with the other instances of its group', async () => {
    const one = await (await Consumer.create('shared', 'one')).subscribe('first');
    const two = await (await Consumer.create('shared', 'two')).subscribe('first');
    const assigned = async (consumer: Consumer) => {
      const { json } = await api.request(`${consumer.path}/assignments`);
      return (json as { partitions: { partition: number }[] }).partitions.map(({ partition }) => partition);
    };
    const parts = [...(await assigned(one)), ...(await assigned(two)), ...(await assigned(one))];
    expect(new Set(parts)).toEqual(new Set([0, 1]));
    await produce('first', 0, ['p0']);
    await produce('first', 1, ['p1']);
    const read = [...(await one.values()), ...(await two.values()), ...(await one.values())];
    expect(read.sort()).toEqual(['p0', 'p1']);
    await two.send('', undefined, 'DELETE');
    expect((await assigned(one)).sort()).toEqual([0, 1]);
  });

  it('goes on where it was after its group lost its memory, and where it was committed after it lost its place', async () => {
    await produce('first', 0, [1, 2, 3]);
    const consumer = await (await Consumer.create('readers', 'kept')).subscribe('first');
    expect(await consumer.values('?timeout=0&max_bytes=1')).toEqual([1]);
    platform.groupObjects.restart(groupRef('readers'));
    expect(await consumer.values('?timeout=0&max_bytes=1')).toEqual([2]);
    expect(await consumer.values()).toEqual([3]);
  });
});

describe('commits', () => {
  it('name the last record that is done, so the next one is where the group goes on', async () => {
    await produce('first', 0, [1, 2, 3, 4]);
    const consumer = await (await Consumer.create('readers', 'one')).subscribe('first');
    await consumer.values();
    await consumer.commit([{ topic: 'first', partition: 0, offset: 1, metadata: 'half' }]);
    const { json } = await api.request(`${consumer.path}/offsets`, {
      method: 'GET',
      body: { partitions: [{ topic: 'first', partition: 0 }] },
    });
    expect(json).toEqual({ offsets: [{ topic: 'first', partition: 0, offset: 2, metadata: 'half' }] });
    await consumer.send('', undefined, 'DELETE');
    const next = await (await Consumer.create('readers', 'two')).subscribe('first');
    expect(await next.values()).toEqual([3, 4]);
  });

  it('are made by the next read, when the instance commits by itself, and by its deletion', async () => {
    await produce('first', 0, [1, 2]);
    const consumer = await (await Consumer.create('auto', 'one', { 'auto.commit.enable': true })).subscribe('first');
    await consumer.values('?timeout=0&max_bytes=1');
    expect(await consumer.committed('first', 0)).toEqual([undefined]);
    platform.nowMs += 5_000;
    await consumer.values();
    expect(await consumer.committed('first', 0)).toEqual([1]);
    await consumer.send('', undefined, 'DELETE');
    const next = await (await Consumer.create('auto', 'two')).subscribe('first');
    expect(await next.values()).toEqual([]);
    expect(await next.committed('first', 0)).toEqual([2]);
  });

  it('write a row a partition, and a read one for the instance', async () => {
    await produce('first', 0, [1]);
    await produce('first', 1, [1]);
    const consumer = await (await Consumer.create('readers', 'one')).subscribe('first');
    await consumer.values();
    const rows = () => {
      const sql = platform.groupObjects.sql(groupRef('readers'));
      return sql.query<{ count: number }>('SELECT total_changes() AS count')[0]!.count;
    };
    const rowsBy = async (work: () => Promise<unknown>) => {
      const before = rows();
      await work();
      return rows() - before;
    };
    expect(await rowsBy(() => consumer.values())).toBe(0);
    expect(await rowsBy(() => consumer.commit())).toBe(2);
    expect(await rowsBy(() => consumer.commit())).toBe(0);
    await produce('first', 0, [2, 3]);
    expect(await rowsBy(() => consumer.values())).toBe(1);
  });

  it('are refused beyond the end of the log, for other partitions, and where there are none', async () => {
    await produce('first', 0, [1]);
    const consumer = await (await Consumer.create('readers', 'one')).subscribe('first');
    const refusal = (offset: object) => api.refusal(`${consumer.path}/offsets`, { body: { offsets: [offset] } });
    expect(await refusal({ topic: 'first', partition: 0, offset: 1 })).toEqual({ status: 400, error_code: 40_002 });
    expect(await refusal({ topic: 'nowhere', partition: 0, offset: 0 })).toEqual({ status: 404, error_code: 40_401 });
    expect(await refusal({ topic: 'first', partition: 9, offset: 0 })).toEqual({ status: 404, error_code: 40_402 });
    await createTopic('other');
    await produce('other', 0, [1]);
    expect(await refusal({ topic: 'other', partition: 0, offset: 0 })).toEqual({ status: 409, error_code: 40_903 });
    expect(await refusal({ topic: 'first', partition: 0, offset: -1 })).toEqual({ status: 422, error_code: 422 });
    expect(await consumer.committed('first', 0)).toEqual([undefined]);
  });
});

describe('positions', () => {
  it('are set to offsets, times, the beginning and the end', async () => {
    await produce('first', 0, [1, 2]);
    const laterMs = platform.nowMs + 60_000;
    platform.nowMs = laterMs;
    await produce('first', 0, [3]);
    const consumer = await (await Consumer.create('readers', 'one')).subscribe('first');
    expect(await consumer.values()).toEqual([1, 2, 3]);
    const partitions = [{ topic: 'first', partition: 0 }];
    await consumer.send('/positions', { offsets: [{ topic: 'first', partition: 0, offset: 1 }] });
    expect(await consumer.values()).toEqual([2, 3]);
    await consumer.send('/positions/beginning', { partitions });
    expect(await consumer.values()).toEqual([1, 2, 3]);
    const timestamp = new Date(laterMs).toISOString();
    await consumer.send('/positions', { timestamps: [{ topic: 'first', partition: 0, timestamp }] });
    expect(await consumer.values()).toEqual([3]);
    await consumer.send('/positions/beginning', { partitions });
    await consumer.send('/positions/end', { partitions });
    expect(await consumer.values()).toEqual([]);
  });

  it('are refused for partitions the instance does not have, that are not there, and beyond the end', async () => {
    const consumer = await Consumer.create('readers', 'one');
    const seek = (place: object, path = '/positions') =>
      api.refusal(consumer.path + path, {
        body: path === '/positions' ? { offsets: [place] } : { partitions: [place] },
      });
    const illegal = { status: 409, error_code: 40_903 };
    expect(await seek({ topic: 'first', partition: 0, offset: 0 })).toEqual(illegal);
    expect(await seek({ topic: 'first', partition: 0 }, '/positions/beginning')).toEqual(illegal);
    expect(await seek({ topic: 'first', partition: 0 }, '/positions/end')).toEqual(illegal);
    await consumer.subscribe('first');
    expect(await seek({ topic: 'nowhere', partition: 0, offset: 0 })).toEqual({ status: 404, error_code: 40_401 });
    expect(await seek({ topic: 'first', partition: 2, offset: 0 })).toEqual({ status: 404, error_code: 40_402 });
    expect(await seek({ topic: 'first', partition: 0, offset: 1 })).toEqual({ status: 400, error_code: 40_002 });
    const body = { timestamps: [{ topic: 'first', partition: 0, timestamp: 'yesterday' }] };
    expect(await api.refusal(`${consumer.path}/positions`, { body })).toEqual({ status: 422, error_code: 422 });
  });
});

describe('subscriptions and assignments', () => {
  const topicsOf = async (consumer: Consumer) =>
    ((await api.request(`${consumer.path}/subscription`)).json as { topics: string[] }).topics;

  it('are by topics, replaced by the next one, and given up', async () => {
    await createTopic('second');
    await produce('first', 0, ['f']);
    await produce('second', 0, ['s']);
    const consumer = await (await Consumer.create('readers', 'one')).subscribe('first');
    expect(await topicsOf(consumer)).toEqual(['first']);
    expect(await consumer.values()).toEqual(['f']);
    await consumer.subscribe('second');
    expect(await topicsOf(consumer)).toEqual(['second']);
    expect(await consumer.values()).toEqual(['s']);
    await consumer.send('/subscription', undefined, 'DELETE');
    expect(await topicsOf(consumer)).toEqual([]);
    expect(await consumer.values()).toEqual([]);
    await consumer.subscribe('first');
    await consumer.subscribe();
    expect(await topicsOf(consumer)).toEqual([]);
  });

  it('are by a pattern, which takes topics that come later', async () => {
    const consumer = await Consumer.create('readers', 'one');
    await consumer.send('/subscription', { topic_pattern: 'fir.*|later-[0-9]+' });
    expect(await topicsOf(consumer)).toEqual(['first']);
    await createTopic('later-1');
    await produce('later-1', 0, ['new']);
    platform.nowMs += 60_000;
    await consumer.values();
    expect(await consumer.values()).toEqual(['new']);
    expect(await topicsOf(consumer)).toEqual(['first', 'later-1']);
  });

  it('are by hand, of partitions that nobody assigns', async () => {
    await produce('first', 0, ['p0']);
    await produce('first', 1, ['p1']);
    const partitions = [{ topic: 'first', partition: 1 }];
    const one = await Consumer.create('readers', 'one');
    const two = await Consumer.create('readers', 'two');
    for (const consumer of [one, two]) await consumer.send('/assignments', { partitions });
    expect((await api.request(`${one.path}/assignments`)).json).toEqual({ partitions });
    expect([await one.values(), await two.values(), await one.values()]).toEqual([['p1'], ['p1'], []]);
    await one.commit();
    expect(await two.committed('first', 1)).toEqual([1]);
    platform.groupObjects.restart(groupRef('readers'));
    await produce('first', 1, ['more']);
    expect(await one.values()).toEqual(['more']);
  });

  it('exclude each other', async () => {
    const illegal = { status: 409, error_code: 40_903 };
    const partitions = [{ topic: 'first', partition: 0 }];
    const one = await (await Consumer.create('readers', 'one')).subscribe('first');
    expect(await api.refusal(`${one.path}/assignments`, { body: { partitions } })).toEqual(illegal);
    const pattern = { body: { topic_pattern: 'f.*' } };
    expect(await api.refusal(`${one.path}/subscription`, pattern)).toEqual(illegal);
    const both = { body: { topics: ['first'], topic_pattern: 'f.*' } };
    expect(await api.refusal(`${one.path}/subscription`, both)).toEqual(illegal);
    const two = await Consumer.create('others', 'two');
    await two.send('/assignments', { partitions });
    expect(await api.refusal(`${two.path}/subscription`, { body: { topics: ['first'] } })).toEqual(illegal);
    await two.send('/subscription', undefined, 'DELETE');
    await two.subscribe('first');
  });

  it('are refused for patterns that are none and partitions that are not there', async () => {
    const one = await Consumer.create('readers', 'one');
    const unreadable = { body: { topic_pattern: 'f(' } };
    expect(await api.refusal(`${one.path}/subscription`, unreadable)).toEqual({ status: 422, error_code: 422 });
    expect(await api.refusal(`${one.path}/subscription`, { body: {} })).toEqual({ status: 422, error_code: 422 });
    const assign = (topic: string, partition: number) =>
      api.refusal(`${one.path}/assignments`, { body: { partitions: [{ topic, partition }] } });
    expect(await assign('nowhere', 0)).toEqual({ status: 404, error_code: 40_401 });
    expect(await assign('first', 2)).toEqual({ status: 404, error_code: 40_402 });
  });

  it('by hand do not commit under the feet of members', async () => {
    await produce('first', 0, [1]);
    const byHand = await Consumer.create('readers', 'hand');
    await byHand.send('/assignments', { partitions: [{ topic: 'first', partition: 0 }] });
    await byHand.values();
    await (await Consumer.create('readers', 'member')).subscribe('first');
    const refusal = await api.refusal(`${byHand.path}/offsets`, { method: 'POST' });
    expect(refusal).toEqual({ status: 409, error_code: 40_903 });
  });
});

describe('what is wrong with a call', () => {
  it.each([
    ['a format that is none', { format: 'xml' }, 42_204],
    ['Avro, without a registry', { format: 'avro' }, 42_204],
    ['an offset reset that is none', { 'auto.offset.reset': 'middle' }, 42_204],
    ['too few bytes', { 'fetch.min.bytes': 0 }, 40_001],
    ['no time', { 'consumer.request.timeout.ms': '0' }, 40_001],
    ['auto-commit that is neither', { 'auto.commit.enable': 'maybe' }, 422],
    ['an unknown setting', { 'max.poll.records': 5 }, 422],
    ['a name with control characters', { name: 'a\nb' }, 422],
    ['a name that is too long', { name: 'x'.repeat(limits.memberIdCharacters.value + 1) }, 422],
  ])('refuses to create an instance with %s', async (_what, body, error_code) => {
    expect(await api.refusal('/consumers/readers', { body })).toEqual({ status: 422, error_code });
  });

  it('refuses a second instance of a name, and other groups as groups', async () => {
    await Consumer.create('readers', 'one');
    const again = { body: { name: 'one' } };
    expect(await api.refusal('/consumers/readers', again)).toEqual({ status: 409, error_code: 40_902 });
    expect((await api.request('/consumers/others', again)).status).toBe(200);
    expect(await api.refusal('/consumers/__own', again)).toEqual({ status: 400, error_code: 40_002 });
  });

  it('answers 40403 for instances that are not there, whatever is asked', async () => {
    await Consumer.create('readers', 'one');
    const partitions = [{ topic: 'first', partition: 0 }];
    const calls: [string, string, unknown?][] = [
      ['DELETE', ''],
      ['POST', '/subscription', { topics: ['first'] }],
      ['GET', '/subscription'],
      ['DELETE', '/subscription'],
      ['POST', '/assignments', { partitions }],
      ['GET', '/assignments'],
      ['POST', '/offsets'],
      ['POST', '/offsets', { offsets: [] }],
      ['GET', '/offsets', { partitions }],
      ['POST', '/positions', { offsets: [{ ...partitions[0], offset: 0 }] }],
      ['POST', '/positions/beginning', { partitions }],
      ['POST', '/positions/end', { partitions }],
      ['GET', '/records'],
    ];
    for (const [method, path, body] of calls) {
      for (const where of ['/consumers/readers/instances/two', '/consumers/nobody/instances/one']) {
        const refusal = await api.refusal(where + path, { method, body });
        expect([method, where + path, refusal]).toEqual([method, where + path, { status: 404, error_code: 40_403 }]);
      }
    }
  });

  it('answers 40601 when records are asked for in another format', async () => {
    const json = await (await Consumer.create('readers', 'json')).subscribe('first');
    const binary = await (await Consumer.create('others', 'binary', { format: 'binary' })).subscribe('first');
    const ask = (consumer: Consumer, accept: string) =>
      api.request(`${consumer.path}/records?timeout=0`, { headers: { accept } });
    const mismatch = { status: 406, error_code: 40_601 };
    const refusal = async (consumer: Consumer, accept: string) => {
      const { status, json: error } = await ask(consumer, accept);
      return { status, error_code: (error as { error_code: number }).error_code };
    };
    expect(await refusal(json, binaryType)).toEqual(mismatch);
    expect(await refusal(json, 'application/vnd.kafka.v2+json')).toEqual(mismatch);
    expect(await refusal(json, 'application/vnd.kafka.avro.v2+json')).toEqual(mismatch);
    expect(await refusal(binary, jsonType)).toEqual(mismatch);
    expect((await ask(binary, 'application/vnd.kafka.v2+json')).status).toBe(200);
    for (const consumer of [json, binary]) expect((await ask(consumer, '*/*')).status).toBe(200);
    expect((await ask(json, 'text/plain')).status).toBe(406);
  });

  it('answers 415, 422 and 40402 for bodies it cannot use', async () => {
    const { path } = await Consumer.create('readers', 'one');
    const headers = { 'content-type': 'text/plain' };
    expect(await api.refusal('/consumers/readers', { headers, body: '{}' })).toEqual({ status: 415, error_code: 415 });
    for (const body of ['{', '[]', '{"partitions":[{"topic":"first"}]}']) {
      expect(await api.refusal(`${path}/positions/end`, { body })).toEqual({ status: 422, error_code: 422 });
    }
    expect(await api.refusal(`${path}/offsets`)).toEqual({ status: 404, error_code: 40_402 });
    const unknown = { method: 'GET', body: { partitions: [{ topic: 'first', partition: 9 }] } };
    expect(await api.refusal(`${path}/offsets`, unknown)).toEqual({ status: 404, error_code: 40_402 });
    for (const query of ['?timeout=soon', '?max_bytes=all']) {
      expect(await api.refusal(`${path}/records${query}`)).toEqual({ status: 422, error_code: 422 });
    }
  });

  it('refuses to read without a committed offset when it is to begin nowhere', async () => {
    const consumer = await (await Consumer.create('readers', 'none', { 'auto.offset.reset': 'none' })).subscribe(
      'first',
    );
    const path = `${consumer.path}/records?timeout=0`;
    const accept = { headers: { accept: jsonType } };
    expect(await api.refusal(path, accept)).toEqual({ status: 400, error_code: 40_002 });
    const partitions = [0, 1].map((partition) => ({ topic: 'first', partition }));
    await consumer.send('/positions/end', { partitions });
    expect(await consumer.values()).toEqual([]);
  });
});

describe('an instance nobody uses', () => {
  const timeoutMs = limits.consumerInstanceTimeoutMs.value;

  it('is gone after its timeout, and what it had goes to the others', async () => {
    const idle = await (await Consumer.create('readers', 'idle')).subscribe('first');
    const busy = await (await Consumer.create('readers', 'busy')).subscribe('first');
    platform.nowMs += timeoutMs;
    expect(await busy.values()).toEqual([]);
    expect(await idle.values()).toEqual([]);
    platform.nowMs += timeoutMs / 2;
    await busy.values();
    platform.nowMs += timeoutMs / 2 + 1;
    expect(await api.refusal(`${idle.path}/assignments`)).toEqual({ status: 404, error_code: 40_403 });
    expect((await api.request(`${busy.path}/assignments`)).json).toMatchObject({ partitions: [{}, {}] });
    expect((await api.request('/consumers/readers', { body: { name: 'idle' } })).status).toBe(200);
  });

  it('is kept for no less than its timeout by a group that lost its memory', async () => {
    const idle = await Consumer.create('readers', 'idle');
    platform.nowMs += 59_000;
    await idle.values();
    platform.groupObjects.restart(groupRef('readers'));
    platform.nowMs += timeoutMs - 1;
    expect(await idle.values()).toEqual([]);
    platform.groupObjects.restart(groupRef('readers'));
    platform.nowMs += timeoutMs + 60_001;
    expect(await api.refusal(`${idle.path}/records`)).toEqual({ status: 404, error_code: 40_403 });
  });

  it('is taken out by the alarm of its group, so that its partitions are free', async () => {
    await (await Consumer.create('readers', 'idle')).subscribe('first');
    platform.nowMs += timeoutMs + 1;
    await platform.groupObjects.runAlarms();
    const described = await platform.services.groups.rpc.describe(groupRef('readers'));
    expect(described).toMatchObject({ ok: true, value: { members: [], state: 'empty' } });
  });
});
