import { checkAccess } from '../authorization/access-check.ts';
import type { Principal } from '../authorization/principal.ts';
import type { ValueRendering } from '../contracts/record-json.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import { compileFilter } from '../filter/evaluate-filter.ts';
import type { Filter } from '../filter/filter.ts';
import { type FilterScope, filterScope } from '../filter/filter-scope.ts';
import type { RenderedRecords } from '../json/rendered-records.ts';
import { limits } from '../limits.ts';
import type { Isolation, ReadFrom } from '../log/partition-rpc.ts';
import type { TopicRoute } from '../topics/catalog-rpc.ts';
import { partitionForKey } from '../topics/partitioner.ts';
import type { TopicRoutes } from './ports.ts';
import type { RecordReader } from './read.ts';
import type { SearchCursor } from './search-cursor.ts';
import { SearchScan } from './search-scan.ts';

export type SearchOptions = {
  readonly topic: string;
  readonly filter: Filter;
  /** Null: those that the filter can mean. */
  readonly partition: number | null;
  /** False: a filter that names the whole key looks only where a producer's partitioner puts that key. */
  readonly everyPartition: boolean;
  /** Where each partition begins. */
  readonly from: ReadFrom;
  /** Goes on where an answer to the same question stopped. */
  readonly cursor: SearchCursor | null;
  readonly maxRecords: number;
  readonly isolation: Isolation;
  readonly as: ValueRendering;
  readonly nowMs: number;
};

/** How far one partition was searched. */
export type SearchedPartition = {
  readonly partition: number;
  readonly nextOffset: number;
  /** Where its log ends, for this reader. */
  readonly endOffset: number;
};

export type Searched = {
  /** In the order of partitions and offsets. */
  readonly found: readonly RenderedRecords[];
  readonly scanned: { readonly records: number; readonly bytes: number };
  /** Those that this request read. */
  readonly partitions: readonly SearchedPartition[];
  /** All that the search is about. */
  readonly partitionCount: number;
  /** Whether partitions were left out because the filter names a key. */
  readonly isNarrowedByKey: boolean;
  /** Null when the end of each partition was reached. */
  readonly cursor: SearchCursor | null;
};

/** So much is read of a partition at once. */
const pieceBytes = limits.readBytes.value;

const encoder = new TextEncoder();

/**
 * Searches a topic for the records that a filter means, partition after partition, each forwards. One call tries a
 * bounded number of records and answers how many, with a cursor to go on.
 *
 * Failures: those of a read; INVALID_REQUEST for a cursor of another search.
 */
export async function searchRecords(
  ports: { readonly principal: Principal; readonly routes: TopicRoutes; readonly reader: RecordReader },
  options: SearchOptions,
): Promise<Result<Searched>> {
  const { topic, filter, cursor } = options;
  const allowed = checkAccess(ports.principal, { operation: 'READ', resourceType: 'TOPIC', resourceName: topic });
  if (!allowed.ok) return allowed;
  const found = await ports.routes.find(topic);
  if (!found.ok) return found;
  const { partitionCount, topicId } = found.value;
  if (options.partition !== null && options.partition >= partitionCount) {
    return failed(
      'UNKNOWN_TOPIC_OR_PARTITION',
      `Topic ${topic} has partitions 0 to ${partitionCount - 1}, not ${options.partition}.`,
      { partition: options.partition, partitions: partitionCount },
    );
  }
  const startedAtMs = cursor?.startedAtMs ?? options.nowMs;
  const scope = filterScope(filter, startedAtMs);
  const partitions = partitionsOf(found.value, scope, options);
  const first = cursor === null ? 0 : partitions.indexOf(cursor.partition);
  if (first === -1)
    return failed('INVALID_REQUEST', 'The cursor is of another search: its partition is none of these.');
  const scan = new SearchScan(compileFilter(filter, startedAtMs), options);
  const searched: SearchedPartition[] = [];
  const answer = (place: Pick<SearchCursor, 'partition' | 'offset'> | null): Result<Searched> =>
    ok({
      found: scan.found,
      scanned: { records: scan.records, bytes: scan.bytes },
      partitions: searched,
      partitionCount: partitions.length,
      isNarrowedByKey: scope.key !== null && partitions.length < partitionCount && isByKey(scope, options),
      cursor: place === null ? null : { ...place, topicId: cursor?.topicId ?? topicId, startedAtMs },
    });
  const search = new PartitionSearch(ports.reader, scan, options, startOf(options.from, scope), topicId);
  for (const partition of partitions.slice(first)) {
    const offset = partition === cursor?.partition ? cursor.offset : null;
    if (search.isSpent) return answer({ partition, offset });
    const progress = await search.run(partition, offset);
    if (!progress.ok) return progress;
    searched.push(progress.value);
    const { nextOffset, endOffset } = progress.value;
    if (nextOffset < endOffset) return answer({ partition, offset: nextOffset });
  }
  return answer(null);
}

