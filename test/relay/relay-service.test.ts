import { describe, expect, it } from 'vitest';
import type { RecordsFrame, ServerFrame, SubscribedFrame } from '../../src/contracts/websocket.ts';
import { failed, ok } from '../../src/errors/result.ts';
import type { ProduceRecord } from '../../src/json/produce-record.ts';
import { limits } from '../../src/limits.ts';
import { encodePosition, parsePosition } from '../../src/relay/position.ts';
import { RelayHarness, topicId } from './relay-harness.ts';

const text = new TextDecoder();

const values = (count: number, label = 'v') => Array.from({ length: count }, (_, index) => `"${label}${index}"`);

const ranges = (frames: readonly ServerFrame[]) =>
  frames.map((frame) => ('to' in frame ? `${frame.type} ${frame.partition}: ${frame.from}-${frame.to}` : frame.type));

const only = <T>(items: readonly T[]): T => {
  expect(items).toHaveLength(1);
  return items[0] as T;
};

describe('a subscription', () => {
  it('says where it begins, catches up, and then gets every flush as one frame', async () => {
    const harness = new RelayHarness(2);
    harness.topic.partitions[0]?.append(values(3));
    const socket = harness.connect();
    await harness.send(socket, { type: 'subscribe', id: 'a', from: 'earliest' });
    await harness.settle();
    const [subscribed, caughtUp] = socket.take() as [SubscribedFrame, RecordsFrame];
    expect(subscribed).toMatchObject({
      topic: 'flights',
      partitions: {
        0: { from: 0, high_watermark: 3, log_start_offset: 0 },
        1: { from: 0, high_watermark: 0, log_start_offset: 0 },
      },
    });
    expect(caughtUp).toMatchObject({ id: 'a', partition: 0, from: 0, to: 3, high_watermark: 3 });
    expect(caughtUp.records.map(({ value }) => value)).toEqual(['v0', 'v1', 'v2']);

    harness.topic.partitions[1]?.append(values(100));
    harness.deliverAll();
    const live = only(socket.take()) as RecordsFrame;
    expect(live).toMatchObject({ partition: 1, from: 0, to: 100 });
    expect(live.records).toHaveLength(100);
    const position = parsePosition(live.position);
    expect(position).toEqual({
      ok: true,
      value: {
        topicId,
        offsets: new Map([
          [0, 3],
          [1, 100],
        ]),
      },
    });
  });

  it('starts at the end without "from", and at each offset that is named', async () => {
    const harness = new RelayHarness(2);
    for (const partition of harness.topic.partitions) partition.append(values(5));
    const socket = harness.connect();
    await harness.send(socket, { type: 'subscribe', id: 'end' });
    await harness.send(socket, { type: 'subscribe', id: 'named', from: { 1: 4 } });
    await harness.settle();
    expect(ranges(socket.take())).toEqual(['subscribed', 'subscribed', 'records 0: 0-5', 'records 1: 4-5']);
  });

  it('shares one rendering of a flush between subscribers, and differs where they asked for it', async () => {
    const harness = new RelayHarness(1);
    const sockets = [harness.connect(), harness.connect()];
    await harness.send(sockets[0]!, { type: 'subscribe', id: 'quote"d', from: 'earliest' });
    await harness.send(sockets[1]!, { type: 'subscribe', id: 'b', from: 'earliest', as: 'base64' });
    for (const socket of sockets) socket.take();
    harness.topic.partitions[0]?.append(['{"big":12345678901234567890}']);
    harness.deliverAll();
    const [first, second] = sockets.map((socket) => only(socket.take()) as RecordsFrame);
    expect(first).toMatchObject({ id: 'quote"d', from: 0, to: 1, records: [{ value_type: 'json' }] });
    expect(second).toMatchObject({ records: [{ value: btoa('{"big":12345678901234567890}'), value_type: 'base64' }] });
  });

  it('[I-13c] reads once for all subscribers that stand at the same offset', async () => {
    const harness = new RelayHarness(1);
    harness.topic.partitions[0]?.append(values(5));
    const sockets = Array.from({ length: 20 }, () => harness.connect());
    for (const socket of sockets) await harness.send(socket, { type: 'subscribe', id: 'a' });
    harness.topic.partitions[0]?.append(values(5), { isTooLargeToPush: true });
    harness.deliverAll();
    await harness.settle();
    for (const socket of sockets) expect(ranges(socket.take())).toEqual(['subscribed', 'records 0: 5-10']);
    expect(harness.topic.partitions[0]?.readCount).toBe(1);
  });

  it('reads a hole again instead of skipping it', async () => {
    const harness = new RelayHarness(1);
    const socket = harness.connect();
    await harness.send(socket, { type: 'subscribe', id: 'a' });
    harness.topic.partitions[0]?.append(values(2));
    harness.topic.pending.length = 0;
    harness.topic.partitions[0]?.append(values(2));
    harness.deliverAll();
    expect(ranges(socket.take())).toEqual(['subscribed']);
    await harness.settle();
    expect(ranges(socket.take())).toEqual(['records 0: 0-4']);
  });

  it('tells of records that retention deleted, then goes on where the log begins', async () => {
    const harness = new RelayHarness(1);
    const [partition] = harness.topic.partitions;
    for (let batch = 0; batch < 4; batch++) partition?.append(values(2));
    partition?.retain(4);
    const socket = harness.connect();
    await harness.send(socket, { type: 'subscribe', id: 'late', from: { 0: 1 } });
    await harness.settle();
    const frames = socket.take();
    expect(ranges(frames)).toEqual(['subscribed', 'gap 0: 1-4', 'records 0: 4-8']);
    expect(frames[0]).toMatchObject({ partitions: { 0: { from: 1, log_start_offset: 4 } } });
    expect(frames[1]).toMatchObject({ reason: 'retention' });
  });

  it('tells of what retention deleted while credit was missing', async () => {
    const harness = new RelayHarness(1);
    const [partition] = harness.topic.partitions;
    const socket = harness.connect();
    await harness.send(socket, { type: 'subscribe', id: 'a', credit: 0 });
    for (let batch = 0; batch < 4; batch++) partition?.append(values(2));
    harness.deliverAll();
    partition?.retain(6);
    await harness.send(socket, { type: 'credit', id: 'a', bytes: 10_000 });
    await harness.settle();
    expect(ranges(socket.take())).toEqual(['subscribed', 'gap 0: 0-6', 'records 0: 6-8']);
  });

  it('resumes from a position with exactly what followed, partitions added meanwhile from their beginning', async () => {
    const harness = new RelayHarness(1);
    const socket = harness.connect();
    harness.topic.partitions[0]?.append(values(3));
    await harness.send(socket, { type: 'subscribe', id: 'a', from: 'earliest' });
    await harness.settle();
    const { position } = socket.take().at(-1) as RecordsFrame;
    harness.disconnect(socket);
    harness.topic.grow(2);
    harness.topic.partitions[0]?.append(values(1));
    harness.topic.partitions[1]?.append(values(2));
    const next = harness.connect();
    await harness.send(next, { type: 'subscribe', id: 'a', from: position });
    await harness.settle();
    expect(ranges(next.take())).toEqual(['subscribed', 'records 0: 3-4', 'records 1: 0-2']);
  });

  it('keeps what a position says of partitions that this relay has not heard of yet', async () => {
    const harness = new RelayHarness(1);
    const before = harness.topic.route;
    harness.topic.grow(2);
    harness.topic.partitions[1]?.append(values(2));
    const first = harness.connect();
    await harness.send(first, { type: 'subscribe', id: 'a', from: 'earliest' });
    await harness.settle();
    const { position } = first.take().at(-1) as RecordsFrame;
    harness.disconnect(first);
    harness.topic.remembered = before;
    const second = harness.connect();
    await harness.send(second, { type: 'subscribe', id: 'a', from: position });
    await harness.settle();
    expect(only(second.take())).toMatchObject({ partitions: { 0: { from: 0 }, 1: { from: 2 } }, position });
  });

  it('begins in a topic that was created anew since this relay looked, and is not told that it was deleted', async () => {
    const harness = new RelayHarness(1);
    const before = { ...harness.topic.route, topicId: '11111111-5b3c-7a10-8e4f-0123456789ab' };
    const socket = harness.connect();
    harness.topic.remembered = before;
    await harness.send(socket, { type: 'subscribe', id: 'a', from: encodePosition(topicId, []) });
    // An answer to an older question, which came late.
    harness.topic.remembered = before;
    harness.topic.partitions[0]?.append(values(1), { isTooLargeToPush: true });
    harness.deliverAll();
    await harness.settle();
    expect(ranges(socket.take())).toEqual(['subscribed', 'records 0: 0-1']);
  });

  it('follows partitions that are added, once a partition says that something changed', async () => {
    const harness = new RelayHarness(1);
    const socket = harness.connect();
    await harness.send(socket, { type: 'subscribe', id: 'all' });
    await harness.send(socket, { type: 'subscribe', id: 'one', partitions: [0] });
    harness.topic.grow(3);
    harness.topic.partitions[2]?.append(values(2));
    harness.topic.partitions[0]?.announce();
    harness.deliverAll();
    await harness.settle();
    expect(ranges(socket.take())).toEqual(['subscribed', 'subscribed', 'records 2: 0-2']);
    harness.topic.partitions[1]?.append(values(1));
    harness.deliverAll();
    expect(ranges(socket.take())).toEqual(['records 1: 0-1']);
  });

  it('ends when its topic is deleted, and with it a socket that was opened for the topic', async () => {
    const harness = new RelayHarness(1);
    const [own, other] = [harness.connect(), harness.connect(null)];
    await harness.send(own, { type: 'subscribe', id: 'a' });
    await harness.send(other, { type: 'subscribe', id: 'a', topic: 'flights' });
    harness.topic.isDeleted = true;
    harness.topic.partitions[0]?.announce();
    harness.deliverAll();
    await harness.settle();
    for (const socket of [own, other]) {
      expect(socket.take().at(-1)).toMatchObject({
        type: 'error',
        id: 'a',
        code: 'UNKNOWN_TOPIC_OR_PARTITION',
        fatal: true,
      });
    }
    expect(own.closed?.code).toBe(4404);
    expect(other.closed).toBeNull();
  });

  it('does not go on with another topic of the same name', async () => {
    const harness = new RelayHarness(1);
    const socket = harness.connect(null);
    await harness.send(socket, { type: 'subscribe', id: 'a', topic: 'flights' });
    harness.topic.route = { ...harness.topic.route, topicId: '11111111-5b3c-7a10-8e4f-0123456789ab' };
    harness.topic.partitions[0]?.append(values(1), { isTooLargeToPush: true });
    for (const { delivery } of harness.topic.pending.splice(0)) {
      harness.deliver({ relay: '', delivery: { ...delivery, ref: { ...delivery.ref, topicId } }, answer: () => {} });
    }
    await harness.settle();
    expect(socket.take().at(-1)).toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION', fatal: true });
  });

  it('tries a failing partition again, and says so when it keeps failing', async () => {
    const harness = new RelayHarness(1);
    const [partition] = harness.topic.partitions;
    const socket = harness.connect();
    await harness.send(socket, { type: 'subscribe', id: 'a' });
    const storage = failed('KAFKA_STORAGE_ERROR', 'the disk is away');
    partition?.failures.push(storage, storage);
    partition?.append(values(1), { isTooLargeToPush: true });
    harness.deliverAll();
    await harness.settle();
    expect(ranges(socket.take())).toEqual(['subscribed', 'records 0: 0-1']);
    partition?.failures.push(...Array(6).fill(storage));
    partition?.append(values(1), { isTooLargeToPush: true });
    harness.deliverAll();
    await harness.settle();
    expect(only(socket.take())).toMatchObject({ type: 'error', id: 'a', code: 'KAFKA_STORAGE_ERROR', fatal: true });
  });

  it('ends when a value cannot be shown as it asked', async () => {
    const harness = new RelayHarness(1);
    const socket = harness.connect();
    await harness.send(socket, { type: 'subscribe', id: 'a', as: 'json' });
    harness.topic.partitions[0]?.append(['not json']);
    harness.deliverAll();
    expect(socket.take().at(-1)).toMatchObject({ type: 'error', id: 'a', code: 'INVALID_REQUEST', fatal: true });
  });

  it('can be asked for again under the same id while the first is being cancelled', async () => {
    const harness = new RelayHarness(20);
    harness.topic.partitions[0]?.append(values(1));
    const socket = harness.connect();
    const first = harness.send(socket, { type: 'subscribe', id: 'a' });
    await harness.send(socket, { type: 'unsubscribe', id: 'a' });
    await harness.send(socket, { type: 'subscribe', id: 'a', from: 'earliest', partitions: [0] });
    await first;
    await harness.settle();
    expect(ranges(socket.take())).toEqual(['unsubscribed', 'subscribed', 'records 0: 0-1']);
    // The cancelled one stopped before it had asked every partition.
    expect(harness.topic.partitions.at(-1)?.registerCount).toBe(0);
  });

  it('counts what was cancelled while it still costs', async () => {
    const harness = new RelayHarness(600);
    const socket = harness.connect();
    const answers = Promise.withResolvers<void>();
    harness.topic.schedule = (answer) => answers.promise.then(() => answer);
    const first = harness.send(socket, { type: 'subscribe', id: 'a' });
    await harness.settle();
    await harness.send(socket, { type: 'unsubscribe', id: 'a' });
    await harness.send(socket, { type: 'subscribe', id: 'b' });
    expect(socket.take().at(-1)).toMatchObject({ id: 'b', code: 'LIMIT_REACHED' });
    answers.resolve();
    await first;
    await harness.send(socket, { type: 'subscribe', id: 'b' });
    expect(ranges(socket.take())).toEqual(['subscribed']);
  });

  it('is not made when it is cancelled before it was answered', async () => {
    const harness = new RelayHarness(1);
    const socket = harness.connect();
    const asked = harness.send(socket, { type: 'subscribe', id: 'a' });
    await harness.send(socket, { type: 'unsubscribe', id: 'a' });
    await asked;
    expect(ranges(socket.take())).toEqual(['unsubscribed']);
    harness.topic.partitions[0]?.append(values(1));
    harness.deliverAll();
    expect(harness.topic.partitions[0]?.isRegistered).toBe(false);
    expect(socket.take()).toEqual([]);
  });
});

