import type { ShareDecision, TakenBatches } from '../../gateway/share/share-fetcher.ts';
import { type PartitionKey, partitionKey, splitPartitionKey } from '../../groups/assignors/assignor.ts';

/** Offsets that were handed out under one lock, until it runs out. */
type HeldRange = { readonly first: number; readonly last: number; readonly lockId: string; readonly untilMs: number };

/** What a client decides about offsets that it was given. */
export type OffsetDecision = Pick<ShareDecision, 'from' | 'to' | 'type'>;

/** The epoch after the highest is the first again (KIP-932). */
const highestEpoch = 0x7fffffff;

/**
 * A share session: which partitions a member fetches from, and what it was given on this connection and has not decided.
 * Kafka's clients acknowledge by offset alone; here it is known under which lock they have each.
 */
export class ShareSession {
  readonly groupId: string;
  readonly memberId: string;
  /** What the next call must name. */
  epoch = 1;
  readonly partitions = new Set<PartitionKey>();
  readonly #held = new Map<PartitionKey, readonly HeldRange[]>();

  constructor(groupId: string, memberId: string) {
    this.groupId = groupId;
    this.memberId = memberId;
  }

  advance(): void {
    this.epoch = this.epoch === highestEpoch ? 1 : this.epoch + 1;
  }

  /** Remembers what was given; locks that ran out are forgotten, and so is what is given anew. */
  keep(key: PartitionKey, { lockId, acquired }: TakenBatches, nowMs: number, lockDurationMs: number): void {
    let held: readonly HeldRange[] = (this.#held.get(key) ?? []).filter(({ untilMs }) => untilMs > nowMs);
    for (const { first, last } of acquired) held = without(held, first, last);
    const given = acquired.map(({ first, last }) => ({ first, last, lockId, untilMs: nowMs + lockDurationMs }));
    this.#held.set(key, [...held, ...given]);
  }

  /** The decisions lock by lock; null when one is about an offset that the session does not hold. */
  decisionsFor(key: PartitionKey, wanted: readonly OffsetDecision[]): readonly ShareDecision[] | null {
    const held = this.#held.get(key) ?? [];
    const decisions: ShareDecision[] = [];
    for (const { from, to, type } of wanted) {
      let covered = 0;
      for (const { first, last, lockId } of held) {
        const piece = { from: Math.max(from, first), to: Math.min(to, last), lockId, type };
        if (piece.from > piece.to) continue;
        covered += piece.to - piece.from + 1;
        decisions.push(piece);
      }
      if (covered !== to - from + 1) return null;
    }
    return decisions;
  }

  /** Forgets what was decided; what was renewed is held for longer. */
  settle(key: PartitionKey, decisions: readonly ShareDecision[], nowMs: number, lockDurationMs: number): void {
    let held = this.#held.get(key) ?? [];
    for (const { from, to, lockId, type } of decisions) {
      held = without(held, from, to);
      if (type === 'renew') held = [...held, { first: from, last: to, lockId, untilMs: nowMs + lockDurationMs }];
    }
    this.#held.set(key, held);
  }

  /** All that is held, to be released. */
  releases(): { readonly topicId: string; readonly partition: number; readonly decisions: readonly ShareDecision[] }[] {
    return [...this.#held].map(([key, held]) => ({
      ...splitPartitionKey(key),
      decisions: held.map(({ first, last, lockId }) => ({ from: first, to: last, lockId, type: 'release' as const })),
    }));
  }

  add(topicId: string, partition: number): void {
    this.partitions.add(partitionKey(topicId, partition));
  }

  forget(topicId: string, partition: number): void {
    this.partitions.delete(partitionKey(topicId, partition));
  }
}

/** Ranges without the offsets from `first` to `last`. */
function without(held: readonly HeldRange[], first: number, last: number): readonly HeldRange[] {
  return held.flatMap((range) => {
    if (range.last < first || range.first > last) return [range];
    const before = range.first < first ? [{ ...range, last: first - 1 }] : [];
    const after = range.last > last ? [{ ...range, first: last + 1 }] : [];
    return [...before, ...after];
  });
}
