import { beforeEach, describe, expect, it } from 'vitest';
import { ok, type Result } from '../../src/errors/result.ts';
import { type Asked, TieredMemory, TieredReader } from '../../src/gateway/tiered-reader.ts';
import type { ReadFrom, ReadReply } from '../../src/log/partition-rpc.ts';
import { PartitionHarness, recordsOf, testRef, unwrap, valuesOf } from '../support/partition-harness.ts';

/** A tiered partition, and an edge that keeps what it learns between reads. */
class TieredWorld {
  readonly harness: PartitionHarness;
  /** What the partition was asked. */
  readonly asked: ReadFrom[] = [];
  /** Ranges read from objects, as key and offset. */
  readonly rangesRead: string[] = [];
  readonly #edge: TieredReader;

  constructor(harness: PartitionHarness) {
    this.harness = harness;
    const { blobs } = harness.objects;
    const counted = {
      put: blobs.put.bind(blobs),
      head: blobs.head.bind(blobs),
      delete: blobs.delete.bind(blobs),
      list: blobs.list.bind(blobs),
      read: (key: string, range: { offset: number; length: number }) => {
        this.rangesRead.push(`${key}@${range.offset}`);
        return blobs.read(key, range);
      },
    };
    this.#edge = new TieredReader({
      blobs: counted,
      clock: { nowMs: () => harness.nowMs },
      memory: new TieredMemory(),
      pause: () => new Promise(() => {}),
    });
  }

  /** `rounds` flushes of three records each, ten milliseconds apart, all but the last segment tiered. */
  static async create(rounds = 30): Promise<TieredWorld> {
    const harness = await new PartitionHarness().open({ segmentBytes: 700 });
    for (let round = 0; round < rounds; round += 1) {
      harness.nowMs += 10;
      unwrap(await harness.appendValues(...[0, 1, 2].map((index) => `value ${round * 3 + index} ${'.'.repeat(40)}`)));
    }
    unwrap(await harness.service.maintain(testRef, 1));
    // What was just appended is still in memory, and read from there.
    harness.restart();
    return new TieredWorld(harness);
  }

  async read(from: ReadFrom, maxBytes = 100_000): Promise<Result<ReadReply>> {
    const read = await this.#edge.read<ReadReply>(testRef, from, maxBytes, (place) => this.#ask(place, maxBytes));
    if (!read.ok) return read;
    return ok('local' in read.value ? read.value.local : read.value.remote);
  }

  async #ask(from: ReadFrom, maxBytes: number): Promise<Result<Asked<ReadReply>>> {
    this.asked.push(from);
    const reply = await this.harness.ask(from, maxBytes);
    if (!reply.ok) return reply;
    const { plan } = reply.value;
    return ok(plan === undefined ? { local: reply.value } : { planned: { ...reply.value, plan } });
  }

  get keys(): string[] {
    return this.harness.objects.blobs.keys();
  }
}

let world: TieredWorld;

beforeEach(async () => {
  world = await TieredWorld.create();
});

async function readToEnd(from: number, maxBytes?: number): Promise<{ values: (string | null)[]; reads: number }> {
  const values: (string | null)[] = [];
  for (let next = from, reads = 1; ; reads += 1) {
    const reply = unwrap(await world.read({ offset: next }, maxBytes));
    values.push(...valuesOf(recordsOf(reply.batches).filter(({ offset }) => offset >= next)));
    if (reply.nextOffset === reply.highWatermark) return { values, reads };
    next = reply.nextOffset;
  }
}

const expectedFrom = (offset: number) =>
  Array.from({ length: 90 - offset }, (_, index) => `value ${offset + index} ${'.'.repeat(40)}`);

