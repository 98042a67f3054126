import { createClient } from '../../../src/client/index.ts';
import type { DeliveredRecord } from '../topic-check.ts';
import type { Door } from './door.ts';

/** Records are handed on in pieces of this many, because each piece is a turn of the event loop. */
const pieceRecords = 1_000;

/** The TypeScript client over one JSON socket for all partitions. */
export const readJsonSocket: Door = (target) => consume(target, 'json');

/** The TypeScript client over a binary socket a partition: the fast door. */
export const readBinarySockets: Door = (target) => consume(target, 'binary');

async function* consume(
  { url, topic }: Parameters<Door>[0],
  transport: 'json' | 'binary',
): AsyncGenerator<readonly DeliveredRecord[], void, undefined> {
  await using consumer = createClient({ url }).consumer({ topic, from: 'earliest', stopAtEnd: true, transport });
  let piece: DeliveredRecord[] = [];
  for await (const record of consumer) {
    const { partition, offset, value } = record;
    piece.push({ partition, offset, key: record.keyText(), value });
    if (piece.length < pieceRecords) continue;
    yield piece;
    piece = [];
  }
  yield piece;
}
