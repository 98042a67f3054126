import { type Failed, failed, ok, type Result } from '../errors/result.ts';
import type { PartitionLog } from './partition-log.ts';
import type { Isolation, ReadFrom, ReadPlan, ReadReply } from './partition-rpc.ts';
import type { RemoteSegment } from './remote-segments.ts';
import type { TransactionStore } from './transactions/transaction-store.ts';

/** Segments a plan names: a reader that goes on through them need not come back for as many times 8 MiB. */
const segmentsPerPlan = 4;

/** What a read may ask for: the part of the log that is not deleted. */
export type ReadBounds = { readonly logStartOffset: number; readonly highWatermark: number };

/** What is read: the log, its bounds, and what it knows of transactions. */
export type ReadSource = {
  readonly log: PartitionLog;
  readonly bounds: ReadBounds & { readonly lastStableOffset: number; readonly leaderEpoch: number };
  readonly transactions: Pick<TransactionStore, 'aborted'>;
};

/** Reads from the partition's own rows, or plans the read where the log is in objects. */
export function readPartition(
  source: ReadSource,
  from: ReadFrom,
  maxBytes: number,
  isolation: Isolation,
): Result<ReadReply> {
  const { log, bounds } = source;
  const isCommitted = isolation === 'read_committed';
  const endOffset = isCommitted ? bounds.lastStableOffset : bounds.highWatermark;
  const remote = typeof from === 'object' && 'timestampMs' in from ? planTimestamp(source, from) : null;
  if (remote !== null) return ok(remote);
  const resolved = resolve(log, bounds, from, endOffset);
  if (!resolved.ok) return resolved;
  const startOffset = resolved.value;
  if (startOffset < bounds.logStartOffset || startOffset > bounds.highWatermark) {
    return offsetOutOfRange(startOffset, bounds);
  }
  if (log.isRemote(startOffset)) {
    const segments = log.remote.from(startOffset, segmentsPerPlan);
    if (segments.length > 0) return ok(planned(source, startOffset, segments, { offset: startOffset }));
  }
  // Nothing tiered reaches so far: what follows is here.
  const readFrom = log.isRemote(startOffset) ? log.localStartOffset : startOffset;
  const read = log.read(readFrom, maxBytes, endOffset);
  if (!read.ok) return read;
  const reply = { ...read.value, startOffset, ...bounds };
  if (!isCommitted) return ok(reply);
  return ok({ ...reply, abortedTransactions: source.transactions.aborted(readFrom, read.value.nextOffset) });
}

/** A plan for the tiered segments that may hold the first record of a timestamp; null when none reaches it. */
function planTimestamp(
  source: ReadSource,
  { timestampMs, minOffset = 0 }: Extract<ReadFrom, { timestampMs: number }>,
): ReadReply | null {
  const { log, bounds } = source;
  const lowest = Math.max(minOffset, bounds.logStartOffset);
  const segments = log.remote.reaching(timestampMs, lowest, segmentsPerPlan);
  const [first] = segments;
  if (first === undefined) return null;
  return planned(source, Math.max(first.baseOffset, lowest), segments, { timestampMs, minOffset: lowest });
}

function resolve(log: PartitionLog, { logStartOffset }: ReadBounds, from: ReadFrom, endOffset: number): Result<number> {
  if (from === 'earliest') return ok(logStartOffset);
  if (from === 'latest') return ok(endOffset);
  if ('offset' in from) return ok(from.offset);
  const found = log.offsetForTimestamp(from.timestampMs, Math.max(logStartOffset, from.minOffset ?? 0));
  return found.ok ? ok(Math.min(found.value, endOffset)) : found;
}

function planned(
  { bounds, transactions }: ReadSource,
  startOffset: number,
  segments: readonly RemoteSegment[],
  from: ReadPlan['from'],
): ReadReply {
  // Of all of them, whatever lies below the start: a reader may use the plan for any offset that they hold.
  const lowest = segments[0]?.baseOffset ?? startOffset;
  const hasAborted = transactions.aborted(lowest, (segments.at(-1)?.lastOffset ?? startOffset) + 1).length > 0;
  const plan = { segments, from, hasAborted };
  return { batches: new Uint8Array(0), startOffset, nextOffset: startOffset, ...bounds, plan };
}

/** The failure of a reader that asks for what is not there, with the range that is. */
export function offsetOutOfRange(offset: number, { logStartOffset, highWatermark }: ReadBounds): Failed {
  return failed(
    'OFFSET_OUT_OF_RANGE',
    `offset ${offset} is outside the log: it holds offsets ${logStartOffset} to ${highWatermark} (the high watermark, where a read waits)`,
    { offset, log_start_offset: logStartOffset, high_watermark: highWatermark },
  );
}
