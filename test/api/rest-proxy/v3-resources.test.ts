import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { v3Operations } from '../../../src/api/rest-proxy/v3/operations.ts';
import { MemoryPlatform } from '../../support/memory-platform.ts';
import { RestProxyApi, restProxyOrigin } from '../../support/rest-proxy-api.ts';

const platform = new MemoryPlatform();
const api = new RestProxyApi(platform.services);
const cluster = '/v3/clusters/local';

const json = async (path: string) => (await api.request(path)).json;

async function createTopic(body: object): Promise<void> {
  expect((await api.request(`${cluster}/topics`, { body })).status).toBe(201);
}

describe('clusters and brokers', () => {
  it('are one each, linked to everything in them', async () => {
    expect(await json('/v3/clusters')).toEqual({
      kind: 'KafkaClusterList',
      metadata: { self: `${restProxyOrigin}/v3/clusters`, next: null },
      data: [await json(cluster)],
    });
    expect(await json(cluster)).toMatchObject({
      kind: 'KafkaCluster',
      metadata: { self: restProxyOrigin + cluster, resource_name: 'crn:///kafka=local' },
      cluster_id: 'local',
      controller: { related: `${restProxyOrigin}${cluster}/brokers/0` },
    });
    expect(await json(`${cluster}/brokers`)).toMatchObject({ data: [await json(`${cluster}/brokers/0`)] });
    expect(await json(`${cluster}/brokers/0`)).toMatchObject({ kind: 'KafkaBroker', broker_id: 0, host: null });
  });

  it('answer 404 for another cluster or broker', async () => {
    expect(await api.refusal('/v3/clusters/other')).toEqual({ status: 404, error_code: 404 });
    expect(await api.refusal('/v3/clusters/other/topics')).toEqual({ status: 404, error_code: 404 });
    for (const path of ['', '/configs', '/configs/num.partitions', '/partition-replicas']) {
      expect(await api.refusal(`${cluster}/brokers/1${path}`)).toEqual({ status: 404, error_code: 404 });
    }
  });

  it('show configs of the broker that nobody can change', async () => {
    const { data } = (await json(`${cluster}/brokers/0/configs`)) as { data: { name: string }[] };
    expect(data).toContainEqual(await json(`${cluster}/brokers/0/configs/num.partitions`));
    expect(data.map(({ name }) => name)).toContain('log.retention.ms');
    expect(await json(`${cluster}/brokers/-/configs`)).toMatchObject({ data });
    const changes = { data: [{ name: 'num.partitions', value: '3' }] };
    const policy = { status: 400, error_code: 40_002 };
    for (const at of ['brokers/0/configs', 'broker-configs']) {
      expect(await api.refusal(`${cluster}/${at}:alter`, { body: changes })).toEqual(policy);
      const one = `${cluster}/${at}/num.partitions`;
      expect(await api.refusal(one, { method: 'PUT', body: { value: '3' } })).toEqual(policy);
      expect(await api.refusal(one, { method: 'DELETE' })).toEqual(policy);
    }
    expect(await api.refusal(`${cluster}/brokers/0/configs/no.such`)).toEqual({ status: 404, error_code: 404 });
    expect(await json(`${cluster}/broker-configs`)).toMatchObject({ kind: 'KafkaClusterConfigList', data: [] });
    expect(await api.refusal(`${cluster}/broker-configs/num.partitions`)).toEqual({ status: 404, error_code: 404 });
  });

  it('have no ACLs as long as nobody is asked who they are', async () => {
    const disabled = { status: 400, error_code: 40_002 };
    expect(await api.refusal(`${cluster}/acls`)).toEqual(disabled);
    expect(await api.refusal(`${cluster}/acls`, { body: {} })).toEqual(disabled);
    expect(await api.refusal(`${cluster}/acls:batch`, { body: {} })).toEqual(disabled);
    expect(await api.refusal(`${cluster}/acls`, { method: 'DELETE' })).toEqual(disabled);
  });
});

