import { describe, expect, it, test } from 'vitest';
import type { Result } from '../../../src/errors/result.ts';
import { DeadLetterWriter } from '../../../src/gateway/share/dead-letter-writer.ts';
import { ShareSource } from '../../../src/gateway/share/share-source.ts';
import { defaultShareConfig } from '../../../src/groups/share/share-config.ts';
import type { ShareCall } from '../../../src/groups/share/share-partition-rpc.ts';
import { type SharePartitionPorts, SharePartitionService } from '../../../src/groups/share/share-partition-service.ts';
import { decompress } from '../../../src/log/compression.ts';
import { decodeBatches } from '../../../src/log/record.ts';
import { MemoryAlarm } from '../../../src/platform/memory/memory-alarm.ts';
import { NodeSqlStore } from '../../../src/platform/memory/node-sql-store.ts';
import type { SqlStore } from '../../../src/platform/sql-store.ts';
import { localCluster } from '../../../src/topics/local-cluster.ts';
import { Crash, type CrashPoint, crashPoints } from '../../support/crash-points.ts';
import { MemoryPlatform } from '../../support/memory-platform.ts';

const lockDurationMs = 1_000;
const recordCount = 7;
const config = { ...defaultShareConfig, lockDurationMs, deliveryLimit: 2, deadLetterTopic: 'letters' };

/** Everything an instance calls: counted, and failing where the crash point says. */
class FailingCalls {
  count = 0;
  #isDead = false;
  readonly #point: CrashPoint | null;

  constructor(point: CrashPoint | null) {
    this.#point = point;
  }

  ports(ports: SharePartitionPorts): SharePartitionPorts {
    const { source, deadLetters, alarm } = ports;
    return {
      ...ports,
      sql: this.#store(ports.sql),
      alarm: { armBy: (atMs) => this.#async(() => alarm.armBy(atMs)) },
      source: {
        ends: (ref, topic) => this.#async(() => source.ends(ref, topic)),
        offsetAt: (ref, topic, timestampMs) => this.#async(() => source.offsetAt(ref, topic, timestampMs)),
      },
      deadLetters: {
        target: (ref, topic) => this.#async(() => deadLetters.target(ref, topic)),
        newProducer: (ref) => this.#async(() => deadLetters.newProducer(ref)),
        append: (from, producer, batch) => this.#async(() => deadLetters.append(from, producer, batch)),
      },
    };
  }

  #store(sql: SqlStore): SqlStore {
    let depth = 0;
    return {
      query: (statement, ...bindings) => this.#alive(() => sql.query(statement, ...bindings)) as never,
      run: (statement, ...bindings) => this.#alive(() => sql.run(statement, ...bindings)),
      sizeBytes: () => sql.sizeBytes(),
      billedRows: () => sql.billedRows(),
      deleteAll: () => this.#async(() => sql.deleteAll()),
      transaction: (body) => {
        if (depth > 0) return sql.transaction(body);
        depth += 1;
        try {
          const at = this.#begin();
          this.#failAt(at, 'before');
          const result = sql.transaction(body);
          this.#failAt(at, 'after');
          return result;
        } finally {
          depth -= 1;
        }
      },
    };
  }

  async #async<T>(effect: () => Promise<T>): Promise<T> {
    const at = this.#begin();
    this.#failAt(at, 'before');
    const result = await effect();
    this.#failAt(at, 'after');
    return result;
  }

  #begin(): number {
    this.#alive(() => {});
    this.count += 1;
    return this.count;
  }

  #alive<T>(effect: () => T): T {
    if (this.#isDead) throw new Crash();
    return effect();
  }

  #failAt(at: number, side: CrashPoint['side']): void {
    if (this.#point === null || this.#point.at !== at || this.#point.side !== side) return;
    if (this.#point.kind === 'crash') this.#isDead = true;
    throw new Crash();
  }
}

/** One share partition over a real log, whose first instance fails at a point and whose second one goes on. */
class Scene {
  readonly platform = new MemoryPlatform();
  readonly sql = new NodeSqlStore();
  readonly alarm = new MemoryAlarm();
  readonly calls: FailingCalls;
  #service: SharePartitionService | null = null;
  #isFirst = true;
  topicId = '';

  constructor(point: CrashPoint | null) {
    this.calls = new FailingCalls(point);
  }

  async prepare(): Promise<void> {
    for (const topic of ['work', 'letters']) {
      await this.platform.catalog.createTopic(localCluster, { topic, partitionCount: 1 });
    }
    const route = await this.platform.services.routes.find('work');
    if (!route.ok) throw new Error(route.error.message);
    this.topicId = route.value.topicId;
    const records = Array.from({ length: recordCount }, (_, index) => ({
      partition: 0,
      key: null,
      value: new TextEncoder().encode(String(index)),
      headers: [],
      timestampMs: null,
    }));
    const produced = await this.platform.services.producer.produce('work', records);
    expect(produced.ok).toBe(true);
  }

  get call(): ShareCall {
    const ref = { ...localCluster, groupId: 'g', shareGroupId: 's', topicId: this.topicId, partition: 0 };
    return { ref, topic: 'work', config: { ...config, start: 'earliest' }, configVersion: 1, isAdded: false };
  }

