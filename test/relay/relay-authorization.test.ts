import { describe, expect, it } from 'vitest';
import type { Principal } from '../../src/authorization/principal.ts';
import type { PrincipalQuestion } from '../../src/authorization/principal-authority.ts';
import { compileCapabilities } from '../../src/authorization/token-capabilities.ts';
import type { RecordsFrame, ServerFrame } from '../../src/contracts/websocket.ts';
import { failed, ok } from '../../src/errors/result.ts';
import { binding, keyPrincipal } from '../authorization/principals.ts';
import { RelayHarness } from './relay-harness.ts';

const local = { orgId: 'local', clusterId: 'local' };

const reader = keyPrincipal([binding({ resourceName: 'flights' })], local);
const writer = keyPrincipal([binding({ resourceName: 'flights', operation: 'WRITE' })], local);

/** A token of a key that may do everything with topics, for records whose keys begin with `user-1/`. */
function tokenOf(ops: readonly ('read' | 'write')[], rest: Partial<Principal> = {}): Principal {
  const held = compileCapabilities([{ topic: 'flights', ops, key_prefix: 'user-1/' }], 'User:key');
  return keyPrincipal([binding({ operation: 'ALL' })], { ...local, ...held, kind: 'browser_token', ...rest });
}

/** What an organization would say, with how often it was asked. */
class Organization {
  asked = 0;
  epoch = 0;
  found: Principal | null = reader;
  readonly gone = new Set<string>();
  /** How many were asked about in each call. */
  readonly questions: number[] = [];
  isAway = false;
  readonly tokens = new Map<string, Principal>();

  readonly refusals: string[] = [];

  readonly ports = {
    refused: (principal: Principal, action: string, resource: string) => {
      this.refusals.push(`${principal.id} ${action} ${resource}`);
    },
    authority: {
      epoch: async () => {
        this.asked += 1;
        return this.isAway ? failed('UNKNOWN_OUTCOME', 'away') : ok(this.epoch);
      },
      connections: async () => ok([]),
      find: async (_: string, asked: readonly PrincipalQuestion[]) => {
        this.questions.push(asked.length);
        return ok(asked.map(({ principalId }) => (this.gone.has(principalId) ? null : this.found)));
      },
    },
    resolve: async (token: string) => {
      const principal = this.tokens.get(token);
      return principal === undefined ? failed('SASL_AUTHENTICATION_FAILED', 'unknown') : ok(principal);
    },
  };
}

function worldOf(): { harness: RelayHarness; organization: Organization } {
  const organization = new Organization();
  const harness = new RelayHarness(1);
  harness.principals = organization.ports;
  harness.evict();
  return { harness, organization };
}

const shown = (frames: readonly ServerFrame[]) =>
  frames.flatMap((frame) => (frame.type === 'records' ? frame.records.map((record) => record.key) : []));

const codes = (frames: readonly ServerFrame[]) => frames.map((frame) => ('code' in frame ? frame.code : frame.type));

