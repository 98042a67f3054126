import type { ExcessConnections, HeldConnections } from '../authorization/connection-cap.ts';
import { ok, type Result } from '../errors/result.ts';
import { type Caps, type ClusterCaps, overridden } from '../limits/caps.ts';
import type { OperatorQuotas, OperatorRates, QuotaOverrides } from '../limits/operator-rates.ts';
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
  type QuotaDescription,
  type QuotaSettings,
  storageMaxOf,
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

  /** What the operator bounds the organization to: as all, but for what is said of it alone. */
  get operator(): OperatorQuotas {
    const { operatorRates, operatorCaps, store } = this.#ports;
    const { rates, caps } = store.load().overrides;
    return { rates: overridden(operatorRates, rates), caps: overridden(operatorCaps, caps) };
  }

  /** How many there may be of what is created, by its own word and by the operator's. */
  get caps(): readonly Caps[] {
    return [this.operator.caps, this.#ownCaps];
  }

  /** What its clusters are told: they know themselves what the operator says of all. */
  get clusterCaps(): ClusterCaps {
    const { caps } = this.#ports.store.load().overrides;
    return Object.keys(caps).length === 0 ? this.#ownCaps : { ...this.#ownCaps, operator: caps };
  }

  /** By its own word and by the operator's. */
  get effective(): QuotaSettings {
    return effectiveQuotas(this.#settings, this.operator);
  }

  /** How many bytes may be kept; null when that is not bounded. */
  get storageMaxBytes(): number | null {
    return storageMaxOf(...this.caps);
  }

  get #settings(): QuotaSettings {
    return this.#ports.store.load().quotas;
  }

  get #ownCaps(): Caps {
    return capsOf(this.#settings);
  }

  describe(storedBytes: number): QuotaDescription {
    const { quotas: settings, overrides } = this.#ports.store.load();
    return { settings, overrides, operator: this.operator, storedBytes };
  }

  alter(actor: Actor, changes: QuotaSettings): Result<QuotaSettings> {
    const altered = alterQuotas(this.#settings, changes);
    if (!altered.ok) return altered;
    this.#ports.sql.transaction(() => {
      this.#ports.store.setQuotas(altered.value);
      this.#ports.store.advanceEpoch();
      for (const change of changes) this.#record(actor, 'quotas.alter', change);
      if (changes.some(({ type }) => type === 'organization')) this.#ports.queueClusters();
    });
    return altered;
  }

  /** What the operator says of this organization from now on, in the place of all that was said of it before. */
  override(actor: Actor, overrides: QuotaOverrides): void {
    this.#ports.sql.transaction(() => {
      this.#ports.store.setOverrides(overrides);
      this.#ports.store.advanceEpoch();
      this.#record(actor, 'quotas.override', overrides);
      this.#ports.queueClusters();
    });
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

  /** Part of a transaction. */
  #record(actor: Actor, action: string, what: object): void {
    const { audit, clock } = this.#ports;
    audit.record(auditEvent(actor, { atMs: clock.nowMs(), action, resource: JSON.stringify(what) }));
  }
}
