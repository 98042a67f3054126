import { failed, ok, type Result } from '../../errors/result.ts';
import { limits } from '../../limits.ts';

/** Where a share group begins to read a partition it has never read. */
export type ShareStart = 'earliest' | 'latest' | { readonly timestampMs: number };

/** What a share group asks of its partitions (KIP-932's group configs, with our own for delay and dead letters). */
export type ShareGroupConfig = {
  /** For so long a record is locked for the member that acquired it. */
  readonly lockDurationMs: number;
  /** How often a record is delivered at most. */
  readonly deliveryLimit: number;
  /** How long a record waits before its next delivery, after it was released or its lock ran out. */
  readonly redeliveryDelayMs: number;
  /** Where records go that were rejected or delivered too often; null drops them. */
  readonly deadLetterTopic: string | null;
  readonly start: ShareStart;
};

/** Kafka's defaults: share.auto.offset.reset is latest, share.record.lock.duration.ms 30 s, five deliveries. */
export const defaultShareConfig: ShareGroupConfig = {
  lockDurationMs: limits.shareLockDurationMs.value,
  deliveryLimit: limits.shareDeliveryLimit.value,
  redeliveryDelayMs: limits.shareRedeliveryDelayMs.value,
  deadLetterTopic: null,
  start: 'latest',
};

/** A lock that is shorter than this runs out before a member could do anything. */
export const minLockDurationMs = 1_000;

/** Checks a config whole; INVALID_CONFIG says which key is out of bounds. */
export function checkShareConfig(config: ShareGroupConfig): Result<ShareGroupConfig> {
  const { lockDurationMs, deliveryLimit, redeliveryDelayMs, start } = config;
  const faults = [
    outOfBounds('lock_duration_ms', lockDurationMs, minLockDurationMs, limits.shareLockDurationMs.max),
    outOfBounds('delivery_limit', deliveryLimit, 1, limits.shareDeliveryLimit.max),
    outOfBounds('redelivery_delay_ms', redeliveryDelayMs, 0, limits.shareRedeliveryDelayMs.max),
    typeof start === 'string' ? null : outOfBounds('start.timestamp', start.timestampMs, 0, Number.MAX_SAFE_INTEGER),
  ];
  const fault = faults.find((found) => found !== null);
  return fault === undefined ? ok(config) : failed('INVALID_CONFIG', fault);
}

function outOfBounds(key: string, value: number, min: number, max: number): string | null {
  const isAllowed = Number.isSafeInteger(value) && value >= min && value <= max;
  return isAllowed ? null : `${key} must be a whole number from ${min} to ${max}, not ${value}.`;
}
