import { failed, ok, type Result } from '../../errors/result.ts';
import { limits } from '../../limits.ts';
import type { ShareGroupConfig } from './share-config.ts';
import { changeRanges, countOf, fate, isTerminal, push, type ShareFate, type ShareRange } from './share-range.ts';

/** How far the first undecided record and the last acquired one may lie apart (KIP-932's in-flight window). */
export const windowRecords = limits.shareInFlightRecords.value;

/** How one partition is shared: everything that decides who gets which record. Immutable. */
export type ShareState = {
  /** Everything below is decided for good (Kafka's share-partition start offset). */
  readonly startOffset: number;
  /** Everything from here on was never acquired. */
  readonly endOffset: number;
  /** Cover the offsets between the two without holes, in order. */
  readonly ranges: readonly ShareRange[];
  /** Records that were accepted, in all. */
  readonly acceptedCount: number;
  /** Records that were dropped: there is no dead-letter topic, or they were gone before they could be read. */
  readonly archivedCount: number;
  /** Records whose dead letter was written. */
  readonly deadLetteredCount: number;
};

export function emptyShareState(startOffset: number): ShareState {
  return {
    startOffset,
    endOffset: startOffset,
    ranges: [],
    acceptedCount: 0,
    archivedCount: 0,
    deadLetteredCount: 0,
  };
}

export type AcquiredRange = {
  readonly first: number;
  readonly last: number;
  readonly deliveryCount: number;
};

export type AcquireCommand = {
  readonly memberId: string;
  /** New for every acquisition; the same one again asks for the same records again. */
  readonly lockId: string;
  readonly maxRecords: number;
  /** Records end here (the last stable offset), and begin there. */
  readonly highWatermark: number;
  readonly logStartOffset: number;
};

export type AcknowledgeType = 'accept' | 'release' | 'reject' | 'renew';

export type AcknowledgeCommand = {
  readonly from: number;
  readonly to: number;
  readonly lockId: string;
  readonly type: AcknowledgeType;
  /** Of a release: when the record may be delivered again, instead of the group's delay. */
  readonly delayMs: number | null;
};

export type Acquired = { readonly state: ShareState; readonly acquired: readonly AcquiredRange[] };

/** Locks available records, the oldest first, and counts their delivery. */
export function acquire(
  before: ShareState,
  command: AcquireCommand,
  config: ShareGroupConfig,
  nowMs: number,
): Acquired {
  const state = dropDeleted(expire(before, config, nowMs), command.logStartOffset);
  const repeated = acquiredUnder(state, command.lockId);
  if (repeated.length > 0) return { state, acquired: repeated };
  const untilMs = nowMs + config.lockDurationMs;
  const { lockId, memberId } = command;
  let left = command.maxRecords;
  const ranges: ShareRange[] = [];
  for (const range of state.ranges) {
    if (left <= 0 || range.state !== 'available' || range.atMs > nowMs) {
      push(ranges, range);
    } else if (range.deliveryCount >= config.deliveryLimit) {
      // The limit was lowered after it was released.
      push(ranges, { ...range, ...deathFate(range.deliveryCount, 'delivery-limit', config, nowMs) });
    } else {
      const last = Math.min(range.last, range.first + left - 1);
      left -= last - range.first + 1;
      push(ranges, { ...range, ...fate.acquired(range.deliveryCount + 1, { lockId, memberId, untilMs }), last });
      if (last < range.last) push(ranges, { ...range, first: last + 1 });
    }
  }
  const windowEnd = Math.min(command.highWatermark, state.startOffset + windowRecords);
  const endOffset = Math.max(state.endOffset, Math.min(windowEnd, state.endOffset + left));
  if (endOffset > state.endOffset) {
    push(ranges, {
      first: state.endOffset,
      last: endOffset - 1,
      ...fate.acquired(1, { lockId, memberId, untilMs }),
    });
  }
  const changed = advance(state, { ...state, ranges, endOffset });
  return { state: changed, acquired: acquiredUnder(changed, lockId) };
}

