import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect } from 'vitest';
import { ok } from '../../src/errors/result.ts';
import { signGrant } from '../../src/log/partition-grant.ts';
import type { AppendReply, AppendRequest } from '../../src/log/partition-rpc.ts';
import { type PartitionPorts, PartitionService } from '../../src/log/partition-service.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { DurableAlarm } from '../../src/platform/cloudflare/durable-alarm.ts';
import { DurableCommitPacer } from '../../src/platform/cloudflare/durable-commit-pacer.ts';
import { DurableSqlStore } from '../../src/platform/cloudflare/durable-sql-store.ts';
import type { Env } from '../../src/platform/cloudflare/env.ts';
import { HmacSigner } from '../../src/platform/cloudflare/hmac-signer.ts';
import type { MemoryBlobStore } from '../../src/platform/memory/memory-blob-store.ts';
import { type TopicConfig, topicConfigOf } from '../../src/topics/topic-config.ts';
import { memoryObjectPorts } from '../support/maintenance-ports.ts';

const { PARTITION } = env as unknown as Env;
export const ownRef = { orgId: 'org', clusterId: 'cluster', topicId: 'topic-id', partition: 0 };
const signer = new HmacSigner('a secret of this test');

export type OwnPartition = {
  readonly store: DurableSqlStore;
  readonly service: PartitionService<never>;
  readonly blobs: MemoryBlobStore;
  append(payload: Omit<AppendRequest, 'ref' | 'configVersion'>): Promise<AppendReply>;
  /** Lets time go by for the partition; its alarm is the test's to run. */
  advance(ms: number): void;
  /** The time as the partition has it. */
  nowMs(): number;
};

/** What a test lays around a partition's ports, over the object's own storage. */
export type WrapPorts = (ports: PartitionPorts, storage: DurableObjectStorage) => PartitionPorts;

/** A partition over the storage of a real object that nothing else uses, with its counters within reach. */
export function inPartition(
  body: (partition: OwnPartition) => Promise<void>,
  config: Partial<TopicConfig> = {},
  wrapPorts: WrapPorts = (ports) => ports,
): Promise<void> {
  return runInDurableObject(PARTITION.get(PARTITION.newUniqueId()), async (_instance, state) => {
    const store = new DurableSqlStore(state.storage);
    let aheadMs = 0;
    const clock = { nowMs: () => systemClock.nowMs() + aheadMs };
    const objects = memoryObjectPorts();
    const ports: PartitionPorts = {
      sql: store,
      clock,
      pacer: new DurableCommitPacer(state.storage),
      alarm: new DurableAlarm(state.storage, systemClock),
      signer,
      ...objects,
      relays: { deliver: async () => ({ subscribed: false }) },
      report: async () => {},
      witness: async () => ok(null),
      panic: (cause) => {
        throw cause;
      },
      yieldTurn: () => Promise.resolve(),
    };
    const service = new PartitionService<never>(wrapPorts(ports, state.storage));
    const grant = {
      ref: ownRef,
      topic: 'orders',
      config: { ...topicConfigOf({}), ...config },
      configVersion: 1,
      expiresAtMs: clock.nowMs() + 60_000,
    };
    expect((await service.initialize(signGrant(grant, signer))).ok).toBe(true);
    await body({
      store,
      service,
      blobs: objects.blobs,
      append: async (payload) => {
        const reply = await service.append({ ref: ownRef, configVersion: 1, ...payload });
        if (!reply.ok) throw new Error(reply.error.message);
        return reply.value;
      },
      advance: (ms) => {
        aheadMs += ms;
      },
      nowMs: () => clock.nowMs(),
    });
  });
}

/** Rows billed as written while `work` goes on. */
export async function rowsWritten(store: DurableSqlStore, work: () => Promise<unknown>): Promise<number> {
  const before = store.billedRows().written;
  await work();
  return store.billedRows().written - before;
}
