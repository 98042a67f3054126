import { describe, expect, it } from 'vitest';
import type { HeldConnections } from '../../src/authorization/connection-cap.ts';
import { unresolvedEpoch } from '../../src/authorization/principal-text.ts';
import { failed, ok } from '../../src/errors/result.ts';
import { ConnectionCounts } from '../../src/tenancy/connection-counts.ts';
import { binding, keyPrincipal } from '../authorization/principals.ts';
import type { MemorySocket } from './memory-socket.ts';
import { RelayHarness } from './relay-harness.ts';

const capped = keyPrincipal([binding({ operation: 'ALL' })], {
  orgId: 'local',
  clusterId: 'local',
  keyId: 'mrk_ann',
  quotas: { own: [], topics: {}, areConnectionsCapped: true },
});
/** As it comes along with a socket: its quotas stay with the organization. */
const arriving = { ...capped, quotas: undefined, epoch: unresolvedEpoch };

function worldOf(cap: number) {
  const harness = new RelayHarness(1);
  harness.nowMs = 1_000_000;
  const counts = new ConnectionCounts();
  const reports: (readonly HeldConnections[])[] = [];
  const state = { isAway: false };
  harness.principals = {
    authority: {
      epoch: async () => ok(7),
      find: async (_org, asked) => ok(asked.map(() => ({ ...capped, epoch: 7 }))),
      connections: async (_org, held) => {
        reports.push(held);
        if (state.isAway) return failed('UNKNOWN_OUTCOME', 'away');
        return ok(counts.settle('relay', held, { organization: cap, ofAccount: () => null }, harness.nowMs));
      },
    },
    refused: () => {},
    resolve: async () => failed('SASL_AUTHENTICATION_FAILED', 'unknown'),
  };
  harness.evict();
  return { harness, reports, state };
}

const isRefused = (socket: MemorySocket): boolean => socket.closed?.code === 4429;

describe('sockets of an organization with a cap on connections', () => {
  it('are closed with 4429 when they are one too many, whether or not they send anything, and told why', async () => {
    const { harness } = worldOf(2);
    const sockets = [];
    for (let count = 0; count < 4; count += 1) {
      sockets.push(harness.connect('flights', arriving));
      await harness.settle();
    }
    expect(sockets.map(isRefused)).toEqual([false, false, true, true]);
    const [frame] = sockets[3]!.take();
    expect(frame).toMatchObject({ type: 'error', code: 'THROTTLING_QUOTA_EXCEEDED', fatal: true });
    expect(frame).toMatchObject({ message: expect.stringContaining('There may be 2 connections at once') });
    await harness.send(sockets[0]!, { type: 'subscribe', id: 's' });
    expect(sockets[0]!.take()).toMatchObject([{ type: 'subscribed' }]);
  });

  it('leave their place to others when they are gone', async () => {
    const { harness } = worldOf(1);
    const first = harness.connect('flights', arriving);
    await harness.settle();
    harness.disconnect(first);
    await harness.settle();
    const second = harness.connect('flights', arriving);
    await harness.settle();
    expect(isRefused(second)).toBe(false);
  });

  it('cost few calls: many that come at once are told of together', async () => {
    const { harness, reports } = worldOf(1_000);
    const sockets = Array.from({ length: 200 }, () => harness.connect('flights', arriving));
    await harness.settle();
    expect(reports.length).toBeLessThan(5);
    expect(reports.at(-1)).toEqual([{ account: 'mrk_ann', count: 200 }]);
    for (const socket of sockets) await harness.send(socket, { type: 'ping' });
    expect(reports.length).toBeLessThan(5);
  });

  it('stay while the organization cannot be asked, and are counted afterwards', async () => {
    const { harness, state } = worldOf(1);
    state.isAway = true;
    const sockets = [harness.connect('flights', arriving), harness.connect('flights', arriving)];
    await harness.settle();
    expect(sockets.map(isRefused)).toEqual([false, false]);
    state.isAway = false;
    harness.nowMs += 5_000;
    await harness.send(sockets[0]!, { type: 'ping' });
    await harness.settle();
    expect(sockets.map(isRefused)).toEqual([false, true]);
  });
});
