import { beforeEach, describe, expect, test } from 'vitest';
import { type ErrorCode, errorTable } from '../../src/errors/error-codes.ts';
import { listOffsetsRequest, listOffsetsResponse } from '../../src/kafka/messages/list-offsets.ts';
import { compress } from '../../src/log/compression.ts';
import { batchField, batchHeaderBytes, sealBatch } from '../../src/log/record-batch.ts';
import { writeInt32, writeInt64 } from '../../src/log/varint.ts';
import {
  batchOf,
  batchWith,
  fetchApi,
  fetchRequestOf,
  produceApi,
  produceRequestOf,
} from '../support/kafka-requests.ts';
import { KafkaTestConnection } from '../support/memory-kafka.ts';
import { MemoryPlatform } from '../support/memory-platform.ts';

const listOffsets = { key: 2, request: listOffsetsRequest, response: listOffsetsResponse };

const numberOf = (code: ErrorCode): number => errorTable[code].number;

let platform: MemoryPlatform;
let connection: KafkaTestConnection;
let topicId: string;
beforeEach(async () => {
  platform = new MemoryPlatform();
  connection = new KafkaTestConnection({ platform });
  const { catalog, cluster } = platform.services;
  const created = await catalog.createTopic(cluster, { topic: 'orders', partitionCount: 3 });
  if (created.ok) topicId = created.value.topicId;
  await catalog.createTopic(cluster, { topic: 'keyed', config: { 'cleanup.policy': 'compact' } });
});

async function produce(batches: Readonly<Record<number, Uint8Array | null>>, version = 9, topic = 'orders') {
  const request = produceRequestOf(topic, batches);
  const topicData = request.topicData.map((data) => ({ ...data, topicId }));
  const { responses } = await connection.ask(produceApi, version, { ...request, topicData });
  return responses[0]!.partitionResponses;
}

async function fetch(offsets: Readonly<Record<number, number>>, maxBytes?: number, version = 11) {
  const request = fetchRequestOf('orders', offsets, maxBytes);
  const topics = request.topics.map((asked) => ({ ...asked, topicId }));
  const { responses } = await connection.ask(fetchApi, version, { ...request, topics });
  return responses[0]!.partitions;
}

/** A batch as the log keeps it: at its place, of epoch 0. */
function placed(batch: Uint8Array, baseOffset: number): Uint8Array {
  const copy = batch.slice();
  writeInt64(copy, batchField.baseOffset, baseOffset);
  writeInt32(copy, batchField.partitionLeaderEpoch, 0);
  return copy;
}

const damaged = (damage: (batch: Uint8Array) => void): Uint8Array => {
  const batch = batchOf('value');
  damage(batch);
  return batch;
};

