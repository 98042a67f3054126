import { beforeEach, describe, expect, test } from 'vitest';
import { limits } from '../../../src/limits.ts';
import { dayOf, noCounts } from '../../../src/log/usage/usage-counts.ts';
import type { PartitionUsageReport } from '../../../src/log/usage/usage-report.ts';
import { NodeSqlStore } from '../../../src/platform/memory/node-sql-store.ts';
import { OrganizationStore } from '../../../src/tenancy/organization-store.ts';
import { dollarsOf, prices } from '../../../src/tenancy/usage/prices.ts';
import { UsageLedger, type UsageRow } from '../../../src/tenancy/usage/usage-ledger.ts';
import { forecast, monthOf } from '../../../src/tenancy/usage/usage-month.ts';
import { noTotals, type UsageGrouping } from '../../../src/tenancy/usage/usage-store.ts';

const hour = 3_600_000;
const day = 24 * hour;
const ref = { orgId: 'acme', clusterId: 'acme1', topicId: 'topic-1', partition: 0 };

describe('the ledger', () => {
  const startMs = Date.UTC(2026, 10, 20, 18);
  let sql: NodeSqlStore;
  let ledger: UsageLedger;

  beforeEach(() => {
    sql = new NodeSqlStore();
    sql.transaction(() => new OrganizationStore(sql).create('acme', 'Acme', startMs));
    ledger = new UsageLedger(sql);
  });

  const stored = (localBytes: number, remoteBytes: number, changes: Partial<PartitionUsageReport> = {}) => ({
    ref,
    topic: 'orders',
    periods: [],
    localBytes,
    remoteBytes,
    ...changes,
  });

  function read(by: UsageGrouping, nowMs: number) {
    const range = { fromDay: 0, toDay: dayOf(nowMs), clusterId: null };
    return new Map(ledger.read({ ...range, by }, nowMs).map(({ group, totals }) => [group, totals]));
  }

  test('adds up what is kept over time, and shows the stretch that is still open', () => {
    ledger.report(stored(1_000, 0), startMs);
    expect(read('topic', startMs + 2 * hour).get('orders')?.localByteHours).toBeCloseTo(2_000, 6);
    ledger.report(stored(500, 10_000), startMs + 3 * hour);
    const orders = read('topic', startMs + 5 * hour).get('orders');
    expect(orders?.localByteHours).toBeCloseTo(3_000 + 1_000, 6);
    expect(orders?.remoteByteHours).toBeCloseTo(20_000, 6);
    ledger.report(stored(0, 0), startMs + 5 * hour);
    expect(read('topic', startMs + 50 * day).get('orders')?.localByteHours).toBeCloseTo(4_000, 6);
  });

  test('enters a report of an edge once, whatever comes when', () => {
    const served = (recordsOut: number) => ({
      day: dayOf(startMs),
      clusterId: 'acme1',
      topic: 'orders',
      keyId: 'key1',
      counts: { ...noCounts, recordsOut, bytesOut: 100 * recordsOut, requests: 1 },
    });
    ledger.reportEdge({ reporter: 'one', number: 1, entries: [served(2)] }, startMs);
    ledger.reportEdge({ reporter: 'one', number: 1, entries: [served(2)] }, startMs + 1);
    ledger.reportEdge({ reporter: 'two', number: 1, entries: [served(3)] }, startMs + 2);
    ledger.reportEdge({ reporter: 'one', number: 2, entries: [served(4)] }, startMs + 3);
    ledger.reportEdge({ reporter: 'one', number: 1, entries: [served(2)] }, startMs + 4);
    expect(read('topic', startMs).get('orders')).toMatchObject({ recordsOut: 9, bytesOut: 900, requests: 3 });
    expect(read('key', startMs).get('')?.objectRequests).toBe(3);
    expect(ledger.entered.bytes).toBe(900);
  });

  test('forgets an edge a day after it was heard of', () => {
    const entries = [{ day: 1, clusterId: 'acme1', topic: '', keyId: 'key1', counts: { ...noCounts, requests: 1 } }];
    ledger.reportEdge({ reporter: 'one', number: 1, entries }, startMs);
    ledger.reportEdge({ reporter: 'two', number: 1, entries }, startMs + day + hour);
    expect(sql.query('SELECT reporter FROM usage_edge')).toEqual([{ reporter: 'two' }]);
  });

  test('gives each day (UTC) its hours', () => {
    ledger.report(stored(10, 0), startMs);
    const days = read('day', startMs + 2 * day);
    const hours = [...days.values()].map(({ localByteHours }) => localByteHours / 10);
    expect(hours.map(Math.round)).toEqual([6, 24, 18]);
    ledger.report(stored(0, 0), startMs + 2 * day);
    expect([...read('day', startMs + 9 * day).values()].map(({ localByteHours }) => localByteHours)).toEqual(
      [...days.values()].map(({ localByteHours }) => localByteHours),
    );
  });

  test('writes nothing for a report that says nothing new', () => {
    const periods = [
      { number: 7, entries: [{ day: dayOf(startMs), keyId: 'a', counts: { ...noCounts, recordsIn: 3 } }] },
    ];
    const report = stored(10, 0, { periods });
    expect(ledger.report(report, startMs)).toBe(7);
    const before = read('key', startMs);
    expect(ledger.report(report, startMs)).toBe(7);
    expect(ledger.report(report, startMs + hour)).toBe(7);
    expect(read('key', startMs)).toEqual(before);
    expect(before.get('a')?.recordsIn).toBe(3);
  });

  /** A key writes to a topic, whose partition reports it. */
  function write(topic: string, bytesIn: number, nowMs: number): void {
    const entry = { day: dayOf(nowMs), keyId: 'key', counts: { ...noCounts, recordsIn: 1, bytesIn } };
    const periods = [{ number: nowMs, entries: [entry] }];
    ledger.report(stored(0, 0, { ref: { ...ref, topicId: topic }, topic, periods }), nowMs);
  }

  test('adds up the least of a day that has too many rows, and loses nothing of it', () => {
    const count = limits.usageRowsPerDay.value + 500;
    sql.transaction(() => {
      for (let index = 0; index < count; index += 1) write(`topic-${index}`, index, startMs);
    });
    const rows = read('topic', startMs);
    expect(rows.size).toBeLessThanOrEqual(limits.usageRowsPerDay.value + 1);
    expect(rows.has(`topic-${count - 1}`)).toBe(true);
    expect(rows.get('*')?.recordsIn).toBeGreaterThan(0);
    expect([...rows.values()].reduce((sum, { recordsIn }) => sum + recordsIn, 0)).toBe(count);
  });

  test('keeps days for as long as it says, and then not', () => {
    const kept = limits.usageDays.value;
    write('orders', 1, startMs);
    write('orders', 1, startMs + kept * day);
    expect(read('day', startMs + kept * day).size).toBe(2);
    write('orders', 1, startMs + (kept + 1) * day);
    expect(read('day', startMs + (kept + 1) * day).size).toBe(2);
  });
});

