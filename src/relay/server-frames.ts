import type { ProduceResult } from '../contracts/records.ts';
import type { AckFrame, ErrorFrame, GapFrame, SubscribedFrame, ThrottleFrame } from '../contracts/websocket.ts';
import type { Failure } from '../errors/result.ts';
import type { Subscription } from './subscription.ts';

/** Where a subscription begins in one partition. */
export type PartitionStart = {
  readonly partition: number;
  /** The offset asked for, which may lie below the log's start. */
  readonly from: number;
  readonly highWatermark: number;
  readonly logStartOffset: number;
};

export function subscribedFrame(
  subscription: Subscription,
  starts: readonly PartitionStart[],
  position: string,
): string {
  const partitions = Object.fromEntries(
    starts.map((start) => [
      String(start.partition),
      { from: start.from, high_watermark: start.highWatermark, log_start_offset: start.logStartOffset },
    ]),
  );
  const { id, topic } = subscription;
  return JSON.stringify({ type: 'subscribed', id, topic, partitions, position } satisfies SubscribedFrame);
}

export function gapFrame({ id, topic, membership }: Subscription, partition: number, from: number, to: number): string {
  const named = membership === null ? {} : { topic };
  return JSON.stringify({ type: 'gap', id, ...named, partition, from, to, reason: 'retention' } satisfies GapFrame);
}

export function ackFrame(id: string, results: readonly ProduceResult[]): string {
  return JSON.stringify({ type: 'ack', id, results: [...results] } satisfies AckFrame);
}

export function unsubscribedFrame(id: string): string {
  return JSON.stringify({ type: 'unsubscribed', id });
}

/** Says that nothing comes for the subscription until what it was sent is paid for. */
export function throttleFrame(id: string, { code, message }: Failure, retryAfterMs: number): string {
  const throttleMs = Math.ceil(retryAfterMs);
  return JSON.stringify({ type: 'throttle', id, throttle_ms: throttleMs, code, message } satisfies ThrottleFrame);
}

/** `id` is the frame it answers, or null for the socket; `isFatal` ends the subscription, or the socket. */
export function errorFrame(id: string | null, failure: Failure, isFatal: boolean): string {
  const { code, message, detail } = failure;
  return JSON.stringify({ type: 'error', id, code, message, detail, fatal: isFatal } satisfies ErrorFrame);
}
