import { ok, type Result } from '../errors/result.ts';
import type { Caps } from '../limits/caps.ts';
import type { Clock } from '../platform/clock.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import { type AuditSink, auditEvent } from './audit-sink.ts';
import type { Actor } from './organization-rpc.ts';
import type { OrganizationStore } from './organization-store.ts';
import { type Lease, type LeaseWanted, QuotaLeases } from './quota-leases.ts';
import { allRates, alterQuotas, capsOf, type QuotaSettings } from './quota-settings.ts';

export type OrganizationQuotaPorts = {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly audit: AuditSink;
  /** What no organization may have more of. */
  readonly operatorCaps: Caps;
  readonly store: OrganizationStore;
  /** Has the clusters told what they may have: part of a transaction. */
  readonly queueClusters: () => void;
};

/** How much of the platform an organization may use: a second, and altogether. */
export class OrganizationQuotas {
  readonly #ports: OrganizationQuotaPorts;
  readonly #leases = new QuotaLeases();

  constructor(ports: OrganizationQuotaPorts) {
    this.#ports = ports;
  }

  /** How many there may be of what is created, by its own word and by the operator's. */
  get caps(): readonly Caps[] {
    return [this.#ports.operatorCaps, this.ownCaps];
  }

  /** By its own word alone: its clusters know the operator's themselves. */
  get ownCaps(): Caps {
    return capsOf(this.describe());
  }

  describe(): QuotaSettings {
    return this.#ports.store.load().quotas;
  }

  alter(actor: Actor, changes: QuotaSettings): Result<QuotaSettings> {
    const altered = alterQuotas(this.describe(), changes);
    if (!altered.ok) return altered;
    const { sql, store, audit, clock, queueClusters } = this.#ports;
    sql.transaction(() => {
      store.setQuotas(altered.value);
      store.advanceEpoch();
      for (const change of changes) {
        const resource = JSON.stringify(change);
        audit.record(auditEvent(actor, { atMs: clock.nowMs(), action: 'quotas.alter', resource }));
      }
      if (changes.some(({ type }) => type === 'organization')) queueClusters();
    });
    return altered;
  }

  lease(wanted: readonly LeaseWanted[]): Result<readonly Lease[]> {
    return ok(this.#leases.lease(allRates(this.describe()), wanted, this.#ports.clock.nowMs()));
  }
}
