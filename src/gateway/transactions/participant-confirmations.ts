import type { Result } from '../../errors/result.ts';
import type { TransactionRef } from '../../transactions/transaction-ref.ts';
import type {
  AddParticipantsRequest,
  TransactionProducer,
  TransactionRpc,
} from '../../transactions/transaction-rpc.ts';
import type { TransactionPartition } from '../../transactions/transaction-state.ts';

/** What a coordinator answers about those who take part: the number by which they know the transaction. */
export type Confirmed = { readonly transactionNumber: number };

/** Who asks about a partition, and whether it is to be added where it takes no part yet. */
export type Question = {
  readonly ref: TransactionRef;
  readonly producer: TransactionProducer;
  readonly partition: TransactionPartition;
  readonly adds: boolean;
};

type Gathering = { readonly partitions: TransactionPartition[]; readonly answer: Promise<Result<Confirmed>> };

/** Asks coordinators who takes part. What is asked in one turn, for all partitions of a request, is one call. */
export class ParticipantConfirmations {
  readonly #coordinators: Pick<TransactionRpc, 'addParticipants' | 'verifyParticipants'>;
  readonly #gathering = new Map<string, Gathering>();

  constructor(coordinators: Pick<TransactionRpc, 'addParticipants' | 'verifyParticipants'>) {
    this.#coordinators = coordinators;
  }

  /** Has the coordinator add who takes part, or only say whether they do. */
  ask(request: AddParticipantsRequest, adds: boolean): Promise<Result<Confirmed>> {
    return adds ? this.#coordinators.addParticipants(request) : this.#coordinators.verifyParticipants(request);
  }

  /** Asks about one partition, together with those that others ask about now. */
  async askAbout(question: Question): Promise<Result<Confirmed>> {
    const { ref, producer, partition, adds } = question;
    const key = JSON.stringify([ref.clusterId, ref.transactionalId, producer, adds]);
    let gathering = this.#gathering.get(key);
    if (gathering === undefined) gathering = this.#gather(key, question);
    else gathering.partitions.push(partition);
    const answer = await gathering.answer;
    const isOfOther = !answer.ok && gathering.partitions.length > 1 && refusesByPartition.has(answer.error.code);
    return isOfOther ? this.ask({ ref, producer, partitions: [partition], groupIds: [] }, adds) : answer;
  }

  #gather(key: string, { ref, producer, partition, adds }: Question): Gathering {
    const partitions = [partition];
    const answer = Promise.resolve().then(() => {
      this.#gathering.delete(key);
      return this.ask({ ref, producer, partitions, groupIds: [] }, adds);
    });
    const gathering = { partitions, answer };
    this.#gathering.set(key, gathering);
    return gathering;
  }
}

/** What all are refused with when it is true of one. */
const refusesByPartition: ReadonlySet<string> = new Set(['INVALID_TXN_STATE', 'LIMIT_REACHED']);
