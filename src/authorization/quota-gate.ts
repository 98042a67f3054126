import { type Failure, ok, type Result } from '../errors/result.ts';
import type { Principal } from './principal.ts';

/** What something uses of quotas, as far as it is known before it is done. */
export type QuotaUse = {
  /** The topic it is about; null when that is not known, or more than one. */
  readonly topic: string | null;
  /** 1 for a request or a frame that asks for something; 0 for what belongs to one that was counted. */
  readonly requests: 0 | 1;
  readonly produceBytes: number;
  /** Whether it answers records: it is refused while earlier answers are not paid for. */
  readonly isFetch: boolean;
};

/** What stands before everything that a principal with quotas asks for, at every door. */
export interface QuotaGate {
  /** Lets it in and counts it, or answers why not: THROTTLING_QUOTA_EXCEEDED with `retry_after_ms`, mostly. */
  admit(principal: Principal, use: QuotaUse): Promise<Result<null>>;
  /** Counts bytes of records as they leave: what is fetched next waits until they are paid for. */
  spendFetchBytes(principal: Principal, topic: string | null, bytes: number): void;
  /** How long it takes until what was used beyond the quotas is paid for, in ms; 0 when nothing is owed. */
  owedMs(principal: Principal, topic: string | null): Promise<number>;
}

/** Open mode's: nothing is bounded. */
export const noQuotas: QuotaGate = {
  admit: async () => ok(null),
  spendFetchBytes: () => undefined,
  owedMs: async () => 0,
};

/** For a refusal that does not say how long to wait. */
const unsaidRetryAfterMs = 1_000;

/** How long to wait after a refusal before it may be different. */
export function retryAfterMsOf({ detail }: Failure): number {
  const ms = Number(detail?.retry_after_ms);
  return ms > 0 ? ms : unsaidRetryAfterMs;
}
