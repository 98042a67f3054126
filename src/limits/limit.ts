import type { ErrorCode } from '../errors/error-codes.ts';

export type LimitUnit =
  | 'bytes'
  | 'ms'
  | 'records'
  | 'levels'
  | 'characters'
  | 'headers'
  | 'connections'
  | 'partitions'
  | 'topics'
  | 'entries'
  | 'subscriptions'
  | 'sockets'
  | 'producers'
  | 'segments'
  | 'requests'
  | 'members'
  | 'groups';

/** One bound of the platform. `value` holds unless the caller asks for another, never beyond `max`. */
export type Limit = {
  readonly value: number;
  /** How far a request or a topic's config may raise it; absent: it is fixed. */
  readonly max?: number;
  readonly unit: LimitUnit;
  /** What a caller sees beyond it; null where the platform adapts (a smaller answer) instead of refusing. */
  readonly error: ErrorCode | null;
  /** Why it is there, in one sentence. */
  readonly reason: string;
};