describe('reading tiered segments', () => {
  it('goes on from objects to rows without a seam, from every offset and in steps of any size', async () => {
    for (let offset = 0; offset < 90; offset += 1)
      expect((await readToEnd(offset)).values).toEqual(expectedFrom(offset));
    for (const maxBytes of [1, 100, 300, 1_000, 5_000])
      expect((await readToEnd(0, maxBytes)).values).toEqual(expectedFrom(0));
  });

  it('answers at least one batch, and otherwise no more than was asked for', async () => {
    const one = unwrap(await world.read({ offset: 0 }, 1));
    expect(one.nextOffset).toBe(3);
    const some = unwrap(await world.read({ offset: 0 }, 600));
    expect(some.batches.length).toBeLessThanOrEqual(600);
    expect(some.nextOffset).toBe(6);
  });

  it('says what `earliest` is, and finds every timestamp as rows would', async () => {
    expect(unwrap(await world.read('earliest'))).toMatchObject({
      startOffset: 0,
      logStartOffset: 0,
      highWatermark: 90,
    });
    const firstMs = world.harness.nowMs - 29 * 10;
    for (let round = 0; round < 30; round += 1) {
      for (const late of [-9, 0]) {
        const reply = unwrap(await world.read({ timestampMs: firstMs + round * 10 + late }));
        expect(reply.startOffset).toBe(round * 3);
        expect(valuesOf(recordsOf(reply.batches))[0]).toBe(expectedFrom(round * 3)[0]);
      }
    }
    expect(unwrap(await world.read({ timestampMs: world.harness.nowMs + 1 })).startOffset).toBe(90);
  });

  it('asks the partition once for several segments, and again when the plan is two seconds old', async () => {
    await world.read({ offset: 0 });
    await world.read({ offset: 4 });
    await world.read({ offset: 10 });
    expect(world.asked).toEqual([{ offset: 0 }]);
    world.harness.nowMs += 1_999;
    await world.read({ offset: 4 });
    expect(world.asked).toHaveLength(1);
    world.harness.nowMs += 1;
    await world.read({ offset: 4 });
    expect(world.asked).toEqual([{ offset: 0 }, { offset: 4 }]);
  });

  it('keeps the plans of readers that go through one partition side by side', async () => {
    for (const offset of [0, 60, 1, 61, 2, 62]) await world.read({ offset }, 1);
    expect(world.asked).toEqual([{ offset: 0 }, { offset: 60 }]);
  });

  it('reads each stretch of an object once, for all readers', async () => {
    await readToEnd(0, 100);
    const ranges = world.rangesRead.length;
    expect(new Set(world.rangesRead).size).toBe(ranges);
    await readToEnd(0, 100);
    expect(world.rangesRead).toHaveLength(ranges);
  });

  it('refuses what lies outside the log, with the range that is there', async () => {
    expect(await world.read({ offset: 91 })).toMatchObject({
      error: { code: 'OFFSET_OUT_OF_RANGE', detail: { log_start_offset: 0, high_watermark: 90 } },
    });
  });
});

describe('an object that cannot be read as it was planned', () => {
  it('[I-6e] is planned anew once, so that one that was replaced is no harm', async () => {
    await world.read({ offset: 0 }, 1);
    const { blobs } = world.harness.objects;
    const key = world.keys[1] ?? '';
    const segment = world.harness.store.query<{ base_offset: number }>(
      'SELECT base_offset FROM segments WHERE object_key = ?',
      key,
    )[0];
    const bytes = (await blobs.read(key, { offset: 0, length: 100_000 })) ?? new Uint8Array(0);
    await blobs.put(`${key}.other`, bytes, { sha256: world.harness.objects.sha256(bytes) });
    world.harness.store.run('UPDATE segments SET object_key = ? WHERE object_key = ?', `${key}.other`, key);
    await blobs.delete([key]);
    const offset = segment?.base_offset ?? 0;
    const reply = unwrap(await world.read({ offset }));
    expect(valuesOf(recordsOf(reply.batches))[0]).toBe(expectedFrom(offset)[0]);
    expect(world.asked).toEqual([{ offset: 0 }, { offset }]);
  });

  it('[I-6e] is reported when it is gone, and never skipped', async () => {
    await world.harness.objects.blobs.delete([world.keys[1] ?? '']);
    const first = unwrap(await world.read({ offset: 0 }));
    for (let attempt = 0; attempt < 2; attempt += 1) {
      const lost = await world.read({ offset: first.nextOffset });
      expect(lost).toMatchObject({ error: { code: 'KAFKA_STORAGE_ERROR', detail: { offset: first.nextOffset } } });
    }
    expect(unwrap(await world.read({ offset: 0 })).nextOffset).toBe(first.nextOffset);
  });

  it.each([0, 7, 8, 30, 70, 200])(
    '[I-6e] is reported when its byte %i has changed, and never delivered',
    async (at) => {
      world.harness.objects.blobs.corrupt(world.keys[0] ?? '', (bytes) => {
        bytes[at] = (bytes[at] ?? 0) ^ 0x40;
      });
      expect(await world.read({ offset: 0 })).toMatchObject({ error: { code: 'KAFKA_STORAGE_ERROR' } });
      expect(await world.read({ timestampMs: 0 })).toMatchObject({ error: { code: 'KAFKA_STORAGE_ERROR' } });
    },
  );

  it('[I-6e] is reported when the store does not answer, and read once it does', async () => {
    const { blobs } = world.harness.objects;
    const read = blobs.read;
    blobs.read = async () => {
      throw new Error('the store is away');
    };
    expect(await world.read({ offset: 0 })).toMatchObject({ error: { code: 'KAFKA_STORAGE_ERROR' } });
    blobs.read = read;
    expect((await readToEnd(0)).values).toEqual(expectedFrom(0));
  });
});
