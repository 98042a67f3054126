import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeBatch, type LogRecord } from '../../../src/log/record.ts';
import { PartitionHarness, testRef, unwrap } from '../../support/partition-harness.ts';
import { keyOf, textOf } from './compaction/changelog.ts';

/** Sequences of commands a run of the property tries. */
const sequences = 200;

const encoder = new TextEncoder();

type Appended = { readonly key: string; readonly value: string | null; readonly appendedMs: number };

/** Everything that was ever appended, and the only reasons for which any of it may be gone. */
type Model = { readonly records: Appended[]; deletedBefore: number; logStart: number };

type System = { readonly partition: PartitionHarness; nextValue: number };

type Command = fc.AsyncCommand<Model, System>;

const second = 1_000;

/** Tombstones stay for the whole of every run. */
const deleteRetentionMs = 1_000 * 24 * 60 * 60 * second;

/** What holds after every command, seen by a reader from the log start and by one from anywhere. */
async function expectSound(model: Model, { partition }: System, share: number): Promise<void> {
  const { logStartOffset, highWatermark } = unwrap(await partition.service.describe(testRef, 1));
  expect(highWatermark).toBe(model.records.length);
  expect(logStartOffset, 'I-11a').toBeGreaterThanOrEqual(model.logStart);
  model.logStart = logStartOffset;
  expectAllowedToGo(model, partition);
  const from = logStartOffset + Math.floor(share * (highWatermark - logStartOffset));
  const records = await partition.readAll(from, 300);
  expectSubset(model, records, from);
  const last = new Map(model.records.map(({ key }, offset) => [key, offset]));
  const left = new Set(records.map(({ offset }) => offset));
  for (const [key, offset] of last) {
    if (offset >= from) expect(left.has(offset), `I-7a the last record of ${key}, at ${offset}, is there`).toBe(true);
  }
  if (partition.config.cleanupPolicy === 'delete') expect(records).toHaveLength(highWatermark - from);
  if (logStartOffset > 0) {
    expect(await partition.ask({ offset: logStartOffset - 1 })).toMatchObject({
      error: { code: 'OFFSET_OUT_OF_RANGE' },
    });
  }
}

/** I-11b: what lies below the log start was deleted by hand, has expired, or was too much. */
function expectAllowedToGo(model: Model, { config, nowMs }: PartitionHarness): void {
  const newestGone = model.records[model.logStart - 1];
  if (newestGone === undefined || model.logStart <= model.deletedBefore || config.retentionBytes >= 0) return;
  expect(config.retentionMs).toBeGreaterThanOrEqual(0);
  expect(newestGone.appendedMs + config.retentionMs).toBeLessThan(nowMs);
}

/** I-7b: records that are left are those that were appended, in order. */
function expectSubset(model: Model, records: readonly LogRecord[], from: number): void {
  let previous = from - 1;
  for (const record of records) {
    expect(record.offset).toBeGreaterThan(previous);
    previous = record.offset;
    const { key, value, appendedMs } = model.records[record.offset]!;
    expect([keyOf(record), textOf(record), record.timestampMs]).toEqual([key, value, appendedMs]);
  }
}

const command = (name: string, run: (model: Model, system: System) => Promise<void>, share: number): Command => ({
  check: () => true,
  run: async (model, system) => {
    await run(model, system);
    await expectSound(model, system, share);
  },
  toString: () => name,
});

const append = (keys: readonly string[], isDeletion: boolean, share: number) =>
  command(
    `append(${keys}${isDeletion ? ', deleted' : ''})`,
    async (model, system) => {
      const { partition } = system;
      const added = keys.map((key) => ({
        key,
        value: isDeletion ? null : `value ${system.nextValue++} ${'x'.repeat(40)}`,
        appendedMs: partition.nowMs,
      }));
      const records = added.map(({ key, value, appendedMs }) => ({
        timestampMs: appendedMs,
        key: encoder.encode(key),
        value: value === null ? null : encoder.encode(value),
        headers: [],
      }));
      const reply = unwrap(await partition.append({ batches: encodeBatch(records) }));
      expect(reply.ranges[0]).toMatchObject({ baseOffset: model.records.length });
      model.records.push(...added);
    },
    share,
  );