describe('Produce', () => {
  test.each(Array.from({ length: 11 }, (_, index) => index + 3))(
    'takes batches as they are in version %i',
    async (version) => {
      const batches = { 0: batchOf('a', 'b'), 2: batchOf('c') };
      expect(await produce(batches, version)).toMatchObject([
        { index: 0, errorCode: 0, baseOffset: 0, logAppendTimeMs: -1 },
        { index: 2, errorCode: 0, baseOffset: 0 },
      ]);
      expect(await produce({ 0: batchOf('d') }, version)).toMatchObject([{ errorCode: 0, baseOffset: 2 }]);
      const [partition] = await fetch({ 0: 0 });
      expect(partition!.records).toEqual(
        new Uint8Array(Buffer.concat([placed(batches[0], 0), placed(batchOf('d'), 2)])),
      );
    },
  );

  test.each<readonly [string, Uint8Array | null, ErrorCode]>([
    ['no batch', null, 'INVALID_RECORD'],
    ['an empty batch', new Uint8Array(0), 'INVALID_RECORD'],
    ['two batches', new Uint8Array(Buffer.concat([batchOf('a'), batchOf('b')])), 'INVALID_RECORD'],
    ['noise', new Uint8Array(100).fill(2), 'CORRUPT_MESSAGE'],
    ['half a batch', batchOf('a').subarray(0, 40), 'CORRUPT_MESSAGE'],
    ['a wrong CRC', damaged((batch) => batch.fill(1, batch.length - 1)), 'CORRUPT_MESSAGE'],
    ['a message set of format 1', damaged((batch) => batch.fill(1, 16, 17)), 'INVALID_RECORD'],
    ['a message set of format 0', damaged((batch) => batch.fill(0, 16, 17)), 'INVALID_RECORD'],
    [
      'a control batch',
      damaged((batch) => {
        batch[batchField.attributes + 1] = 0x20;
        sealBatch(batch, 0, batch.length);
      }),
      'INVALID_RECORD',
    ],
    ['a batch larger than the topic takes', batchOf('x'.repeat(1_100_000)), 'MESSAGE_TOO_LARGE'],
  ])('refuses %s, and takes what goes to other partitions', async (_, batch, code) => {
    const answers = await produce({ 0: batch, 1: batchOf('fine') });
    expect(answers).toMatchObject([
      { index: 0, errorCode: numberOf(code), baseOffset: -1 },
      { index: 1, errorCode: 0, baseOffset: 0 },
    ]);
    expect(answers[0]!.errorMessage).not.toBeNull();
    expect(await fetch({ 0: 0 })).toMatchObject([{ errorCode: 0, highWatermark: 0 }]);
  });

  test('refuses what there is no place for', async () => {
    expect(await produce({ 3: batchOf('a') })).toMatchObject([{ errorCode: 3 }]);
    expect(await produce({ 0: batchOf('a') }, 9, 'none')).toMatchObject([{ errorCode: 3 }]);
    topicId = 'ffffffff-ffff-4fff-8fff-ffffffffffff';
    expect(await produce({ 0: batchOf('a') }, 13)).toMatchObject([{ errorCode: numberOf('UNKNOWN_TOPIC_ID') }]);
    const acks = { ...produceRequestOf('orders', { 0: batchOf('a') }), acks: 2 };
    const { responses } = await connection.ask(produceApi, 9, acks);
    expect(responses[0]!.partitionResponses).toMatchObject([{ errorCode: numberOf('INVALID_REQUIRED_ACKS') }]);
    expect(await produce({ 0: batchOf('no key') }, 9, 'keyed')).toMatchObject([
      { errorCode: numberOf('INVALID_RECORD') },
    ]);
  });

  test('refuses zstd from clients that are too old for it', async () => {
    const zstd = batchWith({ compression: { type: 'zstd', compress } }, 'a'.repeat(200));
    expect(await produce({ 0: zstd }, 6)).toMatchObject([{ errorCode: numberOf('UNSUPPORTED_COMPRESSION_TYPE') }]);
    expect(await produce({ 0: zstd }, 7)).toMatchObject([{ errorCode: 0 }]);
  });

  test('recognises retries, also among batches that wait together, and fails one without the others', async () => {
    const sequence = (baseSequence: number) =>
      batchWith({ producerId: 9, producerEpoch: 0, baseSequence }, `${baseSequence}`);
    const sent = [0, 1, 1, 5, 2, 0, 3];
    for (const number of sent) connection.send(produceApi, 9, produceRequestOf('orders', { 0: sequence(number) }));
    const outcomes: [number, number][] = [];
    for (const _ of sent) {
      const { body } = await connection.answer(produceApi, 9);
      const { errorCode, baseOffset } = body.responses[0]!.partitionResponses[0]!;
      outcomes.push([errorCode, baseOffset]);
    }
    expect(outcomes).toEqual([
      [0, 0],
      [0, 1],
      [0, 1],
      [45, -1],
      [0, 2],
      [0, 0],
      [0, 3],
    ]);
  });
});

