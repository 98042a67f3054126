import { beforeEach, describe, expect, test } from 'vitest';
import type { AlertCommand, AlertReply } from '../../src/alerts/alert-command.ts';
import type { AlertCondition, AlertSettings } from '../../src/alerts/alert-rule.ts';
import { deliveryAttemptsMax } from '../../src/alerts/delivery-schedule.ts';
import { failed, ok, type Result } from '../../src/errors/result.ts';
import { limits } from '../../src/limits.ts';
import { localCluster } from '../../src/topics/local-cluster.ts';
import { verifyWebhook } from '../alerts/webhook-verifier.ts';
import { unwrap } from '../support/partition-harness.ts';
import { CatalogWorld } from './catalog-world.ts';

const minuteMs = 60_000;

type Message = { readonly id: string; readonly type: string; readonly text: string; readonly data: object };

/** A cluster whose alerts reach a receiver that verifies them. */
class AlertWorld extends CatalogWorld {
  /** Messages that verified, in the order of their arrival. */
  readonly received: Message[] = [];
  /** What the receiver answers; by default that it took the message. */
  answer: () => Result<{ readonly status: number }> = () => ok({ status: 204 });
  secret = '';
  #written = new Map<string, number>();

  override post = async (_url: string, headers: Readonly<Record<string, string>>, body: string) => {
    const answer = this.answer();
    if (!answer.ok) return answer;
    expect(verifyWebhook(this.secret, headers, body, this.nowMs)).toBe(true);
    this.received.push({ id: headers['webhook-id'], ...JSON.parse(body) });
    return answer;
  };

  async call<Kind extends AlertReply['kind']>(command: AlertCommand, kind: Kind) {
    const reply = unwrap(await this.catalog.callAlerts(localCluster, command));
    expect(reply.kind).toBe(kind);
    return reply as Extract<AlertReply, { kind: Kind }>;
  }

  async create(change: Partial<AlertSettings> & { readonly condition: AlertCondition }): Promise<string> {
    const settings = { name: 'Behind', repeatMs: null, webhookUrl: 'https://hooks.example.com/', ...change };
    const { alert, secret } = await this.call({ kind: 'create', settings, createdBy: 'User:ann' }, 'issued');
    this.secret = secret;
    return alert.alertId;
  }

  async topic(topic: string): Promise<string> {
    const { topicId } = unwrap(await this.catalog.createTopic(localCluster, { topic }));
    unwrap(await this.catalog.grantPartition(localCluster, topicId, 0));
    return topicId;
  }

  /** The topic's partition wrote so many records of 100 bytes, keeps so much, and says so. */
  async write(topicId: string, records: number, { localBytes = 0, damaged = 0 } = {}): Promise<void> {
    const recordsIn = (this.#written.get(topicId) ?? 0) + records;
    this.#written.set(topicId, recordsIn);
    const report = {
      ...{ topicId, partition: 0, logStartOffset: 0, highWatermark: 0, segmentCount: 1, maxTimestampMs: -1 },
      ...{ localBytes, remoteBytes: 0, written: { sinceMs: 1, recordsIn, bytesIn: recordsIn * 100 } },
      upkeep: {
        nextDueMs: null,
        compaction: null,
        damaged: Array.from({ length: damaged }, () => ({ fromOffset: 0, toOffset: 1 })),
      },
    };
    unwrap(await this.catalog.reportPartitions(localCluster, [report as never]));
  }

  async rollUp() {
    const rolledUp = unwrap(await this.catalog.callHistory(localCluster, { kind: 'rollUp' }));
    await this.#runDueAlarms();
    return rolledUp;
  }

  /** A sweep found these lags; null could not be measured. */
  async measure(lags: Readonly<Record<string, number | null>>, lagMs = 0): Promise<void> {
    const measured = Object.entries(lags).map(([groupId, lag]) => ({
      groupId,
      lag,
      lagMs: lag === null ? null : lagMs,
    }));
    unwrap(await this.catalog.callHistory(localCluster, { kind: 'recordLags', lags: measured }));
    await this.#runDueAlarms();
    this.nowMs += 5 * minuteMs;
  }

  get told(): readonly string[] {
    return this.received.map(({ type }) => type.replace('alert.', ''));
  }

  async #runDueAlarms(): Promise<void> {
    while (this.alarm.atMs !== null && this.alarm.atMs <= this.nowMs) await this.runNextAlarm();
  }
}

