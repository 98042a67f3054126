import { backoffMs, pause } from '../../client/backoff.ts';
import { type HttpDoor, topicPath } from '../../client/http-door.ts';
import { isTransient, MillraceError } from '../../client/millrace-error.ts';
import type { Isolation } from '../../log/partition-rpc.ts';

/** Whole record batches of one partition, back to back. */
export type BatchPage = {
  readonly batches: Uint8Array;
  readonly nextOffset: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
};

const batchMediaType = 'application/vnd.millrace.batch';

/** Enough to make a request worth its way, and little enough to hold several in memory. */
const pageBytesMax = 4 * 1024 * 1024;

const retryPolicy = { firstMs: 100, maxMs: 5_000 };

/** Tries in a row that bring nothing: with the policy's pauses about a minute. */
const triesMax = 20;

/** Where to read; with read_committed, `latest` is where the oldest transaction that is not decided begins. */
export type BatchPlace = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number | 'earliest' | 'latest';
  readonly isolation?: Isolation;
};

/** Reads one page over HTTP; a connection that breaks is tried again. */
export function readBatchPage(
  door: HttpDoor,
  place: BatchPlace,
  signal: AbortSignal,
  maxBytes = pageBytesMax,
): Promise<BatchPage> {
  return untilSettled(async () => {
    const { bytes, headers } = await door.bytes({
      method: 'GET',
      path: topicPath(place.topic, `/partitions/${place.partition}/records`),
      query: { offset: place.offset, max_bytes: Math.min(maxBytes, pageBytesMax), isolation: place.isolation },
      accept: batchMediaType,
      signal,
    });
    const offset = (name: string): number => Number(headers.get(`millrace-${name}`));
    return {
      batches: bytes,
      nextOffset: offset('next-offset'),
      highWatermark: offset('high-watermark'),
      logStartOffset: offset('log-start-offset'),
    };
  }, signal);
}

/** Repeats what may be repeated until it works, fails for good, or failed too often. */
export async function untilSettled<T>(attempt: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt();
    } catch (thrown) {
      signal.throwIfAborted();
      if (!(thrown instanceof MillraceError) || !isTransient(thrown) || failures === triesMax) throw thrown;
      await pause(Math.max(backoffMs(retryPolicy, failures, Math.random()), thrown.retryAfterMs ?? 0), signal);
    }
  }
}
