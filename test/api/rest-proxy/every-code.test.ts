import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RestVersion } from '../../../src/api/rest-proxy/error-codes.ts';
import type { ErrorCode } from '../../../src/errors/error-codes.ts';
import { failed } from '../../../src/errors/result.ts';
import { limits } from '../../../src/limits.ts';
import { emptyClusterServices } from '../../support/api-services.ts';
import { MemoryPlatform } from '../../support/memory-platform.ts';
import { RestProxyApi, type RestProxyInit } from '../../support/rest-proxy-api.ts';
import { documentedCodes } from '../../support/rest-proxy-codes.ts';

const platform = new MemoryPlatform();
const api = new RestProxyApi(platform.services);

/** The REST Proxy of a platform whose topics cannot be looked up, for this reason. */
function failing(code: ErrorCode): RestProxyApi {
  const failure = failed(code, 'injected by the test');
  const { catalog } = emptyClusterServices();
  const findTopic = async () => failure;
  return new RestProxyApi(
    emptyClusterServices({
      routes: { find: findTopic, forget: () => {} },
      catalog: { ...catalog, findTopic, describeTopic: findTopic } as typeof catalog,
    }),
  );
}

const jsonV2 = { 'content-type': 'application/vnd.kafka.json.v2+json' };
const binaryV2 = { 'content-type': 'application/vnd.kafka.binary.v2+json' };
const avroV2 = { 'content-type': 'application/vnd.kafka.avro.v2+json' };
const tooLarge = 'x'.repeat(limits.requestBodyBytes.value + 1);
const place = { topic: 'first', partition: 0 };
const instance = '/consumers/readers/instances/one';
const topics = '/v3/clusters/local/topics';
const groups = '/v3/clusters/local/consumer-groups';
const entry = { id: 'a', value: { type: 'STRING', data: 'x' } };

type Case = {
  readonly version: RestVersion;
  readonly code: number;
  readonly what: string;
  readonly path: string;
  readonly init?: RestProxyInit;
  /** What the platform fails with, where it is the platform that does. */
  readonly failsWith?: ErrorCode;
};

const v2 = (code: number, what: string, path: string, init: RestProxyInit = {}): Case => ({
  version: 'v2',
  code,
  what,
  path,
  init,
});
const v3 = (code: number, what: string, path: string, init: RestProxyInit = {}): Case => ({
  ...v2(code, what, path, init),
  version: 'v3',
});

/** What Kafka, or what keeps credentials, would refuse or fail with, and the code that stands for it in both versions. */
const failures: [number, ErrorCode, string][] = [
  [40_101, 'SASL_AUTHENTICATION_FAILED', 'no valid credential'],
  [40_301, 'TOPIC_AUTHORIZATION_FAILED', 'a credential that may not'],
  [429, 'OVERLOADED', 'too busy'],
  [50_002, 'STORAGE_FULL', 'a failure for good'],
  [50_003, 'KAFKA_STORAGE_ERROR', 'a failure that may pass'],
];

