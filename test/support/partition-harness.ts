import { ok, type Result } from '../../src/errors/result.ts';
import { TieredMemory, TieredReader } from '../../src/gateway/tiered-reader.ts';
import type { AppendPayload } from '../../src/log/append-check.ts';
import { decompress } from '../../src/log/compression.ts';
import type { FastSocket } from '../../src/log/fast-door.ts';
import type { FastAttachment } from '../../src/log/fast-session.ts';
import { LooseRecordWriter } from '../../src/log/loose-records.ts';
import type { Incident } from '../../src/log/maintenance/maintenance-job.ts';
import { signGrant } from '../../src/log/partition-grant.ts';
import type { PartitionRef } from '../../src/log/partition-ref.ts';
import type {
  AppendReply,
  Delivery,
  DeliveryReply,
  PartitionDescription,
  ReadFrom,
  ReadReply,
} from '../../src/log/partition-rpc.ts';
import { type PartitionPorts, PartitionService } from '../../src/log/partition-service.ts';
import { decodeBatches, encodeBatch, type LogRecord, type NewRecord } from '../../src/log/record.ts';
import { batchAttribute, batchField, sealBatch } from '../../src/log/record-batch.ts';
import { writeInt16 } from '../../src/log/varint.ts';
import { laterWitness, type Witness } from '../../src/log/witness.ts';
import { HmacSigner } from '../../src/platform/cloudflare/hmac-signer.ts';
import { MemoryAlarm } from '../../src/platform/memory/memory-alarm.ts';
import { MemoryCommitPacer } from '../../src/platform/memory/memory-commit-pacer.ts';
import { NodeSqlStore } from '../../src/platform/memory/node-sql-store.ts';
import { type TopicConfig, topicConfigOf } from '../../src/topics/topic-config.ts';
import { memoryObjectPorts } from './maintenance-ports.ts';

export const testRef: PartitionRef = { orgId: 'org', clusterId: 'cluster', topicId: 'topic-id', partition: 0 };

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A socket that keeps what it was sent. */
export class RecordingSocket implements FastSocket {
  readonly frames: Uint8Array[] = [];
  closed: { code: number; reason: string } | null = null;
  attachment: FastAttachment | null = null;

  send(frame: Uint8Array<ArrayBuffer>): void {
    if (this.closed !== null) throw new TypeError('the socket is closed');
    this.frames.push(frame.slice());
  }

  close(code: number, reason: string): void {
    this.closed = { code, reason };
  }

  serializeAttachment(attachment: FastAttachment | null): void {
    this.attachment = attachment;
  }

  deserializeAttachment(): FastAttachment | null {
    return this.attachment;
  }
}

/** One partition over a real SQLite, with its clock, commits and alarm in the test's hands. */
export class PartitionHarness {
  readonly store = new NodeSqlStore();
  readonly pacer = new MemoryCommitPacer();
  readonly alarm = new MemoryAlarm();
  readonly signer = new HmacSigner('a secret of the tests');
  readonly deliveries: { relay: string; delivery: Delivery }[] = [];
  readonly reports: PartitionDescription[] = [];
  /** What the cluster keeps of the log's reports, as the real one does, and answers after a start. */
  witness: Witness | null = null;
  /** What the cluster answers a partition that has just started; a test may let it be away. */
  answerWitness: () => Promise<Result<Witness | null>> = async () => ok(this.witness);
  readonly panics: unknown[] = [];
  readonly incidents: Incident[] = [];
  readonly objects = memoryObjectPorts(this.incidents);
  /** What relays answer; a test may make them fail. */
  answerDelivery: (relay: string, delivery: Delivery) => Promise<DeliveryReply> = async () => ({ subscribed: true });
  readonly startMs = 1_790_000_000_000;
  nowMs = this.startMs;
  config: TopicConfig = topicConfigOf({});
  configVersion = 1;
  /** What the next instance gets instead of the plain ports. */
  wrapPorts: (ports: PartitionPorts) => PartitionPorts = (ports) => ports;
  service = this.#start();
  #tiered = this.#edge();

