import { beforeEach, describe, expect, test } from 'vitest';
import { apiVersionsRequest, apiVersionsResponse } from '../../src/kafka/messages/api-versions.ts';
import { metadataRequest, metadataResponse } from '../../src/kafka/messages/metadata.ts';
import { ClosedPlatform, operatorKeyText, type Tenant } from '../support/closed-platform.ts';
import {
  batchOf,
  fetchApi,
  fetchRequestOf,
  metadataRequestOf,
  produceApi,
  produceRequestOf,
} from '../support/kafka-requests.ts';
import { KafkaTestConnection } from '../support/memory-kafka.ts';
import {
  authenticateApi,
  bearerMessage,
  handshakeApi,
  partsOfKey,
  plainMessage,
  signIn,
  signInWithKey,
} from '../support/sasl-client.ts';
import { expectOk } from '../tenancy/organization-world.ts';

const apiVersions = { key: 18, request: apiVersionsRequest, response: apiVersionsResponse };
const metadata = { key: 3, request: metadataRequest, response: metadataResponse };
const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };

const noError = 0;
const unsupportedMechanism = 33;
const illegalState = 34;
const authenticationFailed = 58;
const topicRefused = 29;

let platform: ClosedPlatform;
let acme: Tenant;

beforeEach(async () => {
  platform = new ClosedPlatform();
  acme = await platform.found('acme');
  await acme.cluster.services.catalog.createTopic(acme.cluster.services.cluster, { topic: 'orders' });
});

const connect = () => new KafkaTestConnection({ kafka: platform.kafka });
const describeTopics = (connection: KafkaTestConnection) => connection.ask(metadata, 12, metadataRequestOf(null));

async function isOver(connection: KafkaTestConnection): Promise<boolean> {
  const frame = await connection.stream.nextFrame();
  await connection.served;
  return frame === null && connection.errors.length === 0;
}

