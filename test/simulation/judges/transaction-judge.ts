import type { PartitionRef } from '../../../src/log/partition-ref.ts';
import { partitionObjectName } from '../../../src/log/partition-ref.ts';
import { localCluster } from '../../../src/topics/local-cluster.ts';
import type { JournaledSqlStore } from '../journaled-sql-store.ts';
import type { TurnObserver } from '../simulated-object.ts';
import type { Platform } from '../simulated-platform.ts';
import { TransactionLedger } from './transaction-ledger.ts';
import {
  type CoordinatorSnapshot,
  type PartitionSnapshot,
  type PendingSnapshot,
  readCoordinator,
  readPartitionTransactions,
  readPendingOffsets,
} from './transaction-snapshot.ts';

/** Which phase may follow which while it is about one transaction. */
const nextPhases: Readonly<Record<string, readonly string[]>> = {
  Empty: ['Empty'],
  Ongoing: ['Ongoing', 'PrepareCommit', 'PrepareAbort'],
  PrepareCommit: ['PrepareCommit', 'CompleteCommit', 'Empty'],
  PrepareAbort: ['PrepareAbort', 'CompleteAbort', 'Empty'],
  CompleteCommit: ['CompleteCommit', 'Empty'],
  CompleteAbort: ['CompleteAbort', 'Empty'],
};

/** Holds coordinators, partitions and groups against the rules of protocols I-2, turn by turn and row by row. */
export class TransactionJudge {
  readonly ledger: TransactionLedger;
  readonly #platform: Platform;
  /** By `producer/number`: whether it is to be committed, as far as that can no longer be lost. */
  readonly #decisions = new Map<string, boolean>();

  constructor(platform: Platform) {
    this.#platform = platform;
    this.ledger = new TransactionLedger(platform.world);
  }

  watchCoordinator(transactionalId: string, store: JournaledSqlStore): TurnObserver {
    let before: CoordinatorSnapshot | null = null;
    return {
      opened: () => {
        before = readCoordinator(store);
      },
      written: (whenDurable) => {
        const after = readCoordinator(store);
        if (after === null) {
          if (before !== null) this.#checkForgotten(transactionalId, before);
          return;
        }
        if (before !== null) this.#checkTurn(transactionalId, before, after);
        if (after.prepared === null) return;
        const name = `${after.prepared.producer.producerId}/${after.transactionNumber}`;
        const { committed } = after.prepared;
        whenDurable(() => this.#decided(transactionalId, name, committed));
      },
    };
  }

  watchPartition(ref: PartitionRef, store: JournaledSqlStore): TurnObserver {
    let before: PartitionSnapshot | null = null;
    const key = `${ref.topicId}/${ref.partition}`;
    return {
      opened: () => {
        before = readPartitionTransactions(store);
      },
      written: () => {
        const after = readPartitionTransactions(store);
        if (after === null) return;
        for (const [producerId, open] of after.open) {
          const known = before?.open.get(producerId);
          if (known?.transactionNumber !== open.transactionNumber)
            this.#checkBegun(key, producerId, open.transactionNumber);
        }
        for (const [producerId, { transactionNumber, firstOffset }] of before?.open ?? []) {
          if (after.open.get(producerId)?.transactionNumber === transactionNumber) continue;
          const committed = this.#checkEnded(key, producerId, transactionNumber);
          if (committed === null) continue;
          const isListed = after.aborted.has(`${producerId}/${firstOffset}`);
          if (isListed === committed) {
            this.#violate(
              `I-2e: ${key} ended ${producerId}/${transactionNumber} as ${isListed ? 'aborted' : 'committed'}`,
            );
          }
        }
      },
    };
  }

