import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { beforeAll, describe, expect, test } from 'vitest';
import { apiVersionsRequest, apiVersionsResponse } from '../../src/kafka/messages/api-versions.ts';
import { limits } from '../../src/limits.ts';
import { concatBytes } from '../../src/log/concat-bytes.ts';
import { SeededChoice } from '../api/authorization/hostile-input.ts';
import { ClosedPlatform, type Tenant } from '../support/closed-platform.ts';
import { encodeRequest } from '../support/kafka-client.ts';
import { KafkaTestConnection } from '../support/memory-kafka.ts';
import {
  authenticateApi,
  bearerMessage,
  handshakeApi,
  partsOfKey,
  plainMessage,
  signInWithKey,
} from '../support/sasl-client.ts';
import { messagesOf, requestOf, spokenApis } from './authorization/wire-requests.ts';

const apiVersions = { key: 18, request: apiVersionsRequest, response: apiVersionsResponse };
const software = { clientSoftwareName: 'test', clientSoftwareVersion: '1' };

/** One run has as many strangers as a bad day. */
const strangers = 10_000;

const text = (value: string) => new TextEncoder().encode(value);

function framed(bytes: Uint8Array): Uint8Array {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setInt32(0, bytes.length);
  return concatBytes([size, bytes]);
}

const sized = (size: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, size);
  return bytes;
};

const mechanisms = [
  'PLAIN',
  'SCRAM-SHA-256',
  'SCRAM-SHA-512',
  'OAUTHBEARER',
  'GSSAPI',
  '',
  'plain',
  '\0',
  'x'.repeat(9_000),
];

/** Texts that a credential might be, and none is: nothing of them was issued by the platform. */
const pretended = [
  '',
  'admin',
  '\0',
  'mr_live_garbage',
  'mrk_4acmeAAAAAAAAAAAABBBBBBBBBB',
  'mrk_8umbrellaAAAAAAAAAAAABBBBBBBBBB',
  `mr_live_4acmeAAAAAAAAAAAABBBBBBBBBB_${'a'.repeat(49)}`,
  'eyJhbGciOiJub25lIn0.e30.',
  'm\u00fcller',
  '\ufeffadmin',
  '\u2168\u00ad',
  "' OR 1=1 --",
  '../../acme',
  '=2C=3D=',
  'x'.repeat(8_000),
];

const scramFirsts = [
  (name: string) => `n,,n=${name},r=abc`,
  (name: string) => `y,a=${name},n=${name},r=abc`,
  (name: string) => `p=tls-unique,,n=${name},r=abc`,
  (name: string) => `n,,n=${name},r=`,
  (name: string) => `n,,n=${name},r=${'r'.repeat(5_000)}`,
  (name: string) => `n,,n=${name},r=a\0c,tokenauth=true`,
  (name: string) => `c=biws,r=${name},p=AAAA`,
];

