import { beforeEach, describe, expect, test } from 'vitest';
import {
  encodeCreditFrame,
  encodeSubscribeFrame,
  recordsFrameHeaderBytes,
  serverFrame,
  subscribeEarliest,
} from '../../src/log/fast-door-frames.ts';
import { readInt64 } from '../../src/log/varint.ts';
import {
  PartitionHarness,
  RecordingSocket,
  recordsOf,
  settled,
  testRef,
  unwrap,
  valuesOf,
} from '../support/partition-harness.ts';

const recordCount = 90;
const valueAt = (offset: number) => `value ${offset} ${'.'.repeat(40)}`;

let partition: PartitionHarness;

/** Ninety records in small segments, all but the newest in objects, and nothing of them in memory. */
beforeEach(async () => {
  partition = await new PartitionHarness().open({ segmentBytes: 700 });
  for (let offset = 0; offset < recordCount; offset += 3) {
    unwrap(await partition.appendValues(valueAt(offset), valueAt(offset + 1), valueAt(offset + 2)));
  }
  unwrap(await partition.service.maintain(testRef, 1));
  partition.restart();
});

function connect(): RecordingSocket {
  const socket = new RecordingSocket();
  unwrap(partition.service.fastDoor(testRef, 1)).open(socket);
  return socket;
}

function receive(socket: RecordingSocket, frame: Uint8Array): void {
  unwrap(partition.service.fastDoor(testRef, 1)).onFrame(socket, frame);
}

/** Lets pushes run until nothing more happens. */
async function quiet(): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) await settled();
}

/** What a subscriber got, checked to be without a hole from `from` on. */
function received(socket: RecordingSocket, from: number): (string | null)[] {
  let next = from;
  const values: (string | null)[] = [];
  for (const frame of socket.frames.filter(([type]) => type === serverFrame.records)) {
    expect(readInt64(frame, 1)).toBe(next);
    next = readInt64(frame, 9);
    const records = recordsOf(frame.subarray(recordsFrameHeaderBytes));
    values.push(...valuesOf(records.filter(({ offset }) => offset >= from)));
  }
  return values;
}

const expected = (from: number, to = recordCount) =>
  Array.from({ length: to - from }, (_, index) => valueAt(from + index));

describe('a subscriber that begins in tiered segments', () => {
  test('gets every record from its offset on, over the border, and then what is appended', async () => {
    const starts = [subscribeEarliest, 1, 40, 88];
    const sockets = starts.map((start) => {
      const socket = connect();
      receive(socket, encodeSubscribeFrame(1_000_000, start));
      return socket;
    });
    await quiet();
    unwrap(await partition.appendValues('live'));
    sockets.forEach((socket, index) => {
      const from = Math.max(starts[index] ?? 0, 0);
      expect(received(socket, from)).toEqual([...expected(from), 'live']);
    });
  });

  test('gets no more than its credit allows, and the rest once it grants more', async () => {
    const socket = connect();
    receive(socket, encodeSubscribeFrame(1, 0));
    await quiet();
    const first = received(socket, 0).length;
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(recordCount);
    receive(socket, encodeCreditFrame(1_000_000));
    await quiet();
    expect(received(socket, 0)).toEqual(expected(0));
  });

  test('that leaves, or subscribes anew, while an object is read gets nothing that it no longer asks for', async () => {
    const { blobs } = partition.objects;
    const read = blobs.read.bind(blobs);
    const held: (() => void)[] = [];
    blobs.read = async (key, range) => {
      await new Promise<void>((resolve) => held.push(resolve));
      return read(key, range);
    };
    const gone = connect();
    const moved = connect();
    for (const socket of [gone, moved]) receive(socket, encodeSubscribeFrame(1_000_000, 0));
    unwrap(partition.service.fastDoor(testRef, 1)).close(gone);
    receive(moved, encodeSubscribeFrame(1_000_000, 60));
    blobs.read = read;
    for (const release of held) release();
    await quiet();
    expect(received(gone, 0)).toEqual([]);
    expect(received(moved, 60)).toEqual(expected(60));
  });

  test('is told when an object is gone: its subscription ends there, and nothing is skipped', async () => {
    const [first, second] = partition.objects.blobs.keys();
    await partition.objects.blobs.delete([second ?? '']);
    const socket = connect();
    receive(socket, encodeSubscribeFrame(1_000_000, 0));
    await quiet();
    const [{ last_offset } = { last_offset: -1 }] = partition.store.query<{ last_offset: number }>(
      'SELECT last_offset FROM segments WHERE object_key = ?',
      first ?? '',
    );
    expect(received(socket, 0)).toEqual(expected(0, last_offset + 1));
    const errors = socket.frames.filter(([type]) => type === serverFrame.error);
    expect(errors).toHaveLength(1);
    expect(new TextDecoder().decode(errors[0])).toContain('KAFKA_STORAGE_ERROR');
    expect(socket.attachment).toBeNull();
    unwrap(await partition.appendValues('live'));
    expect(received(socket, 0)).toHaveLength(last_offset + 1);
  });

  test('looks a segment up again whose object was replaced while it was read', async () => {
    const { blobs } = partition.objects;
    const [key] = blobs.keys();
    const bytes = (await blobs.read(key ?? '', { offset: 0, length: 100_000 })) ?? new Uint8Array(0);
    const read = blobs.read.bind(blobs);
    blobs.read = async (asked, range) => {
      if (asked !== key) return read(asked, range);
      await blobs.put(`${key}.other`, bytes, { sha256: partition.objects.sha256(bytes) });
      partition.store.run('UPDATE segments SET object_key = ? WHERE object_key = ?', `${key}.other`, key);
      return null;
    };
    const socket = connect();
    receive(socket, encodeSubscribeFrame(1_000_000, 0));
    await quiet();
    expect(received(socket, 0)).toEqual(expected(0));
  });
});