describe('topics', () => {
  it('are created, listed, described, enlarged and deleted', async () => {
    const created = await api.request(`${cluster}/topics`, {
      body: {
        topic_name: 'made',
        partitions_count: 2,
        replication_factor: 1,
        configs: [{ name: 'cleanup.policy', value: 'compact' }],
      },
    });
    expect(created.status).toBe(201);
    expect(created.headers.get('location')).toBe(`${restProxyOrigin}${cluster}/topics/made`);
    expect(created.json).toEqual({
      kind: 'KafkaTopic',
      metadata: {
        self: `${restProxyOrigin}${cluster}/topics/made`,
        resource_name: 'crn:///kafka=local/topic=made',
      },
      cluster_id: 'local',
      topic_name: 'made',
      is_internal: false,
      replication_factor: 1,
      partitions_count: 2,
      partitions: { related: `${restProxyOrigin}${cluster}/topics/made/partitions` },
      configs: { related: `${restProxyOrigin}${cluster}/topics/made/configs` },
      partition_reassignments: { related: `${restProxyOrigin}${cluster}/topics/made/partitions/-/reassignment` },
      authorized_operations: [],
    });
    expect(await json(`${cluster}/topics/made`)).toEqual(created.json);
    expect(await json(`${cluster}/topics`)).toMatchObject({ metadata: { next: null }, data: [created.json] });
    const larger = await api.request(`${cluster}/topics/made`, { method: 'PATCH', body: { partitions_count: 5 } });
    expect([larger.status, larger.json]).toMatchObject([200, { partitions_count: 5 }]);
    for (const partitions_count of [5, 4, 0, 5_000]) {
      expect(await api.refusal(`${cluster}/topics/made`, { method: 'PATCH', body: { partitions_count } })).toEqual({
        status: 400,
        error_code: 40_002,
      });
    }
    const gone = await api.request(`${cluster}/topics/made`, { method: 'DELETE' });
    expect([gone.status, gone.text]).toEqual([204, '']);
    for (const method of ['GET', 'DELETE'] as const) {
      expect(await api.refusal(`${cluster}/topics/made`, { method })).toEqual({ status: 404, error_code: 40_403 });
    }
  });

  it('say what may be done with them when they are asked', async () => {
    await createTopic({ topic_name: 'asked' });
    const answer = await json(`${cluster}/topics/asked?include_authorized_operations=true`);
    expect(answer).toMatchObject({ authorized_operations: expect.arrayContaining(['READ', 'WRITE']) });
  });

  it('are only validated with validate_only', async () => {
    const body = { topic_name: 'never', partitions_count: 3, validate_only: true };
    const validated = await api.request(`${cluster}/topics`, { body });
    expect([validated.status, validated.json]).toMatchObject([200, { topic_name: 'never', partitions_count: 3 }]);
    expect(await api.refusal(`${cluster}/topics/never`)).toEqual({ status: 404, error_code: 40_403 });
  });

  it('take replica assignments that put every partition on the one broker', async () => {
    const replicas_assignments = [
      { partition_id: 1, broker_ids: [0] },
      { partition_id: 0, broker_ids: [0] },
    ];
    await createTopic({ topic_name: 'placed', replicas_assignments });
    expect(await json(`${cluster}/topics/placed`)).toMatchObject({ partitions_count: 2 });
  });

  it.each([
    ['a name that is none', { topic_name: 'a b' }],
    ['no name', {}],
    ['an unknown field', { topic_name: 'x', partitions: 3 }],
    ['more replicas than brokers', { topic_name: 'x', replication_factor: 3 }],
    ['no partitions', { topic_name: 'x', partitions_count: 0 }],
    ['an unknown config', { topic_name: 'x', configs: [{ name: 'no.such', value: '1' }] }],
    [
      'a config twice',
      {
        topic_name: 'x',
        configs: [{ name: 'a' }, { name: 'retention.ms', value: '1' }, { name: 'retention.ms', value: '2' }],
      },
    ],
    ['replicas elsewhere', { topic_name: 'x', replicas_assignments: [{ partition_id: 0, broker_ids: [1] }] }],
    ['a gap in the partitions', { topic_name: 'x', replicas_assignments: [{ partition_id: 1, broker_ids: [0] }] }],
    [
      'both ways of counting',
      { topic_name: 'x', partitions_count: 1, replicas_assignments: [{ partition_id: 0, broker_ids: [0] }] },
    ],
  ])('are refused with %s', async (_what, body) => {
    expect(await api.refusal(`${cluster}/topics`, { body })).toEqual({ status: 400, error_code: 40_002 });
  });

  it('are refused when they exist, and when the body is no JSON', async () => {
    await createTopic({ topic_name: 'twice' });
    const body = { topic_name: 'twice' };
    expect(await api.refusal(`${cluster}/topics`, { body })).toEqual({ status: 400, error_code: 40_002 });
    expect(await api.refusal(`${cluster}/topics`, { body: '{"topic_name"' })).toEqual({ status: 400, error_code: 400 });
  });

  it('are listed in pages when there are too many for one answer', async () => {
    const few = new RestProxyApi(new MemoryPlatform().services);
    const names = Array.from({ length: 101 }, (_, index) => `t-${String(index).padStart(3, '0')}`);
    for (const topic_name of names) await few.request(`${cluster}/topics`, { body: { topic_name } });
    const first = await few.request(`${cluster}/topics/-/configs`);
    const { metadata, data } = first.json as { metadata: { next: string }; data: { topic_name: string }[] };
    const second = await few.request(metadata.next.slice(restProxyOrigin.length));
    const rest = second.json as { metadata: { next: null }; data: { topic_name: string }[] };
    expect(rest.metadata.next).toBeNull();
    expect([...new Set([...data, ...rest.data].map(({ topic_name }) => topic_name))]).toEqual(names);
    const token = 'x'.repeat(300);
    expect(await few.refusal(`${cluster}/topics?page_token=${token}`)).toEqual({ status: 400, error_code: 400 });
  });
});

