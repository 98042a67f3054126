import type { TransactionJson, TransactionListJson } from '../contracts/transactions.ts';
import type { HttpDoor } from './http-door.ts';
import { transactionPath } from './transaction.ts';

/** What a transactional id is doing. */
export type TransactionDescription = {
  readonly transactionalId: string;
  readonly state: TransactionJson['state'];
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly timeoutMs: number;
  /** When the transaction under way began, in ms since 1970; null when none is. */
  readonly startedAt: number | null;
  /** By topic, the partitions that take part. */
  readonly partitions: Readonly<Record<string, readonly number[]>>;
  readonly groups: readonly string[];
};

type CallOptions = { readonly signal?: AbortSignal };

/** The cluster's transactional ids, for whoever looks after them. */
export class Transactions {
  readonly #door: HttpDoor;

  constructor(door: HttpDoor) {
    this.#door = door;
  }

  /** Those whose ids begin with `prefix`, in their order, each as its coordinator says it. */
  async *list(
    options: CallOptions & { readonly prefix?: string | undefined } = {},
  ): AsyncGenerator<TransactionDescription, void, undefined> {
    const { prefix, signal } = options;
    const pages = this.#door.pages<TransactionListJson>({
      method: 'GET',
      path: '/v1/transactions',
      query: { prefix },
      signal,
    });
    for await (const { transactions } of pages) yield* transactions.map(ofJson);
  }

  async describe(transactionalId: string, { signal }: CallOptions = {}): Promise<TransactionDescription> {
    return ofJson(await this.#door.json({ method: 'GET', path: transactionPath(transactionalId, ''), signal }));
  }

  /** Aborts what is under way and fences its producer. */
  async terminate(transactionalId: string, { signal }: CallOptions = {}): Promise<TransactionDescription> {
    const path = transactionPath(transactionalId, '/terminate');
    return ofJson(await this.#door.json({ method: 'POST', path, signal }));
  }
}

function ofJson(json: TransactionJson): TransactionDescription {
  return {
    transactionalId: json.transactional_id,
    state: json.state,
    producerId: json.producer_id,
    producerEpoch: json.producer_epoch,
    timeoutMs: json.timeout_ms,
    startedAt: json.started_at,
    partitions: json.partitions,
    groups: json.groups,
  };
}