/** A request for each code of either version: the list of the issue, and of the documentation. */
const cases: Case[] = [
  v2(40_001, 'a setting out of its bounds', '/consumers/readers', { body: { 'fetch.min.bytes': 0 } }),
  v2(40_002, 'a commit beyond the end', `${instance}/offsets`, { body: { offsets: [{ ...place, offset: 1_000 }] } }),
  v2(40_301, 'the page of another site', '/topics', { headers: { origin: 'https://example.com' } }),
  v2(40_401, 'no such topic', '/topics/nowhere'),
  v2(40_402, 'no such partition', '/topics/first/partitions/9'),
  v2(40_403, 'no such instance', '/consumers/readers/instances/nobody/records'),
  v2(40_403, "another group's instance", '/consumers/others/instances/one/records'),
  v2(404, 'no such route', '/nothing'),
  v2(405, 'a method that is not there', '/topics', { method: 'DELETE' }),
  v2(406, 'nothing acceptable', '/topics', { headers: { accept: 'text/html' } }),
  v2(413, 'too large a body', '/topics/first', { headers: jsonV2, body: tooLarge }),
  v2(415, 'a body it does not read', '/topics/first', { headers: { 'content-type': 'text/plain' }, body: '{}' }),
  v2(40_601, 'another format than the instance has', `${instance}/records`, {
    headers: { accept: 'application/vnd.kafka.binary.v2+json' },
  }),
  v2(40_902, 'a second instance of a name', '/consumers/readers', { body: { name: 'one' } }),
  v2(40_903, 'assigning on top of subscribing', `${instance}/assignments`, { body: { partitions: [place] } }),
  v2(40_903, 'subscribing by topics and by a pattern', `${instance}/subscription`, {
    body: { topics: ['first'], topic_pattern: 'f.*' },
  }),
  v2(422, 'no JSON', '/topics/first', { headers: jsonV2, body: '{' }),
  v2(42_201, 'keys with a schema, and none', '/topics/first', {
    headers: avroV2,
    body: { value_schema: '"int"', records: [{ key: 1, value: 1 }] },
  }),
  v2(42_202, 'values with a schema, and none', '/topics/first', { headers: avroV2, body: { records: [{ value: 1 }] } }),
  v2(42_204, 'a format that is none', '/consumers/readers', { body: { format: 'xml' } }),
  v2(42_205, 'a schema that is none', '/topics/first', {
    headers: avroV2,
    body: { value_schema: '{', records: [{ value: 1 }] },
  }),
  v2(42_206, 'bad base64', '/topics/first', { headers: binaryV2, body: { records: [{ value: '%' }] } }),
  v3(400, 'no JSON', topics, { body: '{' }),
  v3(40_002, 'a topic that exists', topics, { body: { topic_name: 'first' } }),
  v3(40_002, 'a number of partitions that is none', topics, { body: { topic_name: 'new', partitions_count: 0 } }),
  v3(40_301, 'the page of another site', '/v3/clusters', { headers: { origin: 'https://example.com' } }),
  v3(404, 'no such cluster', '/v3/clusters/other'),
  v3(40_403, 'no such topic', `${topics}/nowhere`),
  v3(40_403, 'no such partition', `${topics}/first/partitions/9`),
  v3(40_405, 'no such group', `${groups}/nobody`),
  v3(405, 'a method that is not there', '/v3/clusters', { method: 'DELETE' }),
  v3(406, 'nothing acceptable', '/v3/clusters', { headers: { accept: 'text/html' } }),
  v3(413, 'too large a body', `${topics}/first/records:batch`, { body: tooLarge }),
  v3(415, 'a body it does not read', topics, { headers: { 'content-type': 'text/plain' }, body: '{}' }),
  v3(42_206, 'bad base64', `${topics}/first/records`, { body: { value: { type: 'BINARY', data: '%' } } }),
  v3(42_208, 'a batch without entries', `${topics}/first/records:batch`, { body: { entries: [] } }),
  v3(42_208, 'ids that are none', `${topics}/first/records:batch`, { body: { entries: [{ ...entry, id: 'a b' }] } }),
  ...failures.flatMap(([code, failsWith, what]): Case[] => [
    { ...v2(code, what, '/topics/first', { headers: jsonV2, body: { records: [{ value: 1 }] } }), failsWith },
    { ...v3(code, what, `${topics}/first/records:batch`, { body: { entries: [entry] } }), failsWith },
  ]),
];

beforeAll(async () => {
  await api.request(topics, { body: { topic_name: 'first', partitions_count: 1 } });
  const config = { name: 'one', format: 'json', 'auto.offset.reset': 'earliest' };
  expect((await api.request('/consumers/readers', { body: config })).status).toBe(200);
  expect((await api.request(`${instance}/subscription`, { body: { topics: ['first'] } })).status).toBe(204);
});

describe('every code of the documentation', () => {
  it.each(cases)('$version $code: $what', async ({ code, path, init, failsWith }) => {
    const asked = failsWith === undefined ? api : failing(failsWith);
    const { status, json } = await asked.request(path, init);
    const { error_code, message } = json as { error_code: number; message: string };
    expect(error_code).toBe(code);
    // One that is about a record of a stream stands in its place, in an answer that is well.
    const inStream = path.endsWith('/records') && path.startsWith('/v3');
    const expected = code < 1_000 ? code : code === 40_001 ? 422 : Math.floor(code / 100);
    expect(status).toBe(inStream ? 200 : expected);
    expect(message.length).toBeGreaterThan(5);
  });

  it.each(['v2', 'v3'] as const)('of %s is in the list above, and nothing else is', (version) => {
    const tested = new Set(cases.filter((one) => one.version === version).map(({ code }) => code));
    const sorted = (codes: ReadonlySet<number>) => [...codes].toSorted((one, other) => one - other);
    expect(sorted(tested)).toEqual(sorted(documentedCodes()[version]));
  });

  it('is all that the source refuses with', () => {
    const folder = join(import.meta.dirname, '../../../src/api/rest-proxy');
    const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    const { v2: ofV2, v3: ofV3 } = documentedCodes();
    const known = new Set([...ofV2, ...ofV3]);
    const unknown = sources.flatMap((name) => {
      const text = readFileSync(join(folder, name), 'utf8');
      const written = [...text.matchAll(/\b([45]\d_\d{3})\b/g)].map(([, digits]) => Number(digits!.replace('_', '')));
      return written.filter((code) => !known.has(code)).map((code) => `${name}: ${code}`);
    });
    expect(unknown).toEqual([]);
  });
});