describe('topic configs', () => {
  const configs = `${cluster}/topics/configured/configs`;

  it('show every key with its source and what it would be otherwise', async () => {
    await createTopic({ topic_name: 'configured', configs: [{ name: 'retention.ms', value: '1000' }] });
    expect(await json(`${configs}/retention.ms`)).toEqual({
      kind: 'KafkaTopicConfig',
      metadata: {
        self: `${restProxyOrigin}${configs}/retention.ms`,
        resource_name: 'crn:///kafka=local/topic=configured/config=retention.ms',
      },
      cluster_id: 'local',
      topic_name: 'configured',
      name: 'retention.ms',
      value: '1000',
      is_default: false,
      is_read_only: false,
      is_sensitive: false,
      source: 'DYNAMIC_TOPIC_CONFIG',
      synonyms: [
        { name: 'retention.ms', value: '1000', source: 'DYNAMIC_TOPIC_CONFIG' },
        { name: 'log.retention.ms', value: '604800000', source: 'DEFAULT_CONFIG' },
      ],
    });
    expect(await json(`${configs}/segment.ms`)).toMatchObject({ is_default: true, source: 'DEFAULT_CONFIG' });
    const { data } = (await json(configs)) as { data: object[] };
    expect(data).toContainEqual(await json(`${configs}/retention.ms`));
    expect(await api.refusal(`${configs}/no.such`)).toEqual({ status: 404, error_code: 404 });
    const elsewhere = await api.refusal(`${cluster}/topics/nowhere/configs`);
    expect(elsewhere).toEqual({ status: 404, error_code: 40_403 });
  });

  it('are set, reset and changed together', async () => {
    const configured = async (name: string) => ((await json(`${configs}/${name}`)) as { value: string }).value;
    expect((await api.request(`${configs}/retention.ms`, { method: 'PUT', body: { value: '2000' } })).status).toBe(204);
    expect(await configured('retention.ms')).toBe('2000');
    expect((await api.request(`${configs}/retention.ms`, { method: 'DELETE' })).status).toBe(204);
    expect(await configured('retention.ms')).toBe('604800000');
    const data = [
      { name: 'retention.ms', value: '3000' },
      { name: 'segment.ms', value: '4000', operation: 'SET' },
      { name: 'cleanup.policy', operation: 'DELETE' },
    ];
    expect((await api.request(`${configs}:alter`, { body: { data, validate_only: true } })).status).toBe(204);
    expect(await configured('retention.ms')).toBe('604800000');
    expect((await api.request(`${configs}:alter`, { body: { data } })).status).toBe(204);
    expect([await configured('retention.ms'), await configured('segment.ms')]).toEqual(['3000', '4000']);
  });

  it('are refused as a whole when one of them is wrong', async () => {
    const wrong = [
      [{ name: 'no.such', value: '1' }],
      [{ name: 'retention.ms', value: 'soon' }],
      [{ name: 'retention.ms' }],
      [
        { name: 'retention.ms', value: '1' },
        { name: 'retention.ms', value: '2' },
      ],
    ];
    for (const data of wrong) {
      expect(await api.refusal(`${configs}:alter`, { body: { data } })).toEqual({ status: 400, error_code: 40_002 });
      const validated = await api.refusal(`${configs}:alter`, { body: { data, validate_only: true } });
      expect(validated).toEqual({ status: 400, error_code: 40_002 });
    }
    const nowhere = { method: 'PUT', body: { value: '1' } };
    expect(await api.refusal(`${cluster}/topics/nowhere/configs/retention.ms`, nowhere)).toEqual({
      status: 404,
      error_code: 40_403,
    });
  });
});