  /** A group's turn: what was pending becomes the group's, or goes, as was decided. */
  groupTurn(
    groupId: string,
    before: { readonly pending: ReadonlyMap<number, PendingSnapshot>; readonly offsets: ReadonlyMap<string, number> },
    after: { readonly pending: ReadonlyMap<number, PendingSnapshot>; readonly offsets: ReadonlyMap<string, number> },
  ): void {
    for (const [producerId, { transactionNumber }] of after.pending) {
      const known = before.pending.get(producerId);
      if (known?.transactionNumber !== transactionNumber)
        this.#checkBegun(`group ${groupId}`, producerId, transactionNumber);
    }
    for (const [producerId, { transactionNumber, offsets }] of before.pending) {
      if (after.pending.get(producerId)?.transactionNumber === transactionNumber) continue;
      const committed = this.#checkEnded(`group ${groupId}`, producerId, transactionNumber);
      for (const [key, offset] of offsets) {
        const isTaken = after.offsets.get(key) === offset;
        const wasThere = before.offsets.get(key) === offset;
        if (committed === true && !isTaken && this.#platform.groupJudge.of(groupId).isTopicLive(key.split('/')[0]!)) {
          this.#violate(
            `I-2a: group ${groupId} lost offset ${offset} of ${key} with ${producerId}/${transactionNumber}`,
          );
        }
        if (committed === false && isTaken && !wasThere) {
          this.#violate(`I-2e: group ${groupId} took offset ${offset} of ${key} of an aborted transaction`);
        }
      }
    }
  }

  /** I-2d, when everything has come to rest: nobody is left in a transaction, and nothing waits for the end of one. */
  checkRest(): void {
    for (const { phase, producerId } of this.#coordinators()) {
      if (isUnderWay(phase)) this.#hangs(`the transaction of producer ${producerId} is still ${phase}`);
    }
    for (const { ref, object } of this.#platform.partitions.values()) {
      const open = readPartitionTransactions(object.store)?.open.size ?? 0;
      const isLive = this.#platform.groupJudge.of('').isTopicLive(ref.topicId);
      if (open > 0 && isLive) this.#hangs(`${ref.topicId}/${ref.partition} has ${open} open transactions`);
    }
    for (const object of this.#platform.groups.values()) {
      if (readPendingOffsets(object.store).size > 0) this.#hangs(`${object.name} has pending offsets`);
    }
    this.#platform.world.sometimes('transactions came to rest');
  }

  #hangs(what: string): void {
    this.#platform.world.violate(`liveness: I-2d: ${what}`);
  }

  #decided(transactionalId: string, name: string, committed: boolean): void {
    if ((this.#decisions.get(name) ?? committed) !== committed) {
      this.#violate(`I-2b: ${transactionalId} decided ${name} again, and otherwise`);
    }
    this.#decisions.set(name, committed);
  }

  #checkForgotten(transactionalId: string, { phase }: CoordinatorSnapshot): void {
    if (isUnderWay(phase)) this.#violate(`${transactionalId} was forgotten while it was ${phase}`);
  }

  #checkTurn(transactionalId: string, before: CoordinatorSnapshot, after: CoordinatorSnapshot): void {
    const step = `${transactionalId} went from ${before.phase} to ${after.phase}`;
    const isNext = after.transactionNumber === before.transactionNumber + 1;
    if (isNext ? before.phase === 'Ongoing' : !(nextPhases[before.phase] ?? []).includes(after.phase)) {
      this.#violate(`I-2b: ${step}, number ${before.transactionNumber} to ${after.transactionNumber}`);
    }
    if (!isNext && after.transactionNumber !== before.transactionNumber) {
      this.#violate(`${step}, number ${before.transactionNumber} to ${after.transactionNumber}`);
    }
    if (after.producerId === before.producerId && after.producerEpoch < before.producerEpoch) {
      this.#violate(`${step}, and its epoch fell from ${before.producerEpoch} to ${after.producerEpoch}`);
    }
    if (!isNext && after.partitions.length + after.groupIds.length > 0) {
      const lost = [...before.partitions, ...before.groupIds].find(
        (one) => !after.partitions.includes(one) && !after.groupIds.includes(one),
      );
      if (lost !== undefined) this.#violate(`${step}, and forgot ${lost}`);
    }
    if (before.prepared !== null && after.prepared === null) this.#checkComplete(step, before);
  }

  /** Complete means that everybody has heard, and cannot forget it any more. */
  #checkComplete(step: string, { prepared, transactionNumber, partitions, groupIds }: CoordinatorSnapshot): void {
    const { producerId } = prepared!.producer;
    for (const key of partitions) {
      const [topicId = '', partition] = key.split('/');
      const { orgId, clusterId } = localCluster;
      const name = partitionObjectName({ orgId, clusterId, topicId, partition: Number(partition) });
      const found = this.#platform.partitions.get(name);
      const open =
        found === undefined ? undefined : readPartitionTransactions(found.object.store)?.open.get(producerId);
      if (open?.transactionNumber === transactionNumber) this.#violate(`I-2a: ${step}, but ${key} has not heard of it`);
    }
    for (const object of this.#platform.groups.values()) {
      const pending = readPendingOffsets(object.store).get(producerId);
      if (pending?.transactionNumber === transactionNumber && groupIds.length > 0) {
        this.#violate(`I-2a: ${step}, but ${object.name} has not heard of it`);
      }
    }
  }

  /** I-2c: what begins somewhere takes part in the transaction that is under way, by its coordinator's word. */
  #checkBegun(where: string, producerId: number, transactionNumber: number): void {
    const coordinator = this.#coordinators().find(
      (one) => one.producerId === producerId || one.prepared?.producer.producerId === producerId,
    );
    // A transactional id that was forgotten, or has another producer by now.
    if (coordinator === undefined) return;
    const isPart =
      coordinator.partitions.includes(where) || coordinator.groupIds.some((groupId) => where === `group ${groupId}`);
    if (coordinator.transactionNumber === transactionNumber && isUnderWay(coordinator.phase) && isPart) return;
    this.#violate(
      `I-2c: ${where} began ${producerId}/${transactionNumber}, but ${coordinator.transactionNumber} is ${coordinator.phase}`,
    );
  }

  /** What was decided about a transaction that ended somewhere; null, and a violation, when nothing was. */
  #checkEnded(where: string, producerId: number, transactionNumber: number): boolean | null {
    const decision = this.#decisions.get(`${producerId}/${transactionNumber}`);
    if (decision === undefined) {
      this.#violate(`I-2b: ${where} ended ${producerId}/${transactionNumber}, which nobody had decided for good`);
      return null;
    }
    return decision;
  }

  #coordinators(): CoordinatorSnapshot[] {
    return [...this.#platform.transactions.values()].flatMap(({ store }) => readCoordinator(store) ?? []);
  }

  #violate(what: string): void {
    this.#platform.world.violate(`transaction: ${what}`);
  }
}

const isUnderWay = (phase: string): boolean => phase === 'Ongoing' || phase.startsWith('Prepare');
