import { ok } from '../../src/errors/result.ts';
import { TieredMemory, TieredReader } from '../../src/gateway/tiered-reader.ts';
import type { ReadReply } from '../../src/log/partition-rpc.ts';
import type { PartitionPorts } from '../../src/log/partition-service.ts';
import type { BlobStore } from '../../src/platform/blob-store.ts';
import { DurableAlarm } from '../../src/platform/cloudflare/durable-alarm.ts';
import type { TopicConfig } from '../../src/topics/topic-config.ts';
import { type BilledUnits, noUnits, sumOf } from '../support/billed-units.ts';
import { inPartition, type OwnPartition, ownRef } from './own-partition.ts';

const day = 24 * 60 * 60 * 1000;

const pageBytes = 1_048_576;

/** How long a reader takes for a page: a plan lasts for some of them. */
const pageMs = 10;

/** A partition in virtual time, with all that Cloudflare would bill for it counted. */
export class BilledPartition {
  nowMs = Date.now();
  readonly #counted: BilledUnits = { ...noUnits };
  #partition!: OwnPartition;
  #storage!: DurableObjectStorage;
  #blobs!: BlobStore;

  static run(body: (billed: BilledPartition) => Promise<void>, config: Partial<TopicConfig>): Promise<void> {
    const billed = new BilledPartition();
    return inPartition(
      async (partition) => {
        billed.#partition = partition;
        // Alarms stand days ahead of the real time, so that none is fired but by the test.
        await billed.#storage.deleteAlarm();
        billed.nowMs += day;
        await body(billed);
      },
      config,
      (ports, storage) => billed.#wrap(ports, storage),
    );
  }

  /** Everything until now. */
  get units(): BilledUnits {
    const { read, written } = this.#partition.store.billedRows();
    return sumOf(this.#counted, { ...noUnits, rowsRead: read, rowsWritten: written });
  }

  get databaseBytes(): number {
    return this.#partition.store.sizeBytes();
  }

  /** A request of a producer: one of the Worker, and one of the object. */
  async append(payload: Parameters<OwnPartition['append']>[0]): Promise<void> {
    this.#counted.workerRequests += 1;
    this.#counted.objectRequests += 1;
    await this.#partition.append(payload);
  }

  /** Runs every alarm up to `untilMs`, and stands at that time then. `eachAlarm` is told what one came to. */
  async runAlarms(untilMs: number, eachAlarm: (before: BilledUnits) => void = () => {}): Promise<void> {
    for (;;) {
      const atMs = await this.#storage.getAlarm();
      if (atMs === null || atMs > untilMs) break;
      const before = this.units;
      this.nowMs = Math.max(this.nowMs, atMs);
      await this.#storage.deleteAlarm();
      this.#counted.objectRequests += 1;
      await this.#partition.service.runDue();
      eachAlarm(before);
    }
    this.nowMs = Math.max(this.nowMs, untilMs);
  }

  /** Reads everything once, a page a request; answers the bytes. */
  async readAll(): Promise<number> {
    const reader = new TieredReader({
      blobs: this.#blobs,
      clock: { nowMs: () => this.nowMs },
      memory: new TieredMemory(),
      pause: () => new Promise(() => {}),
    });
    let bytes = 0;
    for (let offset = 0; ; ) {
      this.#counted.workerRequests += 1;
      const read = await reader.read<ReadReply>(ownRef, { offset }, pageBytes, async (from) => {
        this.#counted.objectRequests += 1;
        const request = { ref: ownRef, configVersion: 1, from, maxBytes: pageBytes };
        const reply = await this.#partition.service.readRecords(request);
        if (!reply.ok) return reply;
        const { plan } = reply.value;
        return ok(plan === undefined ? { local: reply.value } : { planned: { ...reply.value, plan } });
      });
      if (!read.ok) throw new Error(read.error.message);
      const { batches, nextOffset } = 'local' in read.value ? read.value.local : read.value.remote;
      if (nextOffset === offset) return bytes;
      bytes += batches.length;
      offset = nextOffset;
      this.nowMs += pageMs;
    }
  }

  async describe() {
    const described = await this.#partition.service.describe(ownRef, 1);
    if (!described.ok) throw new Error(described.error.message);
    return described.value;
  }

  #wrap(ports: PartitionPorts, storage: DurableObjectStorage): PartitionPorts {
    const counted = this.#counted;
    const clock = { nowMs: () => this.nowMs };
    this.#storage = storage;
    this.#blobs = countingBlobs(ports.blobs, counted);
    const alarm = {
      getAlarm: () => storage.getAlarm(),
      setAlarm: (atMs: number | Date) => {
        counted.rowsWritten += 1;
        return storage.setAlarm(atMs);
      },
    };
    return {
      ...ports,
      clock,
      alarm: new DurableAlarm(alarm, clock),
      blobs: this.#blobs,
      // A call of the cluster's object, which keeps the report in the partition's row.
      report: (...args) => {
        counted.objectRequests += 1;
        counted.rowsWritten += 1;
        return ports.report(...args);
      },
      // And one of the organization's, which keeps a row of the partition's, and one a day and key.
      reportUsage: (report) => {
        counted.objectRequests += 1;
        counted.rowsWritten += 2 + report.periods.reduce((sum, { entries }) => sum + entries.length, 0);
        return ports.reportUsage(report);
      },
    };
  }
}

/** R2's classes: writes and lists are A, reads are B, deletes are free. */
function countingBlobs(blobs: BlobStore, counted: BilledUnits): BlobStore {
  const billed = <T>(unit: 'classA' | 'classB', work: () => Promise<T>): Promise<T> => {
    counted[unit] += 1;
    return work();
  };
  return {
    put: (...args) => billed('classA', () => blobs.put(...args)),
    list: (...args) => billed('classA', () => blobs.list(...args)),
    head: (...args) => billed('classB', () => blobs.head(...args)),
    read: (...args) => billed('classB', () => blobs.read(...args)),
    delete: (keys) => blobs.delete(keys),
  };
}
