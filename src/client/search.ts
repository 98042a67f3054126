import type { SearchAnswer } from '../contracts/records.ts';
import type { ConsumedRecord } from './consumed-record.ts';
import { type HttpDoor, topicPath } from './http-door.ts';
import { recordOfJson } from './record-json-source.ts';

export type SearchOptions = {
  readonly topic: string;
  /** A filter, e.g. `value.total > 100 && key startsWith "user-"` (docs/filter.md). */
  readonly where: string;
  /** All of them by default. */
  readonly partition?: number | undefined;
  /** True: a filter that names a key does not keep the search to the partition where the key should be. */
  readonly everyPartition?: boolean;
  /** Where each partition begins; `earliest` by default. A number goes with `partition`. */
  readonly offset?: number | 'earliest' | 'latest' | undefined;
  /** Instead of `offset`: the first record at or after this moment, in ms. */
  readonly timestamp?: number | undefined;
  /** Goes on behind the page that had this cursor; all other options must be the same. */
  readonly cursor?: string | undefined;
  /** How many records a page has at most. */
  readonly maxRecords?: number;
  /** `read_committed` leaves out records of transactions that are not committed (docs/transactions.md). */
  readonly isolation?: 'read_uncommitted' | 'read_committed';
  readonly signal?: AbortSignal;
};

/** What one request of a search found, and how far it came. */
export type SearchPage = {
  /** In the order of partitions and offsets; a page may well have none. */
  readonly records: readonly ConsumedRecord[];
  /** What this request tried. */
  readonly scanned: { readonly records: number; readonly bytes: number };
  /** Those that this request read; all before `nextOffset` was tried. */
  readonly partitions: readonly {
    readonly partition: number;
    readonly nextOffset: number;
    readonly endOffset: number;
  }[];
  /** How many partitions the search is about. */
  readonly partitionCount: number;
  /** Whether only the partition of the key that the filter names is searched. */
  readonly isNarrowedByKey: boolean;
  /** Where the search goes on; null at its end. */
  readonly cursor: string | null;
};

/** Searches page after page, as they are asked for, until the end of each partition. */
export async function* searchPages(
  door: HttpDoor,
  options: SearchOptions,
): AsyncGenerator<SearchPage, void, undefined> {
  let cursor: string | null = options.cursor ?? null;
  do {
    const page = await searchPage(door, options, cursor);
    yield page;
    cursor = page.cursor;
  } while (cursor !== null);
}

async function searchPage(door: HttpDoor, options: SearchOptions, cursor: string | null): Promise<SearchPage> {
  const { topic, where, partition, everyPartition, offset, timestamp, maxRecords, isolation, signal } = options;
  const answer: SearchAnswer = await door.json({
    method: 'GET',
    path: topicPath(topic, '/search'),
    query: {
      where,
      partition,
      every_partition: everyPartition === true ? 'true' : undefined,
      offset,
      timestamp,
      cursor: cursor ?? undefined,
      max_records: maxRecords,
      isolation,
      as: 'base64',
    },
    ...(signal === undefined ? {} : { signal }),
  });
  return {
    records: answer.records.map((record) => recordOfJson(topic, record)),
    scanned: answer.scanned,
    partitions: answer.partitions.map((reached) => ({
      partition: reached.partition,
      nextOffset: reached.next_offset,
      endOffset: reached.end_offset,
    })),
    partitionCount: answer.partition_count,
    isNarrowedByKey: answer.narrowed_by_key,
    cursor: answer.cursor,
  };
}
