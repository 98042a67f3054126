import { failed, ok, type Result } from '../errors/result.ts';
import type { TopicConfig } from '../topics/topic-config.ts';
import type { CheckedAppend } from './append-plan.ts';
import { checkBatchRecords } from './batch-records-check.ts';
import { checkLooseRecords, maxLooseRecordBytes } from './loose-records.ts';
import type { AppendRequest } from './partition-rpc.ts';
import { recompressBatches } from './recompress.ts';
import { type CheckedBatch, checkBatches } from './record-batch.ts';
import { controlBatchBytes, type TransactionMarker } from './transactions/transaction-marker.ts';
import { nobodysKey } from './usage/usage-counts.ts';

/** How far batches are looked into: `headers` when an edge of ours has compared their CRCs and checked their records. */
export type BatchCheckDepth = 'headers' | 'records';

/**
 * Checks what does not depend on the log's state, when a request arrives: the bytes are sound and within the topic's
 * bounds.
 */
export function checkAppend(
  request: AppendPayload,
  config: TopicConfig,
  nowMs: number,
  depth: BatchCheckDepth,
): Result<CheckedAppend> {
  const claim = request.idempotency ?? null;
  const transaction = request.transaction ?? null;
  const common = { claim, transaction, marker: null, keyId: request.keyId ?? nobodysKey };
  if (request.looseRecords !== undefined) {
    const bytes = request.looseRecords;
    // All loose records of one request share a batch, so together they must fit one.
    const maxBytes = maxLooseRecordBytes(config.maxMessageBytes);
    if (bytes.length > maxBytes) {
      return failed(
        'MESSAGE_TOO_LARGE',
        `the records take ${bytes.length} bytes; with max.message.bytes ${config.maxMessageBytes} at most ${maxBytes} may come together`,
        { size_bytes: bytes.length, max_message_bytes: config.maxMessageBytes },
      );
    }
    const checked = checkLooseRecords(bytes, maxBytes, config.cleanupPolicy !== 'delete');
    if (!checked.ok) return checked;
    const inTime = checkTimestamps(config, checked.value.maxTimestampMs, checked.value.maxTimestampMs, nowMs);
    if (!inTime.ok) return inTime;
    const loose = { bytes, recordCount: checked.value.count };
    return ok({ ...common, loose, batches: null, sizeBytes: bytes.length });
  }
  if (request.batches !== undefined) {
    const rewritten = recompressBatches(request.batches, config);
    if (!rewritten.ok) return rewritten;
    const bytes = rewritten.value;
    const framed = checkBatches(bytes, config.maxMessageBytes, depth === 'records' ? 'compare' : 'trust');
    if (!framed.ok) return framed;
    const checked = depth === 'records' ? checkBatchRecords(bytes, framed.value, config) : framed;
    if (!checked.ok) return checked;
    for (const batch of checked.value) {
      const accepted = checkBatch(batch, config, nowMs);
      if (!accepted.ok) return accepted;
    }
    const batches = { bytes, checked: checked.value };
    return ok({ ...common, loose: null, batches, sizeBytes: bytes.length });
  }
  return ok({ ...common, loose: null, batches: null, sizeBytes: 0 });
}

/** What of a request is checked. */
export type AppendPayload = Pick<AppendRequest, 'looseRecords' | 'batches' | 'idempotency' | 'transaction' | 'keyId'>;

/** The end of a transaction as it waits for its flush among the appends. */
export function markerAppend(marker: TransactionMarker): CheckedAppend {
  const nothing = { loose: null, batches: null, claim: null, transaction: null };
  return { ...nothing, marker, keyId: nobodysKey, sizeBytes: controlBatchBytes };
}

function checkBatch({ header }: CheckedBatch, config: TopicConfig, nowMs: number): Result<null> {
  if (header.isTransactional && header.producerId < 0) {
    return failed('INVALID_RECORD', 'the batch is marked transactional, but has no producer id');
  }
  return checkTimestamps(config, header.baseTimestampMs, header.maxTimestampMs, nowMs);
}

/** Kafka's message.timestamp.before.max.ms and message.timestamp.after.max.ms; -1 means "stamp it now" and passes. */
export function checkTimestamps(
  config: TopicConfig,
  minTimestampMs: number,
  maxTimestampMs: number,
  nowMs: number,
): Result<null> {
  if (config.messageTimestampType === 'LogAppendTime') return ok(null);
  const latest = nowMs + config.messageTimestampAfterMaxMs;
  if (maxTimestampMs > latest) {
    return failed(
      'INVALID_TIMESTAMP',
      `timestamp ${maxTimestampMs} is more than message.timestamp.after.max.ms (${config.messageTimestampAfterMaxMs}) ahead of the platform's time ${nowMs}`,
      { timestamp: maxTimestampMs, latest },
    );
  }
  const earliest = nowMs - config.messageTimestampBeforeMaxMs;
  if (minTimestampMs >= 0 && minTimestampMs < earliest) {
    return failed(
      'INVALID_TIMESTAMP',
      `timestamp ${minTimestampMs} is more than message.timestamp.before.max.ms (${config.messageTimestampBeforeMaxMs}) behind the platform's time ${nowMs}`,
      { timestamp: minTimestampMs, earliest },
    );
  }
  return ok(null);
}
