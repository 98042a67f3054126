import type { Principal } from '../../authorization/principal.ts';
import type { QuotaGate } from '../../authorization/quota-gate.ts';
import { failed, ok, type Result } from '../../errors/result.ts';
import type { JobRange } from '../../jobs/job.ts';
import type { JobBatch, JobHands, JobProducer, PlannedStep, PlanRequest } from '../../jobs/job-door.ts';
import { limits } from '../../limits.ts';
import { compress, decompress } from '../../log/compression.ts';
import { decodeBatches, encodeBatch, type LogRecord, type NewRecord } from '../../log/record.ts';
import type { Clock } from '../../platform/clock.ts';
import type { ClusterRef, TopicRoute } from '../../topics/catalog-rpc.ts';
import type { Edge } from '../edge.ts';
import { compressionOf } from '../produce-encoding.ts';
import { findIncarnation } from '../topic-incarnation.ts';
import type { UsageMeter } from '../usage/edge-usage.ts';
import { copierOf, mostThatFit, partitionOfCopy, type RecordCopy } from './job-records.ts';

export type LogHandsPorts = {
  readonly cluster: ClusterRef;
  readonly edge: Pick<Edge, 'catalog' | 'routes' | 'reader' | 'producer'>;
  readonly principal: Principal;
  readonly quotas: QuotaGate;
  readonly usage: UsageMeter;
  readonly clock: Clock;
};

/** Committed records of the range, from its beginning on, and where the next ones begin. */
type Piece = { readonly records: readonly LogRecord[]; readonly next: number };

/** {@link JobHands} over the log, on behalf of a principal: its rights, quotas and account are those of every record. */
export class LogHands implements JobHands {
  readonly #ports: LogHandsPorts;

  constructor(ports: LogHandsPorts) {
    this.#ports = ports;
  }

  newProducer(): Promise<Result<JobProducer>> {
    return this.#ports.edge.catalog.allocateProducerId(this.#ports.cluster);
  }

  async plan(request: PlanRequest): Promise<Result<PlannedStep>> {
    const { task, range, passed } = request;
    const copier = copierOf(task, range.partition, this.#ports.clock.nowMs());
    if (!copier.ok) return copier;
    const piece = await this.#read(task.source, range);
    if (!piece.ok) return piece;
    const copies = piece.value.records.map((record) => (passed.has(record.offset) ? null : copier.value(record)));
    const routes = await this.#routesOf(copies);
    if (!routes.ok) return routes;
    const most = mostThatFit(Math.max(1, copies.length), (count) =>
      this.#encode(copies.slice(0, count), routes.value, request),
    );
    if (!most.ok) return tooLargeFrom(most, range, piece.value.records);
    const { made, count } = most.value;
    // Once records are left for the next step, that begins with them.
    const next = count < copies.length ? piece.value.records[count]!.offset : piece.value.next;
    const read = Math.min(count, copies.length);
    const written = made.reduce((sum, { recordCount }) => sum + recordCount, 0);
    return ok({ next, read, passedOver: read - written, batches: made });
  }

  async append({ topic, topicId, partition, recordCount, batches }: JobBatch): Promise<Result<null>> {
    const { edge, quotas, principal } = this.#ports;
    const route = await findIncarnation(edge.routes, { topic, topicId, partition });
    if (!route.ok) return route;
    const use = { topic, requests: 0, produceBytes: batches.length, isFetch: false } as const;
    const admitted = await quotas.admit(principal, use);
    if (!admitted.ok) return admitted;
    const appended = await edge.producer.appendBatches(route.value, partition, batches);
    if (appended.ok) return ok(null);
    if (appended.error.code !== 'OUT_OF_ORDER_SEQUENCE_NUMBER') return appended;
    return failed(
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
      `Partition ${partition} of ${topic} has forgotten what the job wrote there, so the next ${recordCount} records could not be told from others; start a job for what is left.`,
      { topic, partition },
    );
  }

  /** Nothing is read while what was read before is not paid for. */
  async #read({ topic, topicId }: PlanRequest['task']['source'], range: JobRange): Promise<Result<Piece>> {
    const { quotas, principal, usage, edge } = this.#ports;
    const admitted = await quotas.admit(principal, { topic, requests: 1, produceBytes: 0, isFetch: true });
    if (!admitted.ok) return admitted;
    const { partition, from } = range;
    const read = await edge.reader.read({
      topic,
      topicId,
      partition,
      from: { offset: from },
      maxBytes: limits.jobStepBytes.value,
      waitMs: 0,
      minBytes: 1,
      isolation: 'read_committed',
    });
    if (!read.ok) return afterRetention(read, range);
    const bytes = new Uint8Array(await read.value.response.arrayBuffer());
    const records: LogRecord[] = [];
    const decoded = decodeBatches(bytes, decompress, (record) => {
      if (record.offset >= range.to || records.length >= limits.jobStepRecords.value) return false;
      if (record.offset >= from) records.push(record);
      return true;
    });
    if (!decoded.ok) return decoded;
    usage.count(principal, topic, { requests: 1, recordsOut: records.length, bytesOut: bytes.length });
    quotas.spendFetchBytes(principal, topic, bytes.length);
    const isFull = records.length >= limits.jobStepRecords.value;
    const next = Math.min(range.to, isFull ? records.at(-1)!.offset + 1 : read.value.nextOffset);
    return next > from ? ok({ records, next }) : heldUp(topic, partition);
  }

