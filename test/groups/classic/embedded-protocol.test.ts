import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assignedPartitions, subscribedTopics } from '../../../src/groups/classic/embedded-protocol.ts';
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
} from '../../../src/kafka/messages/consumer-protocol.ts';
import { ByteWriter } from '../../../src/kafka/wire/byte-writer.ts';
import { concatBytes } from '../../../src/log/concat-bytes.ts';

/** As consumers write it: a version, and the message of that version. */
function written(version: number, write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter();
  writer.int16(version);
  write(writer);
  return concatBytes(writer.finish());
}

test.each([0, 1, 2, 3])('reads what consumers write in version %i', (version) => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (topics) => {
      const subscription = written(version, (writer) =>
        consumerProtocolSubscription.write(writer, version, { topics, ownedPartitions: [] }),
      );
      expect(subscribedTopics(subscription)).toEqual(topics);
      const assignedTo = topics.map((topic) => ({ topic, partitions: [0, 7] }));
      const assignment = written(version, (writer) =>
        consumerProtocolAssignment.write(writer, version, { assignedPartitions: assignedTo }),
      );
      expect(assignedPartitions(assignment)).toEqual(
        topics.flatMap((topic) => [
          { topic, partition: 0 },
          { topic, partition: 7 },
        ]),
      );
    }),
  );
});

test('takes any other bytes for what they are: nothing to read', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(subscribedTopics(bytes) ?? []).toBeInstanceOf(Array);
      expect(assignedPartitions(bytes) ?? []).toBeInstanceOf(Array);
    }),
    { numRuns: 2_000 },
  );
  const cutOff = new Uint8Array([0, 0, 0, 0, 0, 1, 0, 9, 97]);
  const noText = new Uint8Array([0, 0, 0, 0, 0, 1, 0, 1, 0xff]);
  expect([subscribedTopics(cutOff), subscribedTopics(noText), subscribedTopics(new Uint8Array(0))]).toEqual([
    null,
    null,
    null,
  ]);
});

test('does not make much out of few bytes', () => {
  const many = new Uint8Array(6 + 2 * 10_001);
  new DataView(many.buffer).setInt32(2, 10_001);
  expect(subscribedTopics(many)).toBeNull();
  new DataView(many.buffer).setInt32(2, 10_000);
  expect(subscribedTopics(many)).toHaveLength(10_000);
});
