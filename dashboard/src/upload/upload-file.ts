import type { Producer, ProducerRecord } from '../../../src/client/index.ts';
import { readLineBlocks } from '../../../src/record-files/line-blocks.ts';
import type { LineProblem, LineRecordReader, ReadLines } from '../../../src/record-files/record-reader.ts';

/** Lines that are no records and are shown; the others are counted. */
const problemsShown = 100;

/** Records of one `send`: what is said to be stored is counted in these. */
const recordsPerSend = 500;

/** What a file holds. */
export type FileReport = {
  readonly records: number;
  /** The first lines that are no records. */
  readonly problems: readonly LineProblem[];
  readonly problemCount: number;
};

/** How an upload ended. */
export type UploadEnd = {
  readonly stored: number;
  /** The first line that is not known to be stored; null when all are. */
  readonly nextLine: number | null;
  /** Null when it was cancelled, or is whole. */
  readonly failure: Error | null;
};

type Source = {
  readonly file: Blob;
  readonly reader: LineRecordReader;
  /** The first line to be sent; 1 for all. */
  readonly fromLine: number;
  readonly signal: AbortSignal;
  readonly onRead: (bytes: number) => void;
};

/** Reads a file to its end without sending anything. Rejects for a line that is longer than any record. */
export async function checkFile(source: Source): Promise<FileReport> {
  let records = 0;
  let problemCount = 0;
  const problems: LineProblem[] = [];
  for await (const lines of linesOf(source)) {
    records += lines.records.length;
    problemCount += lines.problems.length;
    problems.push(...lines.problems.slice(0, problemsShown - problems.length));
  }
  return { records, problems, problemCount };
}

/**
 * Sends the records of a file, leaving out the lines that are none. What is on its way is bounded by the producer; after
 * a failure or a cancellation what was sent is still waited for, so that what is said to be stored is.
 */
export async function uploadFile(
  source: Source & {
    readonly producer: Producer;
    readonly partition: number | undefined;
    readonly onStored: (records: number) => void;
  },
): Promise<UploadEnd> {
  const { producer, partition, signal } = source;
  const unsettled = new Set<number>();
  const end: { stored: number; failure: Error | null; nextLine: number | null } = {
    stored: 0,
    failure: null,
    nextLine: null,
  };
  const send = async (group: ReadLines['records']) => {
    const firstLine = group[0]!.line;
    unsettled.add(firstLine);
    try {
      await producer.send(
        group.map(({ record }): ProducerRecord => ({ ...record, partition: partition ?? record.partition })),
      );
      unsettled.delete(firstLine);
      end.stored += group.length;
      source.onStored(end.stored);
    } catch (thrown) {
      end.failure ??= thrown as Error;
    }
  };
  try {
    sending: for await (const { records } of linesOf(source)) {
      for (let start = 0; start < records.length; start += recordsPerSend) {
        const group = records.slice(start, start + recordsPerSend);
        await producer.ready();
        if (end.failure !== null || signal.aborted) {
          end.nextLine = group[0]!.line;
          break sending;
        }
        void send(group);
      }
    }
  } catch (thrown) {
    end.failure ??= thrown as Error;
  }
  await producer.flush();
  const first = Math.min(...unsettled, end.nextLine ?? Number.POSITIVE_INFINITY);
  return { ...end, nextLine: Number.isFinite(first) ? first : null };
}

/** What stands in each block, from the first line that is asked for. */
async function* linesOf({
  file,
  reader,
  fromLine,
  signal,
  onRead,
}: Source): AsyncGenerator<ReadLines, void, undefined> {
  const isAsked = ({ line }: { readonly line: number }) => line >= fromLine;
  const asked = ({ records, problems }: ReadLines) => ({
    records: records.filter(isAsked),
    problems: problems.filter(isAsked),
  });
  // A table needs its first row, so the lines before the first that is asked for are read as well.
  for await (const block of readLineBlocks([chunksOf(file, onRead)], 0)) {
    yield asked(reader.readAll(block));
    if (signal.aborted) return;
  }
  yield asked(reader.end());
}

async function* chunksOf(file: Blob, onRead: (bytes: number) => void): AsyncGenerator<Uint8Array, void, undefined> {
  const stream = file.stream().getReader();
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await stream.read();
      if (done) return;
      bytes += value.length;
      onRead(bytes);
      yield value;
    }
  } finally {
    await stream.cancel();
  }
}
