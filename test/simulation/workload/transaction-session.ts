import { createHash } from 'node:crypto';
import { errorTable } from '../../../src/errors/error-codes.ts';
import { type Failure, failed, ok, type Result } from '../../../src/errors/result.ts';
import type { TransactionName } from '../../../src/gateway/transactions/transaction-gateway.ts';
import type { CommitRequest } from '../../../src/groups/group-rpc.ts';
import { encodeBatch } from '../../../src/log/record.ts';
import { batchAttribute, batchField, sealBatch } from '../../../src/log/record-batch.ts';
import { writeInt16 } from '../../../src/log/varint.ts';
import type { TransactionProducer } from '../../../src/transactions/transaction-rpc.ts';
import type { EdgeServices } from '../edge.ts';
import { outcome } from '../history-recorder.ts';
import type { Attempt, TransactionLedger } from '../judges/transaction-ledger.ts';
import { epochMs } from '../simulated-world.ts';
import { isTopicGone, isUnknownOutcome } from './failure-kinds.ts';
import type { OpenSend, SimulatedClient } from './simulated-client.ts';
import { encodeKey, encodeValue, partitionKey } from './topic-directory.ts';

/** How a program speaks: JSON over HTTP, or batches as Kafka's clients before and since KIP-890 send them. */
export type SessionStyle = 'http' | 'TV1' | 'TV2';

export type SessionPlan = {
  readonly transactionalId: string;
  readonly style: SessionStyle;
  readonly timeoutMs: number;
};

/** A call that was not answered for so long is given up. */
const deliveryTimeoutMs = 10_000;

/** Whoever is told to stop does not wait for an outcome for ever. */
const endTimeoutMs = 60_000;

/** What a program whose transaction was taken from it is told, by its coordinator, a partition or a group. */
const fencedCodes: readonly string[] = [
  'PRODUCER_FENCED',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'INVALID_TXN_STATE',
  'TRANSACTION_UNVERIFIED',
];

/** What became of a call that was repeated until it was answered, or given up. */
type Asked<T> = { readonly result: Result<T> | null; readonly wasInterrupted: boolean };

/** The producer of one transactional id, as one program holds it. */
export class TransactionSession {
  readonly plan: SessionPlan;
  producer: TransactionProducer | null = null;
  readonly #client: SimulatedClient;
  readonly #ledger: TransactionLedger;
  /** Next sequences by topic and partition. */
  readonly #sequences = new Map<string, number>();
  #requestCount = 0;

  constructor(client: SimulatedClient, plan: SessionPlan) {
    this.#client = client;
    this.plan = plan;
    this.#ledger = client.platform.transactionJudge.ledger;
  }

