import { describe, expect, test } from 'vitest';
import { anonymousPrincipal, platformPrincipal } from '../../../src/authorization/principal.ts';
import { entriesPerReport } from '../../../src/gateway/usage/edge-tally.ts';
import { EdgeWorld, keyPrincipal } from './edge-world.ts';

describe('an edge that counts what it serves', () => {
  test('reports at most once a minute while it is busy, and after the last request', async () => {
    const world = new EdgeWorld();
    for (let second = 0; second < 600; second += 1) {
      world.serve('key1', 'orders', 1);
      await world.pass(1_000);
    }
    const atMs = world.reports.map((report) => report.atMs);
    expect(world.reports.length).toBeGreaterThanOrEqual(9);
    for (const [index, at] of atMs.entries())
      if (index > 0) expect(at - atMs[index - 1]!).toBeGreaterThanOrEqual(60_000);
    await world.pass(25_000);
    expect(world.entered()).toEqual({ key1: { records: 600, bytes: 6_000 } });
  });

  test('reports within seconds what it did alone', async () => {
    const world = new EdgeWorld();
    world.serve('key1', 'orders', 3);
    await world.pass(5_000);
    expect(world.entered()).toEqual({ key1: { records: 3, bytes: 30 } });
  });

  test('reports as often as the organization asks it to', async () => {
    const world = new EdgeWorld();
    world.nextReportMs = 5_000;
    for (let second = 0; second < 60; second += 1) {
      world.serve('key1', 'orders', 1);
      await world.pass(1_000);
    }
    expect(world.reports.length).toBeGreaterThanOrEqual(9);
    expect(world.reports.length).toBeLessThanOrEqual(13);
  });

  test('adds up as of many what is more than a report tells apart', async () => {
    const world = new EdgeWorld();
    for (let key = 0; key < 3 * entriesPerReport; key += 1) world.serve(`key${key}`, 'orders', 1);
    await world.pass(5_000);
    expect(world.reports[0]?.report.entries).toHaveLength(entriesPerReport + 1);
    const entered = Object.values(world.entered());
    expect(entered.reduce((sum, { records }) => sum + records, 0)).toBe(3 * entriesPerReport);
    expect(world.entered()['*']?.records).toBe(2 * entriesPerReport);
  });

  test('tells what was refused again as it was, and what came meanwhile after it', async () => {
    const world = new EdgeWorld();
    world.fate = 'answer is lost';
    world.serve('key1', 'orders', 1);
    await world.pass(5_000);
    world.fate = 'arrives';
    world.serve('key1', 'orders', 2);
    await world.pass(26_000);
    expect(world.reports.map(({ report }) => [report.number, report.entries[0]?.counts.recordsOut])).toEqual([
      [1, 1],
      [1, 1],
      [2, 2],
    ]);
    expect(world.entered()).toEqual({ key1: { records: 3, bytes: 30 } });
  });

  test('gives up what nobody takes for an hour, and what is of an organization that is gone', async () => {
    const world = new EdgeWorld();
    world.fate = 'is lost';
    world.serve('key1', 'orders', 1);
    await world.pass(3_700_000);
    world.fate = 'organization is gone';
    world.serve('key1', 'orders', 2);
    await world.pass(26_000);
    world.fate = 'arrives';
    world.serve('key1', 'orders', 4);
    await world.pass(70_000);
    expect(world.reports.map(({ report }) => report.number)).toEqual([1, 2, 3]);
    expect(world.entered()).toEqual({ key1: { records: 4, bytes: 40 } });
  });

  test('counts for organizations and nobody else', async () => {
    const world = new EdgeWorld();
    const cluster = { orgId: 'acme', clusterId: 'acme1' };
    for (const principal of [anonymousPrincipal(cluster), platformPrincipal(cluster)]) {
      world.count(principal, 'orders', { recordsOut: 1 });
    }
    await world.pass(60_000);
    expect(world.reports).toEqual([]);
    world.count({ ...keyPrincipal('key1'), kind: 'member', keyId: null, id: 'User:ada' }, null, { requests: 1 });
    await world.pass(60_000);
    expect(world.reports[0]?.report.entries).toMatchObject([{ topic: '', keyId: 'ada', counts: { requests: 1 } }]);
  });
});
