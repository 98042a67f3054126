import type { RecordJson } from '../contracts/record-json.ts';
import type { ConsumedRecord } from './consumed-record.ts';
import { type HttpDoor, topicPath } from './http-door.ts';
import { recordOfJson } from './record-json-source.ts';

export type ReadOptions = {
  readonly topic: string;
  readonly partition: number;
  /** `earliest` by default. */
  readonly offset?: number | 'earliest' | 'latest';
  /** Instead of `offset`: the first record at or after this moment, in ms. */
  readonly timestamp?: number;
  readonly maxRecords?: number;
  readonly maxBytes?: number;
  /** At the end of the partition, how long to wait for a record. */
  readonly waitMs?: number;
  /** `read_committed` leaves out records of transactions that are not committed (docs/transactions.md). */
  readonly isolation?: 'read_uncommitted' | 'read_committed';
  readonly signal?: AbortSignal;
};

/** One page of a partition. */
export type RecordPage = {
  readonly records: readonly ConsumedRecord[];
  /** Where the next page begins. */
  readonly nextOffset: number;
  /** The offset the next record will get. */
  readonly highWatermark: number;
  /** The first offset that can be read. */
  readonly logStartOffset: number;
};

type ReadAnswerJson = {
  readonly records: readonly RecordJson[];
  readonly next_offset: number;
  readonly high_watermark: number;
  readonly log_start_offset: number;
};

/** What a long-poll may take on top of its own wait. */
const answerMarginMs = 30_000;

/** Reads one page over HTTP. */
export async function readPage(door: HttpDoor, options: ReadOptions): Promise<RecordPage> {
  const { topic, partition, timestamp, maxRecords, maxBytes, waitMs, isolation, signal } = options;
  const answer: ReadAnswerJson = await door.json({
    method: 'GET',
    path: topicPath(topic, `/partitions/${partition}/records`),
    query: {
      offset: timestamp === undefined ? (options.offset ?? 'earliest') : undefined,
      timestamp,
      max_records: maxRecords,
      max_bytes: maxBytes,
      wait_ms: waitMs,
      isolation,
      as: 'base64',
    },
    signal,
    timeoutMs: (waitMs ?? 0) + answerMarginMs,
  });
  return {
    records: answer.records.map((record) => recordOfJson(topic, record)),
    nextOffset: answer.next_offset,
    highWatermark: answer.high_watermark,
    logStartOffset: answer.log_start_offset,
  };
}
