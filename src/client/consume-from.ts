import { encodePosition, parsePosition } from '../relay/position.ts';
import { MillraceError } from './millrace-error.ts';
import type { SubscriptionStart } from './subscription-door.ts';

/**
 * Where a consumer starts: the first record there is, only what comes from now on, the first record at or after a
 * moment (ms), a position that was saved, or the next offset of each partition (those not named start at earliest).
 */
export type ConsumeFrom =
  | 'earliest'
  | 'latest'
  | { readonly timestamp: number }
  | { readonly [partition: number]: number }
  | (string & {});

/** Reads the option `from`; throws a MillraceError for what is no position, timestamp or offset. */
export function parseConsumeFrom(from: ConsumeFrom): SubscriptionStart {
  if (from === 'earliest') return { kind: 'earliest' };
  if (from === 'latest') return { kind: 'latest' };
  if (typeof from === 'string') return startOfPosition(from);
  if ('timestamp' in from) {
    if (!Number.isSafeInteger(from.timestamp) || from.timestamp < 0) {
      throw invalid(`from.timestamp is ${from.timestamp}; it must be milliseconds since 1970`);
    }
    return { kind: 'timestamp', timestampMs: from.timestamp };
  }
  const offsets = new Map<number, number>();
  for (const [partition, offset] of Object.entries(from)) {
    if (!/^\d+$/.test(partition)) throw invalid(`from names partition "${partition}"; partitions are numbers`);
    if (!Number.isSafeInteger(offset) || offset < 0) {
      throw invalid(`from has offset ${offset} for partition ${partition}; it must be a whole number from 0 on`);
    }
    offsets.set(Number(partition), offset);
  }
  return { kind: 'offsets', offsets, topicId: null };
}

/** A position for what was read so far; parses back to the same offsets. */
export function positionOf(topicId: string, offsets: ReadonlyMap<number, number>): string {
  return encodePosition(topicId, sortedOffsets(offsets));
}

export function sortedOffsets(offsets: ReadonlyMap<number, number>): [partition: number, offset: number][] {
  return [...offsets].sort((one, other) => one[0] - other[0]);
}

function startOfPosition(position: string): SubscriptionStart {
  const parsed = parsePosition(position);
  if (!parsed.ok) throw new MillraceError(parsed.error);
  return { kind: 'offsets', offsets: parsed.value.offsets, topicId: parsed.value.topicId };
}

function invalid(message: string): MillraceError {
  return new MillraceError({ code: 'INVALID_REQUEST', message, status: null });
}