describe('a closed platform', () => {
  test('says what it speaks before it knows who asks, and ends whatever else comes', async () => {
    const connection = connect();
    const { apiKeys } = await connection.ask(apiVersions, 3, software);
    expect(apiKeys.map(({ apiKey }) => apiKey)).toEqual(expect.arrayContaining([17, 36]));
    connection.send(metadata, 9, metadataRequestOf(null));
    expect(await isOver(connection)).toBe(true);
    expect([platform.organizationCalls, platform.admissions]).toEqual([0, 0]);
  });

  test('lets a key in by its id and secret, or the whole key, and serves its own cluster', async () => {
    const { keyId, password } = partsOfKey(acme.ownerKey);
    for (const given of [password, acme.ownerKey]) {
      const connection = connect();
      const answer = await signIn(connection, 'PLAIN', plainMessage(keyId, given));
      expect(answer).toMatchObject({ errorCode: noError, errorMessage: null, sessionLifetimeMs: 0 });
      const { topics, clusterId } = await describeTopics(connection);
      expect([topics.map(({ name }) => name), clusterId]).toEqual([['orders'], 'acme1']);
    }
  });

  test('turns away whatever is no key, with words and without asking anyone', async () => {
    const { keyId, password } = partsOfKey(acme.ownerKey);
    const otherId = `${keyId.slice(0, -1)}${keyId.endsWith('a') ? 'b' : 'a'}`;
    for (const [user, given] of [
      ['admin', 'admin-secret'],
      [otherId, password],
      [keyId, `${password.slice(0, -1)}_`],
      [`${keyId}\u00fc`, password],
      [keyId, 'x'.repeat(12_000)],
    ] as const) {
      const connection = connect();
      const { errorCode, errorMessage } = await signIn(connection, 'PLAIN', plainMessage(user, given));
      expect([user, errorCode, errorMessage]).toEqual([user, authenticationFailed, expect.stringContaining('mrk_')]);
      expect(await isOver(connection)).toBe(true);
    }
    expect([platform.organizationCalls, platform.admissions]).toEqual([0, 0]);
  });

  test.each([
    ['nothing', ''],
    ['no password', '\0mrk_a'],
    ['an empty password', '\0mrk_a\0'],
    ['too many parts', '\0mrk_a\0b\0c'],
    ['another to act as', 'mrk_b\0mrk_a\0secret'],
  ])('turns away a message of PLAIN with %s', async (_, text) => {
    const connection = connect();
    const { errorCode } = await signIn(connection, 'PLAIN', new TextEncoder().encode(text));
    expect(errorCode).toBe(authenticationFailed);
    expect(await isOver(connection)).toBe(true);
  });

  test('turns away a key that was revoked, and one whose secret is another', async () => {
    const revoked = await platform.key(acme, 'viewer');
    expectOk(await acme.world.organization.revokeKey('acme', acme.owner, partsOfKey(revoked).keyId));
    const rotated = await platform.key(acme, 'viewer');
    expectOk(await acme.world.organization.rotateKey('acme', acme.owner, partsOfKey(rotated).keyId, 0));
    for (const text of [revoked, rotated]) {
      expect((await signInWithKey(connect(), text)).errorCode).toBe(authenticationFailed);
    }
  });

  test('takes tokens and keys by OAUTHBEARER, and says how long a token is good', async () => {
    const token = await platform.token(acme.ownerKey, [{ topic: 'orders', ops: ['read'] }]);
    const connection = connect();
    expect((await signIn(connection, 'OAUTHBEARER', bearerMessage(token))).errorCode).toBe(noError);
    expect((await describeTopics(connection)).topics).toHaveLength(1);
    const produced = await connection.ask(produceApi, 9, produceRequestOf('orders', { 0: batchOf('one') }));
    expect(produced.responses[0]!.partitionResponses[0]!.errorCode).toBe(topicRefused);
    const expiring = await platform.key(acme, 'viewer', 60_000);
    const answer = await signIn(connect(), 'OAUTHBEARER', bearerMessage(expiring));
    expect(answer).toMatchObject({ errorCode: noError, sessionLifetimeMs: 60_000 });
    for (const message of ['', 'n,,', bearerMessage('nonsense'), 'n,,\u0001auth=Basic eA==\u0001\u0001']) {
      const bytes = typeof message === 'string' ? new TextEncoder().encode(message) : message;
      const { errorCode } = await signIn(connect(), 'OAUTHBEARER', bytes);
      expect([message, errorCode]).toEqual([message, authenticationFailed]);
    }
  });
});

describe('the order of the messages', () => {
  test('an unknown mechanism is answered with those that there are', async () => {
    const connection = connect();
    const answer = await connection.ask(handshakeApi, 1, { mechanism: 'GSSAPI' });
    expect(answer).toEqual({ errorCode: unsupportedMechanism, mechanisms: [...platform.kafka.credentials.mechanisms] });
    expect(await isOver(connection)).toBe(true);
  });

  test('SaslAuthenticate before a handshake is refused and ends the connection', async () => {
    const connection = connect();
    const answer = await connection.ask(authenticateApi, 1, { authBytes: new Uint8Array(3) });
    expect(answer.errorCode).toBe(illegalState);
    expect(await isOver(connection)).toBe(true);
  });

  test('a second handshake before the first came to anything ends the connection', async () => {
    const connection = connect();
    await connection.ask(handshakeApi, 1, { mechanism: 'PLAIN' });
    expect((await connection.ask(handshakeApi, 1, { mechanism: 'PLAIN' })).errorCode).toBe(illegalState);
    expect(await isOver(connection)).toBe(true);
  });

  test('requests that were sent behind a failed authentication are not looked at', async () => {
    const connection = connect();
    connection.send(handshakeApi, 1, { mechanism: 'PLAIN' });
    connection.send(authenticateApi, 1, { authBytes: plainMessage('mrk_a', 'b') });
    connection.send(metadata, 9, metadataRequestOf(null));
    await connection.answer(handshakeApi, 1);
    expect((await connection.answer(authenticateApi, 1)).body.errorCode).toBe(authenticationFailed);
    expect(await isOver(connection)).toBe(true);
    expect(platform.admissions).toBe(0);
  });

  test('after version 0 of the handshake the message comes bare, and so does its answer', async () => {
    const connection = connect();
    expect(await connection.ask(handshakeApi, 0, { mechanism: 'PLAIN' })).toMatchObject({ errorCode: noError });
    const { keyId, password } = partsOfKey(acme.ownerKey);
    connection.stream.send(framed(plainMessage(keyId, password)));
    expect(await connection.stream.nextFrame()).toEqual(new Uint8Array(0));
    expect((await describeTopics(connection)).topics).toHaveLength(1);
    const refused = connect();
    await refused.ask(handshakeApi, 0, { mechanism: 'PLAIN' });
    refused.stream.send(framed(new Uint8Array(0)));
    expect(await isOver(refused)).toBe(true);
  });

  test('nothing longer than a credential is taken before it is known who asks', async () => {
    const connection = connect();
    await connection.ask(handshakeApi, 1, { mechanism: 'PLAIN' });
    connection.send(authenticateApi, 1, { authBytes: new Uint8Array(17_000) });
    expect(await isOver(connection)).toBe(true);
  });
});

