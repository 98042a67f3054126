import type { FinalPartition } from './final-read.ts';
import type { Progress } from './readers.ts';
import { type Ack, keyOf, type RunLog } from './run-log.ts';

/** What the topic's cleanup policy may take away from the log. */
export type Cleanup = { readonly compacts: boolean; readonly deletes: boolean };

/**
 * Holds the final log against everything that was acknowledged and seen while the platform was killed, and reports
 * what does not fit into `log`. The checks are the harness's own: no code of the platform judges itself here.
 */
export function judge(
  log: RunLog,
  partitions: readonly FinalPartition[],
  subscribers: readonly Progress[],
  cleanup: Cleanup,
): void {
  for (const partition of partitions) {
    checkOffsets(log, partition, cleanup);
    checkSequences(log, partition, cleanup);
    checkSeen(log, partition, cleanup);
    checkSubscribers(log, partition, subscribers);
  }
  checkValues(log, partitions);
  checkAcks(log, partitions, cleanup);
  checkRealTimeOrder(log);
}

/** Offsets are dense from the log start to the high watermark, unless compaction took some. */
function checkOffsets(
  log: RunLog,
  { partition, logStartOffset, highWatermark, records }: FinalPartition,
  { compacts }: Cleanup,
) {
  // A batch that holds the log start comes whole, with the records below it.
  let next = records[0] === undefined ? logStartOffset : Math.min(records[0].offset, logStartOffset);
  for (const { offset } of records) {
    if (offset < next) log.report('reordered', `partition ${partition}: offset ${offset} after ${next - 1}`);
    else if (offset > next && !compacts)
      log.report('gap', `partition ${partition}: nothing at ${next} to ${offset - 1}`);
    next = offset + 1;
  }
  if (next > highWatermark)
    log.report('phantom', `partition ${partition} ends at ${highWatermark}, with a record at ${next - 1}`);
  if (next < highWatermark && !compacts)
    log.report('gap', `partition ${partition}: nothing at ${next} to ${highWatermark - 1}`);
}

/** Every value stands in the log once, was sent by somebody, and in the order in which its writer sent it. */
function checkValues(log: RunLog, partitions: readonly FinalPartition[]): void {
  const places = new Map<number, string>();
  for (const { partition, records } of partitions) {
    const lastOf = new Map<number, number>();
    for (const { offset, id } of records) {
      const place = `${partition}/${offset}`;
      const writer = log.writerOf[id];
      if (writer === undefined) log.report('phantom', `${place} holds a value that nobody sent`);
      const before = places.get(id);
      if (before !== undefined) log.report('duplicate', `record ${id} stands at ${before} and at ${place}`);
      places.set(id, place);
      if (writer === undefined) continue;
      const last = lastOf.get(writer) ?? -1;
      if (id < last) log.report('reordered', `${place}: writer ${writer} sent ${id} before ${last}`);
      lastOf.set(writer, id);
    }
  }
}

/** Sequences of a producer go on without a hole, across every kill, unless compaction took whole batches. */
function checkSequences(log: RunLog, { partition, batches }: FinalPartition, { compacts }: Cleanup): void {
  const nextOf = new Map<string, number>();
  for (const { baseOffset, producerId, producerEpoch, baseSequence, span } of batches) {
    if (producerId < 0) continue;
    const producer = `${producerId}:${producerEpoch}`;
    const expected = nextOf.get(producer);
    if (expected !== undefined && (compacts ? baseSequence < expected : baseSequence !== expected)) {
      const what = `producer ${producer} has sequence ${baseSequence} after ${expected - 1}`;
      log.report('sequence', `partition ${partition} offset ${baseOffset}: ${what}`);
    }
    nextOf.set(producer, baseSequence + span);
  }
}

