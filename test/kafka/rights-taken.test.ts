import { beforeEach, describe, expect, test } from 'vitest';
import type { Result } from '../../src/errors/result.ts';
import { ClosedPlatform, type Tenant } from '../support/closed-platform.ts';
import { fetchApi, fetchRequestOf } from '../support/kafka-requests.ts';
import { KafkaTestConnection } from '../support/memory-kafka.ts';
import { partsOfKey, signInWithKey } from '../support/sasl-client.ts';
import { expectOk } from '../tenancy/organization-world.ts';

const longWaitMs = 600_000;
const authenticationFailed = 58;

let platform: ClosedPlatform;
let acme: Tenant;

beforeEach(async () => {
  platform = new ClosedPlatform();
  acme = await platform.found('acme');
  await acme.cluster.services.catalog.createTopic(acme.cluster.services.cluster, { topic: 'orders' });
});

/** A connection in an object of its own, which the organization tells when rights are taken. */
function connect(name: string) {
  let lookAgain: (() => Promise<Result<boolean>>) | null = null;
  const onRightsTaken = (look: () => Promise<Result<boolean>>) => {
    lookAgain = look;
  };
  acme.world.holding.add(name);
  acme.world.beforeTold = async (told) => {
    if (told === name) expectOk(await lookAgain!());
  };
  return new KafkaTestConnection({ kafka: platform.kafkaIn({ kind: 'connection', name }), arrival: { onRightsTaken } });
}

const holders = () => acme.world.sql.query<{ name: string }>('SELECT name FROM socket_holder').map(({ name }) => name);

describe('a Kafka connection of which the organization knows', () => {
  test('ends at once when its key is revoked, while its client waits for records', async () => {
    const key = await platform.key(acme, ['consume:topic:orders']);
    const connection = connect('c1');
    await signInWithKey(connection, key);
    await expect.poll(holders).toEqual(['c1']);
    connection.send(fetchApi, 12, { ...fetchRequestOf('orders', { 0: 0 }), maxWaitMs: longWaitMs });
    expectOk(await acme.world.organization.revokeKey('acme', acme.owner, partsOfKey(key).keyId));
    await acme.world.organization.runAlarm();
    expect(await connection.stream.nextFrame()).toBeNull();
    expect([connection.stream.isDestroyed, connection.errors]).toEqual([true, []]);
    // Nor does it come back by what its isolate remembers of the key.
    expect((await signInWithKey(connect('c2'), key)).errorCode).toBe(authenticationFailed);
  });

  test('ends when the secret that it came with was rotated away, and not when that is still good', async () => {
    const key = await platform.key(acme, ['consume:topic:orders']);
    const connection = connect('c1');
    await signInWithKey(connection, key);
    await expect.poll(holders).toEqual(['c1']);
    const { keyId } = partsOfKey(key);
    const { text } = expectOk(await acme.world.organization.rotateKey('acme', acme.owner, keyId, 0));
    await acme.world.organization.runAlarm();
    expect(await connection.stream.nextFrame()).toBeNull();
    const another = connect('c2');
    await signInWithKey(another, text);
    await acme.world.organization.rotateKey('acme', acme.owner, keyId, 60_000);
    await acme.world.organization.runAlarm();
    const answer = await another.ask(fetchApi, 12, fetchRequestOf('orders', { 0: 0 }));
    expect(answer.responses[0]!.partitions[0]!.errorCode).toBe(0);
  });

  test('stays when the rights were those of others, and is forgotten when it is over', async () => {
    const connection = connect('c1');
    await signInWithKey(connection, await platform.key(acme, ['consume:topic:orders']));
    const other = await platform.key(acme, 'viewer');
    expectOk(await acme.world.organization.revokeKey('acme', acme.owner, partsOfKey(other).keyId));
    await acme.world.organization.runAlarm();
    expect(acme.world.told).toContain('c1');
    const answer = await connection.ask(fetchApi, 12, fetchRequestOf('orders', { 0: 0 }));
    expect(answer.responses[0]!.partitions[0]!.errorCode).toBe(0);
    connection.stream.finish();
    await connection.served;
    await expect.poll(holders).toEqual([]);
  });
});
