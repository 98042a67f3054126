import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { murmur2, partitionForKey, StickyPartitioner, stickyBytes } from '../../src/topics/partitioner.ts';

const require = createRequire(import.meta.url);
const kafkajsMurmur2: (key: Buffer) => number = require('kafkajs/src/producer/partitioners/default/murmur2');

describe('murmur2', () => {
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['0', 971027396],
    ['1', -1993445489],
    ['128', -326012175],
    ['2187', -1508407203],
    ['16384', -325739742],
    ['78125', -1654490814],
    ['279936', 1462227128],
    ['823543', -2014198330],
    ['10000000', -1830336757],
    ['100:48069', 1009543857],
  ])('of %s is what the Java client computes', (key, hash) => {
    expect(murmur2(new TextEncoder().encode(key))).toBe(hash);
  });

  it('agrees with kafkajs on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (key) => {
        expect(murmur2(key)).toBe(kafkajsMurmur2(Buffer.from(key)) | 0);
      }),
    );
  });
});

describe('partitionForKey', () => {
  it('takes the hash without its sign, modulo the partitions', () => {
    expect(partitionForKey(new TextEncoder().encode('foobar'), 1000)).toBe((-790332482 & 0x7fffffff) % 1000);
    expect(partitionForKey(new Uint8Array(0), 1)).toBe(0);
  });
});

/** Random numbers that come in the order given, then from the start again. */
function cycle(...numbers: number[]): () => number {
  let next = 0;
  return () => numbers[next++ % numbers.length]!;
}

describe('StickyPartitioner', () => {
  it('stays until the batch size went to a partition, then moves to another', () => {
    const partitioner = new StickyPartitioner(cycle(0.5, 0, 0.99, 0.5));
    const chosen: number[] = [];
    for (let record = 0; record < 64; record++) chosen.push(partitioner.partitionFor(stickyBytes / 16, 4));
    expect(chosen).toEqual([...Array(16).fill(2), ...Array(16).fill(0), ...Array(16).fill(3), ...Array(16).fill(1)]);
  });

  it('moves after a single record larger than the batch size', () => {
    const partitioner = new StickyPartitioner(cycle(0));
    expect([partitioner.partitionFor(100_000, 3), partitioner.partitionFor(1, 3)]).toEqual([0, 1]);
  });

  it('has one choice with one partition, and never leaves the range when their number changes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(40_000), fc.integer({ min: 1, max: 5 })), { minLength: 1 }),
        fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1 }),
        (records, numbers) => {
          const partitioner = new StickyPartitioner(cycle(...numbers));
          for (const [recordBytes, partitionCount] of records) {
            const partition = partitioner.partitionFor(recordBytes, partitionCount);
            expect(partition).toBeGreaterThanOrEqual(0);
            expect(partition).toBeLessThan(partitionCount);
            expect(Number.isInteger(partition)).toBe(true);
          }
        },
      ),
    );
  });

  it('spreads evenly', () => {
    let state = 1;
    const random = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state / 2 ** 32;
    };
    const partitioner = new StickyPartitioner(random);
    const counts = [0, 0, 0, 0, 0];
    for (let record = 0; record < 20_000; record++) counts[partitioner.partitionFor(stickyBytes, 5)]!++;
    for (const count of counts) expect(Math.abs(count - 4000)).toBeLessThan(400);
  });
});
