import { type Flight, readFlights } from '../../examples/flights/flight-file.ts';
import { encodeBatch } from '../../src/log/record.ts';
import { batchField, patchBatch, sealBatch } from '../../src/log/record-batch.ts';
import { writeInt64 } from '../../src/log/varint.ts';

export const recordsPerBatch = 2_000;

/** The first record's timestamp, the year the flights are of; each record's is a little later than the one's before. */
const firstTimestampMs = Date.UTC(2001, 0, 1);
const timestampStepMs = 10;

/** A record of the log as it must come back. */
export type ExpectedRecord = Flight & { readonly timestampMs: number };

/**
 * What every partition of the topic must hold, byte for byte, computed from the flights at any place without keeping
 * what was sent: the batches of flights go around the partitions in turn, and over again from the file's beginning
 * when it is through. No record has another one's timestamp in its partition, so each can be found by it.
 */
export class FlightLog {
  readonly partitions: number;
  readonly #flights: readonly Flight[];
  readonly #batches: readonly Uint8Array[];

  private constructor(partitions: number, flights: readonly Flight[]) {
    this.partitions = partitions;
    this.#flights = flights;
    this.#batches = Array.from({ length: flights.length / recordsPerBatch }, (_, batch) =>
      encodeBatch(
        flights.slice(batch * recordsPerBatch, (batch + 1) * recordsPerBatch).map(({ origin, json }, index) => ({
          timestampMs: index * timestampStepMs,
          key: Buffer.from(origin),
          value: Buffer.from(json),
          headers: [],
        })),
      ),
    );
  }

  /** Reads the first `flights` of the file, in whole batches. */
  static async open(partitions: number, flights: number): Promise<FlightLog> {
    const read: Flight[] = [];
    for await (const flight of readFlights(flights)) read.push(flight);
    return new FlightLog(partitions, read.slice(0, read.length - (read.length % recordsPerBatch)));
  }

  /** The `index`th batch of a partition, with its offsets and times, as the log stores it under leader epoch 0. */
  batch(partition: number, index: number): Uint8Array {
    const batch = this.#batches[(index * this.partitions + partition) % this.#batches.length]!.slice();
    const baseOffset = index * recordsPerBatch;
    patchBatch(batch, 0, baseOffset, 0);
    writeInt64(batch, batchField.baseTimestamp, this.timestampOf(baseOffset));
    writeInt64(batch, batchField.maxTimestamp, this.timestampOf(baseOffset + recordsPerBatch - 1));
    sealBatch(batch, 0, batch.length);
    return batch;
  }

  /** The record at an offset, from the flights as the file has them. */
  record(partition: number, offset: number): ExpectedRecord {
    const batch = Math.floor(offset / recordsPerBatch) * this.partitions + partition;
    const flight = this.#flights[(batch * recordsPerBatch + (offset % recordsPerBatch)) % this.#flights.length]!;
    return { ...flight, timestampMs: this.timestampOf(offset) };
  }

  timestampOf(offset: number): number {
    return firstTimestampMs + offset * timestampStepMs;
  }

  /** The first offset whose record is at least as late. */
  offsetAt(timestampMs: number): number {
    return Math.ceil((timestampMs - firstTimestampMs) / timestampStepMs);
  }
}
