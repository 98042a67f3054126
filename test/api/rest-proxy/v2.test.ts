import { beforeAll, describe, expect, it } from 'vitest';
import type { RecordJson } from '../../../src/contracts/record-json.ts';
import { limits } from '../../../src/limits.ts';
import { MemoryPlatform } from '../../support/memory-platform.ts';
import { RestProxyApi } from '../../support/rest-proxy-api.ts';

const platform = new MemoryPlatform();
const api = new RestProxyApi(platform.services);

const binary = { 'content-type': 'application/vnd.kafka.binary.v2+json' };
const json = { 'content-type': 'application/vnd.kafka.json.v2+json' };
const typeOf = (format: string) => ({ 'content-type': `application/vnd.kafka.${format}.v2+json` });

beforeAll(async () => {
  for (const topic_name of ['first', 'second']) {
    const configs = [{ name: 'retention.ms', value: '1000' }];
    await api.request('/v3/clusters/local/topics', { body: { topic_name, partitions_count: 2, configs } });
  }
});

async function stored(topic: string, partition: number, as = 'text'): Promise<Pick<RecordJson, 'key' | 'value'>[]> {
  const answer = await platform.api.request(`/v1/topics/${topic}/partitions/${partition}/records?as=${as}`);
  const { records } = (await answer.json()) as { records: RecordJson[] };
  return records.map(({ key, value }) => ({ key, value }));
}

describe('metadata', () => {
  const replicas = [{ broker: 0, leader: true, in_sync: true }];
  const partitions = [
    { partition: 0, leader: 0, replicas },
    { partition: 1, leader: 0, replicas },
  ];

  it('has topics, partitions and the one broker', async () => {
    expect((await api.request('/topics')).json).toEqual(['first', 'second']);
    const topic = (await api.request('/topics/first')).json as { configs: object };
    expect(topic).toMatchObject({ name: 'first', partitions });
    expect(topic.configs).toMatchObject({ 'retention.ms': '1000', 'cleanup.policy': 'delete' });
    expect((await api.request('/topics/first/partitions')).json).toEqual(partitions);
    expect((await api.request('/topics/first/partitions/1')).json).toEqual(partitions[1]);
    expect((await api.request('/topics/first/partitions/1/offsets')).json).toEqual({
      beginning_offset: 0,
      end_offset: 0,
    });
    expect((await api.request('/brokers')).json).toEqual({ brokers: [0] });
    expect((await api.request('/', { method: 'POST' })).json).toEqual({});
  });

  it('answers 40401 and 40402 for what is not there', async () => {
    const noTopic = { status: 404, error_code: 40_401 };
    for (const path of ['', '/partitions', '/partitions/0', '/partitions/0/offsets']) {
      expect(await api.refusal(`/topics/nowhere${path}`)).toEqual(noTopic);
    }
    const noPartition = { status: 404, error_code: 40_402 };
    for (const path of ['2', 'x', '2/offsets']) {
      expect(await api.refusal(`/topics/first/partitions/${path}`)).toEqual(noPartition);
    }
    const { json: error } = await api.request('/topics/nowhere');
    expect((error as { message: string }).message).toMatch(/^Topic not found\. /);
  });
});

