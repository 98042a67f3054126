import type { Position } from '../../../src/address/position.ts';
import type { Client, ConsumedRecord, Topic } from '../../../src/client/index.ts';

/** What one look at a topic asks for. */
export type RecordQuery = {
  readonly topic: Topic;
  /** Null for all of them. */
  readonly partition: number | null;
  readonly position: Position;
  readonly size: number;
};

export type RecordView = {
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
export async function readRecords(client: Client, query: RecordQuery, signal: AbortSignal): Promise<RecordView> {
  const { topic, partition, size } = query;
  const partitions = partition === null ? Array.from({ length: topic.partitions }, (_, index) => index) : [partition];
  const views: PartitionView[] = [];
  for (let start = 0; start < partitions.length; start += parallelReads) {
    const wave = partitions.slice(start, start + parallelReads);
    views.push(...(await Promise.all(wave.map((number) => readPartition(client, query, number, signal)))));
  }
  const newestFirst = views
    .flatMap(({ records }) => records)
    .sort((a, b) => b.timestamp - a.timestamp || b.partition - a.partition || b.offset - a.offset);
  const records = query.position.kind === 'latest' ? newestFirst.slice(0, size) : newestFirst.slice(-size);
  return { records, ends: views.map(({ end }) => end) };
}

type PartitionView = { readonly records: readonly ConsumedRecord[]; readonly end: RecordView['ends'][number] };

async function readPartition(
  client: Client,
  { topic, position, size }: RecordQuery,
  partition: number,
  signal: AbortSignal,
): Promise<PartitionView> {
  const common = { topic: topic.name, partition, maxRecords: size, signal };
  const page =
    position.kind === 'latest'
      ? await readLast(client, common)
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

/** Offsets of a compacted or transactional topic have holes, so the last page may hold fewer than were asked for. */
async function readLast(client: Client, common: ReadCommon) {
  const end = await client.read({ ...common, offset: 'latest' });
  const offset = Math.max(end.logStartOffset, end.highWatermark - common.maxRecords);
  return offset >= end.highWatermark ? end : client.read({ ...common, offset });
}
