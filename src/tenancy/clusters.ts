import { failed, ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import type { Clock } from '../platform/clock.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import { type AuditSink, auditEvent } from './audit-sink.ts';
import type { RandomBytes } from './base62.ts';
import { checkName } from './names.ts';
import type { Errand } from './organization-outbox.ts';
import { issueId } from './organization-ref.ts';
import type { Actor, ClusterDescription } from './organization-rpc.ts';
import type { OrganizationStore } from './organization-store.ts';

export type ClusterPorts = {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly audit: AuditSink;
  /** Has another object told: part of a transaction. */
  readonly queue: (errand: Errand) => void;
};

/** The clusters of an organization. */
export class Clusters {
  readonly #ports: ClusterPorts;
  readonly #store: OrganizationStore;

  constructor(ports: ClusterPorts, store: OrganizationStore) {
    this.#ports = ports;
    this.#store = store;
  }

  create(actor: Actor, name: string): Result<ClusterDescription> {
    const { sql, clock, randomBytes, audit } = this.#ports;
    const checked = checkName('name', name);
    if (!checked.ok) return checked;
    if (this.#store.load().state !== 'ACTIVE') {
      return failed('ILLEGAL_STATE', 'The organization is being deleted: nothing new is made in it.');
    }
    const { length } = this.#store.clusters();
    const max = limits.clustersPerOrganization.value;
    if (length >= max) {
      return failed('LIMIT_REACHED', `The organization has ${length} clusters, ${max} are the most.`, { max });
    }
    const clusterId = issueId(randomBytes);
    sql.transaction(() => {
      this.add(clusterId, name);
      audit.record(auditEvent(actor, { atMs: clock.nowMs(), action: 'clusters.create', resource: clusterId }));
    });
    return ok(this.#store.clusters().find((cluster) => cluster.clusterId === clusterId)!);
  }

  /** Inside the transaction of a caller that does more. */
  add(clusterId: string, name: string): void {
    this.#store.insertCluster(clusterId, name, this.#ports.clock.nowMs());
    this.#store.advanceEpoch();
    this.#ports.queue({ kind: 'cluster', target: clusterId });
    this.#ports.queue({ kind: 'directory', target: '' });
  }

  /** Those that can be worked in, the oldest first. */
  open(): string[] {
    if (this.#store.load().state !== 'ACTIVE') return [];
    const open = this.#store.clusters().filter((cluster) => cluster.state === 'ACTIVE');
    return open.map((cluster) => cluster.clusterId);
  }

  isOpen(clusterId: string): boolean {
    return this.open().includes(clusterId);
  }
}
