import { decompress } from '../../../src/log/compression.ts';
import { decodeBatches } from '../../../src/log/record.ts';
import type { DeliveredRecord } from '../topic-check.ts';
import type { Door, DoorTarget } from './door.ts';
import { recordsOfLines } from './record-line.ts';

/** Pages of this size: a few thousand flights each. */
const pageBytes = 1024 * 1024;

/** GET .../records as Kafka v2 record batches, page after page. */
export const readBatches: Door = async function* (target) {
  for (const [partition, end] of target.highWatermarks.entries()) {
    yield* readPages(target, partition, end, 'application/vnd.millrace.batch', (body, from) => {
      const records: DeliveredRecord[] = [];
      const decoded = decodeBatches(body, decompress, ({ offset, key, value }) => {
        // Batches come whole: the first may begin below what was asked for.
        if (offset >= from) records.push({ partition, offset, key: key === null ? null : text.decode(key), value });
        return true;
      });
      if (!decoded.ok) throw new Error(decoded.error.message);
      return records;
    });
  }
};

/** GET .../records as NDJSON, a line a record, page after page. */
export const readNdjson: Door = async function* (target) {
  for (const [partition, end] of target.highWatermarks.entries()) {
    yield* readPages(target, partition, end, 'application/x-ndjson', recordsOfLines);
  }
};

const text = new TextDecoder();

type ReadBody = (body: Uint8Array, from: number) => readonly DeliveredRecord[];

async function* readPages(
  { url, topic }: DoorTarget,
  partition: number,
  end: number,
  accept: string,
  readBody: ReadBody,
): AsyncGenerator<readonly DeliveredRecord[], void, undefined> {
  const path = `${url}/v1/topics/${encodeURIComponent(topic)}/partitions/${partition}/records`;
  for (let offset = 0; offset < end; ) {
    const query = `offset=${offset}&max_bytes=${pageBytes}`;
    const response = await fetch(`${path}?${query}`, { headers: { accept } });
    const body = new Uint8Array(await response.arrayBuffer());
    if (!response.ok) throw new Error(`GET ${path}?${query}: ${response.status} ${text.decode(body)}`);
    yield readBody(body, offset);
    const next = Number(response.headers.get('millrace-next-offset'));
    if (!(next > offset)) throw new Error(`GET ${path}?${query}: the next offset is ${next}`);
    offset = next;
  }
}
