import type { Client, ConsumedRecord, ConsumeFrom, SearchOptions, SearchPage, Topic } from '../../client/index.ts';
import { compileFilter, type RecordTest } from '../../filter/evaluate-filter.ts';
import { parseFilter, pointAtCharacter } from '../../filter/filter-parser.ts';
import { type Invocation, UsageError } from '../command.ts';
import type { LogOffsets } from '../input/log-offsets.ts';

/** Reads `--where`; what is wrong with it is shown with a caret. */
export function readWhere(where: string): (record: ConsumedRecord) => boolean {
  const filter = parseFilter(where);
  if (!filter.ok) {
    const character = Number(filter.error.detail?.character);
    throw new UsageError(`--where: ${filter.error.message}\n${pointAtCharacter(where, character)}`);
  }
  const test: RecordTest = compileFilter(filter.value, Date.now());
  return (record) => {
    const { partition, offset, timestamp: timestampMs, key, value, headers } = record;
    return test({ partition, offset, timestampMs, key, value, headers });
  };
}

export type SearchRun = {
  readonly topic: Topic;
  readonly where: string;
  /** Those that were asked for; null: those that the filter can mean. */
  readonly partitions: readonly number[] | null;
  readonly everyPartition: boolean;
  readonly from: ConsumeFrom;
  /** Before which offset each partition's part ends; null: where its log does. */
  readonly until: LogOffsets | null;
  readonly limit: number;
  readonly write: (record: ConsumedRecord) => void;
  readonly showsProgress: boolean;
};

/** Has the platform search and prints what it finds, so that only that travels. */
export async function consumeSearched({ client, output, terminal }: Invocation, run: SearchRun): Promise<void> {
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  void output.closed.then(interrupt);
  const count = new SearchCount(run.topic);
  try {
    for await (const page of pagesOf(client, run, stop.signal)) {
      if (count.isFirst && page.isNarrowedByKey) {
        terminal.say(
          'millrace consume: the filter names a key, so only its partition is searched; --every-partition searches all',
        );
      }
      count.add(page);
      if (run.showsProgress) terminal.progress(count.text());
      const meant = page.records.filter(({ partition, offset }) => offset < (run.until?.[partition] ?? Infinity));
      for (const record of meant.slice(0, run.limit - count.printed)) {
        run.write(record);
        count.printed += 1;
      }
      if (count.printed >= run.limit || output.isClosed || count.isBehind(run.until)) return;
      if (output.isFull) await output.drained();
    }
  } catch (thrown) {
    if (!stop.signal.aborted) throw thrown;
  }
}

/** An offset means something in one partition only, so partitions with one are searched each by itself. */
async function* pagesOf(client: Client, run: SearchRun, signal: AbortSignal): AsyncGenerator<SearchPage> {
  if (run.limit === 0) return;
  const { topic, where, everyPartition, from } = run;
  const common: SearchOptions = { topic: topic.name, where, everyPartition, signal };
  const starts = typeof from === 'object' && !('timestamp' in from) ? Object.entries(from) : null;
  if (starts !== null) {
    for (const [partition, offset] of starts) yield* client.search({ ...common, partition: Number(partition), offset });
    return;
  }
  const start = startOf(from);
  for (const partition of run.partitions ?? [undefined]) yield* client.search({ ...common, ...start, partition });
}

function startOf(from: ConsumeFrom): Pick<SearchOptions, 'offset' | 'timestamp'> {
  if (from === 'earliest') return { offset: 'earliest' };
  if (from === 'latest') return { offset: 'latest' };
  if (typeof from === 'object' && 'timestamp' in from) return { timestamp: Number(from.timestamp) };
  throw new UsageError('--where begins at earliest, latest, a time or an offset; a position goes with --follow only.');
}

/** What was tried and found so far. */
class SearchCount {
  printed = 0;
  isFirst = true;
  #records = 0;
  #bytes = 0;
  #partitionCount = 0;
  /** How far each partition was tried. */
  readonly #reached = new Map<number, number>();
  readonly #topic: Topic;

  constructor(topic: Topic) {
    this.#topic = topic;
  }

  /** Whether every partition was tried as far as it is to be. */
  isBehind(until: LogOffsets | null): boolean {
    const reached = [...this.#reached];
    return (
      until !== null &&
      reached.length === this.#partitionCount &&
      reached.every(([partition, offset]) => offset >= (until[partition] ?? 0))
    );
  }

  add({ scanned, partitions, partitionCount }: SearchPage): void {
    this.isFirst = false;
    this.#partitionCount = partitionCount;
    for (const { partition, nextOffset } of partitions) this.#reached.set(partition, nextOffset);
    this.#records += scanned.records;
    this.#bytes += scanned.bytes;
  }

  text(): string {
    const total = (this.#topic.partitionReports ?? []).reduce(
      (sum, { logStartOffset, highWatermark }) => sum + highWatermark - logStartOffset,
      0,
    );
    const of = total >= this.#records ? ` of about ${total.toLocaleString('en-US')}` : '';
    const megabytes = (this.#bytes / 1e6).toFixed(1);
    return `scanned ${this.#records.toLocaleString('en-US')}${of} records, ${megabytes} MB; ${this.printed.toLocaleString('en-US')} found`;
  }
}