describe('dollars', () => {
  test('are what the units cost by the list', () => {
    expect(dollarsOf({ ...noTotals, requests: 1e6, rowsWritten: 1e6 })).toBeCloseTo(1.3, 9);
    const gigabyteMonth = 1e9 * 730;
    expect(dollarsOf({ ...noTotals, localByteHours: gigabyteMonth })).toBeCloseTo(0.2, 9);
    expect(prices.remoteByteHours * gigabyteMonth).toBeCloseTo(0.015, 9);
  });

  test('of the month are forecast by the last seven days', () => {
    const nowMs = Date.UTC(2026, 10, 21);
    const row = (group: number, dollars: number) => ({ group: String(group), totals: noTotals, dollars });
    const dollarsAhead = (days: readonly UsageRow[], atMs: number) => forecast(days, ({ dollars }) => dollars, atMs);
    const { firstDay, lastDay } = monthOf(nowMs);
    expect(lastDay - firstDay).toBe(29);
    const steady = Array.from({ length: 20 }, (_, index) => row(firstDay + index, 2));
    // Twenty days of two dollars; six whole days of sample, and ten days to go.
    expect(dollarsAhead(steady, nowMs)).toBeCloseTo(40 + 20, 6);
    expect(dollarsAhead([], nowMs)).toBe(0);
    const begun = [row(firstDay + 20, 1)];
    expect(dollarsAhead(begun, nowMs + hour)).toBeGreaterThan(5);
  });
});