  /** An edge without a memory of earlier reads. */
  #edge(): TieredReader {
    const clock = { nowMs: () => this.nowMs };
    return new TieredReader({
      blobs: this.objects.blobs,
      clock,
      memory: new TieredMemory(),
      pause: () => new Promise(() => {}),
    });
  }

  #start(): PartitionService<RecordingSocket> {
    const ports: PartitionPorts = {
      sql: this.store,
      clock: { nowMs: () => this.nowMs },
      pacer: this.pacer,
      alarm: this.alarm,
      signer: this.signer,
      ...this.objects,
      relays: {
        deliver: (relay, delivery) => {
          this.deliveries.push({ relay, delivery });
          return this.answerDelivery(relay, delivery);
        },
      },
      report: async (_ref, description, witness) => {
        this.reports.push(description);
        this.witness = laterWitness(this.witness, witness);
      },
      witness: () => this.answerWitness(),
      panic: (cause) => this.panics.push(cause),
      yieldTurn: () => Promise.resolve(),
    };
    return new PartitionService<RecordingSocket>(this.wrapPorts(ports));
  }

  /** A new instance over the same data, as after an eviction or a crash between turns. */
  restart(): void {
    this.service = this.#start();
    this.#tiered = this.#edge();
  }

  grant(changes: { ref?: PartitionRef; expiresAtMs?: number } = {}) {
    return signGrant(
      {
        ref: changes.ref ?? testRef,
        topic: 'orders',
        config: this.config,
        configVersion: this.configVersion,
        expiresAtMs: changes.expiresAtMs ?? this.nowMs + 60_000,
      },
      this.signer,
    );
  }

  async open(config: Partial<TopicConfig> = {}): Promise<this> {
    this.config = { ...this.config, ...config };
    unwrap(await this.service.initialize(this.grant()));
    return this;
  }

  append(payload: AppendPayload): Promise<Result<AppendReply>> {
    return this.service.append({ ref: testRef, configVersion: this.configVersion, ...payload });
  }

  appendValues(...values: (string | null)[]): Promise<Result<AppendReply>> {
    return this.append({ looseRecords: looseValues(this.nowMs, ...values) });
  }

  /** As an edge reads: from the partition, or from objects where it says so. */
  async read(from: ReadFrom, maxBytes = 1024 * 1024): Promise<Result<ReadReply>> {
    const read = await this.#tiered.read<ReadReply>(testRef, from, maxBytes, async (place) => {
      const reply = await this.ask(place, maxBytes);
      if (!reply.ok) return reply;
      const { plan } = reply.value;
      return ok(plan === undefined ? { local: reply.value } : { planned: { ...reply.value, plan } });
    });
    if (!read.ok) return read;
    return ok('local' in read.value ? read.value.local : read.value.remote);
  }

  /** What the partition itself answers a reader of committed records. */
  askCommitted(from: ReadFrom, maxBytes = 1024 * 1024): Promise<Result<ReadReply>> {
    const isolation = 'read_committed';
    return this.service.readRecords({ ref: testRef, configVersion: this.configVersion, from, maxBytes, isolation });
  }

  /** What the partition itself answers. */
  ask(from: ReadFrom, maxBytes = 1024 * 1024): Promise<Result<ReadReply>> {
    return this.service.readRecords({ ref: testRef, configVersion: this.configVersion, from, maxBytes });
  }

  /** Fires the alarm as often as it is due by now. */
  async runAlarm(): Promise<void> {
    while (this.alarm.atMs !== null && this.alarm.atMs <= this.nowMs) {
      this.alarm.take();
      await this.service.runDue();
    }
  }

  /** Every record from an offset to the end, over as many reads as it takes. */
  async readAll(offset = 0, maxBytes = 1024 * 1024): Promise<LogRecord[]> {
    const records: LogRecord[] = [];
    for (let next = offset; ; ) {
      const reply = unwrap(await this.read({ offset: next }, maxBytes));
      records.push(...recordsOf(reply.batches).filter((record) => record.offset >= next));
      if (reply.nextOffset === next) return records;
      next = reply.nextOffset;
    }
  }

  rowCount(): number {
    const segments = this.store.query<{ base_offset: number }>('SELECT base_offset FROM segments');
    return segments.reduce((sum, { base_offset }) => {
      const [row] = this.store.query<{ rows: number }>(`SELECT count(*) AS rows FROM segment_${base_offset}`);
      return sum + (row?.rows ?? 0);
    }, 0);
  }
}

export function unwrap<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`${result.error.code}: ${result.error.message}`);
  return result.value;
}

export function looseValues(timestampMs: number, ...values: (string | null)[]): Uint8Array {
  const writer = new LooseRecordWriter();
  for (const value of values) writer.append(timestampMs, null, value === null ? null : encoder.encode(value));
  return writer.take();
}

export function newRecord(value: string, timestampMs = 1_790_000_000_000, key: string | null = null): NewRecord {
  return { timestampMs, key: key === null ? null : encoder.encode(key), value: encoder.encode(value), headers: [] };
}

export function producerBatch(
  producer: { producerId: number; producerEpoch: number; baseSequence: number },
  ...values: string[]
): Uint8Array {
  return encodeBatch(
    values.map((value) => newRecord(value)),
    producer,
  );
}

/** As {@link producerBatch}, marked as part of a transaction. */
export function transactionalBatch(
  producer: { producerId: number; producerEpoch: number; baseSequence: number },
  ...values: string[]
): Uint8Array {
  const batch = producerBatch(producer, ...values);
  writeInt16(batch, batchField.attributes, batchAttribute.transactional);
  sealBatch(batch, 0, batch.length);
  return batch;
}

export function recordsOf(batches: Uint8Array): LogRecord[] {
  const records: LogRecord[] = [];
  unwrap(
    decodeBatches(batches, decompress, (record) => {
      records.push(record);
      return true;
    }),
  );
  return records;
}

export function valuesOf(records: readonly LogRecord[]): (string | null)[] {
  return records.map(({ value }) => (value === null ? null : decoder.decode(value)));
}

/** Lets everything that is ready run. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
