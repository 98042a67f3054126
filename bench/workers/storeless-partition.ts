import { DurableObject } from 'cloudflare:workers';
import { ok, type Result } from '../../src/errors/result.ts';
import { looseRecordHeaderBytes } from '../../src/log/loose-records.ts';
import type {
  AppendedRange,
  AppendReply,
  AppendRequest,
  PartitionDescription,
  PartitionGrant,
  PartitionRpc,
} from '../../src/log/partition-rpc.ts';
import { readBatchHeader } from '../../src/log/record-batch.ts';
import { readInt32 } from '../../src/log/varint.ts';
import type { Env } from '../../src/platform/cloudflare/env.ts';

/** The verbs a produce request and a report can reach; nothing else is asked of this object. */
type ProduceVerbs = Pick<PartitionRpc, 'initialize' | 'append' | 'describe'>;

/**
 * A partition that numbers records and forgets them: the same request, the same hop and the same answer without the
 * log. What the platform takes longer than this is what checking, storing and committing cost.
 */
export class StorelessPartition extends DurableObject<Env> implements ProduceVerbs {
  #nextOffset = 0;

  async initialize(grant: PartitionGrant): Promise<Result<PartitionDescription>> {
    return ok(this.#description(grant.ref.partition));
  }

  async append(request: AppendRequest): Promise<Result<AppendReply>> {
    const ranges =
      request.batches === undefined ? [this.#place(countLoose(request.looseRecords))] : this.#placeAll(request.batches);
    return ok({ ranges, duplicate: false, firstRequestedAtMs: null, logStartOffset: 0 });
  }

  async describe(ref: { readonly partition: number }): Promise<Result<PartitionDescription>> {
    return ok(this.#description(ref.partition));
  }

  #place(recordCount: number): AppendedRange {
    const baseOffset = this.#nextOffset;
    this.#nextOffset += recordCount;
    return { baseOffset, recordCount, logAppendTimeMs: -1 };
  }

  #placeAll(batches: Uint8Array): AppendedRange[] {
    const ranges: AppendedRange[] = [];
    for (let at = 0; at < batches.length; ) {
      const header = readBatchHeader(batches, at);
      ranges.push(this.#place(header.recordCount));
      at += header.sizeBytes;
    }
    return ranges;
  }

  #description(partition: number): PartitionDescription {
    const highWatermark = this.#nextOffset;
    return {
      partition,
      logStartOffset: 0,
      highWatermark,
      localBytes: 0,
      remoteBytes: 0,
      segmentCount: 1,
      maxTimestampMs: -1,
      upkeep: { nextDueMs: null, compaction: null, damaged: [] },
    };
  }
}

function countLoose(bytes: Uint8Array | undefined): number {
  let count = 0;
  for (let at = 0; bytes !== undefined && at < bytes.length; count++) {
    at += looseRecordHeaderBytes + readInt32(bytes, at + 8);
  }
  return count;
}
