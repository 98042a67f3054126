import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PartitionHarness, producerBatch, testRef, unwrap, valuesOf } from '../support/partition-harness.ts';

/** Sequences of commands a run of the property tries. */
const sequences = 150;

/** The log as Kafka describes it: an array of values, and what each producer sent last. */
type Model = {
  readonly values: string[];
  readonly timestamps: number[];
  readonly producers: Map<number, { epoch: number; batches: { first: number; last: number; base: number }[] }>;
};

type System = { partition: PartitionHarness; nextValue: number };

const producerIds = [1, 2, 3];

/** Where the clock stands at first, and what the records of producers say. */
const startMs = 1_790_000_000_000;

/** Unkeyed records without a producer. */
class AppendLoose implements fc.AsyncCommand<Model, System> {
  readonly count: number;
  constructor(count: number) {
    this.count = count;
  }
  check = () => true;
  async run(model: Model, system: System): Promise<void> {
    const values = Array.from({ length: this.count }, () => `v${system.nextValue++}`);
    system.partition.nowMs += 10;
    const reply = unwrap(await system.partition.appendValues(...values));
    expect(reply.ranges[0]).toMatchObject({ baseOffset: model.values.length, recordCount: this.count });
    model.values.push(...values);
    model.timestamps.push(...values.map(() => system.partition.nowMs));
  }
  toString = () => `append(${this.count})`;
}

/** An idempotent batch whose epoch and sequence are right, or wrong by a little. */
class AppendSequenced implements fc.AsyncCommand<Model, System> {
  readonly producerId: number;
  readonly epochStep: number;
  readonly sequenceStep: number;
  readonly count: number;
  constructor(producerId: number, epochStep: number, sequenceStep: number, count: number) {
    this.producerId = producerId;
    this.epochStep = epochStep;
    this.sequenceStep = sequenceStep;
    this.count = count;
  }
  check = () => true;
  async run(model: Model, system: System): Promise<void> {
    const known = model.producers.get(this.producerId);
    const producerEpoch = Math.max(0, (known?.epoch ?? 0) + this.epochStep);
    const newest = known?.batches.at(-1);
    const expected = newest === undefined || producerEpoch > (known?.epoch ?? 0) ? 0 : newest.last + 1;
    const baseSequence = Math.max(0, expected + this.sequenceStep);
    const last = baseSequence + this.count - 1;
    const values = Array.from({ length: this.count }, () => `v${system.nextValue++}`);
    const batches = producerBatch({ producerId: this.producerId, producerEpoch, baseSequence }, ...values);
    const reply = await system.partition.append({ batches });

    if (known !== undefined && producerEpoch < known.epoch) {
      expect(reply).toMatchObject({ ok: false, error: { code: 'INVALID_PRODUCER_EPOCH' } });
      return;
    }
    const repeated =
      producerEpoch === known?.epoch
        ? known.batches.find((batch) => batch.first === baseSequence && batch.last === last)
        : undefined;
    if (repeated !== undefined) {
      expect(unwrap(reply)).toMatchObject({ duplicate: true, ranges: [{ baseOffset: repeated.base }] });
      return;
    }
    if (known !== undefined && baseSequence !== expected) {
      expect(reply).toMatchObject({ ok: false, error: { code: 'OUT_OF_ORDER_SEQUENCE_NUMBER' } });
      return;
    }
    const base = model.values.length;
    expect(unwrap(reply)).toMatchObject({ duplicate: false, ranges: [{ baseOffset: base }] });
    model.values.push(...values);
    model.timestamps.push(...values.map(() => startMs));
    const kept = producerEpoch === known?.epoch ? known.batches : [];
    model.producers.set(this.producerId, {
      epoch: producerEpoch,
      batches: [...kept, { first: baseSequence, last, base }].slice(-5),
    });
  }
  toString = () => `sequenced(${this.producerId}, epoch${this.epochStep}, sequence${this.sequenceStep}, ${this.count})`;
}

class Restart implements fc.AsyncCommand<Model, System> {
  check = () => true;
  async run(_model: Model, system: System): Promise<void> {
    system.partition.restart();
  }
  toString = () => 'restart';
}

class ReadFrom implements fc.AsyncCommand<Model, System> {
  readonly share: number;
  readonly maxBytes: number;
  constructor(share: number, maxBytes: number) {
    this.share = share;
    this.maxBytes = maxBytes;
  }
  check = () => true;
  async run(model: Model, system: System): Promise<void> {
    const offset = Math.floor(this.share * model.values.length);
    const records = await system.partition.readAll(offset, this.maxBytes);
    expect(valuesOf(records)).toEqual(model.values.slice(offset));
    expect(records.map((record) => record.offset)).toEqual(
      model.values.slice(offset).map((_, index) => offset + index),
    );
  }
  toString = () => `read(${this.share}, ${this.maxBytes})`;
}

/** Everything that is sealed moves to objects. */
class Maintain implements fc.AsyncCommand<Model, System> {
  check = () => true;
  async run(_model: Model, system: System): Promise<void> {
    unwrap(await system.partition.service.maintain(testRef, 1));
    const local = system.partition.store.query('SELECT * FROM segments WHERE object_key IS NULL');
    expect(local).toHaveLength(1);
  }
  toString = () => 'maintain';
}

class FindTimestamp implements fc.AsyncCommand<Model, System> {
  readonly afterMs: number;
  constructor(afterMs: number) {
    this.afterMs = afterMs;
  }
  check = () => true;
  async run(model: Model, system: System): Promise<void> {
    const wanted = startMs + this.afterMs;
    const found = model.timestamps.findIndex((timestamp) => timestamp >= wanted);
    const reply = unwrap(await system.partition.read({ timestampMs: wanted }));
    expect(reply.startOffset).toBe(found < 0 ? model.values.length : found);
  }
  toString = () => `find(${this.afterMs})`;
}

test('[I-1a] [I-1b] [I-1c] [I-1e] [I-1f] [I-6a] the partition behaves as the model, whatever the commands and restarts', async () => {
  const commands = fc.commands<Model, System, false>(
    [
      fc.integer({ min: 1, max: 4 }).map((count) => new AppendLoose(count)),
      fc
        .tuple(
          fc.constantFrom(...producerIds),
          fc.constantFrom(0, 0, 0, 0, -1, 1),
          fc.constantFrom(0, 0, 0, -1, 1, -2, -4),
          fc.integer({ min: 1, max: 3 }),
        )
        .map(
          ([producerId, epochStep, sequenceStep, count]) =>
            new AppendSequenced(producerId, epochStep, sequenceStep, count),
        ),
      fc.constant(new Restart()),
      fc.constant(new Maintain()),
      fc.integer({ min: -5, max: 250 }).map((afterMs) => new FindTimestamp(afterMs)),
      fc
        .tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 600 }))
        .map(([share, maxBytes]) => new ReadFrom(share, maxBytes)),
    ],
    { maxCommands: 60 },
  );
  await fc.assert(
    fc.asyncProperty(commands, async (run) => {
      const partition = await new PartitionHarness().open({ segmentBytes: 700 });
      await fc.asyncModelRun(
        () => ({ model: { values: [], timestamps: [], producers: new Map() }, real: { partition, nextValue: 0 } }),
        run,
      );
      partition.store.close();
    }),
    { numRuns: sequences },
  );
}, 60_000);
