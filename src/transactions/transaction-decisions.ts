import { assert } from '../errors/assert.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import type { TransactionProducer } from './transaction-rpc.ts';
import { isSameProducer, type TransactionPartition, type TransactionState } from './transaction-state.ts';

/** Producer epochs are 16 bits; the last one is only ever used to fence (Kafka's isEpochExhausted). */
const lastProducerEpoch = 32_767;

/** A participant more would make the coordinator's row, which is written with every change, too large. */
export const participantsMax = limits.participantsPerTransaction.value;

/** What a decision came to: the state to store, and what to answer once that is on disk. */
export type Decided<Answer> = { readonly state: TransactionState; readonly answer: Answer };

/** Whether the next epoch of the producer needs an id of its own, which the caller fetches before it decides. */
export function needsProducerId(state: TransactionState | null): boolean {
  return state === null || state.producer.producerEpoch >= lastProducerEpoch - 1;
}

/** The producer as it goes on: with the next epoch, or under the fresh id when epochs are used up. */
function nextProducer({ producer }: TransactionState, freshProducerId: number | null): TransactionProducer {
  if (producer.producerEpoch < lastProducerEpoch - 1) return bumped(producer);
  assert(freshProducerId !== null, 'a producer without epochs left gets a new id');
  return { producerId: freshProducerId, producerEpoch: 0 };
}

function bumped({ producerId, producerEpoch }: TransactionProducer): TransactionProducer {
  assert(producerEpoch < lastProducerEpoch, 'the last epoch only fences');
  return { producerId, producerEpoch: producerEpoch + 1 };
}

/** What a new instance of a producer, or one that starts over, is given. */
export type Initialized =
  | { readonly kind: 'producer'; readonly producer: TransactionProducer }
  /** What the instance before left open is being aborted; ask again when that is done. */
  | { readonly kind: 'aborting' };

export function initProducer(
  state: TransactionState | null,
  request: { readonly timeoutMs: number; readonly current: TransactionProducer | null },
  freshProducerId: number | null,
  nowMs: number,
): Result<Decided<Initialized>> {
  const { timeoutMs, current } = request;
  if (state === null) {
    // One that was idle for so long that it was forgotten goes on as a new one (KIP-360).
    assert(freshProducerId !== null, 'a new producer gets an id');
    const producer = { producerId: freshProducerId, producerEpoch: 0 };
    return ok({ state: newState(producer, timeoutMs, nowMs), answer: { kind: 'producer', producer } });
  }
  if (current !== null && isSameProducer(state.bumpedFrom, current)) {
    return ok({ state, answer: { kind: 'producer', producer: state.producer } });
  }
  if (current !== null && !isSameProducer(state.producer, current) && !hasEnded(state, current)) {
    return fenced(state, current);
  }
  if (state.prepared !== null) return ok({ state, answer: { kind: 'aborting' } });
  if (state.phase === 'Ongoing') return ok({ state: fence(state, nowMs), answer: { kind: 'aborting' } });
  const producer = nextProducer(state, freshProducerId);
  const next = { ...state, phase: 'Empty' as const, producer, timeoutMs, updatedAtMs: nowMs };
  return ok({
    state: { ...next, lastEnd: null, bumpedFrom: current },
    answer: { kind: 'producer', producer },
  });
}

/** Whether this producer ended its last transaction, may not have heard so, and nobody has begun anything since. */
function hasEnded({ phase, lastEnd }: TransactionState, producer: TransactionProducer): boolean {
  return phase !== 'Ongoing' && lastEnd !== null && isSameProducer(lastEnd.producer, producer);
}

function newState(producer: TransactionProducer, timeoutMs: number, nowMs: number): TransactionState {
  return {
    phase: 'Empty',
    producer,
    timeoutMs,
    transactionNumber: 0,
    partitions: [],
    groupIds: [],
    startedAtMs: null,
    updatedAtMs: nowMs,
    prepared: null,
    lastEnd: null,
    bumpedFrom: null,
  };
}

