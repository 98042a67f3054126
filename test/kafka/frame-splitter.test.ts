import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameSplitter } from '../../src/kafka/connection/frame-splitter.ts';

const sized = (frame: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(frame.length + 4);
  new DataView(bytes.buffer).setInt32(0, frame.length);
  bytes.set(frame, 4);
  return bytes;
};

const joined = (parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

test('finds the same frames wherever the stream is cut, in memory that is its own', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ minLength: 10, maxLength: 90 }), { maxLength: 8 }),
      fc.array(fc.nat(200), { maxLength: 12 }),
      (frames, cuts) => {
        const stream = joined(frames.map(sized));
        const splitter = new FrameSplitter({ minBytes: 10, maxBytes: 100 });
        const found: Uint8Array[] = [];
        const edges = [...new Set([...cuts, stream.length])]
          .filter((cut) => cut <= stream.length)
          .sort((a, b) => a - b);
        let from = 0;
        for (const to of edges) {
          const chunk = stream.slice(from, to);
          found.push(...splitter.push(chunk));
          chunk.fill(0xff);
          from = to;
        }
        expect(found).toEqual(frames);
        expect([splitter.isBroken, splitter.isBetweenFrames]).toEqual([false, true]);
      },
    ),
  );
});

test.each([-1, 0, 9, 101, 0x4745_5420, 0x7fff_ffff, -0x8000_0000])('refuses the size %i', (size) => {
  const bytes = new Uint8Array(300);
  new DataView(bytes.buffer).setInt32(0, size);
  const splitter = new FrameSplitter({ minBytes: 10, maxBytes: 100 });
  expect([...splitter.push(bytes)]).toEqual([]);
  expect(splitter.isBroken).toBe(true);
  expect([...splitter.push(sized(new Uint8Array(20)))]).toEqual([]);
});

test('takes no more memory than came, whatever size was promised', () => {
  const promise = new Uint8Array(8);
  new DataView(promise.buffer).setInt32(0, 1 << 30);
  const before = process.memoryUsage().arrayBuffers;
  const splitters = Array.from({ length: 100 }, () => {
    const splitter = new FrameSplitter({ minBytes: 10, maxBytes: 1 << 30 });
    expect([...splitter.push(promise)]).toEqual([]);
    return splitter;
  });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * 128 * 1024);
  expect(splitters.some(({ isBetweenFrames }) => isBetweenFrames)).toBe(false);
});
