import { decompress } from '../../src/log/compression.ts';
import { walkBatches } from '../../src/log/record.ts';
import { frameBatch, readBatchHeader } from '../../src/log/record-batch.ts';
import { idOf, type RunLog } from './run-log.ts';

/** What is in one partition in the end, from its log start to its high watermark. */
export type FinalPartition = {
  readonly partition: number;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  readonly records: readonly { readonly offset: number; readonly id: number; readonly key: string | null }[];
  readonly batches: readonly FinalBatch[];
};

/** A batch as far as its producer's sequence tells; -1 throughout without one. */
export type FinalBatch = {
  readonly baseOffset: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  /** Offsets that the batch covers, records that were compacted away included. */
  readonly span: number;
};

/** Pages of one partition; beyond it the log does not end. */
const pagesMax = 1_000_000;

const utf8 = new TextDecoder();

/** Tells the history what the final read found. */
export function recordFinal(log: RunLog, sinceMs: number, final: FinalPartition): void {
  const { partition, logStartOffset, highWatermark, records } = final;
  const from = Math.min(records[0]?.offset ?? logStartOffset, logStartOffset);
  const place = { from, next: highWatermark, sinceMs, assignment: 0 };
  log.read('the final read', partition, place, records);
  log.dump('the final read', partition, logStartOffset, highWatermark);
}

/** How often the log start may move while a partition is read: nothing is appended any more. */
const attemptsMax = 20;

/** Reads a whole partition over the binary door, anew when what comes next was deleted meanwhile. */
export async function readFinal(url: string, topic: string, partition: number): Promise<FinalPartition> {
  const path = `${url}/v1/topics/${topic}/partitions/${partition}/records`;
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const final = await readOnce(path, partition);
    if (final !== null) return final;
  }
  throw new Error(`the log start of ${path} does not stop moving`);
}

/** Null when the log start overtook the read. */
async function readOnce(path: string, partition: number): Promise<FinalPartition | null> {
  const records: FinalPartition['records'][number][] = [];
  const batches: FinalBatch[] = [];
  let offset = 'earliest';
  for (let page = 0; page < pagesMax; page += 1) {
    const response = await fetch(`${path}?offset=${offset}&max_bytes=4194304`, {
      headers: { accept: 'application/vnd.millrace.batch' },
    });
    if (response.status === 416) return null;
    if (!response.ok) throw new Error(`${path} at ${offset}: ${response.status} ${await response.text()}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const header = (name: string): number => Number(response.headers.get(`millrace-${name}`));
    if (bytes.length === 0 && offset !== 'earliest') {
      const logStartOffset = header('log-start-offset');
      return { partition, logStartOffset, highWatermark: header('high-watermark'), records, batches };
    }
    collect(bytes, records, batches);
    offset = String(header('next-offset'));
  }
  throw new Error(`${path} does not end`);
}

function collect(bytes: Uint8Array, records: FinalPartition['records'][number][], batches: FinalBatch[]): void {
  for (let at = 0, index = 0; at < bytes.length; index += 1) {
    const framed = frameBatch(bytes, at, index);
    if (!framed.ok) throw new Error(framed.error.message);
    const { baseOffset, producerId, producerEpoch, baseSequence, lastOffsetDelta } = readBatchHeader(bytes, at);
    batches.push({ baseOffset, producerId, producerEpoch, baseSequence, span: lastOffsetDelta + 1 });
    at += framed.value;
  }
  const walked = walkBatches(bytes, decompress, ({ offset, keyStart, keyEnd, valueStart, valueEnd }, section) => {
    const value = valueStart < 0 ? '' : utf8.decode(section.subarray(valueStart, valueEnd));
    const key = keyStart < 0 ? null : utf8.decode(section.subarray(keyStart, keyEnd));
    records.push({ offset, id: idOf(value), key });
    return true;
  });
  if (!walked.ok) throw new Error(walked.error.message);
}
