import { failed, type Result } from '../errors/result.ts';
import type { PartitionRef } from '../log/partition-ref.ts';
import type { CatalogRpc, TopicRoute } from '../topics/catalog-rpc.ts';
import { attemptsMax, failureOf, pauseBeforeRetryMs } from './broken-call.ts';
import type { CallOptions, ObjectDirectory, PartitionCaller, PartitionStub, TopicRoutes } from './ports.ts';

type Attempt<T> = (stub: PartitionStub, ref: PartitionRef, configVersion: number) => Promise<Result<T>>;

/** {@link PartitionCaller} over the objects themselves. */
export class DirectPartitionCaller implements PartitionCaller {
  readonly #directory: ObjectDirectory;
  readonly #catalog: CatalogRpc;
  readonly #routes: TopicRoutes;
  readonly #random: () => number;
  readonly #pause: (ms: number) => Promise<void>;

  constructor(ports: {
    readonly directory: ObjectDirectory;
    readonly catalog: CatalogRpc;
    readonly routes: TopicRoutes;
    readonly random: () => number;
    readonly pause: (ms: number) => Promise<void>;
  }) {
    this.#directory = ports.directory;
    this.#catalog = ports.catalog;
    this.#routes = ports.routes;
    this.#random = ports.random;
    this.#pause = ports.pause;
  }

  async call<T>(route: TopicRoute, partition: number, attempt: Attempt<T>, options: CallOptions): Promise<Result<T>> {
    const history = { wasInterrupted: false };
    const result = await this.#tryAll(route, partition, attempt, options, history);
    if (result.ok || !history.wasInterrupted || options.changes !== true) return result;
    if (result.error.code === 'UNKNOWN_OUTCOME') return result;
    return failed(
      'UNKNOWN_OUTCOME',
      `The partition was interrupted, and the request may have taken effect; it was tried again and failed: ${result.error.message}`,
    );
  }

  async #tryAll<T>(
    route: TopicRoute,
    partition: number,
    attempt: Attempt<T>,
    options: CallOptions,
    history: { wasInterrupted: boolean },
  ): Promise<Result<T>> {
    let current = route;
    let result = await this.#tryOnce(current, partition, attempt, options);
    for (let tries = 1; tries < attemptsMax && !result.ok; tries += 1) {
      const { code } = result.error;
      if (code === 'GRANT_REQUIRED') {
        const granted = await this.#grant(current, partition);
        if (!granted.ok) return granted;
      } else if (isStale(code)) {
        const renewed = await this.#renew(current, partition, options);
        if (!renewed.ok) return renewed;
        current = renewed.value;
      } else if (code === 'UNKNOWN_OUTCOME' && options.repeatable) {
        history.wasInterrupted = true;
        await this.#pause(pauseBeforeRetryMs(tries, this.#random));
      } else {
        return result;
      }
      result = await this.#tryOnce(current, partition, attempt, options);
    }
    return result;
  }

  async #tryOnce<T>(
    route: TopicRoute,
    partition: number,
    attempt: Attempt<T>,
    options: CallOptions,
  ): Promise<Result<T>> {
    const { orgId, clusterId, topicId } = route;
    const ref = { orgId, clusterId, topicId, partition };
    try {
      return await attempt(this.#directory.partition(ref), ref, route.configVersion);
    } catch (thrown) {
      const advice = options.repeatable ? 'Retry.' : 'Retry with an Idempotency-Key or a producer sequence.';
      return failureOf(thrown, 'partition', advice);
    }
  }

  /** Gives the partition its identity, or the newest config of its topic. */
  async #grant(route: TopicRoute, partition: number): Promise<Result<unknown>> {
    const { orgId, clusterId, topicId } = route;
    const cluster = { orgId, clusterId };
    const granted = await this.#catalog.grantPartition(cluster, topicId, partition);
    if (!granted.ok) {
      if (isStale(granted.error.code)) this.#routes.forget(route.topic);
      return granted;
    }
    return this.#tryOnce(route, partition, (stub) => stub.initialize(granted.value), { repeatable: true });
  }

  /** The topic was deleted, and perhaps created anew, since the route was cached. */
  async #renew(stale: TopicRoute, partition: number, options: CallOptions): Promise<Result<TopicRoute>> {
    this.#routes.forget(stale.topic);
    if (options.isSameTopic === true) {
      return failed('UNKNOWN_TOPIC_OR_PARTITION', `Topic ${stale.topic} was deleted, and perhaps created anew.`);
    }
    const found = await this.#routes.find(stale.topic);
    if (!found.ok) return found;
    const isNew = found.value.topicId !== stale.topicId && partition < found.value.partitionCount;
    return isNew ? found : failed('UNKNOWN_TOPIC_OR_PARTITION', `Topic ${stale.topic} is being deleted.`);
  }
}

function isStale(code: string): boolean {
  return code === 'UNKNOWN_TOPIC_ID' || code === 'WRONG_OBJECT';
}
