import { checkAccess } from '../authorization/access-check.ts';
import { accountOf, type Principal } from '../authorization/principal.ts';
import { RecordKeyMatcher, recordKeyFilter } from '../authorization/record-key-rules.ts';
import type { ProduceResult } from '../contracts/records.ts';
import { assert } from '../errors/assert.ts';
import { type Failure, failed, ok, type Result } from '../errors/result.ts';
import type { ProduceRecord } from '../json/produce-record.ts';
import { checkBatchRecords } from '../log/batch-records-check.ts';
import type { AppendedRange, AppendReply, AppendRequest, IdempotencyClaim } from '../log/partition-rpc.ts';
import { checkBatches } from '../log/record-batch.ts';
import { recordBodyBytes } from '../log/record-body.ts';
import type { TransactionClaim } from '../log/transactions/transaction-marker.ts';
import type { Clock } from '../platform/clock.ts';
import type { TopicRoute } from '../topics/catalog-rpc.ts';
import { partitionForKey, StickyPartitioner } from '../topics/partitioner.ts';
import type { TopicConfig } from '../topics/topic-config.ts';
import type { PartitionCaller, PartitionStub, TopicRoutes } from './ports.ts';
import { checkRecord, type EncodedPart, encodeLoose, encodePart } from './produce-encoding.ts';
import type { WriteCost } from './write-cost.ts';

/** Partitions of one request that are written at a time: a Worker may have six connections open at once. */
const partitionsAtOnce = 5;

/** Topics whose unkeyed records an isolate remembers the sticky partition of. */
const stickyTopics = 1_000;

/** Sticky partitions by topic id; they outlive a request. */
export type StickyPartitioners = Map<string, StickyPartitioner>;

/** One partition's share of a request. */
type Part = {
  readonly partition: number;
  readonly indexes: number[];
  readonly records: ProduceRecord[];
  sizeBytes: number;
};

export type ProducePorts = {
  /** Who produces: a record that it may not write, to this topic or with this key, refuses the request. */
  readonly principal: Principal;
  readonly routes: TopicRoutes;
  readonly partitions: PartitionCaller;
  readonly clock: Clock;
  readonly random: () => number;
  readonly sticky: StickyPartitioners;
};

/**
 * Has the partitions that records go to take part in a transaction, and answers what they are to be told of it; called
 * before the first of them.
 */
export type JoinTransaction = (route: TopicRoute, partitions: readonly number[]) => Promise<Result<TransactionClaim>>;

/** What became of a request; `duplicate` when every part was recognised as a retry. */
export type Produced = { readonly results: readonly ProduceResult[]; readonly duplicate: boolean };

/**
 * Produce, for every door: choose partitions, check, encode, append, and answer in request order. A failure means that
 * nothing was tried; once a partition was called, its own failure appears in `results` alone.
 */
export class Producer {
  readonly #ports: ProducePorts;
  /** Whom the records are counted for; nobody's are not even named. */
  readonly #account: { readonly keyId?: string };
  #cost: WriteCost | null = null;

  constructor(ports: ProducePorts) {
    this.#ports = ports;
    const keyId = accountOf(ports.principal);
    this.#account = keyId === '' ? {} : { keyId };
  }

  async produce(topic: string, records: readonly ProduceRecord[]): Promise<Result<readonly ProduceResult[]>> {
    const produced = await this.produceRecords(topic, records, null);
    return produced.ok ? ok(produced.value.results) : produced;
  }

