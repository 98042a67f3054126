import type { ConsumedRecord } from './consumed-record.ts';
import type { Redriven } from './jobs.ts';
import type { SearchOptions, SearchPage } from './search.ts';

/** A record that a share group gave up, where it lies now and where it came from. */
export type DeadLetter = {
  /** In the dead-letter topic. */
  readonly record: ConsumedRecord;
  readonly source: { readonly topic: string; readonly partition: number; readonly offset: number };
  /** `rejected` or `delivery-limit`. */
  readonly reason: string;
  readonly deliveryCount: number;
  /** In ms since 1970. */
  readonly diedAt: number;
  /** Whether its bytes are there: retention may have been faster, or it was too large. */
  readonly isWhole: boolean;
  /** Whether a redrive has sent it back. */
  readonly isSentBack: boolean;
};

export type DeadLetterPorts = {
  readonly redriven: (group: string, options: { readonly signal?: AbortSignal | undefined }) => Promise<Redriven>;
  readonly search: (options: SearchOptions) => AsyncGenerator<SearchPage, void, undefined>;
};

/** The dead letters of a share group that are still there, by partition and offset of their topic. */
export async function* readDeadLetters(
  ports: DeadLetterPorts,
  group: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): AsyncGenerator<DeadLetter, void, undefined> {
  const redriven = await ports.redriven(group, { signal });
  if (redriven.deadLetterTopic === null) return;
  const search = ports.search({
    topic: redriven.deadLetterTopic,
    where: `header["__dlq.errors.group"] == ${JSON.stringify(group)}`,
    isolation: 'read_committed',
    ...(signal === undefined ? {} : { signal }),
  });
  for await (const { records } of search) {
    for (const record of records) {
      const letter = letterOf(record, group, redriven);
      if (letter !== null) yield letter;
    }
  }
}

const utf8 = new TextDecoder();

function letterOf(record: ConsumedRecord, group: string, redriven: Redriven): DeadLetter | null {
  // The last one of a name is the platform's: a record that died twice has several.
  const headerOf = (name: string): string | null => {
    const value = record.headers.findLast((header) => header.name === `__dlq.errors.${name}`)?.value ?? null;
    return value === null ? null : utf8.decode(value);
  };
  const topic = headerOf('topic');
  if (topic === null || headerOf('group') !== group) return null;
  return {
    record,
    source: { topic, partition: Number(headerOf('partition')), offset: Number(headerOf('offset')) },
    reason: headerOf('reason') ?? '',
    deliveryCount: Number(headerOf('delivery.count')),
    diedAt: Number(headerOf('timestamp')),
    isWhole: headerOf('record') === null,
    isSentBack: isSentBack(record, redriven),
  };
}

function isSentBack({ partition, offset }: ConsumedRecord, { partitions, letters }: Redriven): boolean {
  const passed = partitions.find((one) => one.partition === partition)?.next ?? 0;
  return offset < passed || letters.some((letter) => letter.partition === partition && letter.offset === offset);
}