export type Participants = {
  readonly partitions: readonly TransactionPartition[];
  readonly groupIds: readonly string[];
};

/** Adds who takes part, in a new transaction if none is under way. The very same state when all do already. */
export function addParticipants(
  state: TransactionState | null,
  producer: TransactionProducer,
  added: Participants,
  nowMs: number,
): Result<TransactionState> {
  const current = currentFor(state, producer);
  if (!current.ok) return current;
  const isOngoing = current.value.phase === 'Ongoing';
  if (isOngoing && isPart(current.value, added)) return current;
  const begun: TransactionState = isOngoing ? current.value : begin(current.value, nowMs);
  const partitions = union(begun.partitions, added.partitions, partitionName);
  const groupIds = union(begun.groupIds, added.groupIds, (groupId) => groupId);
  if (partitions.length + groupIds.length > participantsMax) {
    return failed(
      'LIMIT_REACHED',
      `A transaction has at most ${participantsMax} partitions and groups; end this one and do the rest in another.`,
      { limit: participantsMax },
    );
  }
  return ok({ ...begun, partitions, groupIds, updatedAtMs: nowMs, bumpedFrom: null });
}

function begin(state: TransactionState, nowMs: number): TransactionState {
  return {
    ...state,
    phase: 'Ongoing',
    transactionNumber: state.transactionNumber + 1,
    startedAtMs: nowMs,
  };
}

/** INVALID_TXN_STATE unless all of them take part in the transaction under way. */
export function verifyParticipants(
  state: TransactionState | null,
  producer: TransactionProducer,
  asked: Participants,
): Result<TransactionState> {
  const current = currentFor(state, producer);
  if (!current.ok) return current;
  if (current.value.phase === 'Ongoing' && isPart(current.value, asked)) return current;
  return failed(
    'INVALID_TXN_STATE',
    'The partition does not take part in a transaction of this producer that is under way; add it first.',
  );
}

/** The state, for a producer that is the newest instance and whose last transaction is told to everybody. */
function currentFor(state: TransactionState | null, producer: TransactionProducer): Result<TransactionState> {
  if (state === null || state.producer.producerId !== producer.producerId) return unknownProducer(producer);
  if (state.producer.producerEpoch !== producer.producerEpoch) return fenced(state, producer);
  return state.prepared === null ? ok(state) : stillEnding();
}

export type EndRequest = {
  readonly producer: TransactionProducer;
  readonly committed: boolean;
  readonly bumpsEpoch: boolean;
  readonly transactionNumber?: number;
};

/** Decides a transaction, or recognises that it was decided. The answer is what the producer goes on with. */
export function endTransaction(
  state: TransactionState | null,
  { producer, committed, bumpsEpoch, transactionNumber }: EndRequest,
  freshProducerId: number | null,
  nowMs: number,
): Result<Decided<TransactionProducer>> {
  if (state === null) return unknownProducer(producer);
  const isCurrent = isSameProducer(state.producer, producer);
  if (isCurrent && transactionNumber !== undefined && transactionNumber !== state.transactionNumber) return isOver();
  const isOngoing = isCurrent && state.phase === 'Ongoing';
  if (state.lastEnd !== null && isSameProducer(state.lastEnd.producer, producer) && !isOngoing) {
    return state.lastEnd.committed === committed ? ok({ state, answer: state.producer }) : oppositeEnd(committed);
  }
  const current = currentFor(state, producer);
  if (!current.ok) return current;
  const lastEnd = { producer, committed };
  if (isOngoing) {
    const next = bumpsEpoch ? nextProducer(state, freshProducerId) : producer;
    const markers = { producer: bumpsEpoch ? bumped(producer) : producer, committed };
    return ok({ state: { ...prepare(state, markers, nowMs), producer: next, lastEnd }, answer: next });
  }
  // Nothing was begun. A producer with an epoch a transaction may have batches under way that were refused or lost:
  // an abort fences them all the same.
  if (committed || !bumpsEpoch) return ok({ state, answer: producer });
  const next = nextProducer(state, freshProducerId);
  return ok({
    state: { ...state, phase: 'Empty', producer: next, lastEnd, updatedAtMs: nowMs, bumpedFrom: null },
    answer: next,
  });
}

