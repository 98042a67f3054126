import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
  type SASLOptions,
} from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, createClient } from '../../src/client/index.ts';
import { type KafkaProxy, startKafkaProxy } from '../support/kafka-proxy.ts';
import { hasKcat, kcat } from '../support/kcat.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

type Key = { readonly apiKey: string; readonly keyId: string };

let platform: PlatformProcess;
let owner: Client;
let proxy: KafkaProxy;
/** May produce to and consume from what begins with `orders`, with groups that begin with `app`. */
let program: Key;

beforeAll(async () => {
  process.env.KAFKAJS_NO_PARTITIONER_WARNING = '1';
  platform = await startPlatformProcess({ auth: true });
  owner = createClient({ url: platform.url, credential: platform.ownerKey! });
  program = await key('produce:topic:orders*', 'consume:topic:orders*', 'consume:group:app*', 'describe:group:app*');
  await owner.topics.create({ name: 'orders', partitions: 2 });
  await owner.topics.create({ name: 'invoices', partitions: 1 });
  // A key that may do nothing there: each client says by SASL who it is.
  proxy = await startKafkaProxy(platform.url, (await key('describe:topic:none')).apiKey);
});
afterAll(async () => {
  await proxy?.stop();
  await platform[Symbol.asyncDispose]();
});

const key = (...scopes: string[]): Promise<Key> => owner.organization.createKey({ name: 'a key', scopes });
const secretOf = ({ apiKey }: Key) => apiKey.slice(-49);

const carriers = { tcp: () => platform.kafkaServers, 'kafka-proxy': () => proxy.servers } as const;

const kafkaOf = (brokers: string, sasl?: SASLOptions) =>
  new Kafka({
    clientId: 'test',
    brokers: [brokers],
    ssl: false,
    logLevel: logLevel.NOTHING,
    retry: { retries: 1 },
    ...(sasl === undefined ? {} : { sasl }),
  });

/** The ways in which kafkajs can say who it is. */
const sasl = {
  plain: ({ apiKey, keyId }: Key) => ({ mechanism: 'plain', username: keyId, password: secretOf({ apiKey, keyId }) }),
  'scram-sha-256': (key: Key) => ({ mechanism: 'scram-sha-256', username: key.keyId, password: secretOf(key) }),
  'scram-sha-512': (key: Key) => ({ mechanism: 'scram-sha-512', username: key.keyId, password: secretOf(key) }),
  oauthbearer: ({ apiKey }: Key) => ({
    mechanism: 'oauthbearer',
    oauthBearerProvider: async () => ({ value: apiKey }),
  }),
} as const satisfies Record<string, (key: Key) => SASLOptions>;

describe.each(['tcp', 'kafka-proxy'] as const)('over %s, kafkajs', (carrier) => {
  test.each(Object.keys(sasl) as (keyof typeof sasl)[])('signs in by %s, produces and consumes', async (mechanism) => {
    const kafka = kafkaOf(carriers[carrier](), sasl[mechanism](program));
    const producer = kafka.producer();
    await producer.connect();
    const value = `${carrier} ${mechanism}`;
    await producer.send({ topic: 'orders', messages: [{ value }] });
    const consumer = kafka.consumer({ groupId: `app-${carrier}-${mechanism}` });
    await consumer.connect();
    await consumer.subscribe({ topic: 'orders', fromBeginning: true });
    const values: string[] = [];
    await consumer.run({ eachMessage: async ({ message }) => void values.push(String(message.value)) });
    await expect.poll(() => values, { timeout: 20_000 }).toContain(value);
    await consumer.disconnect();
    await expect(producer.send({ topic: 'invoices', messages: [{ value }] })).rejects.toThrow(/authoriz/i);
    await producer.disconnect();
  });

  test('is shown its own topics alone, and told when the key is none', async () => {
    const admin = kafkaOf(carriers[carrier](), sasl.plain(program)).admin();
    await admin.connect();
    expect(await admin.listTopics()).toEqual(['orders']);
    await admin.disconnect();
    const wrong = { ...program, apiKey: platform.ownerKey! };
    await expect(kafkaOf(carriers[carrier](), sasl.plain(wrong)).admin().connect()).rejects.toThrow(/mrk_/);
  });
});

test('kafkajs gets nowhere without a word of who it is, but through a proxy that has a key', async () => {
  await expect(kafkaOf(platform.kafkaServers).admin().listTopics()).rejects.toThrow();
  const own = await startKafkaProxy(platform.url, program.apiKey);
  const admin = kafkaOf(own.servers).admin();
  await admin.connect();
  expect(await admin.listTopics()).toEqual(['orders']);
  await admin.disconnect();
  await own.stop();
  const without = await startKafkaProxy(platform.url);
  await expect(kafkaOf(without.servers).admin().connect()).rejects.toThrow();
  await without.stop();
});

