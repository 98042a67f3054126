import { ok, type Result } from '../../errors/result.ts';
import type { ShareHeartbeatReply, SharePlace } from '../../groups/share/share-group-rpc.ts';
import type { SharePartitionRpc } from '../../groups/share/share-partition-rpc.ts';
import type { AcknowledgeType, AcquiredRange, OffsetSpan } from '../../groups/share/share-state.ts';
import type { ClusterRef } from '../../topics/catalog-rpc.ts';
import type { RecordReader } from '../read.ts';
import { readShareBatches } from './share-batches.ts';
import { isAddedTo, shareCallOf } from './share-call.ts';
import type { ShareConsumer, ShareWorker } from './share-consumer.ts';

/** What was taken of one partition: batches, and which of their records are the taker's. */
export type TakenBatches = {
  readonly lockId: string;
  readonly records: Uint8Array;
  readonly acquired: readonly AcquiredRange[];
  /** Where the log ended: what comes from here on is news. */
  readonly highWatermark: number;
  /** In how long a record may become available by itself; null when none will. */
  readonly nextChangeInMs: number | null;
};

/** What becomes of offsets that are locked under `lockId`; a `gap` is an offset that holds no record. */
export type ShareDecision = {
  readonly from: number;
  readonly to: number;
  readonly lockId: string;
  readonly type: AcknowledgeType | 'gap';
};

type FetcherPorts = {
  readonly cluster: ClusterRef;
  readonly consumer: ShareConsumer;
  readonly partitions: SharePartitionRpc;
  readonly reader: RecordReader;
  readonly newId: () => string;
};

/** Consumption in a share group for clients that read batches themselves, and remember what they were given. */
export class ShareFetcher {
  readonly #ports: FetcherPorts;

  constructor(ports: FetcherPorts) {
    this.#ports = ports;
  }

  /** Keeps a member alive, or with a null id only looks the group and its topics up; both found it. */
  hear(worker: ShareWorker): Promise<Result<ShareHeartbeatReply>> {
    return this.#ports.consumer.hear(worker);
  }

  async leave(groupId: string, memberId: string): Promise<Result<null>> {
    return this.#ports.consumer.leave(groupId, memberId);
  }

  /** Locks records of a partition and reads their batches; what could not be read is not the taker's. */
  async take(
    { group, topics }: ShareHeartbeatReply,
    place: SharePlace,
    taker: { readonly memberId: string; readonly maxRecords: number; readonly maxBytes: number },
  ): Promise<Result<TakenBatches>> {
    const { partitions, reader, newId, cluster } = this.#ports;
    const lockId = newId();
    const call = shareCallOf(cluster, group, place, isAddedTo(topics, place));
    const { memberId, maxRecords, maxBytes } = taker;
    const locked = await partitions.acquire({ call, memberId, lockId, maxRecords });
    if (!locked.ok) return locked;
    const { acquired, highWatermark, nextChangeInMs } = locked.value;
    const read = await readShareBatches(reader, place, acquired, maxBytes);
    const { records, delivered, undelivered, gaps, failure } = read;
    if (undelivered.length + gaps.length > 0) {
      // When this is lost, the locks run out by themselves.
      await partitions.settle({ ref: call.ref, lockId, undelivered, gaps });
    }
    if (failure !== null && delivered.length === 0) return { ok: false, error: failure };
    return ok({ lockId, records, acquired: delivered, highWatermark, nextChangeInMs });
  }

  /** Carries decisions out, all that can be; the first failure is the answer. INVALID_RECORD_STATE. */
  async decide(
    { group, topics }: ShareHeartbeatReply,
    place: SharePlace,
    decisions: readonly ShareDecision[],
  ): Promise<Result<null>> {
    const { partitions, cluster } = this.#ports;
    const call = shareCallOf(cluster, group, place, isAddedTo(topics, place));
    const gaps = decisions.filter(({ type }) => type === 'gap');
    for (const [lockId, same] of Map.groupBy(gaps, (gap) => gap.lockId)) {
      const spans: OffsetSpan[] = same.map(({ from, to }) => ({ from, to }));
      const settled = await partitions.settle({ ref: call.ref, lockId, undelivered: [], gaps: spans });
      if (!settled.ok) return settled;
    }
    const entries = decisions.flatMap(({ type, ...entry }) =>
      type === 'gap' ? [] : [{ ...entry, type, delayMs: null }],
    );
    if (entries.length === 0) return ok(null);
    const answered = await partitions.acknowledge(call, entries);
    if (!answered.ok) return answered;
    return answered.value.find((result) => !result.ok) ?? ok(null);
  }
}
