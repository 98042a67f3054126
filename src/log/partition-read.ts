import { type Failed, failed, ok, type Result } from '../errors/result.ts';
import type { PartitionLog } from './partition-log.ts';
import type { ReadFrom, ReadReply } from './partition-rpc.ts';
import type { RemoteSegment } from './remote-segments.ts';

/** Segments a plan names: a reader that goes on through them need not come back for as many times 8 MiB. */
const segmentsPerPlan = 4;

/** What a read may ask for: the part of the log that is not deleted. */
export type ReadBounds = { readonly logStartOffset: number; readonly highWatermark: number };

/** Reads from the partition's own rows, or plans the read where the log is in objects. */
export function readPartition(
  log: PartitionLog,
  bounds: ReadBounds,
  from: ReadFrom,
  maxBytes: number,
): Result<ReadReply> {
  const { logStartOffset, highWatermark } = bounds;
  const remote = typeof from === 'object' && 'timestampMs' in from ? planTimestamp(log, bounds, from) : null;
  if (remote !== null) return ok(remote);
  const resolved = resolve(log, bounds, from);
  if (!resolved.ok) return resolved;
  const startOffset = resolved.value;
  if (startOffset < logStartOffset || startOffset > highWatermark) return offsetOutOfRange(startOffset, bounds);
  if (log.isRemote(startOffset)) {
    const segments = log.remote.from(startOffset, segmentsPerPlan);
    if (segments.length > 0) return ok(planned(bounds, startOffset, segments, { offset: startOffset }));
  }
  // Nothing tiered reaches so far: what follows is here.
  const readFrom = log.isRemote(startOffset) ? log.localStartOffset : startOffset;
  const read = log.read(readFrom, maxBytes);
  return read.ok ? ok({ ...read.value, startOffset, highWatermark, logStartOffset }) : read;
}

/** A plan for the tiered segments that may hold the first record of a timestamp; null when none reaches it. */
function planTimestamp(
  log: PartitionLog,
  bounds: ReadBounds,
  { timestampMs, minOffset = 0 }: Extract<ReadFrom, { timestampMs: number }>,
): ReadReply | null {
  const lowest = Math.max(minOffset, bounds.logStartOffset);
  const segments = log.remote.reaching(timestampMs, lowest, segmentsPerPlan);
  const [first] = segments;
  if (first === undefined) return null;
  return planned(bounds, Math.max(first.baseOffset, lowest), segments, { timestampMs, minOffset: lowest });
}

function resolve(log: PartitionLog, { logStartOffset, highWatermark }: ReadBounds, from: ReadFrom): Result<number> {
  if (from === 'earliest') return ok(logStartOffset);
  if (from === 'latest') return ok(highWatermark);
  if ('offset' in from) return ok(from.offset);
  return log.offsetForTimestamp(from.timestampMs, Math.max(logStartOffset, from.minOffset ?? 0));
}

function planned(
  bounds: ReadBounds,
  startOffset: number,
  segments: readonly RemoteSegment[],
  from: NonNullable<ReadReply['plan']>['from'],
): ReadReply {
  return { batches: new Uint8Array(0), startOffset, nextOffset: startOffset, ...bounds, plan: { segments, from } };
}

/** The failure of a reader that asks for what is not there, with the range that is. */
export function offsetOutOfRange(offset: number, { logStartOffset, highWatermark }: ReadBounds): Failed {
  return failed(
    'OFFSET_OUT_OF_RANGE',
    `offset ${offset} is outside the log: it holds offsets ${logStartOffset} to ${highWatermark} (the high watermark, where a read waits)`,
    { offset, log_start_offset: logStartOffset, high_watermark: highWatermark },
  );
}
