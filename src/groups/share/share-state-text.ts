import type { DeathReason, ShareRange, ShareRecordState } from './share-range.ts';
import type { ShareState } from './share-state.ts';

/** A range as it is stored: what is empty at the end is left out. */
type StoredRange = readonly [
  first: number,
  last: number,
  state: ShareRecordState,
  deliveryCount: number,
  atMs: number,
  lockId?: string,
  memberId?: string,
  reason?: DeathReason,
];

type StoredState = {
  readonly start: number;
  readonly end: number;
  readonly accepted: number;
  readonly archived: number;
  readonly deadLettered: number;
  readonly ranges: readonly StoredRange[];
};

/** The state as one text of JSON. */
export function encodeShareState(state: ShareState): string {
  const stored: StoredState = {
    start: state.startOffset,
    end: state.endOffset,
    accepted: state.acceptedCount,
    archived: state.archivedCount,
    deadLettered: state.deadLetteredCount,
    ranges: state.ranges.map(encodeRange),
  };
  return JSON.stringify(stored);
}

export function decodeShareState(text: string): ShareState {
  const stored = JSON.parse(text) as StoredState;
  return {
    startOffset: stored.start,
    endOffset: stored.end,
    acceptedCount: stored.accepted,
    archivedCount: stored.archived,
    deadLetteredCount: stored.deadLettered,
    ranges: stored.ranges.map(
      ([first, last, state, deliveryCount, atMs, lockId, memberId, reason]): ShareRange => ({
        first,
        last,
        state,
        deliveryCount,
        atMs,
        lockId: lockId ?? '',
        memberId: memberId ?? '',
        reason: reason ?? null,
      }),
    ),
  };
}

function encodeRange({ first, last, state, deliveryCount, atMs, lockId, memberId, reason }: ShareRange): StoredRange {
  if (reason !== null) return [first, last, state, deliveryCount, atMs, lockId, memberId, reason];
  if (lockId !== '') return [first, last, state, deliveryCount, atMs, lockId, memberId];
  return [first, last, state, deliveryCount, atMs];
}
