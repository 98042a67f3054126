import { failed, ok, type Result } from '../../errors/result.ts';
import { inWaves } from '../../gateway/waves.ts';
import { decompress } from '../../log/compression.ts';
import type { PartitionDescription } from '../../log/partition-rpc.ts';
import { recordsSection, walkRecords } from '../../log/record.ts';
import { readBatchHeader } from '../../log/record-batch.ts';
import type { TopicRoute } from '../../topics/catalog-rpc.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { listOffsetsRequest, listOffsetsResponse } from '../messages/list-offsets.ts';
import { checkPartition, findTopic } from '../topic-lookup.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError, wireErrorOf } from '../wire-error.ts';

export const listOffsetsApi = kafkaApi({
  key: 2,
  name: 'ListOffsets',
  versions: { min: 1, max: 7 },
  request: listOffsetsRequest,
  response: listOffsetsResponse,
  handle: listOffsets,
});

/** Isolation levels: a committed reader is shown nothing of transactions that are open. */
const readCommitted = 1;

/** Timestamps that stand for a place in the log (ListOffsetsRequest). */
const latestTimestamp = -1;
const earliestTimestamp = -2;
const maxTimestamp = -3;

type Request = MessageOf<typeof listOffsetsRequest>;
type AskedTopic = Request['topics'][number];
type AskedPartition = AskedTopic['partitions'][number];

/** An offset and the timestamp of its record; both -1 when there is none. */
type Found = { readonly offset: number; readonly timestamp: number };

const nothing: Found = { offset: -1, timestamp: -1 };

async function listOffsets(call: KafkaCall, { topics, isolationLevel }: Request) {
  const isCommitted = isolationLevel === readCommitted;
  return { topics: await Promise.all(topics.map((topic) => listTopic(call, topic, isCommitted))) };
}

async function listTopic(call: KafkaCall, { name, partitions }: AskedTopic, isCommitted: boolean) {
  const route = await findTopic(call.services, { name }, 'DESCRIBE');
  const answers = await inWaves(partitions, async (asked) => {
    const found = route.ok ? await findOffset(call, route.value, asked, isCommitted) : route;
    return {
      partitionIndex: asked.partitionIndex,
      errorCode: found.ok ? noError : wireErrorOf(found.error),
      oldStyleOffsets: [],
      ...(found.ok ? found.value : nothing),
    };
  });
  return { name, partitions: answers };
}

async function findOffset(
  call: KafkaCall,
  route: TopicRoute,
  asked: AskedPartition,
  isCommitted: boolean,
): Promise<Result<Found>> {
  const { partitionIndex, timestamp } = asked;
  const known = checkPartition(route, partitionIndex);
  if (!known.ok) return known;
  if (timestamp >= 0) return offsetAt(call, route, partitionIndex, timestamp);
  if (timestamp === latestTimestamp && isCommitted) return lastStableOffset(call, route, partitionIndex);
  const described = await call.services.groups.ends.describe({ topic: route.topic, partition: partitionIndex });
  if (!described.ok) return described;
  const { logStartOffset, highWatermark } = described.value;
  if (timestamp === latestTimestamp) return ok({ offset: highWatermark, timestamp: -1 });
  if (timestamp === earliestTimestamp) return ok({ offset: logStartOffset, timestamp: -1 });
  if (timestamp === maxTimestamp) return newestRecord(call, route, described.value);
  return failed('UNSUPPORTED_VERSION', `There is no offset for the timestamp ${timestamp}.`);
}

/** For a committed reader the log ends before the first transaction that is open. */
async function lastStableOffset(call: KafkaCall, { topic }: TopicRoute, partition: number): Promise<Result<Found>> {
  const read = await call.services.reader.read({
    topic,
    partition,
    from: 'latest',
    maxBytes: 1,
    waitMs: 0,
    minBytes: 1,
    isolation: 'read_committed',
    filtersItself: true,
  });
  if (!read.ok) return read;
  await read.value.response.body?.cancel();
  return ok({ offset: read.value.lastStableOffset, timestamp: -1 });
}

async function newestRecord(
  call: KafkaCall,
  route: TopicRoute,
  { partition, maxTimestampMs }: PartitionDescription,
): Promise<Result<Found>> {
  return maxTimestampMs < 0 ? ok(nothing) : offsetAt(call, route, partition, maxTimestampMs);
}

/** The first record that is not earlier. */
async function offsetAt(
  call: KafkaCall,
  { topic }: TopicRoute,
  partition: number,
  timestampMs: number,
): Promise<Result<Found>> {
  const read = await call.services.reader.read({
    topic,
    partition,
    from: { timestampMs },
    maxBytes: 1,
    waitMs: 0,
    minBytes: 1,
  });
  if (!read.ok) return read;
  const { response, startOffset, nextOffset } = read.value;
  const batches = new Uint8Array(await response.arrayBuffer());
  if (nextOffset === startOffset || batches.length === 0) return ok(nothing);
  return ok({ offset: startOffset, timestamp: timestampOf(batches, startOffset) });
}

/** The timestamp of the record at an offset in the first of some batches; the batch's own when it cannot be read. */
function timestampOf(batches: Uint8Array, offset: number): number {
  const header = readBatchHeader(batches, 0);
  const section = recordsSection(batches, 0, header, decompress);
  let timestamp = header.maxTimestampMs;
  if (!section.ok) return timestamp;
  walkRecords(section.value, header, (record) => {
    if (record.offset === offset) timestamp = record.timestampMs;
    return record.offset < offset;
  });
  return timestamp;
}
