import { ok, type Result } from '../../../src/errors/result.ts';
import type { AppendReply } from '../../../src/log/partition-rpc.ts';
import { readBatchHeader } from '../../../src/log/record-batch.ts';
import type { TransactionMarker } from '../../../src/log/transactions/transaction-marker.ts';
import type { ReportUsage } from '../../../src/log/usage/usage-report.ts';
import type { TopicConfig } from '../../../src/topics/topic-config.ts';
import { Crash, FailingCalls } from '../../support/crash-points.ts';
import {
  looseValues,
  PartitionHarness,
  producerBatch,
  testRef,
  transactionalBatch,
  unwrap,
} from '../../support/partition-harness.ts';
import { expectOk, OrganizationWorld } from '../organization-world.ts';

/**
 * What becomes of the reports of a partition: they arrive, or do so while it is written to, or their answers are lost, or
 * nobody is there.
 */
export type ReportFate = 'arrives' | 'arrives meanwhile' | 'answer is lost' | 'is lost';

/** One step of a history. Numbers are small, so that they meet. */
export type Step =
  | { readonly kind: 'loose'; readonly keys: readonly number[]; readonly sizes: readonly number[] }
  | { readonly kind: 'batch'; readonly key: number; readonly producerId: number; readonly records: number }
  | { readonly kind: 'retry'; readonly producerId: number }
  | { readonly kind: 'claimed'; readonly key: number; readonly claim: number }
  | { readonly kind: 'refused'; readonly key: number }
  | { readonly kind: 'transaction'; readonly key: number; readonly records: number; readonly committed: boolean }
  | { readonly kind: 'restart' }
  | { readonly kind: 'crash'; readonly at: number; readonly side: 'before' | 'after'; readonly key: number }
  | { readonly kind: 'time'; readonly ms: number; readonly fate: ReportFate }
  | { readonly kind: 'read' };

type Sent = { readonly batch: Uint8Array; readonly key: number };

/** A partition that reports to a real organization, driven through a history. */
export class MeteredPartition {
  readonly harness = new PartitionHarness();
  readonly world = new OrganizationWorld(testRef.orgId);
  fate: ReportFate = 'arrives';
  /** Records that were acknowledged, and not recognised as a repetition, by key. */
  readonly acknowledged = new Map<string, number>();
  readonly #sent = new Map<number, Sent>();
  readonly #sequences = new Map<number, number>();
  #transactions = 0;

  static async open(config: Partial<TopicConfig> = {}): Promise<MeteredPartition> {
    const metered = new MeteredPartition();
    await metered.world.found();
    metered.#plain();
    metered.harness.restart();
    await metered.harness.open({ segmentBytes: 2_000, retentionMs: -1, ...config });
    return metered;
  }

