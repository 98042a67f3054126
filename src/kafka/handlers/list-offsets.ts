import { failed, ok, type Result } from '../../errors/result.ts';
import { inWaves } from '../../gateway/waves.ts';
import { decompress } from '../../log/compression.ts';
import type { Isolation, ReadReply } from '../../log/partition-rpc.ts';
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

/** An offset, the timestamp of its record and the leader epoch it was written in; each -1 when there is none. */
type Found = { readonly offset: number; readonly timestamp: number; readonly leaderEpoch: number };

const nothing: Found = { offset: -1, timestamp: -1, leaderEpoch: -1 };

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
  const { timestamp } = asked;
  const known = checkPartition(route, asked.partitionIndex);
  if (!known.ok) return known;
  if (timestamp >= 0) return offsetAt(call, route, asked, timestamp, isCommitted);
  const end = await endOf(call, route, asked, isCommitted);
  if (!end.ok) return end;
  const { startOffset, logStartOffset, leaderEpoch } = end.value;
  if (timestamp === latestTimestamp) return ok({ offset: startOffset, timestamp: -1, leaderEpoch });
  if (timestamp === earliestTimestamp) return ok({ offset: logStartOffset, timestamp: -1, leaderEpoch: -1 });
  if (timestamp === maxTimestamp) return newestRecord(call, route, asked, isCommitted);
  return failed('UNSUPPORTED_VERSION', `There is no offset for the timestamp ${timestamp}.`);
}

/** The log's bounds, and where it ends for this reader: for a committed one, before the first transaction that is open. */
function endOf(
  call: KafkaCall,
  route: TopicRoute,
  { partitionIndex, currentLeaderEpoch }: AskedPartition,
  isCommitted: boolean,
): Promise<Result<ReadReply>> {
  const isolation = isolationOf(isCommitted);
  return call.services.partitions.call(
    route,
    partitionIndex,
    (stub, ref, configVersion) =>
      stub.readRecords({ ref, configVersion, from: 'latest', maxBytes: 1, isolation, currentLeaderEpoch }),
    { repeatable: true },
  );
}

async function newestRecord(
  call: KafkaCall,
  route: TopicRoute,
  asked: AskedPartition,
  isCommitted: boolean,
): Promise<Result<Found>> {
  const described = await call.services.groups.ends.describe({ topic: route.topic, partition: asked.partitionIndex });
  if (!described.ok) return described;
  const { maxTimestampMs } = described.value;
  return maxTimestampMs < 0 ? ok(nothing) : offsetAt(call, route, asked, maxTimestampMs, isCommitted);
}

/** The first record that is not earlier, if this reader is shown records there. */
async function offsetAt(
  call: KafkaCall,
  { topic }: TopicRoute,
  { partitionIndex, currentLeaderEpoch }: AskedPartition,
  timestampMs: number,
  isCommitted: boolean,
): Promise<Result<Found>> {
  const read = await call.services.platformReader.read({
    topic,
    partition: partitionIndex,
    from: { timestampMs },
    maxBytes: 1,
    waitMs: 0,
    minBytes: 1,
    isolation: isolationOf(isCommitted),
    // Of an aborted transaction too, as Kafka answers it.
    filtersItself: true,
    currentLeaderEpoch,
  });
  if (!read.ok) return read;
  const { response, startOffset, nextOffset } = read.value;
  const batches = new Uint8Array(await response.arrayBuffer());
  if (nextOffset === startOffset || batches.length === 0) return ok(nothing);
  const { leaderEpoch } = readBatchHeader(batches, 0);
  return ok({ offset: startOffset, timestamp: timestampOf(batches, startOffset), leaderEpoch });
}

const isolationOf = (isCommitted: boolean): Isolation => (isCommitted ? 'read_committed' : 'read_uncommitted');

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
