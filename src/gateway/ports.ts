import type { Principal } from '../authorization/principal.ts';
import type { Result } from '../errors/result.ts';
import type { PartitionRef } from '../log/partition-ref.ts';
import type { PartitionRpc } from '../log/partition-rpc.ts';
import type { CatalogRpc, ClusterRef, TopicRoute } from '../topics/catalog-rpc.ts';

/**
 * The gateway is what every door shares (Worker routes, relays, later the Kafka and REST proxy doors): find the
 * topic, choose partitions, encode, call, decode. These ports are what it needs of the platform below it.
 */
export interface ObjectDirectory {
  partition(ref: PartitionRef): PartitionStub;
  catalog(cluster: ClusterRef): CatalogRpc;
}

/** A partition's object as an edge reaches it: its verbs, and its own HTTP face for sockets and pass-through reads. */
export interface PartitionStub extends PartitionRpc {
  fetch(request: Request): Promise<Response>;
}

/** Finds topics by name; answers UNKNOWN_TOPIC_OR_PARTITION for what does not exist. Cached for a few seconds. */
export interface TopicRoutes {
  find(topic: string): Promise<Result<TopicRoute>>;
  /** Forgets what is cached about a topic: it was altered, deleted, or an object called our view stale. */
  forget(topic: string): void;
}

/**
 * Calls a partition's verb with everything that can go wrong handled in one place: a missing grant is fetched and
 * installed, a stale route is refreshed once, a broken stub is replaced and the call retried while that is safe, and
 * an ambiguous loss becomes UNKNOWN_OUTCOME.
 */
export interface PartitionCaller {
  call<T>(
    route: TopicRoute,
    partition: number,
    attempt: (stub: PartitionStub, ref: PartitionRef, configVersion: number) => Promise<Result<T>>,
    options: CallOptions,
  ): Promise<Result<T>>;
}

export type CallOptions = {
  /** True when running the verb twice is harmless: reads, and appends that carry a sequence or an Idempotency-Key. */
  readonly repeatable: boolean;
  /**
   * True when a try that was interrupted may have changed something. What a later try fails with says nothing of it,
   * so the call then fails with UNKNOWN_OUTCOME.
   */
  readonly changes?: boolean;
  /**
   * True when the call is about offsets of this very topic: it then fails with UNKNOWN_TOPIC_OR_PARTITION when the topic
   * was deleted, instead of going to the one that took over its name.
   */
  readonly isSameTopic?: boolean;
};

/**
 * Finds out on whose behalf a request comes. SASL_AUTHENTICATION_FAILED for a request without a valid credential. What
 * is wrong with the credential's form is found without a call of any object.
 */
export interface Credentials {
  /** `host` is where it comes from, for the log of those who are turned away. */
  resolve(request: Request, host?: string): Promise<Result<Principal>>;
}