describe('Fetch', () => {
  test.each(Array.from({ length: 15 }, (_, index) => index + 4))('reads in version %i', async (version) => {
    await produce({ 0: batchOf('a', 'b', 'c') });
    expect(await fetch({ 0: 1, 1: 0 }, undefined, version)).toMatchObject([
      {
        partitionIndex: 0,
        errorCode: 0,
        highWatermark: 3,
        lastStableOffset: 3,
        records: placed(batchOf('a', 'b', 'c'), 0),
      },
      { partitionIndex: 1, errorCode: 0, highWatermark: 0, records: new Uint8Array(0) },
    ]);
  });

  test('refuses offsets that the log does not have, and partitions and topics that there are not', async () => {
    await produce({ 0: batchOf('a') });
    const answers = await fetch({ 0: 2, 1: -1, 7: 0 });
    expect(answers.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode])).toEqual([
      [0, 1],
      [1, 1],
      [7, 3],
    ]);
    topicId = 'ffffffff-ffff-4fff-8fff-ffffffffffff';
    expect(await fetch({ 0: 0 }, undefined, 13)).toMatchObject([{ errorCode: numberOf('UNKNOWN_TOPIC_ID') }]);
  });

  test('looks at no record on the way in or out: bytes that are none come back as they are', async () => {
    const batch = batchOf('a', 'b', 'c');
    batch.fill(0xff, batchHeaderBytes);
    sealBatch(batch, 0, batch.length);
    expect(await produce({ 0: batch })).toMatchObject([{ errorCode: 0, baseOffset: 0 }]);
    expect((await fetch({ 0: 0 }))[0]!.records).toEqual(placed(batch, 0));
  });

  test('always brings the first batch, however little was asked for, and no other beyond that (KIP-74)', async () => {
    const batch = batchOf('x'.repeat(1_000));
    await produce({ 0: batch, 1: batch, 2: batch });
    await produce({ 0: batch });
    const lengths = async (maxBytes: number) =>
      (await fetch({ 0: 0, 1: 0, 2: 0 }, maxBytes)).map(({ records }) => records!.length / batch.length);
    expect(await lengths(1)).toEqual([1, 0, 0]);
    expect(await lengths(batch.length * 3)).toEqual([2, 1, 0]);
    expect(await lengths(1 << 20)).toEqual([2, 1, 1]);
  });

  test('declines sessions: the answer names none, and one that is claimed is not known', async () => {
    const request = fetchRequestOf('orders', { 0: 0 });
    expect(await connection.ask(fetchApi, 11, { ...request, sessionEpoch: 0 })).toMatchObject({
      sessionId: 0,
      errorCode: 0,
    });
    expect(await connection.ask(fetchApi, 11, { ...request, sessionId: 5, sessionEpoch: 1 })).toMatchObject({
      errorCode: 70,
      responses: [],
    });
  });

  test('tells a committed reader where the log is decided, and which transactions were aborted', async () => {
    await produce({ 0: batchOf('a', 'b') });
    const request = fetchRequestOf('orders', { 0: 0 });
    const read = async (isolationLevel: number) => {
      const { responses } = await connection.ask(fetchApi, 11, { ...request, isolationLevel });
      return responses[0]!.partitions[0]!;
    };
    const records = placed(batchOf('a', 'b'), 0);
    expect(await read(0)).toMatchObject({ lastStableOffset: 2, abortedTransactions: null, records });
    expect(await read(1)).toMatchObject({ lastStableOffset: 2, abortedTransactions: [], records });
    const { topics } = await connection.ask(listOffsets, 2, {
      replicaId: -1,
      isolationLevel: 1,
      timeoutMs: 0,
      topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, timestamp: -1 }] }],
    });
    expect(topics[0]!.partitions).toMatchObject([{ errorCode: 0, offset: 2 }]);
  });

  test('answers with nothing when the time is up', async () => {
    const passing = setInterval(() => {
      platform.nowMs += 10;
    }, 10);
    const request = { ...fetchRequestOf('orders', { 0: 0 }), maxWaitMs: 30 };
    const { responses } = await connection.ask(fetchApi, 11, request);
    clearInterval(passing);
    expect(responses[0]!.partitions).toMatchObject([{ errorCode: 0, highWatermark: 0, records: new Uint8Array(0) }]);
  });
});

test.each([1, 2, 4, 7])('ListOffsets %i finds places in the log', async (version) => {
  await produce({ 0: batchOf('a', 'b', 'c') });
  const at = async (timestamp: number, partitionIndex = 0) => {
    const { topics } = await connection.ask(listOffsets, version, {
      replicaId: -1,
      isolationLevel: 0,
      timeoutMs: 0,
      topics: [{ name: 'orders', partitions: [{ partitionIndex, timestamp }] }],
    });
    const { errorCode, offset, timestamp: found } = topics[0]!.partitions[0]!;
    return [errorCode, offset, found];
  };
  const first = 1_700_000_000_000;
  expect([await at(-1), await at(-2), await at(-3)]).toEqual([
    [0, 3, -1],
    [0, 0, -1],
    [0, 2, first + 2_000],
  ]);
  expect([await at(0), await at(first + 1), await at(first + 9_000)]).toEqual([
    [0, 0, first],
    [0, 1, first + 1_000],
    [0, -1, -1],
  ]);
  expect([await at(-1, 1), await at(0, 1), await at(-3, 1), await at(-1, 8), await at(-9)]).toEqual([
    [0, 0, -1],
    [0, -1, -1],
    [0, -1, -1],
    [3, -1, -1],
    [35, -1, -1],
  ]);
});