  async #routesOf(copies: readonly (RecordCopy | null)[]): Promise<Result<ReadonlyMap<string, TopicRoute>>> {
    const routes = new Map<string, TopicRoute>();
    for (const copy of copies) {
      if (copy === null || routes.has(copy.topic)) continue;
      const { topic, topicId } = copy;
      const { routes: all } = this.#ports.edge;
      const found = topicId === null ? all.find(topic) : findIncarnation(all, { topic, topicId, partition: 0 });
      const route = await found;
      if (!route.ok) return route;
      routes.set(topic, route.value);
    }
    return ok(routes);
  }

  /** One batch a partition, or null when one of them is larger than its topic takes. */
  #encode(
    copies: readonly (RecordCopy | null)[],
    routes: ReadonlyMap<string, TopicRoute>,
    { producer, sequenceOf }: PlanRequest,
  ): Result<readonly JobBatch[] | null> {
    const parts = new Map<string, { route: TopicRoute; partition: number; records: NewRecord[] }>();
    for (const copy of copies) {
      if (copy === null) continue;
      const route = routes.get(copy.topic)!;
      const partition = partitionOfCopy(copy, route.partitionCount);
      const place = `${route.topicId}/${partition}`;
      const part = parts.get(place) ?? { route, partition, records: [] };
      part.records.push(copy.record);
      parts.set(place, part);
    }
    const batches: JobBatch[] = [];
    for (const { route, partition, records } of parts.values()) {
      const { topic, topicId, config } = route;
      const baseSequence = sequenceOf(topicId, partition);
      const type = compressionOf(config);
      const compression = type === null ? {} : { compression: { type, compress } };
      const encoded = encodeBatch(records, { ...producer, baseSequence, ...compression });
      if (encoded.length > config.maxMessageBytes) return ok(null);
      batches.push({ topic, topicId, partition, recordCount: records.length, batches: encoded });
    }
    return ok(batches);
  }
}

/** Records that retention deleted since the job began are passed over: there is nothing of them to be copied. */
function afterRetention(read: Result<never> & { ok: false }, { from, to }: JobRange): Result<Piece> {
  const start = read.error.detail?.log_start_offset;
  if (read.error.code !== 'OFFSET_OUT_OF_RANGE' || typeof start !== 'number' || start <= from) return read;
  return ok({ records: [], next: Math.min(start, to) });
}

const heldUp = (topic: string, partition: number): Result<never> =>
  failed(
    'CONCURRENT_TRANSACTIONS',
    `A transaction is open in partition ${partition} of ${topic}; what was written since is copied once it has ended.`,
    { topic, partition },
  );

function tooLargeFrom(
  failure: Result<never> & { ok: false },
  { partition }: JobRange,
  records: readonly LogRecord[],
): Result<never> {
  if (failure.error.code !== 'MESSAGE_TOO_LARGE') return failure;
  const offset = records[0]?.offset ?? 0;
  return failed('MESSAGE_TOO_LARGE', `${failure.error.message} It is the one at offset ${offset}.`, {
    partition,
    offset,
  });
}