const billing: AlertCondition = {
  metric: 'lag',
  target: { type: 'group', name: 'billing', pattern: 'literal' },
  comparison: 'above',
  threshold: 100,
  forMs: 0,
  resolveAfterMs: 0,
};

let world: AlertWorld;

beforeEach(async () => {
  world = new AlertWorld();
  world.nowMs = 1_795_000_000_000;
  for (const groupId of ['billing', 'web-a', 'web-b']) {
    unwrap(await world.catalog.registerGroup(localCluster, groupId, 'consumer'));
  }
});

describe('an alert on lag', () => {
  test('is told when it fires and when it is resolved, with what was measured', async () => {
    const alertId = await world.create({ condition: billing });
    await world.measure({ billing: 50 });
    await world.measure({ billing: 1_234 });
    await world.measure({ billing: 2_000 });
    await world.measure({ billing: 3 });
    expect(world.told).toEqual(['firing', 'resolved']);
    expect(world.received[0]).toMatchObject({
      text: 'Behind fires: group billing is at 1,234 records (lag of group billing above 100 records).',
      data: { key: `${alertId}/billing`, metric: 'lag', subject: 'billing', value: 1_234, threshold: 100 },
    });
    expect(world.received[1]).toMatchObject({ text: expect.stringContaining('is resolved'), data: { value: 3 } });
    const { events, deliveries } = await world.call({ kind: 'history', alertId }, 'history');
    expect(events.map(({ kind, value }) => [kind, value])).toEqual([
      ['resolved', 3],
      ['firing', 1_234],
    ]);
    expect(deliveries.map(({ state, attempts, status }) => [state, attempts, status])).toEqual([
      ['delivered', 1, 204],
      ['delivered', 1, 204],
    ]);
  });

  test('in time, of all groups of a prefix, after a while, survives a restart of the object', async () => {
    const condition = { ...billing, metric: 'lag_ms', threshold: 60_000, forMs: 10 * minuteMs } as const;
    await world.create({ condition: { ...condition, target: { type: 'group', name: 'web-', pattern: 'prefixed' } } });
    await world.measure({ billing: 9, 'web-a': 9, 'web-b': 9 }, 61_000);
    await world.restart();
    await world.measure({ billing: 9, 'web-a': 9, 'web-b': null }, 61_000);
    expect(world.told).toEqual([]);
    await world.restart();
    await world.measure({ billing: 9, 'web-a': 9, 'web-b': 9 }, 61_000);
    // Sent at once, they arrive in any order.
    const news = world.received.map(({ data }) => data as { readonly subject: string; readonly value: number });
    expect(news.toSorted((one, other) => one.subject.localeCompare(other.subject))).toMatchObject([
      { subject: 'web-a', value: 61_000 },
      { subject: 'web-b', value: 61_000 },
    ]);
  });

  test('has groups without members measured with every sweep, which they are not otherwise', async () => {
    await world.measure({ billing: 1, 'web-a': 1, 'web-b': 1 });
    expect(await world.rollUp()).toMatchObject({ groupIds: [] });
    await world.create({ condition: billing });
    expect(await world.rollUp()).toMatchObject({ groupIds: ['billing'] });
  });

  test('of a group that is deleted is resolved', async () => {
    await world.create({ condition: billing });
    await world.measure({ billing: 500 });
    unwrap(await world.catalog.unregisterGroup(localCluster, 'billing', 'consumer'));
    await world.rollUp();
    expect(world.told).toEqual(['firing', 'resolved']);
  });

  test('is told of again, and not while it is muted', async () => {
    const alertId = await world.create({ condition: billing, repeatMs: 10 * minuteMs });
    const mute = (mutedUntilMs: number | null) =>
      world.call({ kind: 'alter', alertId, change: { mutedUntilMs } }, 'alert');
    await world.measure({ billing: 500 });
    await world.measure({ billing: 500 });
    await world.measure({ billing: 500 });
    expect(world.told).toEqual(['firing', 'firing']);
    expect(world.received[1]).toMatchObject({ data: { is_repeated: true } });
    await mute(world.nowMs + 12 * minuteMs);
    for (let sweep = 0; sweep < 3; sweep += 1) await world.measure({ billing: 500 });
    expect(world.told).toHaveLength(2);
    await world.measure({ billing: 500 });
    expect(world.told).toHaveLength(3);
  });

  test('begins anew when what it watches is changed, and is gone with everything when it is deleted', async () => {
    const alertId = await world.create({ condition: billing });
    await world.measure({ billing: 500 });
    await world.call({ kind: 'alter', alertId, change: { condition: { ...billing, threshold: 1_000 } } }, 'alert');
    await world.measure({ billing: 500 });
    expect(world.told).toEqual(['firing', 'resolved']);
    await world.call({ kind: 'delete', alertId }, 'done');
    await world.measure({ billing: 5_000 });
    expect(world.told).toHaveLength(2);
    for (const table of ['alert_rule', 'alert_state', 'alert_event', 'webhook_delivery']) {
      expect(world.sql.query(`SELECT 1 FROM ${table}`)).toEqual([]);
    }
    expect(await world.catalog.callAlerts(localCluster, { kind: 'describe', alertId })).toMatchObject({
      error: { code: 'UNKNOWN_RESOURCE' },
    });
  });
});