function prepare(state: TransactionState, prepared: TransactionState['prepared'], nowMs: number): TransactionState {
  const phase = prepared?.committed === true ? 'PrepareCommit' : 'PrepareAbort';
  return { ...state, phase, prepared, updatedAtMs: nowMs, bumpedFrom: null };
}

/** Aborts what is under way and fences its producer, which learns of it by its next call. */
export function fence(state: TransactionState, nowMs: number): TransactionState {
  assert(state.phase === 'Ongoing', 'only a transaction under way is fenced');
  const producer = bumped(state.producer);
  return { ...prepare(state, { producer, committed: false }, nowMs), producer, lastEnd: null };
}

/** When a transaction that is under way is aborted for taking too long; null when none is under way. */
export function deadlineMs({ phase, startedAtMs, timeoutMs }: TransactionState): number | null {
  return phase === 'Ongoing' && startedAtMs !== null ? startedAtMs + timeoutMs : null;
}

/** Everybody has heard of the decision. */
export function complete(state: TransactionState, nowMs: number): TransactionState {
  assert(state.prepared !== null, 'a transaction is complete after it was decided');
  return {
    ...state,
    phase: state.prepared.committed ? 'CompleteCommit' : 'CompleteAbort',
    partitions: [],
    groupIds: [],
    startedAtMs: null,
    prepared: null,
    updatedAtMs: nowMs,
  };
}

function isPart(state: TransactionState, { partitions, groupIds }: Participants): boolean {
  const known = new Set(state.partitions.map(partitionName));
  return (
    partitions.every((partition) => known.has(partitionName(partition))) &&
    groupIds.every((groupId) => state.groupIds.includes(groupId))
  );
}

const partitionName = ({ topicId, partition }: TransactionPartition): string => `${topicId} ${partition}`;

function union<Item>(known: readonly Item[], added: readonly Item[], nameOf: (item: Item) => string): readonly Item[] {
  const names = new Set(known.map(nameOf));
  const fresh = added.filter((item) => {
    const isFresh = !names.has(nameOf(item));
    names.add(nameOf(item));
    return isFresh;
  });
  return fresh.length === 0 ? known : [...known, ...fresh];
}

function unknownProducer({ producerId }: TransactionProducer): Result<never> {
  return failed(
    'INVALID_PRODUCER_ID_MAPPING',
    `Producer ${producerId} is not the one of this transactional id; initialize the producer first.`,
    { producer_id: producerId },
  );
}

function fenced({ producer }: TransactionState, { producerId, producerEpoch }: TransactionProducer): Result<never> {
  return failed(
    'PRODUCER_FENCED',
    `Producer ${producerId} has epoch ${producerEpoch}, but epoch ${producer.producerEpoch} is in force: a newer instance has taken over, or the transaction took longer than its timeout and was aborted.`,
    { producer_id: producerId, producer_epoch: producer.producerEpoch },
  );
}

function stillEnding(): Result<never> {
  return failed('CONCURRENT_TRANSACTIONS', 'The transaction before this one is still being ended; retry in a moment.');
}

function isOver(): Result<never> {
  return failed('INVALID_TXN_STATE', 'The transaction that was to be ended is over, and another one has begun.');
}

function oppositeEnd(committed: boolean): Result<never> {
  const was = committed ? 'aborted' : 'committed';
  return failed('INVALID_TXN_STATE', `The transaction was ${was} already; what was decided never changes.`);
}
