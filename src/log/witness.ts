import { failed, ok, type Result } from '../errors/result.ts';

/**
 * What the cluster's object remembers of a partition's log, so that a log which lost its end underneath the platform
 * (a cut write-ahead log, a restored backup) is noticed before it goes on as if nothing had happened.
 */
export type Witness = {
  readonly leaderEpoch: number;
  /** The log held every offset below it. */
  readonly highWatermark: number;
  /** CRC of the batch that ends there; null when the log had none of its own any more. */
  readonly lastBatchCrc: number | null;
};

/** What a log has right before an offset: a batch's CRC, no batch that ends there, or nothing that can still be compared. */
export type BatchEnd = { readonly crc: number } | 'no-batch-ends-there' | 'elsewhere';

/** The log as it was found at a start. */
export type FoundLog = {
  readonly leaderEpoch: number;
  readonly logStartOffset: number;
  readonly highWatermark: number;
  readonly batchBefore: (offset: number) => BatchEnd;
};

/** The witness to keep of two: a report that was delayed must not take the place of what came after it. */
export function laterWitness(kept: Witness | null, reported: Witness): Witness {
  if (kept === null || reported.leaderEpoch > kept.leaderEpoch) return reported;
  if (reported.leaderEpoch < kept.leaderEpoch || reported.highWatermark < kept.highWatermark) return kept;
  return reported;
}

/**
 * Whether a log that was found holds what its witness saw (I-17a): LOG_TRUNCATED when it does not. A log of a later
 * epoch has been recovered since, and its loss accepted.
 */
export function compareWithWitness(witness: Witness | null, log: FoundLog): Result<null> {
  if (witness === null || log.leaderEpoch > witness.leaderEpoch) return ok(null);
  if (log.leaderEpoch < witness.leaderEpoch) {
    return truncated(witness, log, `it is of leader epoch ${log.leaderEpoch}, epoch ${witness.leaderEpoch} was seen`);
  }
  if (log.highWatermark < witness.highWatermark) {
    return truncated(witness, log, `it ends at offset ${log.highWatermark}, ${witness.highWatermark} was seen`);
  }
  const end = log.batchBefore(witness.highWatermark);
  if (witness.lastBatchCrc === null || end === 'elsewhere') return ok(null);
  if (end === 'no-batch-ends-there' || end.crc !== witness.lastBatchCrc) {
    return truncated(witness, log, `the batch before offset ${witness.highWatermark} is another one than was seen`);
  }
  return ok(null);
}

function truncated(witness: Witness, log: FoundLog, why: string): Result<never> {
  return failed(
    'LOG_TRUNCATED',
    `The partition's log is not the one that was acknowledged: ${why}. Nothing is read or written until the data is restored, or the loss is accepted with the partition's verb "recover".`,
    {
      log_start_offset: log.logStartOffset,
      high_watermark: log.highWatermark,
      leader_epoch: log.leaderEpoch,
      witnessed_high_watermark: witness.highWatermark,
      witnessed_leader_epoch: witness.leaderEpoch,
    },
  );
}