describe('an alert on topics', () => {
  const busy: AlertCondition = {
    ...billing,
    metric: 'records_in_per_second',
    target: { type: 'topic', name: 'orders', pattern: 'literal' },
    threshold: 10,
  };

  /** Writes a second's worth of records for five minutes, and has it entered. */
  async function fiveMinutes(topicId: string, recordsPerSecond: number): Promise<void> {
    for (let minute = 0; minute < 5; minute += 1) {
      await world.write(topicId, recordsPerSecond * 60);
      world.nowMs += minuteMs;
    }
    await world.rollUp();
  }

  test('compares the rate of the last five minutes', async () => {
    const topicId = await world.topic('orders');
    const alertId = await world.create({ condition: busy });
    await fiveMinutes(topicId, 8);
    expect(world.told).toEqual([]);
    await fiveMinutes(topicId, 20);
    expect(world.received).toMatchObject([{ type: 'alert.firing', data: { value: 20 } }]);
    const { alert } = await world.call({ kind: 'describe', alertId }, 'alert');
    expect(alert).toMatchObject({ value: 20, subjects: [{ subject: 'orders', state: 'firing' }] });
    await fiveMinutes(topicId, 8);
    expect(world.told).toEqual(['firing', 'resolved']);
  });

  test('notices that nothing comes in any more, and that nothing ever did', async () => {
    const topicId = await world.topic('orders');
    await world.topic('unused');
    const target = { type: 'topic', name: '', pattern: 'prefixed' } as const;
    await world.create({ condition: { ...busy, target, comparison: 'below', threshold: 1 } });
    await fiveMinutes(topicId, 8);
    expect(world.received.map(({ data }) => data)).toMatchObject([{ subject: 'unused', value: 0 }]);
    world.nowMs += 5 * minuteMs;
    await world.rollUp();
    expect(world.received.map(({ data }) => data).slice(1)).toMatchObject([{ subject: 'orders', value: 0 }]);
  });

  test('adds up what the cluster keeps, and counts what is damaged', async () => {
    const cluster = { type: 'cluster' } as const;
    await world.create({ condition: { ...busy, metric: 'stored_bytes', target: cluster, threshold: 1_000 } });
    const [orders, clicks] = [await world.topic('orders'), await world.topic('clicks')];
    await world.write(orders, 1, { localBytes: 600 });
    await world.write(clicks, 1, { localBytes: 500 });
    await world.rollUp();
    expect(world.received).toMatchObject([{ data: { value: 1_100, subject: null, target_type: 'cluster' } }]);
    await world.create({ condition: { ...busy, metric: 'damaged_ranges', threshold: 0 } });
    world.nowMs += minuteMs;
    await world.write(orders, 0, { localBytes: 600, damaged: 2 });
    await world.rollUp();
    expect(world.received[1]).toMatchObject({ data: { metric: 'damaged_ranges', subject: 'orders', value: 2 } });
  });

  test('of a topic that is deleted is resolved', async () => {
    const topicId = await world.topic('orders');
    await world.create({ condition: busy });
    await fiveMinutes(topicId, 20);
    unwrap(await world.catalog.deleteTopic(localCluster, 'orders'));
    await world.rollUp();
    expect(world.told).toEqual(['firing', 'resolved']);
  });

  test('would have fired as a preview says', async () => {
    const topicId = await world.topic('orders');
    world.nowMs = Math.ceil(world.nowMs / (5 * minuteMs)) * 5 * minuteMs;
    for (const rate of [8, 20, 20, 8, 20]) await fiveMinutes(topicId, rate);
    const { subjects, isKept } = await world.call({ kind: 'preview', condition: busy }, 'preview');
    expect(isKept).toBe(true);
    expect(subjects).toMatchObject([{ subject: 'orders', value: 20 }]);
    expect(subjects[0]!.alerts.map(({ value, resolvedAtMs }) => [value, resolvedAtMs === null])).toEqual([
      [20, false],
      [20, true],
    ]);
    const damaged = { ...busy, metric: 'damaged_ranges' } as const;
    expect(await world.call({ kind: 'preview', condition: damaged }, 'preview')).toMatchObject({ isKept: false });
  });
});

