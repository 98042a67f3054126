import { failed, ok, type Result } from '../../errors/result.ts';
import { compileFilter } from '../../filter/evaluate-filter.ts';
import { parseFilter } from '../../filter/filter-parser.ts';
import type { JobTask } from '../../jobs/job.ts';
import type { LogRecord, NewRecord } from '../../log/record.ts';
import { partitionForKey } from '../../topics/partitioner.ts';

/** Where one record goes; the partition is chosen when the topic is known. */
export type RecordCopy = {
  readonly topic: string;
  /** The topic's id where the job knows it. */
  readonly topicId: string | null;
  readonly record: NewRecord;
  /** A partition by its number, or by the key: see {@link partitionOfCopy}. */
  readonly partition: number | null;
};

/** What a record of one partition becomes; null for one that is passed over. */
export type CopyRecord = (record: LogRecord) => RecordCopy | null;

/** What the platform wrote into a dead letter begins with it, and does not go back. */
const letterHeader = '__dlq.';

const text = new TextDecoder();

/** How a task copies records of a partition of its source. INVALID_REQUEST for a filter that cannot be read. */
export function copierOf(task: JobTask, partition: number, nowMs: number): Result<CopyRecord> {
  if (task.kind === 'redrive') return ok((record) => letterSentBack(record, task.groupId, nowMs));
  const { target, filter } = task;
  const copy = ({ timestampMs, key, value, headers }: LogRecord): RecordCopy => ({
    ...target,
    record: { timestampMs, key, value, headers },
    partition: key === null ? partition : null,
  });
  if (filter === null) return ok(copy);
  const parsed = parseFilter(filter);
  if (!parsed.ok) return parsed;
  const isMeant = compileFilter(parsed.value, task.startedAtMs);
  return ok((record) => (isMeant({ ...record, partition }) ? copy(record) : null));
}

/** A key chooses as it does for a producer; records without one stay together as they were, so that a step is the same whenever it is made. */
export function partitionOfCopy({ partition, record }: RecordCopy, partitionCount: number): number {
  if (partition !== null) return partition % partitionCount;
  return record.key === null ? 0 : partitionForKey(record.key, partitionCount);
}

/** The record as it was before it died. Its time is that of going back, or retention might take it at once. */
function letterSentBack({ key, value, headers }: LogRecord, groupId: string, nowMs: number): RecordCopy | null {
  // The last one of a name is the platform's: a record that died twice, or was made to look so, has several.
  const headerOf = (name: string) => {
    const found = headers.findLast((header) => header.name === name)?.value ?? null;
    return found === null ? null : text.decode(found);
  };
  const topic = headerOf('__dlq.errors.topic');
  const partition = headerOf('__dlq.errors.partition');
  if (topic === null || partition === null || headerOf('__dlq.errors.group') !== groupId) return null;
  // Only where it was is left of it.
  if (headerOf('__dlq.errors.record') !== null || !/^\d{1,9}$/.test(partition)) return null;
  return {
    topic,
    topicId: null,
    partition: Number(partition),
    record: { timestampMs: nowMs, key, value, headers: headers.filter(({ name }) => !name.startsWith(letterHeader)) },
  };
}

/** The largest number of records, at least one, whose batches fit; each try halves it. */
export function mostThatFit<Made>(
  count: number,
  make: (count: number) => Result<Made | null>,
): Result<{ made: Made; count: number }> {
  for (let tried = count; tried >= 1; tried = Math.floor(tried / 2)) {
    const made = make(tried);
    if (!made.ok) return made;
    if (made.value !== null) return ok({ made: made.value, count: tried });
  }
  return failed('MESSAGE_TOO_LARGE', 'A record is larger than its target takes; raise max.message.bytes there.');
}
