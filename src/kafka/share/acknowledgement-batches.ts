import { failed, ok, type Result } from '../../errors/result.ts';
import type { OffsetDecision } from './share-session.ts';

/** Offsets of a partition, with one type for all of them or one for each. */
export type AcknowledgementBatch = {
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly acknowledgeTypes: readonly number[];
};

/** Kafka's numbers of what may become of a record. */
const types = ['gap', 'accept', 'release', 'reject', 'renew'] as const;

/** The decisions of one partition in the order of their offsets; INVALID_REQUEST. `mayRenew` if the request says that it does. */
export function decisionsOf(
  batches: readonly AcknowledgementBatch[],
  mayRenew: boolean,
): Result<readonly OffsetDecision[]> {
  const decisions: OffsetDecision[] = [];
  let next = 0;
  for (const { firstOffset, lastOffset, acknowledgeTypes } of batches) {
    const count = lastOffset - firstOffset + 1;
    const isCounted = acknowledgeTypes.length === 1 || acknowledgeTypes.length === count;
    if (firstOffset < next || count < 1 || !isCounted) return malformed(firstOffset, lastOffset);
    next = lastOffset + 1;
    for (const [at, number] of acknowledgeTypes.entries()) {
      const type = types[number];
      if (type === undefined || (type === 'renew' && !mayRenew)) return malformed(firstOffset, lastOffset);
      const from = firstOffset + at;
      const to = acknowledgeTypes.length === 1 ? lastOffset : from;
      const before = decisions.at(-1);
      if (before?.type === type && before.to === from - 1) decisions[decisions.length - 1] = { ...before, to };
      else decisions.push({ from, to, type });
    }
  }
  return ok(decisions);
}

const malformed = (from: number, to: number) =>
  failed(
    'INVALID_REQUEST',
    `The acknowledgements of offsets ${from} to ${to} cannot be read: batches are in order and apart, with one type or one an offset, which is 1 accept, 2 release, 3 reject, or 4 renew in a request that says so.`,
  );
