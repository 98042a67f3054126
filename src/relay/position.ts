/**
 * A position says how far a reader of a topic has come: the topic's id and the next offset of each partition. It is
 * one opaque string for every door: the `id` of a Server-Sent Event, `from` of a WebSocket subscription, a cursor.
 *
 *     position = base64url(version byte 1, topic id, varint entry count, entries, check byte)
 *     topic id = 16 bytes of the UUID
 *     entry    = varint partitions skipped since the previous entry, varint offset (never 0)
 *
 * Varints are Kafka's zigzag ones. Partitions that are not contained start at 0, so a partition that was added later
 * is read from its beginning. The count and the check byte make a truncated or mistyped position an error instead of
 * a reader that starts over.
 *
 * The module is pure and imports only what is: the client uses it too.
 */
import { failed, ok, type Result } from '../errors/result.ts';
import { VarintReader, writeVarlong } from '../log/varint.ts';

export type Position = {
  readonly topicId: string;
  /** Next offset to read by partition index. */
  readonly offsets: ReadonlyMap<number, number>;
};

const version = 1;

/** What a topic can have at most, so that a forged position cannot make a reader walk through millions of entries. */
export const maxPositionPartitions = 1_000;

/** Bytes of a varint of 2^53 - 1: the largest offset. */
const maxVarintBytes = 8;
const uuidBytes = 16;
const maxPositionBytes = 1 + uuidBytes + 2 + maxPositionPartitions * (2 + maxVarintBytes) + 1;
const maxPositionCharacters = Math.ceil((maxPositionBytes * 4) / 3);

/** One buffer for every encoding: a position is built for each event of a stream, and the function is synchronous. */
const scratch = new Uint8Array(maxPositionBytes);
/** The topic whose id stands in `scratch` already: consecutive positions are mostly of one topic. */
let scratchTopicId = '';

/**
 * Writes a position. `offsets` is in ascending order of partition; partitions at 0 may be contained and are left out.
 * `topicId` is a UUID.
 */
export function encodePosition(
  topicId: string,
  offsets: Iterable<readonly [partition: number, offset: number]>,
): string {
  scratch[0] = version;
  if (topicId !== scratchTopicId) {
    writeUuid(topicId, 1);
    scratchTopicId = topicId;
  }
  const entries: number[] = [];
  for (const [partition, offset] of offsets) if (offset > 0) entries.push(partition, offset);
  let at = writeVarlong(scratch, 1 + uuidBytes, entries.length / 2);
  let expected = 0;
  for (let index = 0; index < entries.length; index += 2) {
    const partition = entries[index] as number;
    if (partition < expected || partition >= maxPositionPartitions) {
      throw new RangeError(`partition ${partition} is out of order or out of range in a position`);
    }
    at = writeVarlong(scratch, at, partition - expected);
    at = writeVarlong(scratch, at, entries[index + 1] as number);
    expected = partition + 1;
  }
  scratch[at] = checkByte(scratch, at);
  return toBase64Url(scratch.subarray(0, at + 1));
}

/** Reads a position; INVALID_POSITION when it is not one that {@link encodePosition} wrote. */
export function parsePosition(text: string): Result<Position> {
  if (text.length > maxPositionCharacters) return invalid('it is too long');
  const bytes = fromBase64Url(text);
  if (bytes === null) return invalid('it is not base64url');
  if (bytes.length > 0 && bytes[0] !== version) return invalid('it has a version this platform does not know');
  const end = bytes.length - 1;
  if (end < 1 + uuidBytes + 1) return invalid('it is cut short');
  if (bytes[end] !== checkByte(bytes, end)) return invalid('it was cut short or changed');

  const reader = new VarintReader(bytes, 1 + uuidBytes, end);
  const count = reader.readVarlong();
  if (count > maxPositionPartitions) return invalid('its number of partitions is wrong');
  const offsets = new Map<number, number>();
  let expected = 0;
  for (let index = 0; index < count; index++) {
    const partition = expected + reader.readVarlong();
    offsets.set(partition, reader.readVarlong());
    if (reader.failed || partition < expected || partition >= maxPositionPartitions) {
      return invalid('a partition in it cannot be read');
    }
    expected = partition + 1;
  }
  const topicId = readUuid(bytes, 1);
  // One position has one text: this refuses longer varints, offsets of 0 and below, and bytes left over.
  if (encodePosition(topicId, offsets) !== text) return invalid('it was changed');
  return ok({ topicId, offsets });
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

function writeUuid(uuid: string, at: number): void {
  if (!uuidPattern.test(uuid)) throw new RangeError(`topic id "${uuid}" is not a UUID`);
  const hex = uuid.replaceAll('-', '');
  for (let index = 0; index < uuidBytes; index++) {
    scratch[at + index] = Number.parseInt(hex.slice(2 * index, 2 * index + 2), 16);
  }
}

function readUuid(bytes: Uint8Array, at: number): string {
  let hex = '';
  for (let index = at; index < at + uuidBytes; index++) hex += (bytes[index] as number).toString(16).padStart(2, '0');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Through `btoa`, because not every runtime the client meets has `Uint8Array.toBase64`. */
function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** The bytes, or null when `text` has other characters than base64url. */
function fromBase64Url(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null;
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** FNV-1a folded to a byte: against accidents, not against forgery. */
function checkByte(bytes: Uint8Array, end: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < end; index++) hash = Math.imul(hash ^ (bytes[index] as number), 0x01000193);
  return (hash ^ (hash >>> 8) ^ (hash >>> 16) ^ (hash >>> 24)) & 0xff;
}

function invalid(why: string): Result<Position> {
  return failed(
    'INVALID_POSITION',
    `This is not a position that the platform gave out: ${why}. Use a position from a record or an answer unchanged, or "earliest" or "latest".`,
  );
}