describe('credit', () => {
  it('stops a subscription at zero, and goes on from where it stopped', async () => {
    const harness = new RelayHarness(1);
    const socket = harness.connect();
    await harness.send(socket, { type: 'subscribe', id: 'a', credit: 1 });
    for (let flush = 0; flush < 3; flush++) harness.topic.partitions[0]?.append(values(1));
    harness.deliverAll();
    await harness.settle();
    expect(ranges(socket.frames)).toEqual(['subscribed', 'records 0: 0-1']);
    const used = socket.sizes[1] ?? 0;
    socket.take();
    await harness.send(socket, { type: 'credit', id: 'a', bytes: used - 1 });
    await harness.settle();
    expect(socket.take()).toEqual([]);
    await harness.send(socket, { type: 'credit', id: 'a', bytes: 1 });
    await harness.settle();
    expect(ranges(socket.take())).toEqual(['records 0: 1-3']);
  });

  it('is bounded, and what goes beyond it is refused rather than forgotten', async () => {
    const harness = new RelayHarness(1);
    const socket = harness.connect();
    await harness.send(socket, { type: 'subscribe', id: 'b', credit: 16_777_217 });
    expect(only(socket.take())).toMatchObject({ id: 'b', code: 'INVALID_REQUEST', detail: { field: 'credit' } });
    await harness.send(socket, { type: 'subscribe', id: 'a', credit: 16_777_216 });
    await harness.send(socket, { type: 'credit', id: 'a', bytes: 1 });
    expect(socket.take().at(-1)).toMatchObject({
      type: 'error',
      code: 'INVALID_REQUEST',
      detail: { credit: 16_777_216 },
      fatal: false,
    });
  });

  it('of one subscription does not hold up another', async () => {
    const harness = new RelayHarness(1);
    const socket = harness.connect();
    await harness.send(socket, { type: 'subscribe', id: 'slow', credit: 0 });
    await harness.send(socket, { type: 'subscribe', id: 'fast' });
    socket.take();
    harness.topic.partitions[0]?.append(values(1));
    harness.deliverAll();
    expect(only(socket.take())).toMatchObject({ id: 'fast' });
  });
});