  async produceRecords(
    topic: string,
    records: readonly ProduceRecord[],
    claim: IdempotencyClaim | null,
    join: JoinTransaction | null = null,
  ): Promise<Result<Produced>> {
    const found = await this.#find(topic, records);
    if (!found.ok) return found;
    const route = found.value;
    const nowMs = claim?.requestedAtMs ?? this.#ports.clock.nowMs();
    const parts = this.#divide(route, records, claim, nowMs, null);
    if (!parts.ok) return parts;
    const written = parts.value.filter(({ records: own }) => own.length > 0).map(({ partition }) => partition);
    const joined = join === null ? ok(null) : await join(route, written);
    if (!joined.ok) return joined;
    const transaction = joined.value;
    const divided = claim === null ? null : claimOfDivision(claim, route);
    const results = new Array<ProduceResult>(records.length);
    let duplicates = 0;
    const append = async (part: Part): Promise<Result<AppendReply>> => {
      const encoded = encodeProduced(part, route.config, nowMs, transaction);
      const reply = await this.#append(route, part.partition, encoded, divided, transaction);
      if (reply.ok && reply.value.duplicate) duplicates += 1;
      fillResults(results, part, reply, nowMs);
      return reply;
    };
    const rest = parts.value;
    const partCount = rest.length;
    if (claim !== null) {
      // The home partition goes first: it alone always knows whether the key was used with another body.
      const home = rest.shift();
      assert(home !== undefined, 'a claimed request has a home partition');
      const claimed = await append(home);
      if (!claimed.ok && (claimed.error.code === 'IDEMPOTENCY_KEY_REUSED' || home.records.length === 0)) return claimed;
    }
    for (let at = 0; at < rest.length; at += partitionsAtOnce) {
      await Promise.all(rest.slice(at, at + partitionsAtOnce).map(append));
    }
    return ok({ results, duplicate: duplicates > 0 && duplicates === partCount });
  }

