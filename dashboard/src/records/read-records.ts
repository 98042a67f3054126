import type { Position } from '../../../src/address/position.ts';
import type { Client, ConsumedRecord, Topic } from '../../../src/client/index.ts';

/** What one look at a topic asks for. */
export type RecordQuery = {
  readonly topic: Topic;
  /** Null for all of them. */
  readonly partition: number | null;
  readonly position: Position;
  /** Records at or after this moment are left out; null for none. */
  readonly untilMs: number | null;
  readonly size: number;
};

export type ReadRecords = {
  /** The newest first. */
  readonly records: readonly ConsumedRecord[];
  /** The ends of the logs that were looked at, when they were. */
  readonly ends: readonly {
    readonly partition: number;
    readonly logStartOffset: number;
    readonly highWatermark: number;
  }[];
};

/** So many partitions are read at once; a topic of a thousand is read in turns. */
const parallelReads = 8;

/** Reads up to `size` records around a position, over one partition or all of them. */
export async function readRecords(client: Client, query: RecordQuery, signal: AbortSignal): Promise<ReadRecords> {
  const { topic, partition, size } = query;
  const partitions = partition === null ? Array.from({ length: topic.partitions }, (_, index) => index) : [partition];
  const views: PartitionView[] = [];
  for (let start = 0; start < partitions.length; start += parallelReads) {
    const wave = partitions.slice(start, start + parallelReads);
    views.push(...(await Promise.all(wave.map((number) => readPartition(client, query, number, signal)))));
  }
  const newestFirst = views
    .flatMap(({ records }) => records)
    .filter(({ timestamp }) => query.untilMs === null || timestamp < query.untilMs)
    .sort((a, b) => b.timestamp - a.timestamp || b.partition - a.partition || b.offset - a.offset);
  const records = query.position.kind === 'latest' ? newestFirst.slice(0, size) : newestFirst.slice(-size);
  return { records, ends: views.map(({ end }) => end) };
}

type PartitionView = { readonly records: readonly ConsumedRecord[]; readonly end: ReadRecords['ends'][number] };

async function readPartition(
  client: Client,
  { topic, position, untilMs, size }: RecordQuery,
  partition: number,
  signal: AbortSignal,
): Promise<PartitionView> {
  const common = { topic: topic.name, partition, maxRecords: size, signal };
  const page =
    position.kind === 'latest'
      ? await readLast(client, common, untilMs)
      : await client.read({ ...common, ...startOf(position) });
  const { records, logStartOffset, highWatermark } = page;
  return { records, end: { partition, logStartOffset, highWatermark } };
}

function startOf(position: Exclude<Position, { kind: 'latest' }>) {
  switch (position.kind) {
    case 'earliest':
      return { offset: 'earliest' } as const;
    case 'offset':
      return { offset: position.offset };
    case 'timestamp':
      return { timestamp: position.timestampMs };
  }
}

type ReadCommon = {
  readonly topic: string;
  readonly partition: number;
  readonly maxRecords: number;
  readonly signal: AbortSignal;
};

/**
 * The last records, or the last before a moment. Offsets of a compacted or transactional topic have holes, so the page
 * may hold fewer than were asked for.
 */
async function readLast(client: Client, common: ReadCommon, untilMs: number | null) {
  const end = await (untilMs === null
    ? client.read({ ...common, offset: 'latest' })
    : client.read({ ...common, timestamp: untilMs, maxRecords: 1 }));
  const endOffset = end.records[0]?.offset ?? end.highWatermark;
  const offset = Math.max(end.logStartOffset, endOffset - common.maxRecords);
  return offset >= endOffset ? { ...end, records: [] } : client.read({ ...common, offset });
}