describe('produce', () => {
  it('takes binary records and says where they are', async () => {
    const {
      status,
      headers,
      json: answer,
    } = await api.request('/topics/first', {
      headers: binary,
      body: {
        records: [
          { key: 'a2V5', value: 'Y29uZmx1ZW50', partition: 0 },
          { value: 'a2Fma2E=', partition: 1 },
          { value: null, key: 'a2V5', partition: 0 },
        ],
      },
    });
    expect([status, headers.get('content-type')]).toEqual([200, 'application/vnd.kafka.v2+json']);
    expect(answer).toEqual({
      offsets: [
        { partition: 0, offset: 0, error_code: null, error: null },
        { partition: 1, offset: 0, error_code: null, error: null },
        { partition: 0, offset: 1, error_code: null, error: null },
      ],
      key_schema_id: null,
      value_schema_id: null,
    });
    expect(await stored('first', 0)).toEqual([
      { key: 'key', value: 'confluent' },
      { key: 'key', value: null },
    ]);
    expect((await api.request('/topics/first/partitions/0/offsets')).json).toEqual({
      beginning_offset: 0,
      end_offset: 2,
    });
  });

  it('takes JSON records and stores their text, keys with their quotes', async () => {
    const body = '{"records":[{"key":"somekey","value":{"foo": 1.0}},{"key":null,"value":[ "foo" ]},{"value":53.5}]}';
    const { json: answer } = await api.request('/topics/second/partitions/1', { headers: json, body });
    expect((answer as { offsets: object[] }).offsets).toMatchObject([{ offset: 0 }, { offset: 1 }, { offset: 2 }]);
    expect(await stored('second', 1)).toEqual([
      { key: '"somekey"', value: '{"foo": 1.0}' },
      { key: null, value: '[ "foo" ]' },
      { key: null, value: '53.5' },
    ]);
  });

  it('takes records as binary when the type names no format', async () => {
    for (const type of ['application/json', 'application/octet-stream', 'application/vnd.kafka.v2+json']) {
      const body = { records: [{ value: 'eA==' }] };
      const { status } = await api.request('/topics/second', { headers: { 'content-type': type }, body });
      expect([type, status]).toEqual([type, 200]);
    }
  });

  it('tells of each record what became of it', async () => {
    const { status, json: answer } = await api.request('/topics/first', {
      headers: json,
      body: { records: [{ value: 1, partition: 1 }, { value: 2, partition: 9 }, { value: 'x'.repeat(1_100_000) }] },
    });
    expect(status).toBe(200);
    expect(answer).toMatchObject({
      offsets: [
        { partition: 1, error_code: null },
        { partition: null, offset: null, error_code: 2, error: expect.stringContaining('partitions 0 to 1') },
        { partition: null, offset: null, error_code: 1, error: expect.stringContaining('max.message.bytes') },
      ],
    });
  });

  it.each([
    ['no records', json, {}, 422],
    ['an empty list', json, { records: [] }, 422],
    ['records that are no list', json, { records: {} }, 422],
    ['a record that is none', json, { records: [1] }, 422],
    ['an unknown field', json, { records: [{ value: 1 }], more: 1 }, 422],
    ['an unknown field of a record', json, { records: [{ value: 1, headers: [] }] }, 422],
    ['a partition that is none', json, { records: [{ value: 1, partition: -1 }] }, 422],
    ['no JSON', json, '{"records":[', 422],
    ['bad base64', binary, { records: [{ value: '%' }] }, 42_206],
    ['binary that is no string', binary, { records: [{ value: 1 }] }, 42_206],
    ['Avro keys without a schema', typeOf('avro'), { value_schema: '"int"', records: [{ key: 1, value: 1 }] }, 42_201],
    ['Avro values without a schema', typeOf('avro'), { records: [{ value: 1 }] }, 42_202],
    ['JSON Schema values without a schema', typeOf('jsonschema'), { records: [{ value: 1 }] }, 42_202],
    ['an Avro schema that is none', typeOf('avro'), { value_schema: '{', records: [{ value: 1 }] }, 42_205],
    ['Avro, without a registry', typeOf('avro'), { value_schema: '"int"', records: [{ value: 1 }] }, 42_206],
    ['Protobuf, without a registry', typeOf('protobuf'), { value_schema_id: 1, records: [{ value: 1 }] }, 42_206],
  ])('is refused as a whole: %s', async (_what, headers, body, error_code) => {
    expect(await api.refusal('/topics/first', { headers, body })).toEqual({ status: 422, error_code });
  });

  it('is refused where there is no topic or partition, or the records name another', async () => {
    const body = { records: [{ value: 1, partition: 0 }] };
    const at = (path: string) => api.refusal(path, { headers: json, body });
    expect(await at('/topics/nowhere')).toEqual({ status: 404, error_code: 40_401 });
    expect(await at('/topics/nowhere/partitions/0')).toEqual({ status: 404, error_code: 40_401 });
    expect(await at('/topics/first/partitions/2')).toEqual({ status: 404, error_code: 40_402 });
    expect(await at('/topics/first/partitions/1')).toEqual({ status: 422, error_code: 422 });
  });

  it('is refused when there is too much of it', async () => {
    const tooMany = { records: Array.from({ length: limits.recordsPerRequest.value + 1 }, () => ({ value: 1 })) };
    expect(await api.refusal('/topics/first', { headers: json, body: tooMany })).toEqual({
      status: 413,
      error_code: 413,
    });
    const tooLarge = 'x'.repeat(limits.requestBodyBytes.value + 1);
    expect(await api.refusal('/topics/first', { headers: json, body: tooLarge })).toEqual({
      status: 413,
      error_code: 413,
    });
  });
});