  /** A new instance, or one that starts over; false when it is over with this program. */
  async initialize(): Promise<boolean> {
    const { transactionalId, timeoutMs } = this.plan;
    const current = this.#client.random.chance(0.5) ? this.producer : null;
    const asked = await this.#repeat('initializes', endTimeoutMs, ({ transactions }) =>
      transactions.initProducer(transactionalId, timeoutMs, current),
    );
    this.producer = null;
    if (asked.result === null || !asked.result.ok) {
      if (asked.result?.ok === false) this.#checkRefusal('initializes', asked.result.error, null);
      return false;
    }
    this.#take(asked.result.value);
    return true;
  }

  begin(): Attempt {
    return this.#ledger.begin(this.#client.name, this.plan.transactionalId);
  }

  /** Writes values to one topic; false when they may not all be there, and the transaction must be aborted. */
  async write(
    attempt: Attempt,
    topic: string,
    partitions: readonly number[],
    inputs: readonly number[],
  ): Promise<boolean> {
    const isKept = this.#client.topics.stableNames.includes(topic);
    const sends = partitions.map((_, index) => {
      const send = this.#client.begin(topic, null);
      this.#ledger.sending(attempt, send.value, isKept);
      const input = inputs[index];
      if (input !== undefined) attempt.inputs.set(send.value, input);
      return send;
    });
    if (this.plan.style === 'http') return this.#produce(attempt, topic, partitions, sends);
    for (const partition of new Set(partitions)) {
      const own = sends.filter((_, index) => partitions[index] === partition);
      if (!(await this.#append(attempt, topic, partition, own))) return false;
    }
    return true;
  }

  /** Commits a group's offsets with the transaction; false when not all were taken. */
  async commitOffsets(
    attempt: Attempt,
    groupId: string,
    offsets: Pick<CommitRequest, 'claim' | 'commits'>,
  ): Promise<boolean> {
    const name = this.#name();
    const asked = await this.#repeat('adds offsets', deliveryTimeoutMs, ({ transactions }) =>
      transactions.commitOffsets(name, groupId, offsets),
    );
    const { result } = asked;
    if (result?.ok) return result.value.refused.length === 0;
    if (result !== null && !isMembership(result.error)) this.#checkRefusal('adds offsets', result.error, null);
    void attempt;
    return false;
  }

  /** Asks for the end of a transaction until there is an answer; whether the producer may go on. */
  async end(attempt: Attempt, committed: boolean): Promise<boolean> {
    const { world } = this.#client;
    const name = this.#name();
    const invokedAtMs = world.nowMs;
    if (committed) attempt.commitInvokedAtMs = invokedAtMs;
    else attempt.outcome = 'aborted';
    const bumpsEpoch = this.plan.style !== 'TV1';
    const what = committed ? 'commits' : 'aborts';
    const asked = await this.#repeat(what, endTimeoutMs, ({ transactions }) =>
      transactions.end(name, committed, bumpsEpoch),
    );
    const { result, wasInterrupted } = asked;
    if (result?.ok) {
      this.#ledger.succeeded(what, attempt, name, invokedAtMs);
      if (committed) attempt.outcome = 'committed';
      if (wasInterrupted) world.sometimes('end of a transaction asked for again');
      this.#take(result.value);
      return true;
    }
    // A repetition may be refused by what came after it; what the edge repeated itself cannot be told apart.
    if (committed) attempt.outcome = 'unknown';
    if (result !== null) this.#checkRefusal(what, result.error, null);
    return false;
  }

  #take(producer: TransactionProducer): void {
    const isNew =
      this.producer?.producerId !== producer.producerId || this.producer.producerEpoch !== producer.producerEpoch;
    if (isNew) this.#sequences.clear();
    this.producer = producer;
    this.#ledger.initialized(this.#client.name, this.plan.transactionalId, producer);
  }

  #name(): TransactionName {
    if (this.producer === null) throw new Error(`${this.#client.name} has no producer`);
    return { ...this.producer, transactionalId: this.plan.transactionalId };
  }

  async #produce(
    attempt: Attempt,
    topic: string,
    partitions: readonly number[],
    sends: readonly OpenSend[],
  ): Promise<boolean> {
    this.#requestCount += 1;
    const name = this.#name();
    const records = sends.map(({ value, recordKey }, index) => ({
      partition: partitions[index] ?? 0,
      timestampMs: null,
      key: encodeKey(recordKey),
      value: encodeValue(value, 0),
      headers: [],
    }));
    const hash = createHash('sha256').update(`${this.#client.name}/${this.#requestCount}`).digest('hex');
    const claim = { keyHash: hash, bodyHash: hash, requestedAtMs: epochMs + Math.floor(this.#client.world.nowMs) };
    const invokedAtMs = this.#client.world.nowMs;
    const asked = await this.#repeat('writes', deliveryTimeoutMs, async ({ transactions, lastTopicId }) => {
      const produced = await transactions.produce(name, topic, records, claim);
      if (!produced.ok) return produced;
      const refused = produced.value.results.find((entry) => 'error' in entry);
      if (refused !== undefined && 'error' in refused) return { ok: false, error: refused.error as Failure } as const;
      return ok({ results: produced.value.results, topicIds: lastTopicId });
    });
    if (!asked.result?.ok) return this.#failed('writes', sends, topic, asked);
    const { results, topicIds } = asked.result.value;
    this.#ledger.succeeded('writes', attempt, name, invokedAtMs);
    sends.forEach((send, index) => {
      const entry = results[index]!;
      if (!('offset' in entry)) return;
      this.#wasWritten(attempt, send, partitionKey(topicIds.get(entry.partition) ?? '', entry.partition), entry.offset);
    });
    return true;
  }

  async #append(attempt: Attempt, topic: string, partition: number, sends: readonly OpenSend[]): Promise<boolean> {
    const name = this.#name();
    const { style } = this.plan;
    const invokedAtMs = this.#client.world.nowMs;
    if (style === 'TV1') {
      const added = await this.#repeat('adds a partition', deliveryTimeoutMs, async ({ transactions, routes }) => {
        const route = await routes.find(topic);
        if (!route.ok) return route;
        if (partition >= route.value.partitionCount) return failed('UNKNOWN_TOPIC_OR_PARTITION', 'There is none.');
        const partitions = [{ topic, topicId: route.value.topicId, partition }];
        return transactions.addPartitions(name, partitions, { verifyOnly: false });
      });
      if (!added.result?.ok) return this.#failed('adds a partition', sends, topic, added);
      this.#ledger.succeeded('adds a partition', attempt, name, invokedAtMs);
    }
    const place = `${topic}/${partition}`;
    const baseSequence = this.#sequences.get(place) ?? 0;
    const batches = this.#encode(name, baseSequence, sends);
    const asked = await this.#repeat('appends', deliveryTimeoutMs, async ({ transactions, routes }) => {
      const route = await routes.find(topic);
      if (!route.ok) return route;
      const append = { route: route.value, partition, batches: batches.slice(), addsPartition: style === 'TV2' };
      const appended = await transactions.append(name, append);
      return appended.ok ? ok({ reply: appended.value, topicId: route.value.topicId }) : appended;
    });
    if (!asked.result?.ok) return this.#failed('appends', sends, topic, asked);
    const { reply, topicId } = asked.result.value;
    this.#ledger.succeeded('appends', attempt, name, invokedAtMs);
    this.#sequences.set(place, baseSequence + sends.length);
    sends.forEach((send, index) => {
      this.#wasWritten(attempt, send, partitionKey(topicId, partition), reply.ranges[0]!.baseOffset + index);
    });
    return true;
  }

  #wasWritten(attempt: Attempt, send: OpenSend, key: string, offset: number): void {
    this.#ledger.wasWritten(attempt, send.value);
    // Compaction removes what was aborted, and by then nobody knows yet whether this will be.
    if (this.#client.topics.isCompacted(send.topic)) this.#client.end(send, outcome.unknown, null, null);
    else this.#client.end(send, outcome.ok, key, offset);
  }

  #encode(name: TransactionName, baseSequence: number, sends: readonly OpenSend[]): Uint8Array {
    const { producerId, producerEpoch } = name;
    const batch = encodeBatch(
      sends.map(({ value, recordKey }) => ({
        timestampMs: epochMs + Math.floor(this.#client.world.nowMs),
        key: encodeKey(recordKey),
        value: encodeValue(value, 0),
        headers: [],
      })),
      { producerId, producerEpoch, baseSequence },
    );
    writeInt16(batch, batchField.attributes, batchAttribute.transactional);
    sealBatch(batch, 0, batch.length);
    return batch;
  }

  /** Whether they are stored is not known, or they are not: the transaction will not be committed. */
  #failed(what: string, sends: readonly OpenSend[], topic: string, { result, wasInterrupted }: Asked<unknown>): false {
    if (result !== null && !result.ok) this.#checkRefusal(what, result.error, topic);
    // Of a request to several partitions the failure is that of one.
    const isPartial = this.plan.style === 'http';
    const isUnknown = result === null || wasInterrupted || isPartial || (!result.ok && isUnknownOutcome(result.error));
    for (const send of sends) this.#client.end(send, isUnknown ? outcome.unknown : outcome.failed, null, null);
    return false;
  }

  #checkRefusal(what: string, error: Failure, topic: string | null): void {
    const { world, name, topics } = this.#client;
    world.sometimes(`${what.replaceAll(' ', '-')} refused: ${error.code}`);
    if (fencedCodes.includes(error.code) || isUnknownOutcome(error) || errorTable[error.code].retriable) return;
    const isAdministered = topic !== null && !topics.stableNames.includes(topic);
    const mayHaveChanged = ['IDEMPOTENCY_KEY_REUSED', 'OUT_OF_ORDER_SEQUENCE_NUMBER'].includes(error.code);
    if (isAdministered && (isTopicGone(error) || mayHaveChanged)) return;
    world.violate(`${name} ${what}, and was told ${error.code}: ${error.message}`);
  }

  /** Makes a call until it is answered for good, or for so long. */
  async #repeat<T>(
    what: string,
    giveUpAfterMs: number,
    handle: (services: EdgeServices) => Promise<Result<T>>,
  ): Promise<Asked<T>> {
    const client = this.#client;
    const endMs = client.world.nowMs + giveUpAfterMs;
    let wasInterrupted = false;
    for (let tries = 1; ; tries += 1) {
      let result: Result<T> | null = null;
      try {
        result = await client.alive(client.edge().request(`${client.name} ${what}`, handle));
      } catch {
        wasInterrupted = true;
      }
      if (result !== null && !result.ok && isUnknownOutcome(result.error)) wasInterrupted = true;
      const isFinal = result !== null && (result.ok || !this.#isPassing(result.error));
      if (isFinal || client.world.nowMs >= endMs) return { result, wasInterrupted };
      await client.sleep(client.random.between(5, 100) * Math.min(tries, 10));
    }
  }

  /** Whether the same call may go well in a moment. */
  #isPassing(error: Failure): boolean {
    if (fencedCodes.includes(error.code) || isTopicGone(error)) return false;
    return isUnknownOutcome(error) || errorTable[error.code].retriable;
  }
}

/** The member has lost its place in the group: its transaction is aborted, and it joins anew. */
const isMembership = ({ code }: Failure): boolean =>
  [
    'UNKNOWN_MEMBER_ID',
    'FENCED_MEMBER_EPOCH',
    'STALE_MEMBER_EPOCH',
    'ILLEGAL_GENERATION',
    'FENCED_INSTANCE_ID',
  ].includes(code);