describe('who is in', () => {
  test('may prove it again on the same connection, and be nobody else', async () => {
    const connection = connect();
    const key = await platform.key(acme, 'developer');
    await signInWithKey(connection, key);
    await describeTopics(connection);
    expect((await signInWithKey(connection, key)).errorCode).toBe(noError);
    expect((await describeTopics(connection)).topics).toHaveLength(1);
    const once = await connection.ask(authenticateApi, 1, { authBytes: plainMessage('a', 'b') });
    expect(once.errorCode).toBe(illegalState);
    expect((await describeTopics(connection)).topics).toHaveLength(1);
    const { errorCode, errorMessage } = await signInWithKey(connection, acme.ownerKey);
    expect([errorCode, errorMessage]).toEqual([authenticationFailed, expect.stringContaining('another')]);
    expect(await isOver(connection)).toBe(true);
  });

  test('may not change the mechanism', async () => {
    const connection = connect();
    await signInWithKey(connection, acme.ownerKey);
    const answer = await connection.ask(handshakeApi, 1, { mechanism: 'OAUTHBEARER' });
    expect(answer.errorCode).toBe(illegalState);
    expect(await isOver(connection)).toBe(true);
  });

  test('is out soon after the key was revoked, at the next request', async () => {
    const connection = connect();
    const key = await platform.key(acme, 'viewer');
    await signInWithKey(connection, key);
    await describeTopics(connection);
    expectOk(await acme.world.organization.revokeKey('acme', acme.owner, partsOfKey(key).keyId));
    platform.nowMs += 26_000;
    connection.send(metadata, 9, metadataRequestOf(null));
    expect(await isOver(connection)).toBe(true);
  });

  test('may do what the ACLs say by now', async () => {
    const connection = connect();
    const key = await platform.key(acme, ['describe:topic:*']);
    await signInWithKey(connection, key);
    const produce = async () => {
      const answer = await connection.ask(produceApi, 9, produceRequestOf('orders', { 0: batchOf('one') }));
      return answer.responses[0]!.partitionResponses[0]!.errorCode;
    };
    expect(await produce()).toBe(topicRefused);
    const { id } = expectOk(await acme.world.resolve(key));
    const write = { principal: id, host: '*', operation: 'WRITE', permission: 'ALLOW' } as const;
    const topic = { resourceType: 'TOPIC', resourceName: 'orders', patternType: 'LITERAL' } as const;
    expectOk(await acme.world.organization.createAcls('acme', acme.owner, [{ ...write, ...topic }]));
    platform.nowMs += 26_000;
    expect(await produce()).toBe(noError);
  });

  test('gets nothing that it waited for after its key was revoked', async () => {
    const connection = connect();
    const key = await platform.key(acme, 'viewer');
    await signInWithKey(connection, key);
    await describeTopics(connection);
    connection.send(fetchApi, 12, { ...fetchRequestOf('orders', { 0: 0 }), maxWaitMs: 10 });
    await new Promise(setImmediate);
    expectOk(await acme.world.organization.revokeKey('acme', acme.owner, partsOfKey(key).keyId));
    await acme.cluster.services.producer.produceBatches('orders', 0, batchOf('after the revocation'), null);
    platform.nowMs += 5_000;
    acme.cluster.nowMs = platform.nowMs;
    expect(await isOver(connection)).toBe(true);
  });

  test('is held to the address that it comes from', async () => {
    const from = (host: string) => new KafkaTestConnection({ kafka: platform.kafka, arrival: { host } });
    const key = await platform.key(acme, ['consume:topic:nothing']);
    const { id } = expectOk(await acme.world.resolve(key));
    const describing = { principal: id, host: '10.0.0.1', operation: 'DESCRIBE', permission: 'ALLOW' } as const;
    const topic = { resourceType: 'TOPIC', resourceName: 'orders', patternType: 'LITERAL' } as const;
    expectOk(await acme.world.organization.createAcls('acme', acme.owner, [{ ...describing, ...topic }]));
    for (const [host, count] of [
      ['10.0.0.1', 1],
      ['10.0.0.2', 0],
    ] as const) {
      const connection = from(host);
      await signInWithKey(connection, key);
      expect((await describeTopics(connection)).topics).toHaveLength(count);
    }
  });

  test('is told what it may do, a bit an operation', async () => {
    const connection = connect();
    await signInWithKey(connection, await platform.key(acme, ['consume:topic:orders', 'describe:cluster']));
    const asked = { includeTopicAuthorizedOperations: true, includeClusterAuthorizedOperations: true };
    const { topics, clusterAuthorizedOperations } = await connection.ask(metadata, 9, {
      ...metadataRequestOf(['orders']),
      ...asked,
    });
    const [read, describe, describeConfigs] = [1 << 3, 1 << 8, 1 << 10];
    expect(topics[0]!.topicAuthorizedOperations).toBe(read | describe);
    expect(clusterAuthorizedOperations).toBe(describe | describeConfigs);
  });

  test('is out when the credential ends', async () => {
    const connection = connect();
    await signInWithKey(connection, await platform.key(acme, 'viewer', 60_000));
    await describeTopics(connection);
    platform.nowMs += 60_000;
    connection.send(metadata, 9, metadataRequestOf(null));
    expect(await isOver(connection)).toBe(true);
  });

  test('with a token that is held to record keys gets no batches', async () => {
    const capability = { topic: 'orders', ops: ['read', 'write'], key_prefix: 'user-1/' } as const;
    const token = await platform.token(acme.ownerKey, [capability]);
    const connection = connect();
    await signIn(connection, 'OAUTHBEARER', bearerMessage(token));
    const answer = await connection.ask(produceApi, 9, produceRequestOf('orders', { 0: batchOf('one') }));
    expect(answer.responses[0]!.partitionResponses[0]!.errorCode).toBe(topicRefused);
  });
});

