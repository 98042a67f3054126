import type { TransactionOffsetsJson, TransactionProducerJson } from '../contracts/transactions.ts';
import type { FailureDetail } from '../errors/result.ts';
import { encodeBase64 } from './base64.ts';
import type { ConsumedRecord } from './consumed-record.ts';
import type { GroupConsumer } from './group-consumer.ts';
import type { OffsetTable, RefusedCommit } from './group-door.ts';
import { type HttpRequest, jsonBody } from './http-door.ts';
import { MillraceError } from './millrace-error.ts';
import { type PreparedRecord, type ProducerRecord, prepareRecord } from './producer-record.ts';

/** Where a record of a transaction stands. Committed readers see it once the transaction is committed. */
export type WrittenRecord = { readonly partition: number; readonly offset: number; readonly timestamp: number };

/** How a transaction speaks to the platform. */
export type TransactionCalls = {
  readonly producer: TransactionProducerJson;
  /** Repeats the call until it is answered, or refused for good; by `check` too, which throws the refusal. */
  readonly post: <T>(request: Omit<HttpRequest, 'method'>, check?: (answer: T) => void) => Promise<T>;
};

/** Records of one call: each partition's part of it is one batch, which has to fit `max.message.bytes`. */
const callBytes = 512 * 1024;
const callRecords = 1_000;

/** The platform stamps what brings no time of its own. */
type PendingRecord = PreparedRecord & { readonly timestamp: number | undefined };

type ProducedJson = {
  readonly results: readonly (
    | WrittenRecord
    | { readonly error: { readonly code: string; readonly message: string; readonly detail?: FailureDetail } }
  )[];
};

/** A transaction under way: what a function given to `TransactionalProducer.transaction` writes with. */
export class Transaction {
  readonly #calls: TransactionCalls;
  readonly #members: Set<GroupConsumer>;
  readonly #committing: { readonly member: GroupConsumer; readonly offsets: OffsetTable }[] = [];
  /** Everything that was asked for; a failure of any of it aborts the transaction. */
  readonly #pending: Promise<unknown>[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #isOver = false;

  /** `members` is told of the members whose offsets it commits. */
  constructor(calls: TransactionCalls, members: Set<GroupConsumer>) {
    this.#calls = calls;
    this.#members = members;
  }

  /**
   * Writes records to a topic; resolves when they are stored. It need not be awaited: the commit waits for it, and a
   * failure aborts the transaction. Records of several calls keep their order.
   */
  send(topic: string, records: ProducerRecord | readonly ProducerRecord[]): Promise<readonly WrittenRecord[]> {
    const list = isList(records) ? records : [records];
    return this.#track(async () => {
      const written: WrittenRecord[] = [];
      const prepared = list.map((record) => ({ ...prepareRecord(record, 0), timestamp: record.timestamp }));
      for (const part of partsOf(prepared)) written.push(...(await this.#write(topic, part)));
      return written;
    });
  }

  /**
   * Commits with the transaction what a member of a group has read: up to and with this record in its partition, or
   * everything that was handed out. Should the transaction be aborted, the member hands it out again. The member reads
   * with `autoCommit: false`.
   */
  sendOffsets(member: GroupConsumer, record?: Pick<ConsumedRecord, 'topic' | 'partition' | 'offset'>): Promise<void> {
    this.#members.add(member);
    const { offsets, ...claim } = member.offsetsToCommit(record);
    this.#committing.push({ member, offsets });
    return this.#track(async () => {
      if (Object.keys(offsets).length === 0) return;
      const { transactional_id: id, ...producer } = this.#calls.producer;
      const body = { ...producer, ...claim, offsets } satisfies TransactionOffsetsJson;
      const { refused } = await this.#calls.post<{ readonly refused: readonly RefusedCommit[] }>({
        path: transactionPath(id, '/offsets'),
        body: jsonBody(body),
      });
      const [first] = refused;
      if (first !== undefined) throw new MillraceError({ code: first.code, message: first.message, status: null });
    });
  }

  /** Resolves when everything that was asked for is done; rejects with the first failure. */
  async settled(): Promise<void> {
    // What is waited for may ask for more.
    for (let at = 0; at < this.#pending.length; at++) await this.#pending[at];
  }

  /** Takes nothing more. */
  end(): void {
    this.#isOver = true;
  }

  /** The platform has committed it. */
  committed(): void {
    for (const { member, offsets } of this.#committing) member.wasCommitted(offsets);
  }

  #track<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isOver) {
      const message = 'the transaction is over; what it writes is asked for before its function returns';
      return Promise.reject(new MillraceError({ code: 'INVALID_REQUEST', message, status: null }));
    }
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    this.#pending.push(done);
    // Whoever does not await it hears of its failure by the transaction.
    done.catch(() => undefined);
    return done;
  }

  async #write(topic: string, records: readonly PendingRecord[]): Promise<readonly WrittenRecord[]> {
    const { transactional_id: id, producer_id, producer_epoch } = this.#calls.producer;
    const request = {
      path: transactionPath(id, '/records'),
      query: { topic, producer_id, producer_epoch },
      body: jsonBody({ records: records.map(recordJson) }),
      idempotencyKey: crypto.getRandomValues(new Uint32Array(4)).join('-'),
    };
    const { results } = await this.#calls.post<ProducedJson>(request, ({ results: all }) => all.forEach(writtenOf));
    return results.map(writtenOf);
  }
}

function writtenOf(result: ProducedJson['results'][number]): WrittenRecord {
  if ('error' in result) throw new MillraceError({ ...result.error, status: null });
  return result;
}

export function transactionPath(transactionalId: string, rest: string): string {
  return `/v1/transactions/${encodeURIComponent(transactionalId)}${rest}`;
}

function* partsOf(records: readonly PendingRecord[]): Generator<readonly PendingRecord[]> {
  let part: PendingRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    if (part.length > 0 && (part.length === callRecords || bytes + record.sizeBytes > callBytes)) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(record);
    bytes += record.sizeBytes;
  }
  if (part.length > 0) yield part;
}

function recordJson({ record, partition, timestamp }: PendingRecord) {
  const { key, value, headers } = record;
  return {
    ...(partition === null ? {} : { partition }),
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(key === null ? {} : { key_base64: encodeBase64(key) }),
    ...(value === null ? {} : { value_base64: encodeBase64(value) }),
    headers: headers.map((header) => ({
      name: header.name,
      ...(header.value === null ? {} : { value_base64: encodeBase64(header.value) }),
    })),
  };
}

function isList(records: ProducerRecord | readonly ProducerRecord[]): records is readonly ProducerRecord[] {
  return Array.isArray(records);
}
