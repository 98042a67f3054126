import { type GroupRef, groupObjectName } from '../../src/groups/group-ref.ts';
import {
  type ShareGroupRef,
  type SharePartitionRef,
  shareGroupObjectName,
  sharePartitionObjectName,
} from '../../src/groups/share/share-ref.ts';
import { type PartitionRef, partitionObjectName } from '../../src/log/partition-ref.ts';
import { HmacSigner } from '../../src/platform/cloudflare/hmac-signer.ts';
import { relayObjectName } from '../../src/relay/relay-object-name.ts';
import { clusterObjectName } from '../../src/topics/cluster-object-name.ts';
import { localCluster } from '../../src/topics/local-cluster.ts';
import { type TransactionRef, transactionObjectName } from '../../src/transactions/transaction-ref.ts';
import { Edge } from './edge.ts';
import { ClosureJudge } from './judges/closure-judge.ts';
import { GroupJudge } from './judges/group-judge.ts';
import { ShareJudge } from './judges/share-judge.ts';
import { TransactionJudge } from './judges/transaction-judge.ts';
import { Network } from './network.ts';
import { type CatalogObject, createCatalogObject } from './objects/catalog-object.ts';
import { createGroupObject, type GroupObject } from './objects/group-object.ts';
import { createPartitionObject, type PartitionObject } from './objects/partition-object.ts';
import { createRelayObject, type RelayObject } from './objects/relay-object.ts';
import {
  createShareGroupObject,
  createSharePartitionObject,
  type ShareGroupObject,
  type SharePartitionObject,
} from './objects/share-objects.ts';
import { createTransactionObject, type TransactionObject } from './objects/transaction-object.ts';
import { SimulatedBlobStore } from './simulated-blob-store.ts';
import type { SimulatedWorld } from './simulated-world.ts';
import { focusOf } from './workload/focus.ts';

/** Few relays and edges, so that clients meet on them. */
const relayShards = 2;
const edgeCount = 2;

/** The whole platform: its objects, made when they are first reached, and the edges in front of them. */
export class Platform {
  readonly world: SimulatedWorld;
  readonly network: Network;
  readonly blobs: SimulatedBlobStore;
  readonly signer = new HmacSigner('the secret of the simulated platform');
  readonly cluster: CatalogObject;
  readonly edges: readonly Edge[];
  readonly relayNames: readonly string[];
  readonly partitions = new Map<string, { readonly ref: PartitionRef; readonly object: PartitionObject }>();
  readonly closureJudge: ClosureJudge;
  readonly groupJudge: GroupJudge;
  readonly shareJudge: ShareJudge;
  readonly transactionJudge: TransactionJudge;
  readonly groups = new Map<string, GroupObject>();
  readonly transactions = new Map<string, TransactionObject>();
  readonly #shareGroups = new Map<string, ShareGroupObject>();
  readonly sharePartitions = new Map<
    string,
    { readonly ref: SharePartitionRef; readonly object: SharePartitionObject }
  >();
  readonly #relays = new Map<string, RelayObject>();
  #topicCount = 0;
  #objectIdCount = 0;

  constructor(world: SimulatedWorld) {
    this.world = world;
    this.network = new Network(world);
    this.blobs = new SimulatedBlobStore(world, this.network);
    this.closureJudge = new ClosureJudge(world);
    this.groupJudge = new GroupJudge(this);
    this.shareJudge = new ShareJudge(this);
    this.transactionJudge = new TransactionJudge(this);
    this.cluster = createCatalogObject(this, clusterObjectName(localCluster));
    this.relayNames = Array.from({ length: relayShards }, (_, shard) =>
      relayObjectName({ cluster: localCluster, shard }),
    );
    this.edges = Array.from({ length: edgeCount }, (_, index) => new Edge(this, `edge-${index}`));
  }

  partition(ref: PartitionRef): PartitionObject {
    const name = partitionObjectName(ref);
    const known = this.partitions.get(name);
    if (known !== undefined) return known.object;
    const object = createPartitionObject(this, name);
    if (focusOf(this.world.seed) === 'transaction')
      object.observer = this.transactionJudge.watchPartition(ref, object.store);
    this.partitions.set(name, { ref, object });
    return object;
  }

  group(ref: GroupRef): GroupObject {
    return madeOnce(this.groups, groupObjectName(ref.clusterId, ref.groupId), (name) =>
      createGroupObject(this, ref, name),
    );
  }

  transaction(ref: TransactionRef): TransactionObject {
    // Named by the id itself instead of its hash, so that a trace says who it is.
    return madeOnce(this.transactions, transactionObjectName(ref.clusterId, ref.transactionalId), () =>
      createTransactionObject(this, ref),
    );
  }

  shareGroup(ref: ShareGroupRef): ShareGroupObject {
    return madeOnce(this.#shareGroups, shareGroupObjectName(ref.clusterId, ref.groupId), (name) =>
      createShareGroupObject(this, ref, name),
    );
  }

  sharePartition(ref: SharePartitionRef): SharePartitionObject {
    return madeOnce(this.sharePartitions, sharePartitionObjectName(ref), () => ({
      ref,
      object: createSharePartitionObject(this, ref),
    })).object;
  }

  relay(name: string): RelayObject {
    let relay = this.#relays.get(name);
    if (relay === undefined) {
      relay = createRelayObject(this, name);
      this.#relays.set(name, relay);
    }
    return relay;
  }

  newTopicId(): string {
    this.#topicCount += 1;
    return `00000000-0000-4000-8000-${String(this.#topicCount).padStart(12, '0')}`;
  }

  newObjectId(): string {
    this.#objectIdCount += 1;
    return `00000000-0000-4000-9000-${String(this.#objectIdCount).padStart(12, '0')}`;
  }

  close(): void {
    for (const object of this.world.objects.values()) object.store.close();
  }
}

function madeOnce<T>(made: Map<string, T>, name: string, make: (name: string) => T): T {
  let found = made.get(name);
  if (found === undefined) {
    found = make(name);
    made.set(name, found);
  }
  return found;
}