describe('a relay that left memory', () => {
  it('goes on with the next flush, without a read and without asking anyone', async () => {
    const harness = new RelayHarness(2);
    const socket = harness.connect();
    await harness.send(socket, { type: 'subscribe', id: 'a' });
    harness.topic.partitions[1]?.append(values(2));
    harness.deliverAll();
    socket.take();
    harness.evict();
    harness.topic.partitions[1]?.append(values(3));
    harness.deliverAll();
    expect(ranges(socket.take())).toEqual(['records 1: 2-5']);
    expect(harness.topic.partitions.map(({ readCount }) => readCount)).toEqual([0, 0]);
  });

  it('knows who was behind, and serves them when credit wakes it', async () => {
    const harness = new RelayHarness(1);
    const socket = harness.connect();
    await harness.send(socket, { type: 'subscribe', id: 'a', credit: 0 });
    harness.topic.partitions[0]?.append(values(2));
    harness.deliverAll();
    socket.take();
    harness.evict();
    await harness.send(socket, { type: 'credit', id: 'a', bytes: 1_000 });
    await harness.settle();
    expect(ranges(socket.take())).toEqual(['records 0: 0-2']);
  });

  it('has no subscriber for a partition that nobody reads, and the partition forgets it', async () => {
    const harness = new RelayHarness(1);
    const socket = harness.connect();
    await harness.send(socket, { type: 'subscribe', id: 'a' });
    expect(harness.topic.partitions[0]?.isRegistered).toBe(true);
    await harness.send(socket, { type: 'unsubscribe', id: 'a' });
    harness.evict();
    harness.topic.partitions[0]?.append(values(1));
    harness.deliverAll();
    expect(harness.topic.partitions[0]?.isRegistered).toBe(false);
    expect(ranges(socket.take())).toEqual(['subscribed', 'unsubscribed']);
  });
});

