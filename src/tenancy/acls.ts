import { type AclBinding, checkAclBinding } from '../authorization/acl-binding.ts';
import { type AclFilter, isMeant } from '../authorization/acl-filter.ts';
import { mayHandOn } from '../authorization/delegation.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import { type Caps, checkCap } from '../limits/caps.ts';
import type { Clock } from '../platform/clock.ts';
import type { SqlStore } from '../platform/sql-store.ts';
import { AclStore } from './acl-store.ts';
import { type AuditSink, auditEvent } from './audit-sink.ts';
import type { Actor } from './organization-rpc.ts';

export type AclPorts = {
  readonly sql: SqlStore;
  readonly clock: Clock;
  readonly audit: AuditSink;
  /** How many there may be of what is created here. */
  readonly caps: () => readonly Caps[];
};

/** The ACLs of an organization's clusters; whoever changes them changes those of their own cluster. */
export class Acls {
  readonly store: AclStore;
  readonly #ports: AclPorts;
  readonly #takeRights: () => void;

  /** `takeRights` makes stale what is remembered: part of the transaction that changes a rule. */
  constructor(ports: AclPorts, takeRights: () => void) {
    this.#ports = ports;
    this.#takeRights = takeRights;
    this.store = new AclStore(ports.sql);
  }

  create(actor: Actor, bindings: readonly AclBinding[]): Result<null> {
    const bad = bindings.map(checkAclBinding).find((checked) => !checked.ok);
    if (bad !== undefined && !bad.ok) return bad;
    if (!bindings.every((binding) => binding.permission === 'DENY' || mayHandOn(actor.principal, binding))) {
      return failed(
        'CLUSTER_AUTHORIZATION_FAILED',
        `${actor.principal.id} may not allow others what it may not do itself.`,
      );
    }
    const { clusterId } = actor.principal;
    return this.#ports.sql.transaction(() => {
      const capped = checkCap('acls', this.store.count(clusterId) + bindings.length, ...this.#ports.caps());
      if (!capped.ok) return capped;
      for (const binding of bindings) {
        this.store.insert(clusterId, binding);
        this.#record(actor, 'acls.create', binding);
      }
      this.#takeRights();
      return ok(null);
    });
  }

  list(clusterId: string, filter: AclFilter): AclBinding[] {
    return this.store.list(clusterId).filter((binding) => isMeant(binding, filter));
  }

  /** Deletes all that the filter means, and answers them. */
  delete(actor: Actor, filter: AclFilter): AclBinding[] {
    const { clusterId } = actor.principal;
    const deleted = this.list(clusterId, filter);
    this.#ports.sql.transaction(() => {
      for (const binding of deleted) {
        this.store.delete(clusterId, binding);
        this.#record(actor, 'acls.delete', binding);
      }
      if (deleted.length > 0) this.#takeRights();
    });
    return deleted;
  }

  #record(actor: Actor, action: string, binding: AclBinding): void {
    const atMs = this.#ports.clock.nowMs();
    this.#ports.audit.record(auditEvent(actor, { atMs, action, resource: JSON.stringify(binding) }));
  }
}
