import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { LooseRecordWriter } from '../../src/log/loose-records.ts';
import { signGrant } from '../../src/log/partition-grant.ts';
import type { AppendRequest } from '../../src/log/partition-rpc.ts';
import { PartitionService } from '../../src/log/partition-service.ts';
import { encodeBatch } from '../../src/log/record.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { DurableAlarm } from '../../src/platform/cloudflare/durable-alarm.ts';
import { DurableCommitPacer } from '../../src/platform/cloudflare/durable-commit-pacer.ts';
import { DurableSqlStore } from '../../src/platform/cloudflare/durable-sql-store.ts';
import type { Env } from '../../src/platform/cloudflare/env.ts';
import { HmacSigner } from '../../src/platform/cloudflare/hmac-signer.ts';
import { topicConfigOf } from '../../src/topics/topic-config.ts';
import { memoryObjectPorts } from '../support/maintenance-ports.ts';

const { PARTITION } = env as unknown as Env;
const ref = { orgId: 'org', clusterId: 'cluster', topicId: 'topic-id', partition: 0 };
const signer = new HmacSigner('a secret of this test');

type OwnPartition = {
  readonly store: DurableSqlStore;
  append(payload: Pick<AppendRequest, 'looseRecords' | 'batches' | 'idempotency'>): Promise<void>;
};

/** A partition over the storage of a real object that nothing else uses, with its counters within reach. */
function inPartition(body: (partition: OwnPartition) => Promise<void>): Promise<void> {
  return runInDurableObject(PARTITION.get(PARTITION.newUniqueId()), async (_instance, state) => {
    const store = new DurableSqlStore(state.storage);
    const service = new PartitionService({
      sql: store,
      clock: systemClock,
      pacer: new DurableCommitPacer(state.storage),
      alarm: new DurableAlarm(state.storage, systemClock),
      signer,
      ...memoryObjectPorts(),
      relays: { deliver: async () => ({ subscribed: false }) },
      report: async () => {},
      panic: (cause) => {
        throw cause;
      },
      yieldTurn: () => Promise.resolve(),
    });
    const grant = {
      ref,
      topic: 'orders',
      config: topicConfigOf({}),
      configVersion: 1,
      expiresAtMs: systemClock.nowMs() + 60_000,
    };
    expect((await service.initialize(signGrant(grant, signer))).ok).toBe(true);
    await body({
      store,
      append: async (payload) => {
        const reply = await service.append({ ref, configVersion: 1, ...payload });
        expect(reply.ok).toBe(true);
      },
    });
  });
}

function loose(count: number, valueBytes = 100): Uint8Array {
  const writer = new LooseRecordWriter();
  for (let index = 0; index < count; index += 1) writer.append(-1, null, new Uint8Array(valueBytes).fill(index));
  return writer.take();
}

function records(count: number, valueBytes: number) {
  return Array.from({ length: count }, (_, index) => ({
    timestampMs: 1_790_000_000_000 + index,
    key: null,
    value: new Uint8Array(valueBytes).fill(index),
    headers: [],
  }));
}

async function rowsWritten(store: DurableSqlStore, work: () => Promise<void>): Promise<number> {
  const before = store.billedRows().written;
  await work();
  return store.billedRows().written - before;
}

describe('what the partition writes', () => {
  it('is one row a flush, however many requests share it', () =>
    inPartition(async ({ store, append }) => {
      const together = () => Promise.all(Array.from({ length: 64 }, () => append({ looseRecords: loose(1) })));
      const written = await rowsWritten(store, async () => {
        await together();
      });
      const [{ flushes } = { flushes: 0 }] = store.query<{ flushes: number }>(
        'SELECT count(*) AS flushes FROM segment_0',
      );
      expect(written).toBe(flushes);
      expect(flushes).toBeLessThan(64);
    }));

  it('is one row more for each producer whose state changed, and for each new Idempotency-Key', () =>
    inPartition(async ({ store, append }) => {
      const batch = encodeBatch(records(10, 100), { producerId: 1, producerEpoch: 0, baseSequence: 0 });
      expect(await rowsWritten(store, () => append({ batches: batch.slice() }))).toBe(2);
      expect(await rowsWritten(store, () => append({ batches: batch.slice() }))).toBe(0);
      const idempotency = { keyHash: 'k', bodyHash: 'b', requestedAtMs: systemClock.nowMs() };
      expect(await rowsWritten(store, () => append({ looseRecords: loose(1), idempotency }))).toBe(2);
    }));

  it('is at most 1,100 rows a million records of 100 bytes in batches of 1,000', () =>
    inPartition(async ({ store, append }) => {
      const batch = encodeBatch(records(1_000, 100));
      const batchCount = 300;
      const written = await rowsWritten(store, async () => {
        for (let sent = 0; sent < batchCount; sent += 1) await append({ batches: batch.slice() });
      });
      const [{ segments } = { segments: 0 }] = store.query<{ segments: number }>(
        'SELECT count(*) AS segments FROM segments',
      );
      expect(segments).toBeGreaterThan(1);
      // A segment that rolls writes four rows, and the first one the timer that has it moved to an object.
      expect(written).toBe(batchCount + 4 * (segments - 1) + 1);
      expect((written / (batchCount * 1_000)) * 1_000_000).toBeLessThanOrEqual(1_100);
    }));

  it('takes at most 118 bytes on disk a record of 100 bytes, at two batches of 100 a row', () =>
    inPartition(async ({ store, append }) => {
      const batch = encodeBatch(records(100, 100));
      const pair = new Uint8Array(batch.length * 2);
      pair.set(batch);
      pair.set(batch, batch.length);
      const before = store.sizeBytes();
      const rows = 400;
      for (let sent = 0; sent < rows; sent += 1) await append({ batches: pair.slice() });
      expect((store.sizeBytes() - before) / (rows * 200)).toBeLessThanOrEqual(118);
    }));
});