/** What was acknowledged is there, unless the topic's own policy took it. */
function checkAcks(log: RunLog, partitions: readonly FinalPartition[], { compacts, deletes }: Cleanup): void {
  const logs = new Map(partitions.map((final) => [final.partition, indexOf(final)]));
  for (const { id, partition, offset } of log.acks) {
    const final = logs.get(partition);
    if (final === undefined || offset >= final.highWatermark) {
      log.report('lost', `record ${id} was acknowledged at ${partition}/${offset}, where the log does not reach`);
      continue;
    }
    if (deletes && offset < final.logStartOffset) continue;
    const stored = final.ids.get(offset);
    if (stored === id) continue;
    if (stored !== undefined) {
      log.report('moved', `record ${id} was acknowledged at ${partition}/${offset}, which holds ${stored}`);
    } else if (!compacts || !isSuperseded(final, id, offset)) {
      log.report('lost', `record ${id} was acknowledged at ${partition}/${offset}, which holds nothing`);
    }
  }
}

type IndexedPartition = {
  readonly logStartOffset: number;
  readonly highWatermark: number;
  readonly ids: ReadonlyMap<number, number>;
  readonly lastOffsetOfKey: ReadonlyMap<string, number>;
};

function indexOf({ logStartOffset, highWatermark, records }: FinalPartition): IndexedPartition {
  const lastOffsetOfKey = new Map<string, number>();
  for (const { key, offset } of records) if (key !== null) lastOffsetOfKey.set(key, offset);
  return {
    logStartOffset,
    highWatermark,
    ids: new Map(records.map(({ offset, id }) => [offset, id])),
    lastOffsetOfKey,
  };
}

/** Compaction may take a record away once a later one of its key is in the log. */
function isSuperseded(final: IndexedPartition, id: number, offset: number): boolean {
  return (final.lastOffsetOfKey.get(keyOf(id)) ?? -1) > offset;
}

/** Nobody saw a record that is another one now, or is gone. */
function checkSeen(log: RunLog, { partition, logStartOffset, records }: FinalPartition, cleanup: Cleanup): void {
  const seen = log.seenIn(partition);
  const stored = new Set<number>();
  for (const { offset, id } of records) {
    stored.add(offset);
    log.see(partition, offset, id, 'the final log');
  }
  if (cleanup.compacts) return;
  seen.forEach((id, offset) => {
    if (stored.has(offset) || (cleanup.deletes && offset < logStartOffset)) return;
    log.report('lost', `record ${id} was seen at ${partition}/${offset}, which holds nothing`);
  });
}

/** Every subscriber got each record once, in order, up to the end. */
function checkSubscribers(
  log: RunLog,
  { partition, logStartOffset, highWatermark, records }: FinalPartition,
  subscribers: readonly Progress[],
): void {
  const offsets = records.map(({ offset }) => offset);
  for (const { name, next, skipped } of subscribers) {
    const last = offsets.at(-1);
    if (last !== undefined && next[partition]! <= last) {
      log.report(
        'behind',
        `${name} came to ${next[partition]} of partition ${partition}, which ends at ${highWatermark}`,
      );
    }
    for (const { partition: of, from, to } of skipped) {
      if (of !== partition) continue;
      const missed = offsets.find((offset) => offset >= Math.max(from, logStartOffset) && offset < to);
      if (missed !== undefined) log.report('skipped', `${name} never got ${partition}/${missed}, which is in the log`);
    }
  }
}

/** If one append was acknowledged before another began, its offset is lower. */
function checkRealTimeOrder(log: RunLog): void {
  const byPartition = Map.groupBy(log.acks, ({ partition }) => partition);
  for (const [partition, acks] of byPartition) {
    const bySend = acks.toSorted((one, other) => one.sentAtMs - other.sentAtMs);
    const byAck = acks.toSorted((one, other) => one.ackedAtMs - other.ackedAtMs);
    let highest: Ack | null = null;
    let at = 0;
    for (const ack of bySend) {
      for (; at < byAck.length && byAck[at]!.ackedAtMs < ack.sentAtMs; at += 1) {
        if (highest === null || byAck[at]!.offset > highest.offset) highest = byAck[at]!;
      }
      if (highest === null || ack.offset > highest.offset) continue;
      const what = `record ${ack.id} got offset ${ack.offset} after ${highest.id} had ${highest.offset}`;
      log.report('real-time-order', `partition ${partition}: ${what}`);
    }
  }
}