  async run(step: Step): Promise<void> {
    const { harness } = this;
    switch (step.kind) {
      case 'loose': {
        harness.pacer.hold();
        const replies = step.keys.map((key, index) => this.#loose(key, 'x'.repeat(step.sizes[index] ?? 1)));
        harness.pacer.release();
        await Promise.all(replies);
        return;
      }
      case 'batch': {
        const baseSequence = this.#sequences.get(step.producerId) ?? 0;
        const values = Array.from({ length: step.records }, (_, index) => `value ${index}`);
        const batch = producerBatch({ producerId: step.producerId, producerEpoch: 0, baseSequence }, ...values);
        const reply = await this.#append(step.key, { batches: batch.slice() });
        if (!reply.ok) return;
        this.#sequences.set(step.producerId, baseSequence + step.records);
        this.#sent.set(step.producerId, { batch, key: step.key });
        return;
      }
      case 'retry': {
        const sent = this.#sent.get(step.producerId);
        if (sent !== undefined) await this.#append(sent.key, { batches: sent.batch.slice() });
        return;
      }
      case 'claimed': {
        const hash = String(step.claim).repeat(64);
        const idempotency = { keyHash: hash, bodyHash: hash, requestedAtMs: harness.nowMs };
        await this.#append(step.key, { looseRecords: looseValues(harness.nowMs, 'claimed'), idempotency });
        return;
      }
      case 'refused':
        await this.#append(step.key, { batches: new Uint8Array([1, 2, 3]) });
        return;
      case 'transaction':
        return this.#transaction(step);
      case 'restart':
        return this.restart();
      case 'crash':
        return this.#crash(step);
      case 'time':
        this.fate = step.fate;
        harness.nowMs += step.ms;
        this.world.nowMs = harness.nowMs;
        await harness.runAlarm();
        return;
      case 'read':
        await harness.read({ offset: 0 });
    }
  }

  restart(): void {
    this.#plain();
    this.harness.restart();
  }

  /** Lets everything be told. */
  async settle(): Promise<void> {
    this.fate = 'arrives';
    this.harness.nowMs += 120_000;
    this.world.nowMs = this.harness.nowMs;
    for (let round = 0; round < 3; round += 1) unwrap(await this.harness.service.maintain(testRef, 1));
  }

  /** What the log holds, as its readers get it. */
  async stored(): Promise<{ readonly records: number; readonly bytes: number }> {
    let bytes = 0;
    let records = 0;
    for (let offset = 0; ; ) {
      const { batches, nextOffset } = unwrap(await this.harness.read({ offset }));
      if (nextOffset === offset) return { records, bytes };
      for (let at = 0; at < batches.length; ) {
        const header = readBatchHeader(batches, at);
        records += header.recordCount;
        at += header.sizeBytes;
      }
      bytes += batches.length;
      offset = nextOffset;
    }
  }

  /** What the organization has entered, by key. */
  async entered(): Promise<ReadonlyMap<string, { readonly records: number; readonly bytes: number }>> {
    const all = { fromDay: 0, toDay: 100_000, clusterId: null, by: 'key', after: null, limit: 1_000 } as const;
    const { rows } = expectOk(await this.world.organization.readUsage(testRef.orgId, all));
    return new Map(
      rows.map(({ group, totals }) => [group, { records: totals.recordsIn, bytes: totals.bytesIn }] as const),
    );
  }

  #loose(key: number, value: string) {
    return this.#append(key, { looseRecords: looseValues(this.harness.nowMs, value) });
  }

  async #append(key: number, payload: Parameters<PartitionHarness['append']>[0]): Promise<Result<AppendReply>> {
    const keyId = keyName(key);
    const reply = await this.harness.append({ ...payload, keyId });
    if (reply.ok && !reply.value.duplicate) {
      const records = reply.value.ranges.reduce((sum, range) => sum + range.recordCount, 0);
      this.acknowledged.set(keyId, (this.acknowledged.get(keyId) ?? 0) + records);
    }
    return reply;
  }

  async #transaction({ key, records, committed }: Extract<Step, { kind: 'transaction' }>): Promise<void> {
    this.#transactions += 1;
    const transactionNumber = this.#transactions;
    const producer = { producerId: 1_000 + transactionNumber, producerEpoch: 0 };
    const values = Array.from({ length: records }, (_, index) => `in transaction ${index}`);
    const batches = transactionalBatch({ ...producer, baseSequence: 0 }, ...values);
    await this.#append(key, { batches, transaction: { ...producer, transactionNumber } });
    const marker: TransactionMarker = { ...producer, producerEpoch: 1, transactionNumber, committed };
    unwrap(await this.harness.service.writeTxnMarker(testRef, marker));
    unwrap(await this.harness.service.writeTxnMarker(testRef, marker));
  }

  /** The object dies around a transaction of an append; what was not answered may be stored, or not. */
  async #crash({ at, side, key }: Extract<Step, { kind: 'crash' }>): Promise<void> {
    const { harness } = this;
    const calls = new FailingCalls({ at, side, kind: 'crash' });
    harness.wrapPorts = (ports) => ({ ...ports, reportUsage: this.#report, sql: calls.store(ports.sql) });
    harness.restart();
    const append = this.#loose(key, 'at the edge').catch(() => null);
    await Promise.race([append, new Promise((resolve) => setImmediate(resolve))]);
    this.restart();
  }

  #plain(): void {
    this.harness.wrapPorts = (ports) => ({ ...ports, reportUsage: this.#report });
  }

  readonly #report: ReportUsage = async (report) => {
    if (this.fate === 'is lost') throw new Crash();
    const receipt = await this.world.organization.reportUsage(testRef.orgId, structuredClone(report));
    if (this.fate === 'answer is lost') throw new Crash();
    if (this.fate === 'arrives meanwhile') await this.#loose(1, 'meanwhile');
    return receipt.ok ? ok(receipt.value) : receipt;
  };
}

export const keyName = (key: number): string => (key === 0 ? '' : `key${key}`);
