import type { ExcessConnections, HeldConnections } from '../authorization/connection-cap.ts';
import { ok, type Result } from '../errors/result.ts';
import type { Caps } from '../limits/caps.ts';
import type { OperatorRates } from '../limits/operator-rates.ts';
import type { Clock } from '../platform/clock.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import { type AuditSink, auditEvent } from './audit-sink.ts';
import { ConnectionCounts } from './connection-counts.ts';
import type { Actor } from './organization-rpc.ts';
import type { OrganizationStore } from './organization-store.ts';
import { type Lease, type LeaseWanted, QuotaLeases } from './quota-leases.ts';
import {
  allRates,
  alterQuotas,
  capsOf,
  connectionsOfKey,
  effectiveQuotas,
  type QuotaSettings,
} from './quota-settings.ts';

export type OrganizationQuotaPorts = {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly audit: AuditSink;
  /** What no organization may have more of. */
  readonly operatorCaps: Caps;
  readonly operatorRates: OperatorRates;
  readonly store: OrganizationStore;
  /** Has the clusters told what they may have: part of a transaction. */
  readonly queueClusters: () => void;
};

/** How much of the platform an organization may use: a second, and altogether. */
export class OrganizationQuotas {
  readonly #ports: OrganizationQuotaPorts;
  readonly #leases = new QuotaLeases();
  readonly #connections = new ConnectionCounts();

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

  /** By its own word and by the operator's. */
  get effective(): QuotaSettings {
    const { operatorRates, operatorCaps } = this.#ports;
    return effectiveQuotas(this.describe(), operatorRates, operatorCaps);
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

  /** What a holder has of connections now; answers how many of them are too many. */
  holdConnections(holder: string, held: readonly HeldConnections[]): Result<readonly ExcessConnections[]> {
    const settings = this.effective;
    const caps = {
      organization: capsOf(settings).connections ?? null,
      ofAccount: (account: string) => connectionsOfKey(settings, account) ?? null,
    };
    return ok(this.#connections.settle(holder, held, caps, this.#ports.clock.nowMs()));
  }

  lease(wanted: readonly LeaseWanted[]): Result<readonly Lease[]> {
    return ok(this.#leases.lease(allRates(this.effective), wanted, this.#ports.clock.nowMs()));
  }
}
