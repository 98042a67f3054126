import { type Failed, failed } from '../errors/result.ts';
import { accountOf, type Principal } from './principal.ts';
import type { PrincipalAuthority } from './principal-authority.ts';

/** Connections that one object, or one Kafka connection, holds for an account: a key, or a member. */
export type HeldConnections = { readonly account: string; readonly count: number };

/** How many of an account's there are too many, of those that came last; in the order of what was asked about. */
export type ExcessConnections = { readonly account: string; readonly excess: number; readonly max: number };

/** What is held is told again this often, so that an organization forgets holders that are no more. */
export const connectionReportMs = 60_000;

/** Whether the number of connections of a principal's organization, or of its own, is bounded. */
export function isCapped({ quotas }: Principal): boolean {
  return quotas?.areConnectionsCapped === true;
}

type Holder = { readonly principal: Principal; readonly isClosed: boolean };

/**
 * Tells organizations how many connections an object holds for each account, when that has changed and every minute
 * besides, and finds out which of them are too many. Only organizations with a cap are told, and one call is under way
 * at a time, whatever number of connections comes meanwhile.
 */
export class ConnectionReports<Held extends Holder> {
  readonly #authority: PrincipalAuthority;
  readonly #told = new Map<string, { readonly text: string; readonly atMs: number }>();

  constructor(authority: PrincipalAuthority) {
    this.#authority = authority;
  }

  /** Answers who has to go, with what they are told. An organization that cannot be asked lets everyone stay. */
  async settle(held: Iterable<Held>, nowMs: number): Promise<readonly (readonly [Held, Failed])[]> {
    const capped = [...held].filter((one) => !one.isClosed && isCapped(one.principal));
    const byOrganization = Map.groupBy(capped, ({ principal }) => principal.orgId);
    // Who had connections and has none any more is told of as well.
    for (const orgId of this.#told.keys()) if (!byOrganization.has(orgId)) byOrganization.set(orgId, []);
    const leaving: (readonly [Held, Failed])[] = [];
    for (const [orgId, ofOne] of byOrganization) {
      const byAccount = Map.groupBy(ofOne, ({ principal }) => accountOf(principal));
      const counts = [...byAccount].map(([account, { length }]) => ({ account, count: length }));
      if (!this.#isNews(orgId, counts, nowMs)) continue;
      const excess = await this.#authority.connections(orgId, counts);
      if (!excess.ok) {
        this.#told.delete(orgId);
        continue;
      }
      this.#keep(orgId, counts, excess.value, nowMs);
      for (const { account, excess: count, max } of excess.value) {
        const newest = count === 0 ? [] : (byAccount.get(account) ?? []).slice(-count);
        for (const one of newest) leaving.push([one, tooManyConnections(account, max)]);
      }
    }
    return leaving;
  }

  /** Those who have to go are told of with the answer. */
  #keep(orgId: string, counts: readonly HeldConnections[], excess: readonly ExcessConnections[], nowMs: number): void {
    const over = new Map(excess.map((one) => [one.account, one.excess]));
    const kept = counts
      .map(({ account, count }) => ({ account, count: count - (over.get(account) ?? 0) }))
      .filter(({ count }) => count > 0);
    if (kept.length === 0) this.#told.delete(orgId);
    else this.#told.set(orgId, { text: JSON.stringify(kept), atMs: nowMs });
  }

  #isNews(orgId: string, counts: readonly HeldConnections[], nowMs: number): boolean {
    const text = JSON.stringify(counts);
    const told = this.#told.get(orgId);
    if (told !== undefined && told.text === text && nowMs - told.atMs < connectionReportMs) return false;
    this.#told.set(orgId, { text, atMs: nowMs });
    return true;
  }
}

/** What a connection is told that is one too many. */
export function tooManyConnections(account: string, max: number): Failed {
  return failed(
    'THROTTLING_QUOTA_EXCEEDED',
    `There may be ${max} connections at once, and this would be one more, of ${account || 'a member'}; close some, or raise the cap (GET /v1/quotas).`,
    { quota: 'connections', max, retry_after_ms: 5_000 },
  );
}
