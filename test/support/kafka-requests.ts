import { fetchRequest, fetchResponse } from '../../src/kafka/messages/fetch.ts';
import { produceRequest, produceResponse } from '../../src/kafka/messages/produce.ts';
import { zeroUuid } from '../../src/kafka/wire/byte-reader.ts';
import { type EncodeOptions, encodeBatch } from '../../src/log/record.ts';

export const produceApi = { key: 0, request: produceRequest, response: produceResponse };
export const fetchApi = { key: 1, request: fetchRequest, response: fetchResponse };

/** A batch of records with these values, a second apart. */
export const batchOf = (...values: string[]): Uint8Array => batchWith({}, ...values);

export function batchWith(options: EncodeOptions, ...values: string[]): Uint8Array {
  const records = values.map((value, index) => ({
    key: null,
    value: new TextEncoder().encode(value),
    headers: [],
    timestampMs: 1_700_000_000_000 + 1_000 * index,
  }));
  return encodeBatch(records, options);
}

/** A request for these topics, or for all. */
export function metadataRequestOf(topics: readonly string[] | null) {
  return {
    topics: topics?.map((name) => ({ name, topicId: zeroUuid })) ?? null,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  };
}

/** A request that names its topic and has a batch, or whatever bytes, for each partition. */
export function produceRequestOf(topic: string, batches: Readonly<Record<number, Uint8Array | null>>) {
  const partitionData = Object.entries(batches).map(([index, records]) => ({ index: Number(index), records }));
  return { acks: -1, timeoutMs: 1_000, topicData: [{ name: topic, topicId: zeroUuid, partitionData }] };
}

/** A fetch of some partitions of one topic from these offsets, which does not wait. */
export function fetchRequestOf(topic: string, offsets: Readonly<Record<number, number>>, maxBytes = 1 << 20) {
  const partitions = Object.entries(offsets).map(([partition, fetchOffset]) => ({
    partition: Number(partition),
    fetchOffset,
    partitionMaxBytes: maxBytes,
  }));
  return {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes,
    topics: [{ topic, topicId: zeroUuid, partitions }],
    forgottenTopicsData: [],
  };
}
