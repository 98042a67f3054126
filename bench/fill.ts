import type { BenchContext } from './bench-context.ts';
import type { ServerProcess } from './child-process.ts';
import { batchFrame, batchOf, fastDoorPath, jsonValue } from './payloads.ts';

const fillTimeoutMs = 120_000;
export const recordsPerBatch = 100;

/**
 * Fills partition 0 of a topic with 100 B records in rows of one known size: a frame is only sent when the previous
 * one is acked, so a row is a frame. Answers the records a row has.
 */
export async function fillTopic(
  context: BenchContext,
  server: ServerProcess,
  topic: string,
  records: number,
  batchesPerRow: number,
): Promise<number> {
  const batch = batchOf(recordsPerBatch, jsonValue(100));
  const row = Buffer.concat(Array.from({ length: batchesPerRow }, () => batch));
  const recordsPerRow = recordsPerBatch * batchesPerRow;
  await context.load.run({
    kind: 'websocket',
    port: server.port,
    path: fastDoorPath(topic),
    frame: batchFrame(row),
    inFlight: 1,
    maxFrames: Math.ceil(records / recordsPerRow),
    warmUpMs: 0,
    windowMs: fillTimeoutMs,
  });
  return recordsPerRow;
}
