import { describe, expect, it } from 'vitest';
import page from '../../docs/cost.md?raw';
import { encodeLooseRecord } from '../../src/log/loose-records.ts';
import { encodeBatch } from '../../src/log/record.ts';
import { type BilledUnits, differenceOf, dollarsOf, noUnits, scaledBy, sumOf } from '../support/billed-units.ts';
import { BilledPartition } from './billed-partition.ts';

const day = 24 * 60 * 60 * 1000;
const month = 30 * day;

/** A gigabyte is a million records with values of a thousand bytes. */
const gigabyteRecords = 1_000_000;
const value = new Uint8Array(1_000).fill(0x61);

/** After this many bytes segments have rolled and moved, and every further one costs the same. */
const warmUpRecords = 16_000;

/** Dollars a GB-month: a Durable Object's SQLite, and R2. */
const storagePrices = { database: 0.2, objects: 0.015 } as const;

type Shape = {
  readonly name: string;
  readonly recordsEach: number;
  /** Requests under way at once. */
  readonly atOnce: number;
  /** How long it is until the next of them. */
  readonly everyMs: number;
  /** Records measured. */
  readonly records: number;
};

const shapes: readonly Shape[] = [
  { name: '1,000 records a request', recordsEach: 1_000, atOnce: 1, everyMs: 100, records: 80_000 },
  { name: '100 records a request', recordsEach: 100, atOnce: 1, everyMs: 10, records: 40_000 },
  { name: 'one record a request, 64 at once', recordsEach: 1, atOnce: 64, everyMs: 20, records: 16_000 },
  { name: 'one record a request, one a second', recordsEach: 1, atOnce: 1, everyMs: 1_000, records: 2_000 },
];

/** It takes ten seconds, and on a busy machine a multiple of that. */
const deadlineMs = 240_000;

type Written = { readonly write: BilledUnits; readonly move: BilledUnits };

/** Writes records as a shape does, with every alarm when it is due; answers what they and their moving were billed. */
async function write(billed: BilledPartition, shape: Shape, records: number): Promise<Written> {
  const { recordsEach, atOnce, everyMs } = shape;
  const begun = billed.units;
  let move = noUnits;
  const record = () => ({ timestampMs: billed.nowMs, key: null, value, headers: [] });
  for (let sent = 0; sent < records; sent += recordsEach * atOnce) {
    const payload = () =>
      recordsEach === 1
        ? { looseRecords: encodeLooseRecord(billed.nowMs, null, value) }
        : { batches: encodeBatch(Array.from({ length: recordsEach }, record)) };
    await Promise.all(Array.from({ length: atOnce }, () => billed.append(payload())));
    await billed.runAlarms(billed.nowMs + everyMs, (before) => {
      const alarm = differenceOf(billed.units, before);
      if (alarm.classA > 0) move = sumOf(move, alarm);
    });
  }
  return { write: differenceOf(differenceOf(billed.units, begun), move), move };
}

const perGigabyte = (units: BilledUnits, records: number) => scaledBy(units, gigabyteRecords / records);

type Phase = { readonly name: string; readonly units: BilledUnits; readonly storageDollars: number };

/** From the first append to the last object's end, a month kept in between. */
async function wholeLife(shape: Shape): Promise<Phase[]> {
  const phases: Phase[] = [];
  await BilledPartition.run(
    async (billed) => {
      const total = warmUpRecords + shape.records;
      await write(billed, shape, warmUpRecords);
      const written = await write(billed, shape, shape.records);
      const begunMs = billed.nowMs;
      const add = (name: string, units: BilledUnits, records: number, storageDollars = 0) =>
        phases.push({ name, units: perGigabyte(units, records), storageDollars });
      add(`write, ${shape.name}`, written.write, shape.records);
      add('move to R2', written.move, shape.records);

      let before = billed.units;
      await billed.runAlarms(begunMs + month - day);
      const { localBytes, remoteBytes } = await billed.describe();
      // The database holds the open segment and little more, however much was moved.
      const database = (billed.databaseBytes / 1e9) * storagePrices.database;
      const objects = ((localBytes + remoteBytes) / 1e9) * (gigabyteRecords / total) * storagePrices.objects;
      add('keep for a month', differenceOf(billed.units, before), total, database + objects);

      before = billed.units;
      expect(await billed.readAll()).toBeGreaterThan(total * 1_000);
      add('read once', differenceOf(billed.units, before), total);

      before = billed.units;
      await billed.runAlarms(begunMs + month + 3 * day);
      expect(await billed.describe()).toMatchObject({ logStartOffset: total, localBytes: 0, remoteBytes: 0 });
      add('expire', differenceOf(billed.units, before), total);
    },
    { retentionMs: month },
  );
  return phases;
}

const columns = ['workerRequests', 'objectRequests', 'rowsWritten', 'rowsRead', 'classA', 'classB'] as const;

/** Two figures: the sample is scaled, and its last segment is not whole. */
const rounded = (count: number) => Number(count.toPrecision(2)).toLocaleString('en-US');

function lineOf({ name, units, storageDollars }: Phase): string {
  const dollars = dollarsOf(units) + storageDollars;
  return `| ${[name, ...columns.map((column) => rounded(units[column])), `$${dollars.toPrecision(2)}`].join(' | ')} |`;
}

describe('what a gigabyte costs', () => {
  it(
    'is in docs/cost.md, phase by phase, as the counters of the real runtime have it',
    async () => {
      const [first, ...others] = shapes;
      const phases = await wholeLife(first!);
      const lines = phases.map(lineOf);
      const life = phases.reduce((sum, { units, storageDollars }) => sum + dollarsOf(units) + storageDollars, 0);
      for (const shape of others) {
        await BilledPartition.run(
          async (billed) => {
            await write(billed, shape, shape.recordsEach === 1 ? 640 : warmUpRecords);
            const { write: units } = await write(billed, shape, shape.records);
            const name = `write, ${shape.name}`;
            lines.push(lineOf({ name, units: perGigabyte(units, shape.records), storageDollars: 0 }));
          },
          { retentionMs: month },
        );
      }
      lines.push(`The first line's gigabyte costs **$${life.toPrecision(2)}** in all.`);
      for (const line of lines) expect(page, `these lines:\n${lines.join('\n')}\n`).toContain(line);
    },
    deadlineMs,
  );
});