  /**
   * Produces records that have nothing to do with each other: one that cannot be taken costs the others nothing, and
   * its own failure stands in its result. Those of one partition keep their order. Fails only when there is no topic.
   */
  async produceEach(topic: string, records: readonly ProduceRecord[]): Promise<Result<readonly ProduceResult[]>> {
    const found = await this.#find(topic, records);
    if (!found.ok) return found;
    const route = found.value;
    const nowMs = this.#ports.clock.nowMs();
    const results = new Array<ProduceResult>(records.length);
    const parts = this.#divide(route, records, null, nowMs, results);
    if (!parts.ok) return parts;
    const append = async (part: Part): Promise<void> => {
      const encoded = encodePart(part.records, part.sizeBytes, route.config, nowMs);
      fillResults(results, part, await this.#append(route, part.partition, encoded, null), nowMs);
    };
    for (let at = 0; at < parts.value.length; at += partitionsAtOnce) {
      await Promise.all(parts.value.slice(at, at + partitionsAtOnce).map(append));
    }
    return ok(results);
  }

  /** Appends record batches as they are to one partition; one result a batch, its offset that of the first record. */
  async produceBatches(
    topic: string,
    partition: number,
    batches: Uint8Array,
    claim: IdempotencyClaim | null,
  ): Promise<Result<Produced>> {
    const found = await this.#find(topic, null);
    if (!found.ok) return found;
    const route = found.value;
    if (partition >= route.partitionCount) return noSuchPartition(route, partition, null);
    const framed = checkBatches(batches, route.config.maxMessageBytes);
    if (!framed.ok) return framed;
    const checked = checkBatchRecords(batches, framed.value, route.config);
    if (!checked.ok) return checked;
    const reply = await this.#append(route, partition, { batches }, claim);
    if (!reply.ok) return reply;
    const results = reply.value.ranges.map((range, index) => ({
      partition,
      offset: range.baseOffset,
      timestamp:
        range.logAppendTimeMs >= 0 ? range.logAppendTimeMs : (checked.value[index]?.header.maxTimestampMs ?? -1),
    }));
    return ok({ results, duplicate: reply.value.duplicate });
  }

  /** The topic, when these records, or batches that nobody looks into (null), may be written there. */
  async #find(topic: string, records: readonly ProduceRecord[] | null): Promise<Result<TopicRoute>> {
    const allowed = checkProduction(this.#ports.principal, topic, records);
    return allowed.ok ? this.#ports.routes.find(topic) : allowed;
  }

  /**
   * Appends record batches as they are, one range a batch, all or none. Their headers and CRCs are checked; their records
   * only where the topic has to know them. A call that was interrupted is repeated when each batch has a producer's
   * sequence, by which the repetition is recognised. `transaction` is the one that all of them are written in, or null.
   */
  async appendBatches(
    route: TopicRoute,
    partition: number,
    batches: Uint8Array,
    transaction: TransactionClaim | null = null,
  ): Promise<Result<AppendReply>> {
    const allowed = checkProduction(this.#ports.principal, route.topic, null);
    if (!allowed.ok) return allowed;
    const framed = checkBatches(batches, route.config.maxMessageBytes);
    if (!framed.ok) return framed;
    const checked = needsRecords(route.config) ? checkBatchRecords(batches, framed.value, route.config) : framed;
    if (!checked.ok) return checked;
    return this.#ports.partitions.call(
      route,
      partition,
      (stub, ref, configVersion) => {
        const request = { ref, configVersion, batches, ...this.#account };
        return this.#tell(stub, transaction === null ? request : { ...request, transaction });
      },
      {
        repeatable: checked.value.every(({ header }) => header.producerId >= 0),
        changes: true,
        isSameTopic: transaction !== null,
      },
    );
  }

  /** Has what is written from now on added to `cost`. */
  measure(cost: WriteCost): void {
    this.#cost = cost;
  }

  #tell(stub: PartitionStub, request: AppendRequest): Promise<Result<AppendReply>> {
    return this.#cost === null ? stub.append(request) : this.#cost.append(stub, request);
  }

  #append(
    route: TopicRoute,
    partition: number,
    encoded: EncodedPart | null,
    claim: IdempotencyClaim | null,
    transaction: TransactionClaim | null = null,
  ): Promise<Result<AppendReply>> {
    const idempotency = claim ?? undefined;
    return this.#ports.partitions.call(
      route,
      partition,
      (stub, ref, configVersion) => {
        const request: AppendRequest = {
          ref,
          configVersion,
          ...encoded,
          ...(idempotency && { idempotency }),
          ...this.#account,
        };
        return this.#tell(stub, transaction === null ? request : { ...request, transaction });
      },
      // A transaction was begun in the partitions of this very topic, and nobody would end it in another of its name.
      { repeatable: claim !== null, changes: true, isSameTopic: transaction !== null },
    );
  }

  /**
   * Gives every record its partition and checks it; with a claim, the home partition's part comes first, even if empty.
   * A record that fails its check refuses all, unless there are `refusals` to put its failure into.
   */
  #divide(
    route: TopicRoute,
    records: readonly ProduceRecord[],
    claim: IdempotencyClaim | null,
    nowMs: number,
    refusals: ProduceResult[] | null,
  ): Result<Part[]> {
    const parts = new Map<number, Part>();
    const home = claim === null ? null : partitionForKey(new TextEncoder().encode(claim.keyHash), route.partitionCount);
    if (home !== null) parts.set(home, { partition: home, indexes: [], records: [], sizeBytes: 0 });
    for (let index = 0; index < records.length; index += 1) {
      const record = records[index];
      assert(record !== undefined, 'a record stands at every index');
      const sizeBytes = recordBodyBytes(record.key, record.value, record.headers);
      const name = refusals === null ? index : null;
      const checked = checkRecord(record, name, sizeBytes, route.config, nowMs);
      const partition = checked.ok ? this.#choose(route, record, sizeBytes, home) : 0;
      const placed =
        checked.ok && partition >= route.partitionCount ? noSuchPartition(route, partition, name) : checked;
      if (!placed.ok) {
        if (refusals === null) return placed;
        refusals[index] = errorResult(placed.error);
        continue;
      }
      let part = parts.get(partition);
      if (part === undefined) {
        part = { partition, indexes: [], records: [], sizeBytes: 0 };
        parts.set(partition, part);
      }
      part.indexes.push(index);
      part.records.push(record);
      part.sizeBytes += sizeBytes;
    }
    return ok([...parts.values()]);
  }

  #choose(route: TopicRoute, record: ProduceRecord, sizeBytes: number, home: number | null): number {
    if (record.partition !== null) return record.partition;
    if (record.key !== null) return partitionForKey(record.key, route.partitionCount);
    if (home !== null) return home;
    const { sticky, random } = this.#ports;
    let partitioner = sticky.get(route.topicId);
    if (partitioner === undefined) {
      if (sticky.size >= stickyTopics) sticky.clear();
      partitioner = new StickyPartitioner(random);
      sticky.set(route.topicId, partitioner);
    }
    return partitioner.partitionFor(sizeBytes, route.partitionCount);
  }
}