describe('an alert on the budget', () => {
  const spent: AlertCondition = {
    ...billing,
    metric: 'budget_percent',
    target: { type: 'organization' },
    threshold: 80,
  };

  test('has the sweep ask for it, and ends when the budget is lifted', async () => {
    expect(await world.rollUp()).toMatchObject({ wantsBudget: false });
    const alertId = await world.create({ condition: spent });
    expect(await world.rollUp()).toMatchObject({ wantsBudget: true });
    const used = (percent: number | null) => world.call({ kind: 'recordBudget', percent }, 'done');
    await used(79);
    await used(83);
    expect((await world.call({ kind: 'describe', alertId }, 'alert')).alert.value).toBe(83);
    await used(null);
    await world.settle();
    expect(world.told).toEqual(['firing', 'resolved']);
  });
});

describe('messages', () => {
  test('are sent again with the same id, further and further apart, and given up', async () => {
    const alertId = await world.create({ condition: billing });
    world.answer = () => ok({ status: 500 });
    await world.measure({ billing: 500 });
    const attempts: string[] = [];
    world.answer = () => ok({ status: 500 });
    await world.settle();
    const { deliveries } = await world.call({ kind: 'history', alertId }, 'history');
    attempts.push(...world.received.map(({ id }) => id));
    expect(attempts).toHaveLength(deliveryAttemptsMax);
    expect(new Set(attempts)).toEqual(new Set([deliveries[0]!.deliveryId]));
    expect(deliveries).toMatchObject([{ state: 'failed', attempts: deliveryAttemptsMax, status: 500 }]);
  });

  test('that fail are delivered when the receiver is back, whatever happened to the object meanwhile', async () => {
    const alertId = await world.create({ condition: billing });
    world.answer = () => failed('OUTBOUND_CALL_FAILED', 'hooks.example.com cannot be reached.');
    await world.measure({ billing: 500 });
    const waiting = (await world.call({ kind: 'history', alertId }, 'history')).deliveries;
    expect(waiting).toMatchObject([{ state: 'waiting', attempts: 1, error: expect.stringContaining('reached') }]);
    await world.restart();
    world.answer = () => ok({ status: 200 });
    await world.settle();
    expect(world.told).toEqual(['firing']);
  });

  test('are sent at least once when the object dies in the middle of sending', async () => {
    await world.create({ condition: billing });
    world.answer = () => {
      world.answer = () => ok({ status: 200 });
      world.crash();
      return ok({ status: 200 });
    };
    await world.measure({ billing: 500 }).catch(() => undefined);
    await world.restart();
    await world.settle();
    expect(world.told).toEqual(['firing', 'firing']);
    expect(new Set(world.received.map(({ id }) => id)).size).toBe(1);
  });

  test('to an address that may not be called are given up at once', async () => {
    const alertId = await world.create({ condition: billing });
    world.answer = () => failed('INVALID_REQUEST', 'not public');
    await world.measure({ billing: 500 });
    const { deliveries } = await world.call({ kind: 'history', alertId }, 'history');
    expect(deliveries).toMatchObject([{ state: 'failed', attempts: 1 }]);
  });

  test('of a test say that they are one, and are not repeated', async () => {
    const alertId = await world.create({ condition: billing });
    expect((await world.call({ kind: 'test', alertId }, 'delivery')).delivery).toMatchObject({
      state: 'delivered',
      kind: 'test',
    });
    world.answer = () => ok({ status: 404 });
    expect((await world.call({ kind: 'test', alertId }, 'delivery')).delivery).toMatchObject({
      state: 'failed',
      status: 404,
    });
    await world.settle();
    expect(world.told).toEqual(['test', 'test']);
  });

  test('are signed with both secrets while one follows the other, and with the new one alone after that', async () => {
    const alertId = await world.create({ condition: billing });
    const old = world.secret;
    const rotate = { kind: 'rotateSecret', alertId, overlapMs: minuteMs } as const;
    const { secret } = await world.call(rotate, 'issued');
    const works = async (given: string) => {
      world.secret = given;
      return (await world.call({ kind: 'test', alertId }, 'delivery').catch(() => null)) !== null;
    };
    expect([secret === old, await works(old), await works(secret)]).toEqual([false, true, true]);
    world.nowMs += minuteMs;
    expect([await works(old), await works(secret)]).toEqual([false, true]);
  });
});