describe('partitions', () => {
  const partitions = `${cluster}/topics/divided/partitions`;

  it('have a leading replica on the one broker, and offsets', async () => {
    await createTopic({ topic_name: 'divided', partitions_count: 2 });
    const { data } = (await json(partitions)) as { data: object[] };
    expect(data).toEqual([await json(`${partitions}/0`), await json(`${partitions}/1`)]);
    expect(data[1]).toMatchObject({ kind: 'KafkaPartition', partition_id: 1 });
    expect(await json(`${partitions}/1/replicas`)).toMatchObject({ data: [await json(`${partitions}/1/replicas/0`)] });
    expect(await json(`${partitions}/1/replicas/0`)).toMatchObject({ is_leader: true, is_in_sync: true, broker_id: 0 });
    const record = { partition_id: 1, value: { type: 'STRING', data: 'x' } };
    await api.request(`${cluster}/topics/divided/records`, { body: record });
    expect(await json(`${partitions}/1/offset?offset_type=earliest_and_latest`)).toMatchObject({
      kind: 'KafkaPartitionWithOffsets',
      earliest_offset: 0,
      latest_offset: 1,
    });
    expect(await json(`${partitions}/0/offset`)).toMatchObject({ earliest_offset: 0, latest_offset: 0 });
    expect(await api.refusal(`${partitions}/0/offset?offset_type=late`)).toEqual({ status: 400, error_code: 400 });
    const ofBroker = (await json(`${cluster}/brokers/0/partition-replicas`)) as { data: object[] };
    expect(ofBroker.data).toContainEqual(await json(`${partitions}/1/replicas/0`));
  });

  it('are never being reassigned', async () => {
    const none = { kind: 'KafkaReassignmentList', data: [] };
    expect(await json(`${cluster}/topics/-/partitions/-/reassignment`)).toMatchObject(none);
    expect(await json(`${partitions}/-/reassignment`)).toMatchObject(none);
    expect(await api.refusal(`${partitions}/0/reassignment`)).toEqual({ status: 404, error_code: 404 });
  });

  it('answer 404 where there are none', async () => {
    const unknown = { status: 404, error_code: 40_403 };
    for (const path of ['2', 'x', '-1', '2/offset', '2/replicas', '2/replicas/0', '2/reassignment']) {
      expect([path, await api.refusal(`${partitions}/${path}`)]).toEqual([path, unknown]);
    }
    for (const path of ['', '/0', '/0/offset', '/0/replicas', '/0/reassignment', '/-/reassignment']) {
      expect(await api.refusal(`${cluster}/topics/nowhere/partitions${path}`)).toEqual(unknown);
    }
    expect(await api.refusal(`${partitions}/0/replicas/1`)).toEqual({ status: 404, error_code: 404 });
  });
});

