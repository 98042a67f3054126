import type { HttpDoor } from '../../client/http-door.ts';
import type { Topic } from '../../client/index.ts';
import { UsageError } from '../command.ts';
import type { LogOffsets } from '../input/log-offsets.ts';
import { readBatchPage } from './batch-page.ts';
import type { ExportedPartition, ExportForm, ExportManifest } from './export-manifest.ts';

export type ExportChoice = {
  readonly form: ExportForm;
  /** All partitions where it is empty. */
  readonly chosen: readonly number[];
  /** Only what lies between these offsets; without it all there is. */
  readonly range?: (partitions: readonly number[]) => Promise<{
    readonly from: LogOffsets | 'end' | null;
    readonly to: LogOffsets | null;
  }>;
};

const wholeLog = () => Promise.resolve({ from: null, to: null });

/**
 * What an export of a topic is to hold: each partition (or those that were `chosen`) from where it begins to where its
 * decided records end at this moment, or what of that lies in the range. Throws a UsageError for a partition that there is not.
 */
export async function beginExport(
  door: HttpDoor,
  topic: Topic,
  { form, chosen, range = wholeLog }: ExportChoice,
  signal: AbortSignal,
): Promise<ExportManifest> {
  const beyond = chosen.find((partition) => partition >= topic.partitions);
  if (beyond !== undefined) {
    throw new UsageError(`"${topic.name}" has partitions 0 to ${topic.partitions - 1}, not ${beyond}.`);
  }
  const numbers = chosen.length > 0 ? chosen : Array.from({ length: topic.partitions }, (_, index) => index);
  const { from, to } = await range(numbers);
  const partitions: ExportedPartition[] = [];
  for (const partition of numbers) {
    const place = { topic: topic.name, partition, offset: 'latest', isolation: 'read_committed' } as const;
    const { logStartOffset, nextOffset } = await readBatchPage(door, place, signal);
    const end = Math.min(nextOffset, to?.[partition] ?? nextOffset);
    const begin = from === 'end' ? nextOffset : Math.max(logStartOffset, from?.[partition] ?? logStartOffset);
    partitions.push({ partition, from: Math.min(begin, end), end });
  }
  return {
    format: 'millrace-export',
    version: 1,
    form,
    topic: topic.name,
    topicId: topic.topicId,
    partitionCount: topic.partitions,
    config: topic.configOverrides,
    startedAt: Date.now(),
    partitions,
    files: [],
    gaps: [],
    isComplete: false,
  };
}
