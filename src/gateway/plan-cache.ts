import { type PartitionRef, partitionObjectName } from '../log/partition-ref.ts';
import type { ReadPlan, ReadReply } from '../log/partition-rpc.ts';

/** A reply of a partition that says where to read on. */
export type PlannedReply = ReadReply & { readonly plan: ReadPlan };

type Kept = { readonly partition: string; readonly reply: PlannedReply; readonly validUntilMs: number };

/** Plans kept; each has the indexes of a few segments, some 15 KB. */
const plansMax = 256;

/** What partitions planned a moment ago, several places of one partition included: readers go through them side by side. */
export class PlanCache {
  /** The newest last. */
  #kept: Kept[] = [];

  /** A plan that covers this offset, moved there; null without one. */
  find(ref: PartitionRef, offset: number, nowMs: number): PlannedReply | null {
    const partition = partitionObjectName(ref);
    const kept = this.#kept.findLast(
      (each) => each.partition === partition && each.validUntilMs > nowMs && covers(each.reply, offset),
    );
    if (kept === undefined) return null;
    const { segments } = kept.reply.plan;
    const first = segments.findIndex((segment) => segment.lastOffset >= offset);
    return { ...kept.reply, plan: { ...kept.reply.plan, segments: segments.slice(first), from: { offset } } };
  }

  put(ref: PartitionRef, reply: PlannedReply, validUntilMs: number): void {
    this.#kept.push({ partition: partitionObjectName(ref), reply, validUntilMs });
    if (this.#kept.length > plansMax) this.#kept.shift();
  }

  /** What this partition planned no longer holds. */
  forget(ref: PartitionRef): void {
    const partition = partitionObjectName(ref);
    this.#kept = this.#kept.filter((each) => each.partition !== partition);
  }
}

function covers({ logStartOffset, plan: { segments } }: PlannedReply, offset: number): boolean {
  const baseOffset = segments[0]?.baseOffset ?? 0;
  const lastOffset = segments.at(-1)?.lastOffset ?? -1;
  return offset >= Math.max(logStartOffset, baseOffset) && offset <= lastOffset;
}