test("the operator's key reaches no cluster", async () => {
  const connection = connect();
  const answer = await signIn(connection, 'OAUTHBEARER', bearerMessage(operatorKeyText));
  expect([answer.errorCode, answer.errorMessage]).toEqual([authenticationFailed, expect.stringContaining('operator')]);
});

test('an open platform lets in whoever insists on saying who they are', async () => {
  for (const [mechanism, message] of [
    ['PLAIN', plainMessage('admin', 'admin-secret')],
    ['OAUTHBEARER', bearerMessage('any-token')],
  ] as const) {
    const connection = new KafkaTestConnection();
    expect((await signIn(connection, mechanism, message)).errorCode).toBe(noError);
    expect((await describeTopics(connection)).clusterId).toBe('local');
  }
  const connection = new KafkaTestConnection();
  const answer = await connection.ask(handshakeApi, 1, { mechanism: 'SCRAM-SHA-256' });
  expect(answer).toEqual({ errorCode: unsupportedMechanism, mechanisms: ['PLAIN', 'OAUTHBEARER'] });
});

function framed(bytes: Uint8Array): Uint8Array {
  const frame = new Uint8Array(4 + bytes.length);
  new DataView(frame.buffer).setInt32(0, bytes.length);
  frame.set(bytes, 4);
  return frame;
}
