/**
 * What became of an offset. `available` waits for a member, `acquired` is locked for one, `dead` is rejected or was
 * delivered too often and waits for its dead letter; `acknowledged` and `archived` are the end.
 */
export type ShareRecordState = 'available' | 'acquired' | 'dead' | 'acknowledged' | 'archived';

/** Why a record is dead. */
export type DeathReason = 'rejected' | 'delivery-limit';

/** Offsets with one fate, both ends included. */
export type ShareRange = {
  readonly first: number;
  readonly last: number;
  readonly state: ShareRecordState;
  /** How often it was delivered, this time included. */
  readonly deliveryCount: number;
  /** Of acquired records; otherwise empty. */
  readonly lockId: string;
  /** Of acquired records: who has them; otherwise empty. */
  readonly memberId: string;
  /** Acquired: when the lock runs out. Available: when it may be delivered. Dead: since when. Otherwise 0. */
  readonly atMs: number;
  /** Of dead records; otherwise null. */
  readonly reason: DeathReason | null;
};

/** The fate of a range, without its ends. */
export type ShareFate = Omit<ShareRange, 'first' | 'last'>;

const noLock = { lockId: '', memberId: '', reason: null } as const;

export const fate = {
  available: (deliveryCount: number, atMs: number): ShareFate => ({
    ...noLock,
    state: 'available',
    deliveryCount,
    atMs,
  }),
  acquired: (deliveryCount: number, lock: { lockId: string; memberId: string; untilMs: number }): ShareFate => ({
    state: 'acquired',
    deliveryCount,
    lockId: lock.lockId,
    memberId: lock.memberId,
    atMs: lock.untilMs,
    reason: null,
  }),
  dead: (deliveryCount: number, reason: DeathReason, atMs: number): ShareFate => ({
    ...noLock,
    state: 'dead',
    deliveryCount,
    atMs,
    reason,
  }),
  acknowledged: { ...noLock, state: 'acknowledged', deliveryCount: 0, atMs: 0 } satisfies ShareFate,
  archived: { ...noLock, state: 'archived', deliveryCount: 0, atMs: 0 } satisfies ShareFate,
};

export const isTerminal = ({ state }: ShareFate): boolean => state === 'acknowledged' || state === 'archived';

export const countOf = ({ first, last }: { readonly first: number; readonly last: number }): number => last - first + 1;

/**
 * The ranges with another fate between `from` and `to`, both included; `decide` gives the fate of each piece that lies
 * there, or null to leave it. Neighbours of one fate are joined.
 */
export function changeRanges(
  ranges: readonly ShareRange[],
  { from, to }: { readonly from: number; readonly to: number },
  decide: (piece: ShareRange) => ShareFate | null,
): ShareRange[] {
  const changed: ShareRange[] = [];
  for (const range of ranges) {
    if (range.last < from || range.first > to) {
      push(changed, range);
      continue;
    }
    const piece = { ...range, first: Math.max(range.first, from), last: Math.min(range.last, to) };
    const next = decide(piece);
    if (range.first < piece.first) push(changed, { ...range, last: piece.first - 1 });
    push(changed, next === null ? piece : { ...next, first: piece.first, last: piece.last });
    if (range.last > piece.last) push(changed, { ...range, first: piece.last + 1 });
  }
  return changed;
}

/** Appends a range, joining it with the one before when they have one fate. */
export function push(ranges: ShareRange[], range: ShareRange): void {
  const before = ranges.at(-1);
  if (before !== undefined && before.last + 1 === range.first && isSameFate(before, range)) {
    ranges[ranges.length - 1] = { ...before, last: range.last };
  } else {
    ranges.push(range);
  }
}

function isSameFate(one: ShareFate, other: ShareFate): boolean {
  return (
    one.state === other.state &&
    one.deliveryCount === other.deliveryCount &&
    one.lockId === other.lockId &&
    one.atMs === other.atMs &&
    one.reason === other.reason
  );
}