/** Reads partitions piece by piece, as many pieces as a request may. */
class PartitionSearch {
  #reads = 0;
  readonly #reader: RecordReader;
  readonly #scan: SearchScan;
  readonly #options: SearchOptions;
  readonly #start: ReadFrom;
  readonly #topicId: string;

  constructor(reader: RecordReader, scan: SearchScan, options: SearchOptions, start: ReadFrom, topicId: string) {
    this.#reader = reader;
    this.#scan = scan;
    this.#options = options;
    this.#start = start;
    this.#topicId = options.cursor?.topicId ?? topicId;
  }

  get isSpent(): boolean {
    return this.#scan.isSpent || this.#reads >= limits.searchReads.value;
  }

  /** Searches from an offset, or from where the search begins, to the end of the partition or of what is allowed. */
  async run(partition: number, offset: number | null): Promise<Result<SearchedPartition>> {
    let from: ReadFrom = offset === null ? this.#start : { offset };
    for (;;) {
      const piece = await this.#read(partition, from, offset !== null);
      if (!piece.ok) return piece;
      const { read, matcher } = piece.value;
      const batches = new Uint8Array(await read.response.arrayBuffer());
      const { startOffset: fromOffset, highWatermark, lastStableOffset } = read;
      const stopped = this.#scan.scan({ partition, batches, fromOffset, matcher });
      if (!stopped.ok) return stopped;
      const nextOffset = stopped.value ?? read.nextOffset;
      // What cannot be read now, an open transaction's records say, is the end for this reader.
      const isAtEnd = stopped.value === null && read.nextOffset === fromOffset;
      const end = this.#options.isolation === 'read_committed' ? lastStableOffset : highWatermark;
      const endOffset = isAtEnd ? nextOffset : Math.max(end, nextOffset);
      if (nextOffset >= endOffset || this.isSpent) return ok({ partition, nextOffset, endOffset });
      from = { offset: nextOffset };
    }
  }

  /** What was deleted since the search stopped there is passed over. */
  async #read(partition: number, from: ReadFrom, isContinued: boolean) {
    this.#reads += 1;
    const { topic, isolation } = this.#options;
    const options = {
      topic,
      topicId: this.#topicId,
      partition,
      maxBytes: pieceBytes,
      waitMs: 0,
      minBytes: 1,
      isolation,
    };
    const read = await this.#reader.readSome({ ...options, from });
    if (read.ok || !isContinued || read.error.code !== 'OFFSET_OUT_OF_RANGE') return read;
    const start = read.error.detail?.log_start_offset;
    const isDeleted = typeof start === 'number' && typeof from === 'object' && 'offset' in from && from.offset < start;
    return isDeleted ? this.#reader.readSome({ ...options, from: { offset: start } }) : read;
  }
}

function isByKey({ partition }: FilterScope, options: SearchOptions): boolean {
  return options.partition === null && partition === null && !options.everyPartition;
}

/** The partitions that can hold what is meant, in their order. */
function partitionsOf({ partitionCount }: TopicRoute, scope: FilterScope, options: SearchOptions): readonly number[] {
  if (options.partition !== null) return [options.partition];
  const all = Array.from({ length: partitionCount }, (_, partition) => partition);
  if (scope.partition !== null) return all.filter((partition) => partition === scope.partition);
  if (scope.key === null || !isByKey(scope, options)) return all;
  return [partitionForKey(encoder.encode(scope.key), partitionCount)];
}

/** No record before the time that a filter names can be meant, so the time index says where to begin. */
function startOf(from: ReadFrom, { fromTimestampMs }: FilterScope): ReadFrom {
  return from === 'earliest' && fromTimestampMs !== null ? { timestampMs: fromTimestampMs } : from;
}
