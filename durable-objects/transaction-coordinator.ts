import { DurableObject } from 'cloudflare:workers';
import { CatalogCaller } from '../src/gateway/catalog-caller.ts';
import { GroupCaller } from '../src/gateway/group-caller.ts';
import { MarkerSender } from '../src/gateway/transactions/marker-sender.ts';
import { systemClock } from '../src/platform/clock.ts';
import { DurableAlarm } from '../src/platform/cloudflare/durable-alarm.ts';
import { DurableSqlStore } from '../src/platform/cloudflare/durable-sql-store.ts';
import type { Env } from '../src/platform/cloudflare/env.ts';
import { DurableObjectDirectory, transactionName } from '../src/platform/cloudflare/object-directory.ts';
import type { TransactionRef } from '../src/transactions/transaction-ref.ts';
import type {
  AddParticipantsRequest,
  EndTransactionRequest,
  InitProducerRequest,
  TransactionRpc,
} from '../src/transactions/transaction-rpc.ts';
import { TransactionService } from '../src/transactions/transaction-service.ts';

/** The coordinator of one transactional id. Owns nothing but wiring; what it decides is in {@link TransactionService}. */
export class TransactionCoordinator extends DurableObject<Env> implements TransactionRpc {
  readonly #service: TransactionService;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    const pause = (ms: number) => scheduler.wait(ms);
    const directory = new DurableObjectDirectory(env);
    const retrying = { random: Math.random, pause };
    const catalog = (ref: TransactionRef) => new CatalogCaller({ connect: () => directory.catalog(ref), ...retrying });
    const groups = new GroupCaller({ connect: (ref) => directory.group(ref), ...retrying });
    this.#service = new TransactionService({
      sql: new DurableSqlStore(ctx.storage),
      alarm: new DurableAlarm(ctx.storage, systemClock),
      clock: systemClock,
      catalog,
      receivers: (ref) =>
        new MarkerSender({
          cluster: ref,
          catalog: catalog(ref),
          groups,
          partition: (partition) => directory.partition(partition),
        }),
      isOwn: (ref) => ctx.id.name === transactionName(ref),
      pause,
      reportError: (error) =>
        console.error(JSON.stringify({ level: 'error', object: 'transaction', message: String(error) })),
    });
  }

  initProducer(request: InitProducerRequest) {
    return this.#service.initProducer(request);
  }

  addParticipants(request: AddParticipantsRequest) {
    return this.#service.addParticipants(request);
  }

  verifyParticipants(request: AddParticipantsRequest) {
    return this.#service.verifyParticipants(request);
  }

  endTransaction(request: EndTransactionRequest) {
    return this.#service.endTransaction(request);
  }

  describeTransaction(ref: TransactionRef) {
    return this.#service.describeTransaction(ref);
  }

  abortTransaction(ref: TransactionRef) {
    return this.#service.abortTransaction(ref);
  }

  end(ref: TransactionRef) {
    return this.#service.end(ref);
  }

  maintain(ref: TransactionRef) {
    return this.#service.maintain(ref);
  }

  override alarm(): Promise<void> {
    return this.#service.runAlarm();
  }
}
