import type { JournaledSqlStore } from '../journaled-sql-store.ts';

/** What became of one offset. `untouched` was never acquired, `decided` lies below the start. */
export type ShareFate = {
  readonly state: 'untouched' | 'available' | 'acquired' | 'dead' | 'acknowledged' | 'archived' | 'decided';
  readonly deliveryCount: number;
  readonly atMs: number;
  readonly lockId: string;
};

export type ShareSnapshot = {
  readonly topic: string;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly deliveryLimit: number;
  readonly hasDeadLetterTopic: boolean;
  readonly fates: ReadonlyMap<number, ShareFate>;
};

const untouched: ShareFate = { state: 'untouched', deliveryCount: 0, atMs: 0, lockId: '' };
const decided: ShareFate = { state: 'decided', deliveryCount: 0, atMs: 0, lockId: '' };

export function fateOf({ startOffset, endOffset, fates }: ShareSnapshot, offset: number): ShareFate {
  if (offset < startOffset) return decided;
  return offset >= endOffset ? untouched : (fates.get(offset) ?? untouched);
}

type StoredRange = readonly [
  first: number,
  last: number,
  state: ShareFate['state'],
  deliveryCount: number,
  atMs: number,
  lockId?: string,
];

/** A shared partition as its rows say it, read by other code than its own; null while there is none. */
export function readShare(store: JournaledSqlStore): ShareSnapshot | null {
  if (store.peek("SELECT 1 AS found FROM sqlite_master WHERE name = 'share_state'").length === 0) return null;
  const [row] = store.peek<{ topic: string; config: string }>('SELECT topic, config FROM share_partition');
  const [stored] = store.peek<{ state: string }>('SELECT state FROM share_state');
  if (row === undefined || stored === undefined) return null;
  const state = JSON.parse(stored.state) as { start: number; end: number; ranges: StoredRange[] };
  const config = JSON.parse(row.config) as { deliveryLimit: number; deadLetterTopic: string | null };
  const fates = new Map<number, ShareFate>();
  for (const [first, last, found, deliveryCount, atMs, lockId] of state.ranges) {
    const fate = { state: found, deliveryCount, atMs, lockId: lockId ?? '' };
    for (let offset = first; offset <= last; offset += 1) fates.set(offset, fate);
  }
  return {
    topic: row.topic,
    startOffset: state.start,
    endOffset: state.end,
    deliveryLimit: config.deliveryLimit,
    hasDeadLetterTopic: config.deadLetterTopic !== null,
    fates,
  };
}
