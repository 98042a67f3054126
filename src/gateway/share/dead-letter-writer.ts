import { failed, ok, type Result } from '../../errors/result.ts';
import type {
  DeadLetterBatch,
  DeadLetterDoor,
  DeadLetterProducer,
  DeadLetterSpan,
  DeadLetterTarget,
} from '../../groups/share/dead-letter.ts';
import type { SharePartitionRef } from '../../groups/share/share-ref.ts';
import { decompress } from '../../log/compression.ts';
import { decodeBatches, encodeBatch, type LogRecord, type NewRecord } from '../../log/record.ts';
import type { RecordHeader } from '../../log/record-body.ts';
import type { CatalogRpc, TopicRoute } from '../../topics/catalog-rpc.ts';
import type { PartitionCaller, TopicRoutes } from '../ports.ts';
import type { RecordReader } from '../read.ts';
import { findIncarnation } from '../topic-incarnation.ts';

type WriterPorts = {
  readonly catalog: CatalogRpc;
  readonly routes: TopicRoutes;
  readonly partitions: PartitionCaller;
  readonly reader: RecordReader;
};

type Source = { readonly ref: SharePartitionRef; readonly topic: string };

/** Bytes of one read while records are collected for their letters. */
const readBytes = 1024 * 1024;

/** Reads of one batch of letters; each brings at least one record, and a batch has a hundred. */
const readsMax = 200;

/** {@link DeadLetterDoor} over the log: letters keep key, value and headers, and say in headers of their own why. */
export class DeadLetterWriter implements DeadLetterDoor {
  readonly #ports: WriterPorts;

  constructor(ports: WriterPorts) {
    this.#ports = ports;
  }

  async target(ref: SharePartitionRef, topic: string): Promise<Result<DeadLetterTarget>> {
    const route = await this.#ports.routes.find(topic);
    if (!route.ok) return route;
    const { topicId, partitionCount } = route.value;
    return ok({ topic, topicId, partition: ref.partition % partitionCount });
  }

  newProducer({ orgId, clusterId }: SharePartitionRef) {
    return this.#ports.catalog.allocateProducerId({ orgId, clusterId });
  }

  async append(source: Source, producer: DeadLetterProducer, batch: DeadLetterBatch): Promise<Result<null>> {
    const { target, producerId, producerEpoch, nextSequence: baseSequence } = producer;
    const route = await findIncarnation(this.#ports.routes, target);
    if (!route.ok) return route;
    const records = await this.#read(source, batch);
    if (!records.ok) return records;
    const letters = batch.spans.flatMap((span) => lettersOf(source, span, records.value, batch.isCopied));
    const batches = encodeBatch(letters, { producerId, producerEpoch, baseSequence });
    const { maxMessageBytes } = route.value.config;
    if (batches.length > maxMessageBytes) return tooLarge(batches.length, maxMessageBytes);
    return this.#append(route.value, target.partition, batches);
  }

  async #append(route: TopicRoute, partition: number, batches: Uint8Array): Promise<Result<null>> {
    const appended = await this.#ports.partitions.call(
      route,
      partition,
      (stub, ref, configVersion) => stub.append({ ref, configVersion, batches }),
      { repeatable: true, changes: true, isSameTopic: true },
    );
    return appended.ok ? ok(null) : appended;
  }

  /** The records that are still there, by offset. */
  async #read({ ref, topic }: Source, batch: DeadLetterBatch): Promise<Result<ReadonlyMap<number, LogRecord>>> {
    const records = new Map<number, LogRecord>();
    if (!batch.isCopied) return ok(records);
    let reads = 0;
    for (const { from, to } of batch.spans) {
      for (let offset = from; offset <= to; reads += 1) {
        if (reads === readsMax) return failed('OVERLOADED', 'The records of dead letters could not be read in one go.');
        const read = await this.#readOnce(ref, topic, offset);
        if (!read.ok) return read;
        const decoded = decodeBatches(read.value.batches, decompress, (record) => {
          if (record.offset >= from && record.offset <= to) records.set(record.offset, record);
          return record.offset < to;
        });
        if (!decoded.ok) return decoded;
        if (read.value.nextOffset <= offset) break;
        offset = read.value.nextOffset;
      }
    }
    return ok(records);
  }

  async #readOnce({ topicId, partition }: SharePartitionRef, topic: string, offset: number) {
    const options = { topic, topicId, partition, maxBytes: readBytes, waitMs: 0, minBytes: 1 };
    let read = await this.#ports.reader.read({ ...options, from: { offset } });
    if (!read.ok && read.error.code === 'OFFSET_OUT_OF_RANGE') {
      // Deleted meanwhile; the letters of what is gone say so.
      read = await this.#ports.reader.read({ ...options, from: 'earliest' });
    }
    if (!read.ok) return read;
    const batches = new Uint8Array(await read.value.response.arrayBuffer());
    return ok({ batches, nextOffset: read.value.nextOffset });
  }
}

const encoder = new TextEncoder();

/** Headers in the names of KIP-1191. */
function lettersOf(
  { ref, topic }: Source,
  span: DeadLetterSpan,
  records: ReadonlyMap<number, LogRecord>,
  isCopied: boolean,
): NewRecord[] {
  return Array.from({ length: span.to - span.from + 1 }, (_, index) => {
    const offset = span.from + index;
    const record = records.get(offset);
    const headers: [string, string][] = [
      ['__dlq.errors.topic', topic],
      ['__dlq.errors.partition', String(ref.partition)],
      ['__dlq.errors.offset', String(offset)],
      ['__dlq.errors.group', ref.groupId],
      ['__dlq.errors.delivery.count', String(span.deliveryCount)],
      ['__dlq.errors.reason', span.reason],
      ['__dlq.errors.timestamp', String(span.atMs)],
      ['__dlq.errors.record.timestamp', String(record?.timestampMs ?? -1)],
    ];
    if (record === undefined) headers.push(['__dlq.errors.record', isCopied ? 'deleted' : 'too-large']);
    const own = headers.map(([name, value]): RecordHeader => ({ name, value: encoder.encode(value) }));
    return {
      timestampMs: span.atMs,
      key: record?.key ?? null,
      value: record?.value ?? null,
      headers: [...(record?.headers ?? []), ...own],
    };
  });
}

const tooLarge = (sizeBytes: number, maxBytes: number): Result<never> =>
  failed('MESSAGE_TOO_LARGE', `The dead letters take ${sizeBytes} bytes; their topic takes batches of ${maxBytes}.`);
