import type { ObjectDirectory, PartitionStub } from '../../gateway/ports.ts';
import { type GroupRef, groupObjectName } from '../../groups/group-ref.ts';
import type { GroupRelayRpc, GroupRpc } from '../../groups/group-rpc.ts';
import type { ShareGroupRpc } from '../../groups/share/share-group-rpc.ts';
import type { SharePartitionRpc } from '../../groups/share/share-partition-rpc.ts';
import {
  type ShareGroupRef,
  type SharePartitionRef,
  shareGroupObjectName,
  sharePartitionObjectName,
} from '../../groups/share/share-ref.ts';
import type { JobRpc } from '../../jobs/job-rpc.ts';
import { type JobsRef, jobRunnerObjectName } from '../../jobs/jobs-ref.ts';
import { type PartitionRef, partitionObjectName } from '../../log/partition-ref.ts';
import type { RelayRpc } from '../../log/partition-rpc.ts';
import type { DirectoryRpc } from '../../tenancy/directory-rpc.ts';
import { directoryObjectName, organizationObjectName } from '../../tenancy/organization-ref.ts';
import type { OrganizationRpc } from '../../tenancy/organization-rpc.ts';
import type { SocketHolder, SocketHolderRpc } from '../../tenancy/socket-holders.ts';
import type { CatalogRpc, ClusterRef } from '../../topics/catalog-rpc.ts';
import { clusterObjectName } from '../../topics/cluster-object-name.ts';
import { type TransactionRef, transactionObjectName } from '../../transactions/transaction-ref.ts';
import type { TransactionRpc } from '../../transactions/transaction-rpc.ts';
import type { Env } from './env.ts';
import { sha256Hex } from './sha256.ts';

/** How many object ids an isolate keeps, so that a hot partition's name is hashed once. */
const cachedObjectIds = 4_096;

/** The objects of a deployment, by their names. A stub is made anew for each call: one that broke stays broken. */
export class DurableObjectDirectory implements ObjectDirectory {
  readonly #env: Env;
  readonly #partitionIds = new Map<string, DurableObjectId>();

  constructor(env: Env) {
    this.#env = env;
  }

  partition(ref: PartitionRef): PartitionStub {
    return asRpc<PartitionStub>(this.#env.PARTITION.get(this.#partitionId(ref)));
  }

  catalog(cluster: ClusterRef): CatalogRpc {
    return catalogStub(this.#env, cluster);
  }

  group(ref: GroupRef): GroupRpc {
    return asRpc<GroupRpc>(this.#env.GROUP.getByName(groupName(ref)));
  }

  transaction(ref: TransactionRef): TransactionRpc {
    return asRpc<TransactionRpc>(this.#env.TRANSACTION.getByName(transactionName(ref)));
  }

  jobs(ref: JobsRef): JobRpc {
    return asRpc<JobRpc>(this.#env.JOBS.getByName(jobRunnerObjectName(ref)));
  }

  shareGroup(ref: ShareGroupRef): ShareGroupRpc {
    return asRpc<ShareGroupRpc>(this.#env.SHARE_GROUP.getByName(shareGroupName(ref)));
  }

  sharePartition(ref: SharePartitionRef): SharePartitionRpc {
    return asRpc<SharePartitionRpc>(this.#env.SHARE.getByName(sharePartitionObjectName(ref)));
  }

  #partitionId(ref: PartitionRef): DurableObjectId {
    const name = partitionObjectName(ref);
    const cached = this.#partitionIds.get(name);
    if (cached !== undefined) return cached;
    if (this.#partitionIds.size >= cachedObjectIds) this.#partitionIds.clear();
    const id = this.#env.PARTITION.idFromName(name);
    this.#partitionIds.set(name, id);
    return id;
  }
}

/** The cluster's object. */
export function catalogStub(env: Env, cluster: ClusterRef): CatalogRpc {
  return asRpc<CatalogRpc>(env.CLUSTER.getByName(clusterObjectName(cluster)));
}

/** A relay's object, by the name it registered with. */
export function relayStub(env: Env, relay: string): RelayRpc & GroupRelayRpc {
  return asRpc<RelayRpc & GroupRelayRpc>(env.RELAY.getByName(relay));
}

/** An object that holds sockets, by the name it entered itself with. */
export function socketHolderStub(env: Env, kind: SocketHolder['kind'], name: string): SocketHolderRpc {
  if (kind === 'connection') return asRpc<SocketHolderRpc>(env.CONNECTION.get(env.CONNECTION.idFromString(name)));
  return asRpc<SocketHolderRpc>((kind === 'relay' ? env.RELAY : env.PARTITION).getByName(name));
}

/** An organization's object. */
export function organizationStub(env: Env, orgId: string): OrganizationRpc {
  return asRpc<OrganizationRpc>(env.ORGANIZATION.getByName(organizationObjectName(orgId)));
}

/** The object that knows all organizations. */
export function directoryStub(env: Env): DirectoryRpc {
  return asRpc<DirectoryRpc>(env.DIRECTORY.getByName(directoryObjectName));
}

/** The name of a group's object. */
export function groupName({ clusterId, groupId }: GroupRef): string {
  return groupObjectName(clusterId, sha256Hex(new TextEncoder().encode(groupId)));
}

/** The name of a transaction coordinator's object. */
export function transactionName({ clusterId, transactionalId }: TransactionRef): string {
  return transactionObjectName(clusterId, sha256Hex(new TextEncoder().encode(transactionalId)));
}

/** The name of a share group's object. */
export function shareGroupName({ clusterId, groupId }: ShareGroupRef): string {
  return shareGroupObjectName(clusterId, sha256Hex(new TextEncoder().encode(groupId)));
}

/** The classes behind the bindings implement these verbs; the runtime's own types cannot say so across modules. */
function asRpc<Verbs>(stub: unknown): Verbs {
  return stub as Verbs;
}
