import { failed, type Result } from '../errors/result.ts';
import type { PartitionRef } from '../log/partition-ref.ts';
import type { TopicRoute } from '../topics/catalog-rpc.ts';
import type { CallOptions, ObjectDirectory, PartitionCaller, PartitionStub, TopicRoutes } from './ports.ts';

/** How often one call is tried in all; more would turn a slow object into a storm. */
const attemptsMax = 4;

/** The pause before the second try; it doubles, and a random part of it is taken so that callers spread. */
const firstPauseMs = 50;

type Attempt<T> = (stub: PartitionStub, ref: PartitionRef, configVersion: number) => Promise<Result<T>>;

/** {@link PartitionCaller} over the objects themselves. */
export class DirectPartitionCaller implements PartitionCaller {
  readonly #directory: ObjectDirectory;
  readonly #routes: TopicRoutes;
  readonly #random: () => number;
  readonly #pause: (ms: number) => Promise<void>;

  constructor(ports: {
    readonly directory: ObjectDirectory;
    readonly routes: TopicRoutes;
    readonly random: () => number;
    readonly pause: (ms: number) => Promise<void>;
  }) {
    this.#directory = ports.directory;
    this.#routes = ports.routes;
    this.#random = ports.random;
    this.#pause = ports.pause;
  }

  async call<T>(route: TopicRoute, partition: number, attempt: Attempt<T>, options: CallOptions): Promise<Result<T>> {
    let current = route;
    let result = await this.#tryOnce(current, partition, attempt, options);
    for (let tries = 1; tries < attemptsMax && !result.ok; tries += 1) {
      const { code } = result.error;
      if (code === 'GRANT_REQUIRED') {
        const granted = await this.#grant(current, partition);
        if (!granted.ok) return granted;
      } else if (isStale(code)) {
        const renewed = await this.#renew(current, partition);
        if (!renewed.ok) return renewed;
        current = renewed.value;
      } else if (code === 'UNKNOWN_OUTCOME' && options.repeatable) {
        await this.#pause(firstPauseMs * 2 ** (tries - 1) * (0.5 + this.#random() / 2));
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
      return failureOf(thrown, options);
    }
  }

  /** Gives the partition its identity, or the newest config of its topic. */
  async #grant(route: TopicRoute, partition: number): Promise<Result<unknown>> {
    const { orgId, clusterId, topicId } = route;
    const cluster = { orgId, clusterId };
    const granted = await this.#directory.catalog(cluster).grantPartition(cluster, topicId, partition);
    if (!granted.ok) {
      if (isStale(granted.error.code)) this.#routes.forget(route.topic);
      return granted;
    }
    return this.#tryOnce(route, partition, (stub) => stub.initialize(granted.value), { repeatable: true });
  }

  /** The topic was deleted, and perhaps created anew, since the route was cached. */
  async #renew(stale: TopicRoute, partition: number): Promise<Result<TopicRoute>> {
    this.#routes.forget(stale.topic);
    const found = await this.#routes.find(stale.topic);
    if (!found.ok) return found;
    const isNew = found.value.topicId !== stale.topicId && partition < found.value.partitionCount;
    return isNew ? found : failed('UNKNOWN_TOPIC_OR_PARTITION', `Topic ${stale.topic} is being deleted.`);
  }
}

function isStale(code: string): boolean {
  return code === 'UNKNOWN_TOPIC_ID' || code === 'WRONG_OBJECT';
}

/**
 * What a broken call means. An object that was reset or moved may have done its work before, so the outcome is unknown
 * unless the runtime says that the call never started; anything else that is thrown is a bug and goes on.
 */
function failureOf(thrown: unknown, options: CallOptions): Result<never> {
  const flags = thrown as { overloaded?: boolean; retryable?: boolean; durableObjectReset?: boolean; remote?: boolean };
  if (flags.overloaded === true) {
    return failed(
      'OVERLOADED',
      'The partition has too many requests waiting; nothing of this one was stored. Retry later.',
    );
  }
  if (flags.retryable === true || flags.durableObjectReset === true || isConnectionLoss(thrown)) {
    const advice = options.repeatable ? 'Retry.' : 'Retry with an Idempotency-Key or a producer sequence.';
    return failed(
      'UNKNOWN_OUTCOME',
      `The partition was interrupted; the request may or may not have taken effect. ${advice}`,
    );
  }
  throw thrown;
}

function isConnectionLoss(thrown: unknown): boolean {
  return thrown instanceof Error && /Network connection lost|was aborted|gave up its memory/.test(thrown.message);
}
