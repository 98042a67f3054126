import { failed, ok, type Result } from '../../errors/result.ts';
import { limits } from '../../limits.ts';
import type { SqlStore } from '../../platform/sql-store.ts';

/** Whoever signs up, with the ids that the organization and its first cluster are to have. */
export type SignupRequest = {
  readonly orgId: string;
  readonly clusterId: string;
  /** The id of an invitation that was found good; null where anybody may found an organization. */
  readonly invitation: string | null;
  /** The address it comes from, as `signupSource` writes it; empty where that is not known, which counts as one. */
  readonly source: string;
  /** ms since 1970. */
  readonly nowMs: number;
};

export type SignupIds = { readonly orgId: string; readonly clusterId: string };

type SignupRow = { org_id: string; cluster_id: string; is_founded: number };

const dayMs = 24 * 60 * 60 * 1000;

/** Rows are kept for longer than any invitation is good, so that none is good twice. */
const keptMs = limits.invitationLifetimeMs.max + dayMs;

/** Who signed up lately, and with which invitation. All is called inside a transaction of the directory. */
export class SignupRegister {
  readonly #sql: SqlStore;

  constructor(sql: SqlStore) {
    this.#sql = sql;
  }

  /**
   * Notes a sign-up, and answers the ids that its organization gets: with an invitation those of the first try, as long as
   * that did not come to its end. SIGNUP_REFUSED for an invitation that was used; THROTTLING_QUOTA_EXCEEDED when an
   * address, or the whole world, has founded enough for a day.
   */
  admit(request: SignupRequest): Result<SignupIds> {
    const { invitation, source, nowMs, orgId, clusterId } = request;
    this.#sql.run('DELETE FROM signup WHERE at_ms < ?', nowMs - keptMs);
    if (invitation !== null) {
      const [used] = this.#sql.query<SignupRow>('SELECT * FROM signup WHERE invitation = ?', invitation);
      if (used?.is_founded === 1) return usedInvitation();
      if (used !== undefined) return ok({ orgId: used.org_id, clusterId: used.cluster_id });
    } else {
      const perAddress = this.#room(source, limits.signupsPerAddressAndDay.value, nowMs);
      if (!perAddress.ok) return perAddress;
      const inAll = this.#room(null, limits.signupsPerDay.value, nowMs);
      if (!inAll.ok) return inAll;
    }
    this.#sql.run(
      'INSERT INTO signup (org_id, cluster_id, invitation, source, at_ms, is_founded) VALUES (?, ?, ?, ?, ?, 0)',
      orgId,
      clusterId,
      invitation,
      source,
      nowMs,
    );
    return ok({ orgId, clusterId });
  }

  /** The organization exists: its invitation is used up. */
  noteFounded(orgId: string): void {
    this.#sql.run('UPDATE signup SET is_founded = 1 WHERE org_id = ? AND is_founded = 0', orgId);
  }

  /** Whether one more without an invitation fits into the last day, from an address or, with null, from all. */
  #room(source: string | null, max: number, nowMs: number): Result<null> {
    const rows = this.#sql.query<{ at_ms: number }>(
      `SELECT at_ms FROM signup WHERE invitation IS NULL AND at_ms > ? AND (? IS NULL OR source = ?)
       ORDER BY at_ms DESC LIMIT ?`,
      nowMs - dayMs,
      source,
      source,
      max,
    );
    const first = rows.at(-1);
    if (rows.length < max || first === undefined) return ok(null);
    return failed(
      'THROTTLING_QUOTA_EXCEEDED',
      `No more than ${max} organizations are founded so in a day; try later.`,
      {
        retry_after_ms: first.at_ms + dayMs - nowMs,
      },
    );
  }
}

const usedInvitation = () =>
  failed('SIGNUP_REFUSED', 'The invitation was used; whoever did has the key of the organization.');
