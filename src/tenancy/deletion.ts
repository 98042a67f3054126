import { failed, ok, type Result } from '../errors/result.ts';
import type { AlarmClock } from '../platform/alarm.ts';
import type { Clock } from '../platform/clock.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import type { ClusterRef } from '../topics/catalog-rpc.ts';
import type { AclStore } from './acl-store.ts';
import { ApiKeyStore } from './api-key-store.ts';
import { type AuditSink, auditEvent } from './audit-sink.ts';
import { type ClusterDeletionPorts, deleteSomeOfCluster } from './cluster-deletion.ts';
import type { Errand } from './organization-outbox.ts';
import type { Actor } from './organization-rpc.ts';
import type { OrganizationStore } from './organization-store.ts';

export type DeletionPorts = ClusterDeletionPorts & {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly audit: AuditSink;
  /** Has another object told: part of a transaction. */
  readonly queue: (errand: Errand) => void;
  readonly alarm: AlarmClock;
  /** The organization is gone. */
  readonly leaveDirectory: (orgId: string) => Promise<Result<unknown>>;
  /** Makes stale what is remembered, and has holders of sockets look again: part of a transaction. */
  readonly takeRights: () => void;
};

/** After the directory could not be told it is told again this much later. */
const finishRetryMs = 60_000;

/**
 * Deleting clusters, and the organization with all of them. What is marked as DELETING has no principals from that
 * transaction on; what it holds goes step by step, each repeatable, by an errand of the outbox.
 */
export class Deletion {
  readonly #ports: DeletionPorts;
  readonly #store: OrganizationStore;
  readonly #acls: AclStore;
  readonly #keys: ApiKeyStore;

  constructor(ports: DeletionPorts, store: OrganizationStore, acls: AclStore) {
    this.#ports = ports;
    this.#store = store;
    this.#acls = acls;
    this.#keys = new ApiKeyStore(ports.sql);
  }

  /** Deleting what is being deleted is fine. */
  beginCluster(actor: Actor, clusterId: string): Result<null> {
    return this.#ports.sql.transaction(() => {
      const cluster = this.#store.clusters().find((one) => one.clusterId === clusterId);
      if (cluster === undefined) {
        return failed('UNKNOWN_RESOURCE', `There is no cluster ${JSON.stringify(clusterId.slice(0, 100))}.`);
      }
      if (cluster.state === 'DELETING') return ok(null);
      if (actor.principal.clusterId === clusterId) {
        return failed(
          'ILLEGAL_STATE',
          'The credential is of this cluster, and would end with it: delete it with one of another cluster, or delete the organization.',
        );
      }
      this.#mark(clusterId);
      this.#ports.takeRights();
      this.#record(actor, 'clusters.delete', clusterId);
      return ok(null);
    });
  }

  beginOrganization(actor: Actor): Result<null> {
    return this.#ports.sql.transaction(() => {
      const { orgId, state } = this.#store.load();
      if (state === 'DELETING') return ok(null);
      this.#store.markDeleting();
      for (const { clusterId } of this.#store.clusters()) this.#mark(clusterId);
      this.#ports.queue({ kind: 'directory', target: '' });
      this.#ports.takeRights();
      this.#record(actor, 'organizations.delete', orgId);
      return ok(null);
    });
  }

  /** The next part of a cluster's end; fails as long as there is more to do, so that it is done again. */
  async run(clusterId: string): Promise<Result<null>> {
    const { orgId } = this.#store.load();
    const cluster: ClusterRef = { orgId, clusterId };
    const done = await deleteSomeOfCluster(this.#ports, cluster, this.#ports.clock.nowMs());
    if (!done.ok) return done;
    const { progress, isOver } = done.value;
    this.#ports.sql.transaction(() => {
      this.#store.saveRemains(clusterId, progress);
      if (isOver) this.#remove(clusterId);
    });
    return isOver ? ok(null) : failed('OVERLOADED', 'There is more of the cluster to delete.');
  }

  /**
   * Whether the organization is gone, but for its own rows: it is being deleted, has no cluster left, and the directory
   * has forgotten it and its issuers.
   */
  async finish(): Promise<boolean> {
    const { orgId, state } = this.#store.load();
    if (state !== 'DELETING' || this.#store.clusters().length > 0) return false;
    const left = await this.#ports.leaveDirectory(orgId);
    if (!left.ok) await this.#ports.alarm.armBy(this.#ports.clock.nowMs() + finishRetryMs);
    return left.ok;
  }

  #mark(clusterId: string): void {
    this.#store.markClusterDeleting(clusterId);
    this.#ports.queue({ kind: 'end', target: clusterId });
  }

  #remove(clusterId: string): void {
    this.#acls.deleteOfCluster(clusterId);
    this.#keys.deleteOfCluster(clusterId);
    this.#store.deleteCluster(clusterId);
    this.#store.advanceEpoch();
    this.#ports.queue({ kind: 'directory', target: '' });
  }

  #record(actor: Actor, action: string, resource: string): void {
    this.#ports.audit.record(auditEvent(actor, { atMs: this.#ports.clock.nowMs(), action, resource }));
  }
}