/** Waits longer than the test may take: whoever is cut off while it waits heard of it from the organization. */
const longWait = { maxWaitTimeInMs: 100_000 };

test.each(['tcp', 'kafka-proxy'] as const)('over %s a consumer whose key is revoked is cut off', async (carrier) => {
  const produced = await fetch(`${platform.url}/v1/topics/orders/records`, {
    method: 'POST',
    headers: { authorization: `Bearer ${program.apiKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ records: [{ value: 1 }] }),
  });
  expect(produced.status).toBe(200);
  const doomed = await key('consume:topic:orders*', 'consume:group:app*', 'describe:group:app*');
  // Nobody tells an isolate that connections end at: there the client has to ask before it is turned away.
  const wait = carrier === 'tcp' ? {} : longWait;
  const groupId = `app-doomed-${carrier}`;
  const consumer = kafkaOf(carriers[carrier](), sasl.plain(doomed)).consumer({ groupId, ...wait });
  const crashed = new Promise<number>((resolve) => {
    consumer.on('consumer.crash', () => resolve(Date.now()));
  });
  await consumer.connect();
  await consumer.subscribe({ topic: 'orders', fromBeginning: true });
  const seen: number[] = [];
  await consumer.run({ eachMessage: async ({ partition }) => void seen.push(partition) });
  await expect.poll(() => seen.length, { timeout: 20_000 }).toBeGreaterThan(0);
  await owner.organization.revokeKey(doomed.keyId);
  const revokedMs = Date.now();
  console.log(`over ${carrier} a consumer of a revoked key was out ${(await crashed) - revokedMs} ms after it`);
  await consumer.disconnect();
});

test('kafkajs creates, lists and deletes ACLs, and what they allow holds soon', async () => {
  const reader = await key('describe:group:acl*', 'consume:group:acl*');
  const admin = kafkaOf(platform.kafkaServers, {
    mechanism: 'oauthbearer',
    oauthBearerProvider: async () => ({ value: platform.ownerKey! }),
  }).admin();
  await admin.connect();
  const acl = {
    resourceType: AclResourceTypes.TOPIC,
    resourceName: 'inv',
    resourcePatternType: ResourcePatternTypes.PREFIXED,
    principal: `User:${reader.keyId}`,
    host: '*',
    operation: AclOperationTypes.READ,
    permissionType: AclPermissionTypes.ALLOW,
  };
  const denial = { ...acl, resourceName: 'invoices-secret', resourcePatternType: ResourcePatternTypes.LITERAL };
  expect(await admin.createAcls({ acl: [acl, { ...denial, permissionType: AclPermissionTypes.DENY }] })).toBe(true);
  const own = kafkaOf(platform.kafkaServers, sasl.plain(reader)).admin();
  await own.connect();
  expect(await own.listTopics()).toEqual(['invoices']);
  await own.disconnect();
  const filter = { ...acl, resourceName: 'invoices', resourcePatternType: ResourcePatternTypes.MATCH };
  const { resources } = await admin.describeAcls(filter);
  expect(resources).toMatchObject([{ resourceName: 'inv', acls: [{ principal: `User:${reader.keyId}` }] }]);
  const { filterResponses } = await admin.deleteAcls({ filters: [filter] });
  expect(filterResponses).toMatchObject([{ errorCode: 0, matchingAcls: [{ resourceName: 'inv' }] }]);
  expect((await admin.describeAcls(filter)).resources).toEqual([]);
  await admin.disconnect();
});

/** How librdkafka is told who it is. */
const authorized = (mechanism: string, program: Key) => [
  ...['-X', 'security.protocol=SASL_PLAINTEXT', '-X', `sasl.mechanisms=${mechanism}`],
  ...['-X', `sasl.username=${program.keyId}`, '-X', `sasl.password=${secretOf(program)}`],
];

test.each(hasKcat ? ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] : [])(
  'kcat signs in by %s, produces and consumes',
  async (mechanism) => {
    const options = [...authorized(mechanism, program), '-t', 'orders'];
    await kcat(platform.kafkaServers, [...options, '-p', '1', '-P'], 'from kcat\n');
    const read = await kcat(platform.kafkaServers, [...options, '-C', '-e', '-o', 'beginning']);
    expect(read).toContain('from kcat');
  },
);