/** Records of a transaction are framed by the partition, which knows their producer's next sequence. */
function encodeProduced(
  { records, sizeBytes }: Part,
  config: TopicRoute['config'],
  nowMs: number,
  transaction: TransactionClaim | null,
): EncodedPart | null {
  if (records.length === 0) return null;
  return transaction === null
    ? encodePart(records, sizeBytes, config, nowMs)
    : { looseRecords: encodeLoose(records, sizeBytes, nowMs) };
}

/** Whether the principal may write these records to the topic; null stands for batches, which nobody looks into. */
export function checkProduction(
  principal: Principal,
  topic: string,
  records: readonly ProduceRecord[] | null,
): Result<null> {
  const allowed = checkAccess(principal, { operation: 'WRITE', resourceType: 'TOPIC', resourceName: topic });
  if (!allowed.ok) return allowed;
  const prefixes = recordKeyFilter(principal, 'WRITE', topic);
  return prefixes === null ? allowed : checkKeys(prefixes, records);
}

function checkKeys(prefixes: readonly string[], records: readonly ProduceRecord[] | null): Result<null> {
  if (records === null) {
    return failed(
      'TOPIC_AUTHORIZATION_FAILED',
      'The token is held to record keys, so it cannot send record batches; produce JSON records.',
    );
  }
  const matcher = new RecordKeyMatcher(prefixes);
  const refused = records.findIndex(({ key }) => !matcher.matches(key));
  if (refused === -1) return ok(null);
  return failed(
    'TOPIC_AUTHORIZATION_FAILED',
    `records[${refused}]: the token may not write a record of this key; it begins with none of the token's prefixes.`,
    { index: refused },
  );
}

/** Compaction goes by keys, and another codec means unpacking: both need records that can be read. */
function needsRecords({ cleanupPolicy, compressionType }: TopicConfig): boolean {
  return cleanupPolicy !== 'delete' || compressionType !== 'producer';
}

/**
 * The claim of one division of a request. With more partitions than before, a retry brings a partition other records
 * than the first request did, and must not be answered with the offsets of those.
 */
function claimOfDivision(claim: IdempotencyClaim, route: TopicRoute): IdempotencyClaim {
  return { ...claim, bodyHash: `${claim.bodyHash}/${route.partitionCount}` };
}

function noSuchPartition(route: TopicRoute, partition: number, index: number | null): Result<never> {
  const which = index === null ? '' : `records[${index}]: `;
  return failed(
    'UNKNOWN_TOPIC_OR_PARTITION',
    `${which}topic ${route.topic} has partitions 0 to ${route.partitionCount - 1}, not ${partition}.`,
    { partition, partitions: route.partitionCount },
  );
}

function fillResults(results: ProduceResult[], part: Part, reply: Result<AppendReply>, nowMs: number): void {
  if (!reply.ok) {
    const error = errorResult(reply.error);
    for (const index of part.indexes) results[index] = error;
    return;
  }
  const defaultTimestampMs = reply.value.firstRequestedAtMs ?? nowMs;
  let at = 0;
  for (const range of reply.value.ranges) {
    for (let delta = 0; delta < range.recordCount; delta += 1, at += 1) {
      const index = part.indexes[at];
      const record = part.records[at];
      assert(index !== undefined && record !== undefined, 'a partition answers for as many records as it was given');
      results[index] = {
        partition: part.partition,
        offset: range.baseOffset + delta,
        timestamp: timestampOf(range, record, defaultTimestampMs),
      };
    }
  }
  assert(at === part.indexes.length, 'a partition answers for every record it was given');
}

function timestampOf(range: AppendedRange, record: ProduceRecord, defaultTimestampMs: number): number {
  return range.logAppendTimeMs >= 0 ? range.logAppendTimeMs : (record.timestampMs ?? defaultTimestampMs);
}

function errorResult(failure: Failure): ProduceResult {
  return { error: { code: failure.code, message: failure.message, ...(failure.detail && { detail: failure.detail }) } };
}