/**
 * Decides on records that a member acquired. All of them must be locked under `lockId`, and the lock must not have run
 * out: INVALID_RECORD_STATE otherwise, and nothing is changed.
 */
export function acknowledge(
  before: ShareState,
  command: AcknowledgeCommand,
  config: ShareGroupConfig,
  nowMs: number,
): Result<ShareState> {
  const state = expire(before, config, nowMs);
  const { from, to, lockId, type } = command;
  const pieces = piecesBetween(state, from, to);
  const isHeld = ({ state: found, lockId: held }: ShareRange) => found === 'acquired' && held === lockId;
  const heldCount = pieces.filter(isHeld).reduce((sum, piece) => sum + countOf(piece), 0);
  if (to < from || heldCount !== to - from + 1) return notHeld(command);
  const ranges = changeRanges(state.ranges, { from, to }, ({ deliveryCount, memberId }): ShareFate => {
    switch (type) {
      case 'accept':
        return fate.acknowledged;
      case 'reject':
        return deathFate(deliveryCount, 'rejected', config, nowMs);
      case 'renew':
        return fate.acquired(deliveryCount, { lockId, memberId, untilMs: nowMs + config.lockDurationMs });
      case 'release':
        return releasedFate(deliveryCount, command.delayMs ?? config.redeliveryDelayMs, config, nowMs);
    }
  });
  return ok(advance(state, { ...state, ranges }));
}

/** Acquired records that were not handed out after all: this delivery does not count. Late ones change nothing. */
export function giveBack(state: ShareState, lockId: string, { from, to }: OffsetSpan): ShareState {
  return changeHeld(state, lockId, { from, to }, ({ deliveryCount }) => fate.available(deliveryCount - 1, 0));
}

/** Acquired offsets that hold no record (compaction, retention): decided without anyone being told. */
export function archiveGap(state: ShareState, lockId: string, { from, to }: OffsetSpan): ShareState {
  return changeHeld(state, lockId, { from, to }, () => fate.archived);
}

export type OffsetSpan = { readonly from: number; readonly to: number };

/** Releases what is locked for longer than it may be. */
export function expire(state: ShareState, config: ShareGroupConfig, nowMs: number): ShareState {
  const isOver = (range: ShareRange) => range.state === 'acquired' && range.atMs <= nowMs;
  if (!state.ranges.some(isOver)) return state;
  const ranges = changeRanges(state.ranges, { from: state.startOffset, to: state.endOffset }, (range) =>
    isOver(range) ? releasedFate(range.deliveryCount, config.redeliveryDelayMs, config, nowMs) : null,
  );
  return advance(state, { ...state, ranges });
}

/** Archives what can never be read: it lies below the start of the log. What a member holds stays until it decides. */
export function dropDeleted(state: ShareState, logStartOffset: number): ShareState {
  if (logStartOffset <= state.startOffset) return state;
  const ranges = changeRanges(state.ranges, { from: state.startOffset, to: logStartOffset - 1 }, (range) =>
    range.state === 'available' ? fate.archived : null,
  );
  if (logStartOffset > state.endOffset) {
    push(ranges, { first: state.endOffset, last: logStartOffset - 1, ...fate.archived });
  }
  return advance(state, { ...state, ranges, endOffset: Math.max(state.endOffset, logStartOffset) });
}

/** The dead letters of these offsets are written. */
export function buryDead(state: ShareState, spans: readonly OffsetSpan[]): ShareState {
  let ranges = state.ranges;
  let buried = 0;
  for (const span of spans) {
    ranges = changeRanges(ranges, span, (range) => {
      if (range.state !== 'dead') return null;
      buried += countOf(range);
      return fate.archived;
    });
  }
  const advanced = advance(state, { ...state, ranges });
  return {
    ...advanced,
    archivedCount: advanced.archivedCount - buried,
    deadLetteredCount: advanced.deadLetteredCount + buried,
  };
}

