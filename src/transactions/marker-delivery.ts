import { assert } from '../errors/assert.ts';
import type { Result } from '../errors/result.ts';
import type { TransactionMarker } from '../log/transactions/transaction-marker.ts';
import type { TransactionPartition, TransactionState } from './transaction-state.ts';

/** Those who are told of decisions. An answer without a failure means that it is stored there, or that they are gone. */
export interface MarkerReceivers {
  tellPartition(partition: TransactionPartition, marker: TransactionMarker): Promise<Result<null>>;
  tellGroup(groupId: string, marker: TransactionMarker): Promise<Result<null>>;
}

/** Told at a time: an object may have six connections open at once. */
const toldAtOnce = 5;

/** Tells those who took part in a transaction what was decided, each until it has answered. */
export class MarkerDelivery {
  /** Who has heard of the transaction of this number; forgotten with a crash, after which all are told again. */
  #heard = new Set<string>();
  #transactionNumber = 0;

  /** One try for everybody who is not known to have heard; true when by now all have. */
  async deliver(
    state: TransactionState,
    receivers: MarkerReceivers,
    reportError: (error: unknown) => void,
  ): Promise<boolean> {
    const { prepared, transactionNumber } = state;
    assert(prepared !== null, 'only what was decided is told');
    if (this.#transactionNumber !== transactionNumber) this.#heard = new Set();
    this.#transactionNumber = transactionNumber;
    const marker = { ...prepared.producer, transactionNumber, committed: prepared.committed };
    const calls = callsOf(state, receivers, marker).filter(({ name }) => !this.#heard.has(name));
    let isWhole = true;
    for (let at = 0; at < calls.length; at += toldAtOnce) {
      await Promise.all(
        calls.slice(at, at + toldAtOnce).map(async ({ name, tell }) => {
          try {
            const told = await tell();
            if (told.ok) this.#heard.add(name);
            else reportError(new Error(`A transaction marker was refused: ${told.error.code} ${told.error.message}`));
            isWhole &&= told.ok;
          } catch (error) {
            isWhole = false;
            reportError(error);
          }
        }),
      );
    }
    return isWhole;
  }
}

type MarkerCall = { readonly name: string; readonly tell: () => Promise<Result<null>> };

function callsOf(
  { partitions, groupIds }: TransactionState,
  receivers: MarkerReceivers,
  marker: TransactionMarker,
): MarkerCall[] {
  return [
    ...partitions.map((partition) => ({
      name: `p ${partition.topicId} ${partition.partition}`,
      tell: () => receivers.tellPartition(partition, marker),
    })),
    ...groupIds.map((groupId) => ({ name: `g ${groupId}`, tell: () => receivers.tellGroup(groupId, marker) })),
  ];
}