describe('a socket in closed mode', () => {
  it('subscribes and produces only where its credential may', async () => {
    const { harness, organization } = worldOf();
    const [reads, writes] = [harness.connect('flights', reader), harness.connect('flights', writer)];
    for (const socket of [reads, writes]) {
      await harness.send(socket, { type: 'subscribe', id: 's' });
      await harness.send(socket, { type: 'produce', id: 'p', records: [{ value: 1 }] });
      await harness.send(socket, { type: 'subscribe', id: 'other', topic: 'elsewhere' });
      await harness.send(socket, { type: 'subscribe', id: 'g', group: 'app', topics: ['flights'] });
      await harness.send(socket, { type: 'subscribe', id: 'h', share_group: 'app', topics: ['flights'] });
      await harness.settle();
    }
    const groups = ['GROUP_AUTHORIZATION_FAILED', 'GROUP_AUTHORIZATION_FAILED'];
    const refused = 'TOPIC_AUTHORIZATION_FAILED';
    expect(codes(reads.take())).toEqual(['subscribed', refused, refused, ...groups]);
    expect(codes(writes.take())).toEqual([refused, 'ack', refused, ...groups]);
    // What was refused is told, for the audit log, with what it was about.
    expect(organization.refusals).toHaveLength(8);
    expect(organization.refusals[0]).toMatch(/^User:key websocket User:key may not WRITE topic "flights"/);
  });

  it('sees and writes records of its keys alone, over a relay that leaves memory, and misses no offset', async () => {
    const { harness } = worldOf();
    const token = tokenOf(['read', 'write']);
    const [held, free] = [harness.connect('flights', token), harness.connect('flights', reader)];
    const partition = harness.topic.partitions[0]!;
    const keys = ['user-1/a', 'user-2/a', 'user-1', 'user-10/', 'user-1/b'];
    const append = () => partition.append(['1', '2', '3', '4', '5'], { keys });
    append();
    for (const socket of [held, free]) await harness.send(socket, { type: 'subscribe', id: 's', from: 'earliest' });
    await harness.settle();
    append();
    harness.deliverAll();
    harness.evict();
    append();
    harness.deliverAll();
    await harness.settle();
    const frames = held.take();
    expect(shown(frames)).toEqual(Array(3).fill(['user-1/a', 'user-1/b']).flat());
    expect(shown(free.take())).toHaveLength(15);
    const ranges = frames.filter((frame): frame is RecordsFrame => frame.type === 'records');
    expect(ranges.map(({ from, to }) => [from, to])).toEqual([
      [0, 5],
      [5, 10],
      [10, 15],
    ]);
    await harness.send(held, { type: 'produce', id: 'own', records: [{ key: 'user-1/c', value: 1 }] });
    await harness.send(held, { type: 'produce', id: 'other', records: [{ key: 'user-1/c', value: 1 }, { value: 1 }] });
    await harness.settle();
    expect(codes(held.take())).toEqual(['ack', 'TOPIC_AUTHORIZATION_FAILED']);
  });

  it('ends when its credential expires, before anything more is sent', async () => {
    const { harness, organization } = worldOf();
    organization.found = tokenOf(['read']);
    const socket = harness.connect('flights', tokenOf(['read'], { expiresAtMs: 5_000 }));
    await harness.send(socket, { type: 'subscribe', id: 's' });
    await harness.settle();
    socket.take();
    harness.nowMs = 5_000;
    harness.topic.partitions[0]!.append(['1'], { keys: ['user-1/a'] });
    harness.deliverAll();
    await harness.settle();
    expect(codes(socket.take())).toEqual(['SASL_AUTHENTICATION_FAILED']);
    expect(socket.closed?.code).toBe(4401);
  });

  it('goes on with a renewed token without a gap, and ends what that may not read', async () => {
    const { harness, organization } = worldOf();
    organization.tokens.set('next', tokenOf(['read'], { expiresAtMs: 60_000 }));
    organization.tokens.set('write-only', tokenOf(['write']));
    organization.tokens.set('foreign', { ...tokenOf(['read']), orgId: 'other' });
    const socket = harness.connect('flights', tokenOf(['read'], { expiresAtMs: 5_000 }));
    await harness.send(socket, { type: 'subscribe', id: 's' });
    for (const token of ['next', 'foreign', 'nonsense']) await harness.send(socket, { type: 'auth', token });
    await harness.settle();
    const refused = ['CLUSTER_AUTHORIZATION_FAILED', 'SASL_AUTHENTICATION_FAILED'];
    expect(codes(socket.take())).toEqual(['subscribed', 'authenticated', ...refused]);
    harness.nowMs = 6_000;
    harness.topic.partitions[0]!.append(['1', '2'], { keys: ['user-1/a', 'user-2/a'] });
    harness.deliverAll();
    await harness.settle();
    expect(shown(socket.take())).toEqual(['user-1/a']);
    await harness.send(socket, { type: 'auth', token: 'write-only' });
    await harness.settle();
    expect(codes(socket.take())).toEqual(['TOPIC_AUTHORIZATION_FAILED', 'authenticated']);
  });

  it('is closed at once when its key is revoked', async () => {
    const { harness, organization } = worldOf();
    const [socket, other] = [
      harness.connect('flights', reader),
      harness.connect('flights', { ...reader, id: 'User:other' }),
    ];
    await harness.settle();
    organization.epoch = 1;
    organization.gone.add('User:key');
    expect(await harness.rightsTaken()).toEqual(ok(true));
    expect([socket.closed?.code, other.closed]).toEqual([4401, null]);
    harness.evict();
    organization.epoch = 2;
    organization.gone.add('User:other');
    expect(await harness.rightsTaken(), 'sockets that outlived its memory').toEqual(ok(false));
    expect(other.closed?.code).toBe(4401);
    const { asked } = organization;
    harness.connect('flights', { ...reader, id: 'User:third' });
    await harness.settle();
    expect(organization.asked, 'it makes itself known again').toBe(asked + 1);
    organization.isAway = true;
    organization.epoch = 3;
    expect((await harness.rightsTaken()).ok).toBe(false);
  });

  it('makes its relay known before anything is sent, and is asked about with many others at once', async () => {
    const { harness, organization } = worldOf();
    for (let count = 0; count < 450; count += 1)
      harness.connect('flights', { ...reader, id: `User:key${count % 430}` });
    await harness.settle();
    expect([organization.asked, organization.questions]).toEqual([1, []]);
    organization.epoch = 1;
    organization.gone.add('User:key3');
    expect(await harness.rightsTaken()).toEqual(ok(true));
    expect([organization.asked, organization.questions]).toEqual([2, [200, 200, 30]]);
  });

  it('gets nothing half a minute after a revocation of which the relay heard nothing', async () => {
    const { harness, organization } = worldOf();
    const socket = harness.connect('flights', reader);
    await harness.send(socket, { type: 'subscribe', id: 's' });
    await harness.settle();
    socket.take();
    organization.epoch = 1;
    organization.found = null;
    harness.nowMs = 30_000;
    harness.topic.partitions[0]!.append(['1']);
    harness.deliverAll();
    expect(codes(socket.take()), 'held until the organization has answered').toEqual([]);
    await harness.settle();
    expect(codes(socket.take())).toEqual(['SASL_AUTHENTICATION_FAILED']);
    expect(socket.closed?.code).toBe(4401);
  });

  it('is held while nobody can be asked, and then goes on where it stopped', async () => {
    const { harness, organization } = worldOf();
    const socket = harness.connect('flights', reader);
    await harness.send(socket, { type: 'subscribe', id: 's' });
    await harness.settle();
    organization.isAway = true;
    harness.nowMs = 60_000;
    harness.topic.partitions[0]!.append(['1']);
    harness.deliverAll();
    await harness.settle();
    await harness.send(socket, { type: 'produce', id: 'p', records: [{ value: 1 }] });
    expect(codes(socket.take())).toEqual(['subscribed', 'OVERLOADED']);
    organization.isAway = false;
    harness.nowMs = 62_000;
    harness.topic.partitions[0]!.append(['2']);
    harness.deliverAll();
    await harness.settle();
    const covered = socket.take().map((frame) => ('to' in frame ? [frame.from, frame.to] : frame.type));
    expect(covered.at(0)).toEqual([0, expect.any(Number)]);
    expect(covered.at(-1)).toEqual([expect.any(Number), 2]);
  });

  it('follows what its key may do now, and costs its organization a question every few seconds', async () => {
    const { harness, organization } = worldOf();
    const socket = harness.connect('flights', reader);
    await harness.send(socket, { type: 'subscribe', id: 's' });
    await harness.settle();
    const asked = organization.asked;
    for (let second = 0; second < 100; second += 1) {
      harness.nowMs += 100;
      harness.topic.partitions[0]!.append(['1']);
      harness.deliverAll();
      await harness.settle();
    }
    expect(organization.asked - asked).toBeLessThanOrEqual(3);
    socket.take();
    organization.epoch = 1;
    organization.found = writer;
    harness.nowMs += 10_000;
    harness.topic.partitions[0]!.append(['1']);
    harness.deliverAll();
    await harness.settle();
    expect(codes(socket.take())).toEqual(['records', 'TOPIC_AUTHORIZATION_FAILED']);
  });
});