/** Gives up on dead letters, because the group has no topic for them any more. */
export function dropDead(state: ShareState): ShareState {
  const everything = { from: state.startOffset, to: state.endOffset };
  return advance(state, {
    ...state,
    ranges: changeRanges(state.ranges, everything, (range) => (range.state === 'dead' ? fate.archived : null)),
  });
}

/** When the first lock runs out; null when nothing is locked. */
export function nextExpiryMs({ ranges }: ShareState): number | null {
  const ends = ranges.flatMap(({ state, atMs }) => (state === 'acquired' ? [atMs] : []));
  return ends.length === 0 ? null : Math.min(...ends);
}

/** When something may be acquired that cannot be now: a lock runs out, or a delay is over. Null when nothing will. */
export function nextChangeMs(state: ShareState, nowMs: number): number | null {
  let next = Number.POSITIVE_INFINITY;
  for (const { state: found, atMs } of state.ranges) {
    if (found === 'acquired' || (found === 'available' && atMs > nowMs)) next = Math.min(next, atMs);
  }
  return next === Number.POSITIVE_INFINITY ? null : next;
}

function acquiredUnder({ ranges }: ShareState, lockId: string): AcquiredRange[] {
  return ranges
    .filter((range) => range.state === 'acquired' && range.lockId === lockId)
    .map(({ first, last, deliveryCount }) => ({ first, last, deliveryCount }));
}

function changeHeld(
  state: ShareState,
  lockId: string,
  span: OffsetSpan,
  decide: (piece: ShareRange) => ShareFate,
): ShareState {
  const ranges = changeRanges(state.ranges, span, (range) =>
    range.state === 'acquired' && range.lockId === lockId ? decide(range) : null,
  );
  return advance(state, { ...state, ranges });
}

function releasedFate(deliveryCount: number, delayMs: number, config: ShareGroupConfig, nowMs: number): ShareFate {
  if (deliveryCount >= config.deliveryLimit) return deathFate(deliveryCount, 'delivery-limit', config, nowMs);
  return fate.available(deliveryCount, delayMs === 0 ? 0 : nowMs + delayMs);
}

function deathFate(
  deliveryCount: number,
  reason: 'rejected' | 'delivery-limit',
  { deadLetterTopic }: ShareGroupConfig,
  nowMs: number,
): ShareFate {
  return deadLetterTopic === null ? fate.archived : fate.dead(deliveryCount, reason, nowMs);
}

/** Counts what came to its end, and moves the start over all of it that leads the window. */
function advance(before: ShareState, after: ShareState): ShareState {
  const ended = (state: ShareState, kind: 'acknowledged' | 'archived') =>
    state.ranges.reduce((sum, range) => sum + (range.state === kind ? countOf(range) : 0), 0);
  const acceptedCount = before.acceptedCount + ended(after, 'acknowledged') - ended(before, 'acknowledged');
  const archivedCount = before.archivedCount + ended(after, 'archived') - ended(before, 'archived');
  const open = after.ranges.findIndex((range) => !isTerminal(range));
  const ranges = open < 0 ? [] : after.ranges.slice(open);
  const startOffset = ranges[0]?.first ?? after.endOffset;
  return { ...after, acceptedCount, archivedCount, startOffset, ranges };
}

function piecesBetween({ ranges }: ShareState, from: number, to: number): ShareRange[] {
  return ranges
    .filter((range) => range.last >= from && range.first <= to)
    .map((range) => ({ ...range, first: Math.max(range.first, from), last: Math.min(range.last, to) }));
}

function notHeld({ from, to, type }: AcknowledgeCommand): Result<never> {
  const offsets = from === to ? `Offset ${from} is` : `Offsets ${from} to ${to} are`;
  return failed(
    'INVALID_RECORD_STATE',
    `${offsets} not locked under this lock_id, so nothing was done (${type}): the lock ran out, or it was decided before.`,
    { from, to },
  );
}
