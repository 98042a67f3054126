/**
 * What consumers tell each other inside the bytes of the classic protocol (Kafka's ConsumerProtocolSubscription and
 * ConsumerProtocolAssignment): read to show it, and to know which topics are read. Whoever runs another protocol has
 * bytes of its own, and those say nothing here.
 *
 *   subscription: version int16, topics [string], ...
 *   assignment:   version int16, [topic string, [partition int32]], ...
 */
import { limits } from '../../limits.ts';
import type { TopicPartition } from '../committed-offset.ts';

const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The topics that a member subscribes to; null when the bytes are no subscription, or one to more than a group may read. */
export function subscribedTopics(metadata: Uint8Array): string[] | null {
  return attempt(metadata, (cursor) => cursor.array(() => cursor.string()));
}

/** The partitions that a member was given; null when the bytes are no assignment, or one of more than there may be. */
export function assignedPartitions(assignment: Uint8Array): TopicPartition[] | null {
  return attempt(assignment, (cursor) =>
    cursor
      .array(() => {
        const topic = cursor.string();
        return cursor.array(() => ({ topic, partition: cursor.int32() }));
      })
      .flat(),
  );
}

function attempt<T>(bytes: Uint8Array, read: (cursor: Cursor) => T): T | null {
  const cursor = new Cursor(bytes);
  try {
    return cursor.int16() < 0 ? null : read(cursor);
  } catch (error) {
    // Bytes that are cut off, and text that is none.
    if (error instanceof RangeError || error instanceof TypeError) return null;
    throw error;
  }
}

/** Reads big-endian values one after the other; RangeError where there is nothing left. */
class Cursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;
  /** Few bytes can stand for many elements, each of which takes memory. */
  #elementsLeft = limits.partitionsPerGroup.value;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  int16(): number {
    this.#at += 2;
    return this.#view.getInt16(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#view.getInt32(this.#at - 4);
  }

  string(): string {
    const length = this.int16();
    if (length < 0 || this.#at + length > this.#bytes.length) throw new RangeError('a text is cut off');
    this.#at += length;
    return text.decode(this.#bytes.subarray(this.#at - length, this.#at));
  }

  array<T>(read: () => T): T[] {
    const count = this.int32();
    if (count < 0 || count > this.#elementsLeft) throw new RangeError('an array has a length that it cannot have');
    this.#elementsLeft -= count;
    const elements: T[] = [];
    for (let index = 0; index < count; index += 1) elements.push(read());
    return elements;
  }
}
