import { failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import type { AlarmClock } from '../platform/alarm.ts';
import type { Clock } from '../platform/clock.ts';
import { isInitialized, openSchema } from '../platform/migrations.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import type { CatalogRpc } from '../topics/catalog-rpc.ts';
import { MarkerDelivery, type MarkerReceivers } from './marker-delivery.ts';
import {
  addParticipants,
  complete,
  type Decided,
  deadlineMs,
  endTransaction,
  fence,
  initProducer,
  needsProducerId,
  verifyParticipants,
} from './transaction-decisions.ts';
import type { TransactionRef } from './transaction-ref.ts';
import type {
  AddParticipantsRequest,
  EndTransactionRequest,
  InitProducerRequest,
  TransactionDescription,
  TransactionProducer,
  TransactionRpc,
} from './transaction-rpc.ts';
import { transactionMigrations } from './transaction-schema.ts';
import type { TransactionState } from './transaction-state.ts';
import { TransactionStore } from './transaction-store.ts';
import { validateTimeout, validateTransactionalId } from './transactional-id.ts';

/** What a transaction coordinator needs of the platform. */
export type TransactionPorts = {
  readonly sql: SqlStore;
  readonly alarm: AlarmClock;
  readonly clock: Clock;
  readonly catalog: (
    ref: TransactionRef,
  ) => Pick<CatalogRpc, 'allocateProducerId' | 'registerTransactionalId' | 'unregisterTransactionalId'>;
  readonly receivers: (ref: TransactionRef) => MarkerReceivers;
  /** Whether the object that runs this is the one that `ref` names. */
  readonly isOwn: (ref: TransactionRef) => boolean;
  readonly pause: (ms: number) => Promise<void>;
  readonly reportError: (error: unknown) => void;
};

/**
 * A decision that could not be told to everybody is told again after this; also how long after a crash between deciding
 * and telling it takes at most.
 */
const markerRetryMs = 5_000;

/** A caller that must wait for markers waits this long, and then comes again by itself. */
const markerPatienceMs = 2_000;

/** After a failure of the alarm itself (its storage, a bug) the next run waits this long. */
const alarmRetryMs = 30_000;

/** A transactional id that no producer uses any more is forgotten after this. */
const expirationMs = limits.transactionalIdExpirationMs.value;

/**
 * The verbs of a transaction coordinator's object. Each is decided on the state in memory and written as one row; what
 * was decided is told to those who take part afterwards, again and again until all have heard of it, and every one of
 * them knows a repetition. A crash at any point leaves a row that says what to do.
 */
export class TransactionService implements TransactionRpc {
  readonly #ports: TransactionPorts;
  readonly #store: TransactionStore;
  readonly #refusal: Result<never> | null;
  readonly #markers = new MarkerDelivery();
  #ref: TransactionRef | null = null;
  #state: TransactionState | null = null;
  /** Calls that may be about to make the coordinator. */
  #foundings = 0;
  #finishing: Promise<void> | null = null;
  #forgetting: Promise<void> | null = null;

  constructor(ports: TransactionPorts) {
    this.#ports = ports;
    this.#store = new TransactionStore(ports.sql);
    const opened = openSchema(ports.sql, transactionMigrations);
    this.#refusal = opened.ok ? null : opened;
    if (opened.ok && opened.value) this.#load();
    // The platform may have lost the alarm; whoever wakes the object thereby sets it going again.
    if (this.#state !== null) this.#arm(this.#state).catch(ports.reportError);
  }

  async initProducer(request: InitProducerRequest): Promise<Result<TransactionProducer>> {
    const { ref, timeoutMs } = request;
    const valid = this.#checkOwn(ref);
    if (!valid.ok) return valid;
    const named = validateTransactionalId(ref.transactionalId);
    if (!named.ok) return named;
    const timely = validateTimeout(timeoutMs);
    if (!timely.ok) return timely;
    this.#foundings += 1;
    try {
      const founded = await this.#found(ref);
      return founded.ok ? await this.#initialize(request) : founded;
    } finally {
      this.#foundings -= 1;
    }
  }

  async #initialize({ ref, timeoutMs, current: asked }: InitProducerRequest): Promise<Result<TransactionProducer>> {
    let current = asked;
    for (;;) {
      const decided = await this.#decide(ref, (state, freshProducerId) =>
        initProducer(state, { timeoutMs, current }, freshProducerId, this.#ports.clock.nowMs()),
      );
      if (!decided.ok) return decided;
      if (decided.value.kind === 'producer') return ok(decided.value.producer);
      // It was the newest instance when it asked, and is the one that the abort was made for.
      if (current !== null) current = this.#state?.producer ?? current;
      if (!(await this.#finish())) return notYet();
    }
  }

  async addParticipants(request: AddParticipantsRequest): Promise<Result<{ transactionNumber: number }>> {
    return this.#participate(request, (state) =>
      addParticipants(state, request.producer, request, this.#ports.clock.nowMs()),
    );
  }

  async verifyParticipants(request: AddParticipantsRequest): Promise<Result<{ transactionNumber: number }>> {
    return this.#participate(request, (state) => verifyParticipants(state, request.producer, request));
  }

  async endTransaction(request: EndTransactionRequest): Promise<Result<TransactionProducer>> {
    const own = this.#checkOwn(request.ref);
    if (!own.ok) return own;
    let before = this.#state;
    const ended = await this.#decide(request.ref, (state, freshProducerId) => {
      before = state;
      return endTransaction(state, request, freshProducerId, this.#ports.clock.nowMs());
    });
    if (!ended.ok) return ended;
    if (this.#state === before) this.#confirm();
    // What was decided stands, whether or not everybody has heard of it by then.
    await this.#finish();
    return ended;
  }

  async describeTransaction(ref: TransactionRef): Promise<Result<TransactionDescription>> {
    const own = this.#checkOwn(ref);
    if (!own.ok) return own;
    return this.#state === null ? notFound(ref) : ok(describe(ref, this.#state));
  }

  async abortTransaction(ref: TransactionRef): Promise<Result<TransactionDescription>> {
    const own = this.#checkOwn(ref);
    if (!own.ok) return own;
    if (this.#state?.phase === 'Ongoing') this.#save(fence(this.#state, this.#ports.clock.nowMs()));
    await this.#finish();
    return this.describeTransaction(ref);
  }

  async end(ref: TransactionRef): Promise<Result<null>> {
    const own = this.#checkOwn(ref);
    if (!own.ok) return own;
    if (this.#state === null) {
      await this.#unlist(ref);
      return ok(null);
    }
    if (this.#state.phase === 'Ongoing') this.#save(fence(this.#state, this.#ports.clock.nowMs()));
    if (!(await this.#finish())) return notYet();
    await this.#forget();
    return this.#state === null ? ok(null) : notYet();
  }

  async maintain(ref: TransactionRef): Promise<Result<null>> {
    const own = this.#checkOwn(ref);
    if (!own.ok) return own;
    if (this.#state === null) await this.#unlist(ref);
    else await this.runAlarm();
    return ok(null);
  }

  /** The object's alarm. Never throws: the platform gives up on an alarm that keeps throwing. */
  async runAlarm(): Promise<void> {
    try {
      const nowMs = this.#ports.clock.nowMs();
      const state = this.#state;
      if (state === null) return;
      const dueMs = deadlineMs(state);
      if (dueMs !== null && dueMs <= nowMs) this.#save(fence(state, nowMs));
      await this.#finish();
      if (this.#isExpired(nowMs)) await this.#forget();
      if (this.#state !== null) await this.#arm(this.#state);
    } catch (error) {
      this.#ports.reportError(error);
      await this.#ports.alarm.armBy(this.#ports.clock.nowMs() + alarmRetryMs).catch(this.#ports.reportError);
    }
  }

  async #participate(
    { ref }: AddParticipantsRequest,
    decide: (state: TransactionState | null) => Result<TransactionState>,
  ): Promise<Result<{ transactionNumber: number }>> {
    const own = this.#checkOwn(ref);
    if (!own.ok) return own;
    await this.#finish();
    const decided = decide(this.#state);
    if (!decided.ok) return decided;
    const begins = this.#state?.phase !== 'Ongoing';
    this.#save(decided.value);
    if (begins) await this.#arm(decided.value);
    return ok({ transactionNumber: decided.value.transactionNumber });
  }

  /** Decides and writes, without an await between; a new producer id, if one may be needed, is fetched before. */
  async #decide<Answer>(
    ref: TransactionRef,
    decide: (state: TransactionState | null, freshProducerId: number | null) => Result<Decided<Answer>>,
  ): Promise<Result<Answer>> {
    const fresh = needsProducerId(this.#state) ? await this.#ports.catalog(ref).allocateProducerId(ref) : null;
    if (fresh !== null && !fresh.ok) return fresh;
    // While the id was fetched another call may have used up the last epoch of the producer, or be the first one.
    if (fresh === null && needsProducerId(this.#state)) return notYet();
    const decided = decide(this.#state, fresh?.value.producerId ?? null);
    if (!decided.ok) return decided;
    this.#save(decided.value.state, ref);
    return ok(decided.value.answer);
  }

  #save(state: TransactionState, ref: TransactionRef | null = this.#ref): void {
    if (state === this.#state || ref === null) return;
    try {
      this.#ports.sql.transaction(() => {
        if (this.#ref === null) this.#store.create(ref, state);
        else this.#store.save(state);
      });
    } catch (cause) {
      // It may have been carried out all the same.
      if (isInitialized(this.#ports.sql)) this.#load();
      throw cause;
    }
    this.#ref = ref;
    this.#state = state;
  }

  /**
   * Writes what is stored already before an answer that changes nothing: an instance that was replaced meanwhile fails
   * here, and does not say "nothing was begun" of a transaction that it never heard of.
   */
  #confirm(): void {
    const state = this.#state;
    if (state !== null) this.#ports.sql.transaction(() => this.#store.save(state));
  }

  /** Tells everybody of what was decided; false when that is not done within a moment. */
  async #finish(): Promise<boolean> {
    if (this.#state?.prepared === null || this.#state === null) return true;
    this.#finishing ??= this.#deliver().finally(() => {
      this.#finishing = null;
    });
    await Promise.race([this.#finishing, this.#ports.pause(markerPatienceMs)]);
    return this.#state?.prepared === null;
  }

  async #deliver(): Promise<void> {
    const { receivers, clock, reportError } = this.#ports;
    const ref = this.#ref;
    const state = this.#state;
    if (ref === null || state === null || state.prepared === null) return;
    // First, so that a crash while they are being told does not leave it at that.
    await this.#arm(state);
    const isDelivered = await this.#markers.deliver(state, receivers(ref), reportError);
    // Nothing else changes a state that is decided.
    if (isDelivered && this.#state === state) this.#save(complete(state, clock.nowMs()));
  }

  async #arm(state: TransactionState): Promise<void> {
    const { alarm, clock } = this.#ports;
    if (state.prepared !== null) return alarm.armBy(clock.nowMs() + markerRetryMs);
    await alarm.armBy(deadlineMs(state) ?? state.updatedAtMs + expirationMs);
  }

  #isExpired(nowMs: number): boolean {
    const state = this.#state;
    if (state === null || state.prepared !== null || state.phase === 'Ongoing') return false;
    return state.updatedAtMs + expirationMs <= nowMs;
  }

  async #found(ref: TransactionRef): Promise<Result<null>> {
    while (this.#forgetting !== null) await this.#forgetting;
    if (this.#state !== null) return ok(null);
    // Entered in the cluster's list first, so that nothing is stored that the list does not know of.
    return this.#ports.catalog(ref).registerTransactionalId(ref, ref.transactionalId);
  }

  /** An id that was listed for a coordinator that never came to be; one that is about to be made waits until it is out. */
  async #unlist(ref: TransactionRef): Promise<void> {
    if (this.#foundings > 0 || this.#forgetting !== null) return;
    const unlisted = this.#ports.catalog(ref).unregisterTransactionalId(ref, ref.transactionalId);
    this.#forgetting = unlisted
      .then(() => {})
      .finally(() => {
        this.#forgetting = null;
      });
    await this.#forgetting;
  }

  async #forget(): Promise<void> {
    const ref = this.#ref;
    const state = this.#state;
    if (ref === null) return;
    const catalog = this.#ports.catalog(ref);
    const unlisted = await catalog.unregisterTransactionalId(ref, ref.transactionalId);
    if (this.#state !== state) {
      // Somebody used it meanwhile: it stays, in the list too.
      await catalog.registerTransactionalId(ref, ref.transactionalId);
      return;
    }
    if (!unlisted.ok) return;
    this.#ref = null;
    this.#state = null;
    this.#forgetting = this.#ports.sql.deleteAll();
    await this.#forgetting;
    this.#forgetting = null;
  }

  #load(): void {
    const loaded = this.#store.load();
    this.#ref = loaded?.ref ?? null;
    this.#state = loaded?.state ?? null;
  }

  #checkOwn(ref: TransactionRef): Result<null> {
    if (this.#refusal !== null) return this.#refusal;
    const own = this.#ref ?? ref;
    const isSame =
      own.orgId === ref.orgId && own.clusterId === ref.clusterId && own.transactionalId === ref.transactionalId;
    return isSame && this.#ports.isOwn(ref)
      ? ok(null)
      : failed('WRONG_OBJECT', 'This object belongs to another transactional id, or to none.');
  }
}

function describe({ transactionalId }: TransactionRef, state: TransactionState): TransactionDescription {
  const { phase, producer, timeoutMs, transactionNumber, startedAtMs, partitions, groupIds } = state;
  return { transactionalId, phase, transactionNumber, ...producer, timeoutMs, startedAtMs, partitions, groupIds };
}

function notYet(): Result<never> {
  return failed('CONCURRENT_TRANSACTIONS', 'The transaction before this one is still being ended; retry in a moment.');
}

function notFound({ transactionalId }: TransactionRef): Result<never> {
  return failed(
    'TRANSACTIONAL_ID_NOT_FOUND',
    `There is no transactional id ${JSON.stringify(transactionalId)}; it begins to exist when a producer is initialized with it.`,
  );
}
