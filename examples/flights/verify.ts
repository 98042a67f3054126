import { type Client, createClient } from '../../src/client/index.ts';
import type { Door, DoorName } from './doors/door.ts';
import { readBatches, readNdjson } from './doors/http.ts';
import { readEvents } from './doors/server-sent-events.ts';
import { readBinarySockets, readJsonSocket } from './doors/web-socket.ts';
import { readFlights } from './flight-file.ts';
import { KeyDigests } from './key-digests.ts';
import { grouped, Progress } from './progress.ts';
import { TopicCheck } from './topic-check.ts';

const doors: readonly (readonly [DoorName, Door])[] = [
  ['HTTP, record batches', readBatches],
  ['HTTP, NDJSON', readNdjson],
  ['SSE', readEvents],
  ['WebSocket, JSON', readJsonSocket],
  ['WebSocket, binary', readBinarySockets],
];

/**
 * Reads the whole topic through every door and compares each reading with the first `limit` flights of the file. Tells
 * each door's outcome on stdout; answers whether all were right.
 */
export async function verifyFlights(url: string, topic: string, limit: number): Promise<boolean> {
  const expected = new KeyDigests();
  for await (const { origin, json } of readFlights(limit)) expected.add(origin, json);
  const highWatermarks = await readHighWatermarks(createClient({ url }), topic);
  const stored = highWatermarks.reduce((sum, offset) => sum + offset, 0);
  if (stored !== expected.count) {
    process.stdout.write(`${topic} holds ${grouped(stored)} records; ${grouped(expected.count)} were expected\n`);
    return false;
  }
  let isRight = true;
  for (const [name, door] of doors) {
    const progress = new Progress(name, stored);
    const problem = await problemOf(door({ url, topic, highWatermarks }), highWatermarks, expected, progress);
    const outcome = problem === null ? 'every record once, in key order, byte for byte' : `WRONG: ${problem}`;
    process.stdout.write(`${name.padEnd(21)} ${outcome} (${progress.end()})\n`);
    isRight &&= problem === null;
  }
  return isRight;
}

/** By partition, where the next record would go. */
export async function readHighWatermarks(client: Client, topic: string): Promise<number[]> {
  const { partitions } = await client.topics.describe(topic);
  const pages = Array.from({ length: partitions }, (_, partition) =>
    client.read({ topic, partition, offset: 'latest' }),
  );
  return (await Promise.all(pages)).map((page) => page.highWatermark);
}

/** What is wrong with what the door delivers, or null. */
async function problemOf(
  delivered: ReturnType<Door>,
  highWatermarks: readonly number[],
  expected: KeyDigests,
  progress: Progress,
): Promise<string | null> {
  const check = new TopicCheck(highWatermarks);
  try {
    for await (const records of delivered) {
      for (const record of records) check.take(record);
      progress.add(records.length);
      if (check.isComplete) break;
    }
    check.finish(expected);
    return null;
  } catch (cause) {
    return (cause as Error).message;
  }
}