  /** Calls until it is answered: an instance that died is replaced, as the platform does. */
  async until<T>(attempt: (service: SharePartitionService) => Promise<Result<T>>): Promise<Result<T>> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await attempt(this.service());
      } catch (thrown) {
        if (!(thrown instanceof Crash) || tries > 3) throw thrown;
        this.restart();
      }
    }
  }

  restart(): void {
    this.#service = null;
    this.#isFirst = false;
  }

  service(): SharePartitionService {
    if (this.#service !== null) return this.#service;
    const ports: SharePartitionPorts = {
      sql: this.sql,
      alarm: this.alarm,
      clock: { nowMs: () => this.platform.nowMs },
      isOwn: () => true,
      source: new ShareSource(this.platform.services),
      deadLetters: new DeadLetterWriter(this.platform.services),
      reportError: () => {},
    };
    this.#service = new SharePartitionService(this.#isFirst ? this.calls.ports(ports) : ports);
    return this.#service;
  }

  async runAlarm(): Promise<void> {
    this.alarm.take();
    try {
      await this.service().runAlarm();
    } catch (thrown) {
      if (!(thrown instanceof Crash)) throw thrown;
    }
  }

  /** Goes through two rounds of deliveries; answers what was delivered how often. */
  async run(): Promise<Map<number, number>> {
    const delivered = new Map<number, number>();
    for (const lockId of ['first', 'second', 'third']) {
      const request = { call: this.call, memberId: 'm', lockId, maxRecords: 100 };
      const acquired = await this.until((service) => service.acquire(request));
      if (!acquired.ok) throw new Error(acquired.error.message);
      for (const { first, last } of acquired.value.acquired) {
        for (let offset = first; offset <= last; offset += 1) {
          delivered.set(offset, (delivered.get(offset) ?? 0) + 1);
          const type = offset % 3 === 0 ? ('reject' as const) : offset % 3 === 1 ? ('accept' as const) : null;
          if (type === null) continue;
          const entry = { from: offset, to: offset, lockId, type, delayMs: null };
          await this.until((service) => service.acknowledge(this.call, [entry]));
        }
      }
      await this.runAlarm();
      this.platform.nowMs += lockDurationMs;
      await this.runAlarm();
    }
    // A failed call leaves its repetition to the alarm; a crash to the next life.
    this.restart();
    for (let round = 0; round < 5; round += 1) {
      this.platform.nowMs += 60_000;
      await this.until((service) => service.describe(this.call.ref));
      await this.runAlarm();
    }
    return delivered;
  }

  async letters(): Promise<string[]> {
    const { reader } = this.platform.services;
    const read = await reader.read({
      topic: 'letters',
      partition: 0,
      from: 'earliest',
      maxBytes: 1_000_000,
      waitMs: 0,
      minBytes: 1,
    });
    if (!read.ok) throw new Error(read.error.message);
    const values: string[] = [];
    decodeBatches(new Uint8Array(await read.value.response.arrayBuffer()), decompress, ({ value }) => {
      values.push(new TextDecoder().decode(value ?? new Uint8Array()));
      return true;
    });
    return values.sort();
  }
}

/** Rejected are 0, 3 and 6; 2 and 5 are never answered, and so delivered twice. */
const expectedLetters = ['0', '2', '3', '5', '6'];

async function play(point: CrashPoint | null): Promise<number> {
  const scene = new Scene(point);
  await scene.prepare();
  const delivered = await scene.run();
  const label = JSON.stringify(point);
  expect(await scene.letters(), `I-4e ${label}`).toEqual(expectedLetters);
  const described = await scene.service().describe(scene.call.ref);
  expect(described, `I-4b ${label}`).toMatchObject({
    ok: true,
    value: { startOffset: recordCount, accepted: 2, deadLettered: 5, archived: 0, deadLetters: 0, acquired: 0 },
  });
  for (const [offset, times] of delivered) expect(times, `I-4d ${label} ${offset}`).toBeLessThanOrEqual(2);
  expect(delivered.size, label).toBe(recordCount);
  return scene.calls.count;
}

test('a share partition whose alarm comes while it is at work buries every dead record once (I-4e)', async () => {
  const scene = new Scene(null);
  await scene.prepare();
  const acquired = await scene.service().acquire({ call: scene.call, memberId: 'm', lockId: 'l', maxRecords: 100 });
  expect(acquired.ok).toBe(true);
  const rejection = { from: 0, to: recordCount - 1, lockId: 'l', type: 'reject' as const, delayMs: null };
  await scene.service().acknowledge(scene.call, [rejection]);
  await Promise.all([scene.runAlarm(), scene.runAlarm()]);
  expect(await scene.letters()).toEqual(Array.from({ length: recordCount }, (_, index) => String(index)));
});

const callCount = await play(null);

describe('a share partition whose instance dies', () => {
  it('calls the platform often enough for the test to mean something', () => {
    expect(callCount).toBeGreaterThan(20);
  });

  it.each(crashPoints(callCount, 'crash'))(
    'at call $at ($side) still buries every dead record once (I-4e)',
    async (point) => {
      await play(point);
    },
  );

  it.each(crashPoints(callCount, 'error'))('or whose call $at fails ($side) does too (I-4e)', async (point) => {
    await play(point);
  });
});