describe('produce frames', () => {
  it('keep the order of the socket, values byte for byte, and are answered by id', async () => {
    const harness = new RelayHarness(1);
    const stored: string[] = [];
    const waiting: (() => void)[] = [];
    harness.producer = {
      async produce(topic: string, records: readonly ProduceRecord[]) {
        await new Promise<void>((resolve) => waiting.push(resolve));
        stored.push(...records.map(({ value }) => `${topic} ${text.decode(value ?? new Uint8Array())}`));
        return ok(records.map((_, index) => ({ partition: 0, offset: index, timestamp: 1 })));
      },
    };
    const socket = harness.connect();
    const first = harness.send(
      socket,
      '{"type":"produce","id":"1","records":[{"value":{"b":1.0, "a":12345678901234567890}}]}',
    );
    const second = harness.send(
      socket,
      '{"type":"produce","id":"2","topic":"other","records":[{"value":2},{"value":3}]}',
    );
    await harness.settle();
    expect(waiting).toHaveLength(1);
    waiting.shift()?.();
    await first;
    await harness.settle();
    waiting.shift()?.();
    await second;
    expect(stored).toEqual(['flights {"b":1.0, "a":12345678901234567890}', 'other 2', 'other 3']);
    expect(socket.take()).toMatchObject([
      { type: 'ack', id: '1', results: [{ offset: 0 }] },
      { type: 'ack', id: '2', results: [{ offset: 0 }, { offset: 1 }] },
    ]);
  });

  it('that cannot be stored are answered, and the socket goes on', async () => {
    const harness = new RelayHarness(1);
    harness.producer = { produce: async () => failed('MESSAGE_TOO_LARGE', 'too large', { record: 0 }) };
    const socket = harness.connect();
    await harness.send(socket, '{"type":"produce","id":"1","records":[{"value":1}]}');
    await harness.send(socket, '{"type":"produce","id":"2","records":[{"valeu":1}]}');
    await harness.send(socket, '{"type":"produce","id":"3"}');
    expect(socket.take()).toMatchObject([
      { type: 'error', id: '1', code: 'MESSAGE_TOO_LARGE', detail: { record: 0 }, fatal: false },
      { type: 'error', id: '2', code: 'INVALID_REQUEST', fatal: false },
      { type: 'error', id: '3', code: 'INVALID_REQUEST', fatal: false },
    ]);
    expect(socket.closed).toBeNull();
  });

  it('are refused when too many wait', async () => {
    const harness = new RelayHarness(1);
    const open = Promise.withResolvers<void>();
    harness.producer = { produce: () => open.promise.then(() => ok([])) };
    const socket = harness.connect();
    const sent = Array.from({ length: 257 }, (_, index) =>
      harness.send(socket, `{"type":"produce","id":"${index}","records":[{"value":1}]}`),
    );
    await harness.settle();
    expect(only(socket.take())).toMatchObject({ type: 'error', id: '256', code: 'OVERLOADED' });
    open.resolve();
    await Promise.all(sent);
    expect(socket.take()).toHaveLength(256);
  });
});