describe('consumer groups', () => {
  const groups = `${cluster}/consumer-groups`;
  const readers = `${groups}/readers`;

  it('show their consumers, what these were assigned, and how far behind they are', async () => {
    await createTopic({ topic_name: 'read', partitions_count: 2 });
    const record = { partition_id: 1, value: { type: 'STRING', data: 'x' } };
    for (let count = 0; count < 3; count++) await api.request(`${cluster}/topics/read/records`, { body: record });
    const body = { name: 'one', 'auto.offset.reset': 'earliest', format: 'binary' };
    await api.request('/consumers/readers', { body });
    const instance = '/consumers/readers/instances/one';
    await api.request(`${instance}/subscription`, { body: { topics: ['read'] } });
    await api.request(`${instance}/records?timeout=0&max_bytes=1`);
    await api.request(`${instance}/offsets`, { method: 'POST' });

    const consumer = `${readers}/consumers/rest-proxy%3Aone`;
    expect(await json(readers)).toMatchObject({
      kind: 'KafkaConsumerGroup',
      consumer_group_id: 'readers',
      state: 'STABLE',
      is_simple: false,
      partition_assignor: 'sticky',
      consumers: { related: `${restProxyOrigin}${readers}/consumers` },
    });
    expect(await json(groups)).toMatchObject({ data: [{ consumer_group_id: 'readers' }] });
    expect(await json(`${readers}/consumers`)).toMatchObject({ data: [await json(consumer)] });
    expect(await json(consumer)).toMatchObject({
      consumer_id: 'rest-proxy:one',
      client_id: 'rest-proxy',
      assignments: { related: `${restProxyOrigin}${consumer}/assignments` },
    });
    const assignments = (await json(`${consumer}/assignments`)) as { data: object[] };
    expect(assignments.data).toHaveLength(2);
    expect(assignments.data).toContainEqual(await json(`${consumer}/assignments/read/partitions/1`));
    expect(await json(`${readers}/lags/read/partitions/1`)).toMatchObject({
      consumer_id: 'rest-proxy:one',
      current_offset: 1,
      log_end_offset: 3,
      lag: 2,
    });
    const lags = (await json(`${readers}/lags`)) as { data: object[] };
    expect(lags.data).toContainEqual(await json(`${readers}/lags/read/partitions/1`));
    expect(await json(`${readers}/lag-summary`)).toMatchObject({
      metadata: { resource_name: 'crn:///kafka=local/consumer-group=readers/lag-summary' },
      max_lag: 2,
      total_lag: 2,
      max_lag_topic_name: 'read',
      max_lag_partition_id: 1,
      max_lag_consumer: { related: restProxyOrigin + consumer },
    });
  });

  it('answer 404 for what is not there', async () => {
    const noGroup = { status: 404, error_code: 40_405 };
    for (const path of ['', '/consumers', '/consumers/x', '/consumers/x/assignments', '/lags', '/lag-summary']) {
      expect(await api.refusal(`${groups}/nobody${path}`)).toEqual(noGroup);
    }
    const one = '/consumers/rest-proxy%3Aone';
    const absent = ['/consumers/x', '/consumers/x/assignments', `${one}/assignments/read/partitions/7`];
    for (const path of [...absent, '/lags/read/partitions/7', '/lags/other/partitions/0']) {
      expect(await api.refusal(readers + path)).toEqual({ status: 404, error_code: 404 });
    }
    await api.request('/consumers/idle', { body: { name: 'one' } });
    expect(await api.refusal(`${groups}/idle/lag-summary`)).toEqual({ status: 404, error_code: 404 });
    expect(await json(`${groups}/idle`)).toMatchObject({ state: 'EMPTY', is_simple: true, partition_assignor: '' });
  });
});

it('is all of v3 that its document has, but for batches of records', async () => {
  const document = (await json('/v3/openapi.json')) as Record<string, unknown>;
  expect(await new Validator().validate(structuredClone(document))).toEqual({ valid: true });
  expect(await json(`${cluster}/topics/-/configs`)).toMatchObject({ kind: 'KafkaTopicConfigList' });
  expect(Object.keys(v3Operations).filter((id) => !api.checker.seen.has(id))).toEqual(['produceBatch']);
});
