import { describe, expect, test } from 'vitest';
import type { Principal } from '../../src/authorization/principal.ts';
import type { PrincipalAuthority, PrincipalQuestion } from '../../src/authorization/principal-authority.ts';
import { compileCapabilities } from '../../src/authorization/token-capabilities.ts';
import { failed, ok } from '../../src/errors/result.ts';
import {
  encodeProduceFrame,
  encodeSubscribeFrame,
  serverFrame,
  subscribeEarliest,
} from '../../src/log/fast-door-frames.ts';
import { holderOf } from '../../src/log/fast-session.ts';
import { binding, keyPrincipal } from '../authorization/principals.ts';
import {
  looseValues,
  PartitionHarness,
  RecordingSocket,
  settled,
  testRef,
  unwrap,
} from '../support/partition-harness.ts';

const reader = keyPrincipal([binding({ resourceName: 'orders' })]);
const writer = keyPrincipal([binding({ resourceName: 'orders', operation: 'WRITE' })]);

/** What an organization would say. */
class Organization implements PrincipalAuthority {
  now: Principal | null = reader;
  gone: string[] = [];
  current = 0;
  isAway = false;

  async epoch() {
    return this.isAway ? failed('UNKNOWN_OUTCOME', 'away') : ok(this.current);
  }

  async connections() {
    return ok([]);
  }

  async find(_: string, asked: readonly PrincipalQuestion[]) {
    return ok(asked.map(({ principalId }) => (this.gone.includes(principalId) ? null : this.now)));
  }
}

async function opened() {
  const partition = new PartitionHarness();
  const authority = new Organization();
  const refusals: string[] = [];
  const refused = (_: Principal, action: string, resource: string) => void refusals.push(`${action} ${resource}`);
  partition.wrapPorts = (ports) => ({ ...ports, authority, refused });
  partition.restart();
  await partition.open();
  const connect = (principal: Principal): RecordingSocket => {
    const socket = new RecordingSocket();
    unwrap(partition.service.fastDoor(testRef, 1)).open(socket, unwrap(holderOf(principal)));
    return socket;
  };
  const send = async (socket: RecordingSocket, frame: Uint8Array) => {
    partition.service.onFrame(socket, frame);
    await settled();
  };
  return { partition, authority, refusals, connect, send };
}

/** The kinds of frames that came since, an error by its code. */
function took(socket: RecordingSocket): string[] {
  return socket.frames.splice(0).map((frame) => {
    if (frame[0] === serverFrame.error)
      return (JSON.parse(new TextDecoder().decode(frame.subarray(5))) as { code: string }).code;
    return Object.entries(serverFrame).find(([, type]) => type === frame[0])?.[0] ?? 'unknown';
  });
}

const produce = encodeProduceFrame('produceRecords', 7, looseValues(1, 'a'));
const subscribe = encodeSubscribeFrame(1_000_000, subscribeEarliest);

describe('a socket of the binary door in closed mode', () => {
  test('reads and writes only as its credential may', async () => {
    const { connect, send, refusals } = await opened();
    const [reads, writes, both] = [connect(reader), connect(writer), connect(keyPrincipal([], { isSuper: true }))];
    for (const socket of [reads, writes, both]) {
      await send(socket, subscribe);
      await send(socket, produce);
    }
    expect(took(reads)).toEqual(['subscribed', 'TOPIC_AUTHORIZATION_FAILED', 'records', 'records']);
    expect(took(writes)).toEqual(['TOPIC_AUTHORIZATION_FAILED', 'acks']);
    expect(took(both).sort()).toEqual(['acks', 'records', 'records', 'subscribed']);
    expect(refusals).toEqual([
      expect.stringContaining('binary-websocket User:key may not WRITE topic "orders"'),
      expect.stringContaining('binary-websocket User:key may not READ topic "orders"'),
    ]);
  });

  test('is no way around record keys', async () => {
    const { connect, send } = await opened();
    const held = compileCapabilities([{ topic: 'orders', ops: ['read', 'write'], key_prefix: 'a' }], 'User:key');
    const socket = connect(keyPrincipal([binding({ operation: 'ALL' })], held));
    await send(socket, subscribe);
    await send(socket, produce);
    expect(took(socket)).toEqual(['TOPIC_AUTHORIZATION_FAILED', 'TOPIC_AUTHORIZATION_FAILED']);
  });

  test('keeps its rights over a sleep, which only an answer of its organization renews', async () => {
    const { partition, authority, connect, send } = await opened();
    const socket = connect(reader);
    await send(socket, subscribe);
    took(socket);
    partition.restart();
    authority.isAway = true;
    partition.service.openDoor?.restore(socket);
    await partition.appendValues('late');
    await settled();
    await send(socket, produce);
    expect(took(socket), 'nobody vouches for it').toEqual(['OVERLOADED']);
    authority.isAway = false;
    partition.nowMs += 2_000;
    await send(socket, produce);
    expect(took(socket)).toEqual(['records', 'TOPIC_AUTHORIZATION_FAILED']);
  });

  test('ends when its credential expires, is revoked, or rights were taken that it has', async () => {
    const { partition, authority, connect, send } = await opened();
    const [expiring, revoked, told] = [
      connect({ ...reader, expiresAtMs: partition.nowMs + 5_000 }),
      connect({ ...reader, id: 'User:revoked' }),
      connect({ ...reader, id: 'User:told' }),
    ];
    for (const socket of [expiring, revoked, told]) {
      await send(socket, subscribe);
      took(socket);
    }
    authority.current = 1;
    authority.gone = ['User:told'];
    expect(await partition.service.openDoor?.rightsTaken()).toEqual(ok(true));
    expect([expiring, revoked, told].map(({ closed }) => closed?.code)).toEqual([undefined, undefined, 4401]);
    authority.current = 2;
    authority.now = null;
    partition.nowMs += 30_000;
    await partition.appendValues('late');
    await settled();
    for (const socket of [expiring, revoked, told]) {
      expect(took(socket)).toEqual(['SASL_AUTHENTICATION_FAILED']);
      expect(socket.closed?.code).toBe(4401);
    }
    expect(await partition.service.openDoor?.rightsTaken()).toEqual(ok(false));
  });
});
