import type { Result } from '../errors/result.ts';
import type { Producer } from '../gateway/produce.ts';
import type { TransactionGateway, TransactionName } from '../gateway/transactions/transaction-gateway.ts';
import { concatBytes } from '../log/concat-bytes.ts';
import type { AppendedRange } from '../log/partition-rpc.ts';
import type { TopicRoute } from '../topics/catalog-rpc.ts';
import { isSameProducer } from '../transactions/transaction-state.ts';

/** Batches that wait for the same partition are appended together, up to so many bytes: about what a flush takes. */
const groupBytes = 1024 * 1024;

/** What became of one batch. */
export type Appended = { readonly range: AppendedRange; readonly logStartOffset: number };

/** In which transaction a batch is written. */
export type ProducedIn = {
  readonly name: TransactionName;
  /** Whether the first batch adds its partition to the transaction, or has to find it there. */
  readonly addsPartition: boolean;
};

type LanePorts = {
  readonly producer: Pick<Producer, 'appendBatches'>;
  readonly transactions: Pick<TransactionGateway, 'append'>;
};

type Waiting = {
  readonly route: TopicRoute;
  readonly batch: Uint8Array;
  readonly transaction: ProducedIn | null;
  readonly settle: (outcome: Result<Appended>) => void;
  readonly reject: (bug: unknown) => void;
};

/**
 * The appends of one connection: one lane a partition, in which batches keep their order. While one call is under way
 * the next batches gather, and are sent together.
 */
export class ProduceLanes {
  readonly #ports: () => LanePorts;
  /** Batches that wait, by partition; a lane is there while it runs. */
  readonly #lanes = new Map<string, Waiting[]>();

  #lookups: Promise<unknown> = Promise.resolve();

  /** `ports` are asked for at each append: what the connection's principal may do can have changed. */
  constructor(ports: () => LanePorts) {
    this.#ports = ports;
  }

  /**
   * Looks up what an append needs, one request after the other: a look that takes longer must not let the next request
   * overtake. Whoever awaits this hands its batches over before the next look begins.
   */
  inOrder<T>(look: () => Promise<T>): Promise<T> {
    const looked = this.#lookups.then(look);
    this.#lookups = looked.catch(() => {});
    return looked;
  }

  /** Appends one record batch, after all that were handed over before it. */
  append(
    route: TopicRoute,
    partition: number,
    batch: Uint8Array,
    transaction: ProducedIn | null,
  ): Promise<Result<Appended>> {
    const key = `${route.topicId}/${partition}`;
    return new Promise((settle, reject) => {
      const waiting = { route, batch, transaction, settle, reject };
      const lane = this.#lanes.get(key);
      if (lane !== undefined) {
        lane.push(waiting);
        return;
      }
      const begun = [waiting];
      this.#lanes.set(key, begun);
      void this.#run(key, partition, begun);
    });
  }

  async #run(key: string, partition: number, lane: Waiting[]): Promise<void> {
    while (lane.length > 0) {
      const group = takeGroup(lane);
      try {
        await this.#appendGroup(partition, group);
      } catch (bug) {
        for (const { reject } of group) reject(bug);
      }
    }
    this.#lanes.delete(key);
  }

  /** A partition appends all batches of a call or none, so after a refusal each is tried by itself. */
  async #appendGroup(partition: number, group: readonly Waiting[]): Promise<void> {
    const { route, transaction } = group[0]!;
    const { producer, transactions } = this.#ports();
    const batches = concatBytes(group.map(({ batch }) => batch));
    const reply =
      transaction === null
        ? await producer.appendBatches(route, partition, batches)
        : await transactions.append(transaction.name, {
            route,
            partition,
            batches,
            addsPartition: transaction.addsPartition,
          });
    if (!reply.ok && reply.error.code !== 'UNKNOWN_OUTCOME' && group.length > 1) {
      for (const waiting of group) await this.#appendGroup(partition, [waiting]);
      return;
    }
    group.forEach(({ settle }, index) => {
      if (!reply.ok) settle(reply);
      else
        settle({ ok: true, value: { range: reply.value.ranges[index]!, logStartOffset: reply.value.logStartOffset } });
    });
  }
}

function takeGroup(lane: Waiting[]): Waiting[] {
  const group: Waiting[] = [];
  let bytes = 0;
  while (lane.length > 0 && (group.length === 0 || goesWith(lane[0]!, group[0]!, bytes))) {
    const next = lane.shift()!;
    group.push(next);
    bytes += next.batch.length;
  }
  return group;
}

/** Batches of one call are all of one transaction, or of none. */
function goesWith(next: Waiting, first: Waiting, bytes: number): boolean {
  if (bytes + next.batch.length > groupBytes) return false;
  if (next.transaction === null || first.transaction === null) return next.transaction === first.transaction;
  const { name, addsPartition } = first.transaction;
  return (
    next.transaction.name.transactionalId === name.transactionalId &&
    next.transaction.addsPartition === addsPartition &&
    isSameProducer(next.transaction.name, name)
  );
}