describe('what is kept', () => {
  test('is bounded: rules, events and messages', async () => {
    const alertId = await world.create({ condition: billing });
    for (let round = 0; round < limits.alertEventsKept.value; round += 1) {
      await world.measure({ billing: 500 });
      await world.measure({ billing: 0 });
    }
    const { events, deliveries } = await world.call({ kind: 'history', alertId }, 'history');
    expect(events).toHaveLength(limits.alertEventsKept.value);
    expect(deliveries).toHaveLength(limits.webhookDeliveriesKept.value);
    for (let count = 1; count < limits.alertsPerCluster.value; count += 1) await world.create({ condition: billing });
    const settings = { name: 'One more', condition: billing, repeatMs: null, webhookUrl: 'https://a.example.com/' };
    expect(await world.catalog.callAlerts(localCluster, { kind: 'create', settings, createdBy: '' })).toMatchObject({
      error: { code: 'LIMIT_REACHED' },
    });
  });

  test('has no secret in clear text', async () => {
    await world.create({ condition: billing });
    expect(JSON.stringify(world.sql.query('SELECT * FROM alert_rule'))).not.toContain(world.secret);
    expect(JSON.stringify(await world.call({ kind: 'list' }, 'alerts'))).not.toContain(world.secret);
  });

  test('is not written to while nothing changes', async () => {
    await world.create({ condition: billing });
    await world.measure({ billing: 500 });
    await world.measure({ billing: 600 });
    const changes = () => world.sql.query<{ changes: number }>('SELECT total_changes() AS changes')[0]!.changes;
    const before = changes();
    await world.measure({ billing: 700 });
    // The row of the group's series, which is written anyway.
    expect(changes() - before).toBe(1);
  });

  test('of a cluster that was never founded is nothing, and asking founds nothing', async () => {
    const empty = new AlertWorld();
    expect(await empty.call({ kind: 'list' }, 'alerts')).toEqual({ kind: 'alerts', alerts: [] });
    expect(empty.sql.query("SELECT name FROM sqlite_master WHERE type = 'table'")).toEqual([]);
  });
});

test.each([
  [{ webhookUrl: 'http://127.0.0.1/' }, 'https'],
  [{ name: '' }, 'name'],
  [{ repeatMs: 1 }, 'repeat_ms'],
  [{ condition: { ...billing, target: { type: 'cluster' } as const } }, 'not of a cluster'],
])('a rule that makes no sense is refused: %j', async (change, why) => {
  const settings = { name: 'A', condition: billing, repeatMs: null, webhookUrl: 'https://a.example.com/', ...change };
  const created = await world.catalog.callAlerts(localCluster, { kind: 'create', settings, createdBy: '' });
  expect(created).toMatchObject({ ok: false, error: { code: 'INVALID_REQUEST' } });
  expect(created.ok ? '' : created.error.message).toContain(why);
});