describe('frames that are refused', () => {
  const refusals: [name: string, frame: string, expected: object][] = [
    [
      'an unknown topic',
      '{"type":"subscribe","id":"a","topic":"none"}',
      { id: 'a', code: 'UNKNOWN_TOPIC_OR_PARTITION', fatal: true },
    ],
    [
      'an unknown partition',
      '{"type":"subscribe","id":"a","partitions":[0,7]}',
      { id: 'a', code: 'UNKNOWN_TOPIC_OR_PARTITION', detail: { partition: 7 } },
    ],
    [
      'an offset beyond the end',
      '{"type":"subscribe","id":"a","from":{"0":5}}',
      { id: 'a', code: 'OFFSET_OUT_OF_RANGE', detail: { log_start_offset: 0, high_watermark: 0 } },
    ],
    [
      'a position that is none',
      '{"type":"subscribe","id":"a","from":"yesterday"}',
      { id: 'a', code: 'INVALID_POSITION', fatal: true },
    ],
    ['an unknown type', '{"type":"commit","id":"a"}', { id: 'a', code: 'INVALID_REQUEST', fatal: false }],
    ['an empty id', '{"type":"subscribe","id":""}', { code: 'INVALID_REQUEST', detail: { field: 'id' }, fatal: false }],
    ['credit below one', '{"type":"credit","id":"a","bytes":0}', { id: 'a', code: 'INVALID_REQUEST' }],
    ['credit for nothing', '{"type":"credit","id":"a","bytes":5}', { id: 'a', code: 'INVALID_REQUEST', fatal: false }],
    [
      'unsubscribing from nothing',
      '{"type":"unsubscribe","id":"a"}',
      { id: 'a', code: 'INVALID_REQUEST', fatal: false },
    ],
  ];
  it.each(refusals)('%s', async (_, frame, expected) => {
    const harness = new RelayHarness(1);
    const socket = harness.connect();
    await harness.send(socket, frame);
    expect(only(socket.take())).toMatchObject({ type: 'error', ...expected });
    expect(socket.closed).toBeNull();
  });

  it.each(['no json', '[]', '{"id":"a"}', '{"type":"ping"', '"ping"'])(
    'end the socket when unreadable: %s',
    async (frame) => {
      const harness = new RelayHarness(1);
      const socket = harness.connect();
      await harness.send(socket, frame);
      expect(only(socket.take())).toMatchObject({ type: 'error', id: null, fatal: true });
      expect(socket.closed?.code).toBe(4400);
    },
  );

  it('a position of another topic, or of a topic that was made anew', async () => {
    const harness = new RelayHarness(1);
    const socket = harness.connect();
    await harness.send(socket, { type: 'subscribe', id: 'a', from: 'ARERERFbPHoQjk8BI0VniasAmg' });
    expect(only(socket.take())).toMatchObject({ code: 'INVALID_POSITION' });
  });

  it('an id that is in use, without harm to the subscription that has it', async () => {
    const harness = new RelayHarness(1);
    const socket = harness.connect();
    await harness.send(socket, { type: 'subscribe', id: 'a' });
    await harness.send(socket, { type: 'subscribe', id: 'a' });
    expect(socket.take().at(-1)).toMatchObject({ type: 'error', id: 'a', fatal: false });
    harness.topic.partitions[0]?.append(values(1));
    harness.deliverAll();
    expect(ranges(socket.take())).toEqual(['records 0: 0-1']);
  });

  it('a topic that is not named where the path names none', async () => {
    const harness = new RelayHarness(1);
    const socket = harness.connect(null);
    await harness.send(socket, { type: 'subscribe', id: 'a' });
    await harness.send(socket, '{"type":"produce","id":"p","records":[]}');
    expect(socket.take()).toMatchObject([{ code: 'INVALID_REQUEST' }, { code: 'INVALID_REQUEST' }]);
  });

  it('more subscriptions or partitions than a socket holds', async () => {
    const harness = new RelayHarness(600);
    const socket = harness.connect();
    for (let index = 0; index < 2; index++) await harness.send(socket, { type: 'subscribe', id: `all ${index}` });
    expect(ranges(socket.take())).toEqual(['subscribed', 'error']);
    for (let index = 0; index < limits.subscriptionsPerSocket.value; index++) {
      await harness.send(socket, { type: 'subscribe', id: `one ${index}`, partitions: [index] });
    }
    const frames = socket.take();
    expect(frames.filter(({ type }) => type === 'subscribed')).toHaveLength(limits.subscriptionsPerSocket.value - 1);
    expect(frames.at(-1)).toMatchObject({ type: 'error', code: 'LIMIT_REACHED', fatal: true });
    expect(socket.attachment?.length).toBeLessThan(16_000);
  });

  it('what is too long, or binary', async () => {
    const harness = new RelayHarness(1);
    const [long, binary] = [harness.connect(), harness.connect()];
    await harness.send(long, `{"type":"ping","filler":"${'x'.repeat(limits.webSocketFrameBytes.value)}"}`);
    expect(long.closed?.code).toBe(1009);
    const wide = harness.connect();
    await harness.send(wide, `{"type":"ping","filler":"${'☃'.repeat(limits.webSocketFrameBytes.value / 2)}"}`);
    expect(wide.closed?.code).toBe(1009);
    harness.binary(binary);
    expect(binary.closed?.code).toBe(1003);
  });

  it('sockets beyond what a relay holds', () => {
    const harness = new RelayHarness(1);
    for (let index = 0; index < limits.socketsPerRelay.value; index++) harness.connect();
    const one = harness.connect();
    expect(one.closed?.code).toBe(4429);
  });
});

it('answers a ping that the platform did not answer by itself', async () => {
  const harness = new RelayHarness(1);
  const socket = harness.connect();
  await harness.send(socket, '{ "type": "ping" }');
  expect(socket.take()).toEqual([{ type: 'pong' }]);
});

it('splits a large range into frames of bounded size', async () => {
  const harness = new RelayHarness(1);
  const socket = harness.connect();
  await harness.send(socket, { type: 'subscribe', id: 'a', credit: 16_777_216 });
  harness.topic.partitions[0]?.append(Array.from({ length: 10 }, () => `"${'x'.repeat(300_000)}"`));
  harness.deliverAll();
  expect(Math.max(...socket.sizes)).toBeLessThan(1_100_000);
  const frames = socket.take().slice(1) as RecordsFrame[];
  expect(frames.length).toBeGreaterThan(2);
  expect(frames.map(({ from }) => from)).toEqual([0, ...frames.slice(0, -1).map(({ to }) => to)]);
  expect(frames.at(-1)?.to).toBe(10);
});