const wait = (ms: number, share: number) =>
  command(
    `wait(${ms})`,
    async (_model, { partition }) => {
      const endMs = partition.nowMs + ms;
      while (partition.nowMs < endMs) {
        partition.nowMs = Math.min(endMs, Math.max(partition.nowMs, partition.alarm.atMs ?? endMs));
        await partition.runAlarm();
      }
    },
    share,
  );

const restart = (share: number) => command('restart', async (_model, { partition }) => partition.restart(), share);

/** Up to an offset anywhere, or beside the border of a segment. */
const deleteRecords = (where: number, isAtBorder: boolean, share: number) =>
  command(
    `deleteRecords(${where}${isAtBorder ? ', at a border' : ''})`,
    async (model, { partition }) => {
      const anywhere = Math.floor(where * (model.records.length + 1));
      const [border] = partition.store.query<{ offset: number | null }>(
        'SELECT max(last_offset) AS offset FROM segments WHERE last_offset <= ?',
        anywhere,
      );
      const before = isAtBorder ? (border?.offset ?? anywhere) : anywhere;
      const reply = await partition.service.deleteRecords(testRef, 1, before);
      if (partition.config.cleanupPolicy === 'compact') {
        expect(reply).toMatchObject({ error: { code: 'POLICY_VIOLATION' } });
        return;
      }
      if (before > model.records.length) {
        expect(reply).toMatchObject({ error: { code: 'OFFSET_OUT_OF_RANGE' } });
        return;
      }
      model.deletedBefore = Math.max(model.deletedBefore, before);
      expect(unwrap(reply).logStartOffset).toBe(Math.max(before, model.logStart));
    },
    share,
  );

const maintain = (share: number) =>
  command(
    'maintain',
    async (_model, { partition }) => {
      const { jobs } = unwrap(await partition.service.maintain(testRef, 1));
      for (const { failure } of jobs) expect(failure).toBeNull();
    },
    share,
  );

/** Evenly spread, unlike doubles, of which most lie next to 0. */
const share = fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100);
const keys = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 4 });

const configs = fc.record({
  cleanupPolicy: fc.constantFrom('delete' as const, 'compact' as const, 'compact,delete' as const),
  millraceTiering: fc.constantFrom('true' as const, 'false' as const),
  retentionMs: fc.constantFrom(-1, 20 * second, 600 * second),
  retentionBytes: fc.constantFrom(-1, -1, 900),
  minCleanableDirtyRatio: fc.constantFrom(0, 0.5),
  minCompactionLagMs: fc.constantFrom(0, 30 * second),
  maxCompactionLagMs: fc.constantFrom(Number.MAX_SAFE_INTEGER, 60 * second),
});

test('[I-7a] [I-7b] [I-11a] [I-11b] retention, compaction, tiering and DeleteRecords together leave what they must, whatever the commands and restarts', async () => {
  const commands = fc.commands<Model, System, false>(
    [
      fc.tuple(keys, fc.boolean(), share).map(([some, isDeletion, at]) => append(some, isDeletion, at)),
      fc.tuple(keys, share).map(([some, at]) => append(some, false, at)),
      fc.tuple(fc.constantFrom(second, 10 * second, 90 * second), share).map(([ms, at]) => wait(ms, at)),
      fc.tuple(share, fc.boolean(), share).map(([where, isAtBorder, at]) => deleteRecords(where, isAtBorder, at)),
      share.map(restart),
      share.map(maintain),
    ],
    { maxCommands: 40, size: 'max' },
  );
  await fc.assert(
    fc.asyncProperty(commands, configs, async (run, config) => {
      const partition = await new PartitionHarness().open({ ...config, segmentBytes: 400, deleteRetentionMs });
      const start = () => ({
        model: { records: [], deletedBefore: 0, logStart: 0 },
        real: { partition, nextValue: 0 },
      });
      await fc.asyncModelRun(start, run);
      expect(partition.incidents).toEqual([]);
      partition.store.close();
    }),
    { numRuns: sequences },
  );
}, 120_000);
