import { assert } from '../errors/assert.ts';
import type { PartitionRef } from './partition-ref.ts';

/** Digits of an offset in a key, so that keys sort as offsets do: a safe integer has at most 16. */
const offsetDigits = 20;

/**
 * What the keys of all of a partition's objects begin with, and no other's: ids are server-issued and have no slash,
 * so the parts can be told apart.
 */
export function segmentObjectPrefix(ref: PartitionRef): string {
  const parts = [ref.clusterId, ref.topicId, String(ref.partition)];
  for (const part of parts) assert(part.length > 0 && !part.includes('/'), 'an id has no slash');
  return `${parts.join('/')}/`;
}

/** The key of one object; a new one for every attempt that may hold other bytes. */
export function segmentObjectKey(
  ref: PartitionRef,
  range: { readonly baseOffset: number; readonly lastOffset: number },
  objectId: string,
): string {
  const digits = (offset: number) => String(offset).padStart(offsetDigits, '0');
  return `${segmentObjectPrefix(ref)}${digits(range.baseOffset)}-${digits(range.lastOffset)}-${objectId}.segment`;
}