describe('connections of strangers', () => {
  let platform: ClosedPlatform;
  let acme: Tenant;
  /** A request of each API, as the matrix has it. */
  const requests: Uint8Array[] = [];

  beforeAll(async () => {
    platform = new ClosedPlatform();
    acme = await platform.found('acme');
    for (const api of spokenApis) {
      const { version = api.versions.max, body } = requestOf(api);
      requests.push(encodeRequest(await messagesOf(api), version, 1, body as never));
    }
  });

  /** What one stranger sends, in pieces. */
  function said(choice: SeededChoice): Uint8Array[] {
    const handshake = (mechanism: string, version = 1) => encodeRequest(handshakeApi, version, 1, { mechanism });
    const authenticate = (authBytes: Uint8Array) => encodeRequest(authenticateApi, choice.below(3), 2, { authBytes });
    const pretend = () => choice.pick(pretended);
    const message = choice.pick<() => Uint8Array>([
      () => choice.bytes(choice.below(300)),
      () => plainMessage(pretend(), pretend()),
      () => text(`${pretend()}\0${pretend()}\0${pretend()}\0`),
      () => bearerMessage(pretend(), { logicalCluster: pretend() }),
      () => text(choice.pick(scramFirsts)(pretend())),
    ]);
    return choice.pick<() => Uint8Array[]>([
      () => [choice.bytes(choice.below(300))],
      () => [framed(choice.bytes(10 + choice.below(300)))],
      () => [sized(choice.pick([-1, 0, 9, limits.kafkaSignInBytes.value + 1, 0x7fffffff])), choice.bytes(50)],
      () => [sized(limits.kafkaSignInBytes.value), choice.bytes(50)],
      () => [choice.pick(requests)],
      () => [choice.pick(requests), choice.pick(requests), choice.pick(requests)],
      () => [damaged(choice.pick(requests), choice)],
      () => [encodeRequest(apiVersions, 3, 1, software), choice.pick(requests)],
      () => [authenticate(message())],
      () => [handshake(choice.pick(mechanisms)), authenticate(message()), choice.pick(requests)],
      () => [handshake(choice.pick(mechanisms)), authenticate(message()), authenticate(message())],
      () => [handshake(choice.pick(mechanisms)), handshake(choice.pick(mechanisms)), authenticate(message())],
      () => [handshake('PLAIN', 0), framed(message()), choice.pick(requests)],
      () => [damaged(concatBytes([handshake('PLAIN'), authenticate(message())]), choice)],
    ])();
  }

  test('cost no call of any object, break nothing, leave nothing, and are all over', async () => {
    const seed = Number(process.env.HOSTILE_SEED ?? Date.now() % 2 ** 31);
    const choice = new SeededChoice(seed);
    const heapBefore = heapBytes();
    for (let stranger = 0; stranger < strangers; stranger += 1) {
      const connection = new KafkaTestConnection({ kafka: platform.kafka });
      for (const piece of said(choice)) connection.stream.send(piece);
      connection.stream.finish();
      await connection.served;
      expect([seed, stranger, connection.errors]).toEqual([seed, stranger, []]);
    }
    expect([seed, platform.organizationCalls, platform.admissions]).toEqual([seed, 0, 0]);
    expect(heapBytes() - heapBefore).toBeLessThan(50 * 1024 * 1024);
  });

  test('hold no more memory than they sent, thousands of them at once', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const connections = Array.from({ length: 2_000 }, () => {
      const connection = new KafkaTestConnection({ kafka: platform.kafka });
      connection.stream.send(concatBytes([sized(limits.kafkaSignInBytes.value), new Uint8Array(8)]));
      return connection;
    });
    await new Promise(setImmediate);
    const held = process.memoryUsage().arrayBuffers - before;
    expect(held).toBeLessThan(connections.length * 2 * limits.kafkaSignInBytes.value);
    for (const { stream } of connections) stream.finish();
    await Promise.all(connections.map(({ served }) => served));
    expect(platform.organizationCalls).toBe(0);
  });

  test('do not disturb whoever is in', async () => {
    const connection = new KafkaTestConnection({ kafka: platform.kafka });
    await signInWithKey(connection, acme.ownerKey);
    const stranger = new KafkaTestConnection({ kafka: platform.kafka });
    const { keyId } = partsOfKey(acme.ownerKey);
    stranger.send(handshakeApi, 1, { mechanism: 'PLAIN' });
    stranger.send(authenticateApi, 1, { authBytes: plainMessage(keyId, 'guessed') });
    await stranger.served;
    expect((await connection.ask(apiVersions, 3, software)).errorCode).toBe(0);
  });
});

/** With some bytes changed, or cut off. */
function damaged(bytes: Uint8Array, choice: SeededChoice): Uint8Array {
  const copy = bytes.slice();
  for (let changes = choice.below(4); changes >= 0; changes -= 1) copy[choice.below(copy.length)] = choice.below(256);
  return choice.next() < 0.3 ? copy.subarray(0, choice.below(copy.length)) : copy;
}

function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}
