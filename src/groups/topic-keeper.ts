import { failed, ok, type Result } from '../errors/result.ts';
import type { Clock } from '../platform/clock.ts';
import type { CatalogRpc, TopicSummary } from '../topics/catalog-rpc.ts';
import type { AssignableTopic } from './assignors/assignor.ts';
import type { GroupMemory } from './group-memory.ts';
import type { GroupRef } from './group-ref.ts';
import type { GroupSubscription } from './group-state.ts';
import { GroupTopics } from './group-topics.ts';
import { changeTopics } from './membership.ts';

/** All topics of the cluster are looked through for each pattern, so members should share one. */
const maxPatternsPerGroup = 16;

/** Members may join while topics are looked up; whoever looks next finds what is still missing. */
const looksMax = 5;

type KeeperPorts = {
  readonly clock: Clock;
  readonly catalog: (ref: GroupRef) => Pick<CatalogRpc, 'findTopics'>;
  readonly reportError: (error: unknown) => void;
};

/** The group that topics are kept for, and what is to be done after it changed. */
type KeptGroup = { readonly group: () => GroupMemory | null; readonly changed: () => Promise<void> };

/**
 * Keeps a group's view of its topics near the truth: looked up when something is new, again in the background every few
 * seconds while members call. Partitions that were added are divided, topics that were deleted are forgotten together
 * with their offsets.
 */
export class TopicKeeper {
  readonly #ports: KeeperPorts;
  readonly #kept: KeptGroup;
  #topics: GroupTopics | null = null;
  #refreshing: Promise<Result<null>> | null = null;

  constructor(ports: KeeperPorts, kept: KeptGroup) {
    this.#ports = ports;
    this.#kept = kept;
  }

  /** The topics known to exist, in name order. */
  get known(): readonly AssignableTopic[] {
    return this.#topics?.known ?? [];
  }

  /** Sees to it that what a subscription names has been looked up; null asks for nothing new. */
  async ensure(ref: GroupRef, subscription: GroupSubscription | null): Promise<Result<null>> {
    const topics = this.#of(ref);
    if (subscription !== null && topics.lacks(subscription)) {
      if (subscription.pattern !== null && this.#patterns(null).add(subscription.pattern).size > maxPatternsPerGroup) {
        return tooManyPatterns();
      }
      return this.#refresh(ref, subscription);
    }
    const isIdle = this.#kept.group() === null || this.#refreshing !== null;
    if (!isIdle && topics.isStale(this.#ports.clock.nowMs())) {
      void this.#refresh(ref, null).catch(this.#ports.reportError);
    }
    return ok(null);
  }

  /** Looks up again what is known, if that is some time ago. */
  renew(ref: GroupRef): Promise<Result<null>> {
    const isStale = this.#of(ref).isStale(this.#ports.clock.nowMs());
    return isStale ? this.#refresh(ref, null) : Promise.resolve(ok(null));
  }

  /** The topics of these names that exist. */
  async find(ref: GroupRef, names: readonly string[]): Promise<Result<ReadonlyMap<string, TopicSummary>>> {
    const looked = await this.#refresh(ref, { topics: names, pattern: null });
    if (!looked.ok) return looked;
    const named = names.flatMap((name) => this.#of(ref).named(name) ?? []);
    return ok(new Map(named.map((topic) => [topic.topic, topic])));
  }

  /** One look at a time; who comes while another is under way looks after it, unless that one was enough. */
  async #refresh(ref: GroupRef, extra: GroupSubscription | null): Promise<Result<null>> {
    while (this.#refreshing !== null) {
      const refreshed = await this.#refreshing;
      if (refreshed.ok && extra !== null && extra.topics.length > 0 && !this.#of(ref).lacks(extra)) return ok(null);
    }
    this.#refreshing = this.#look(ref, extra);
    try {
      return await this.#refreshing;
    } finally {
      this.#refreshing = null;
    }
  }

  async #look(cluster: GroupRef, extra: GroupSubscription | null): Promise<Result<null>> {
    const topics = this.#of(cluster);
    for (let looks = 1; ; looks += 1) {
      const nowMs = this.#ports.clock.nowMs();
      const looked = await topics.refresh(cluster, this.#names(extra), this.#patterns(extra), nowMs);
      const group = this.#kept.group();
      if (!looked.ok || group === null) return looked;
      const members = [...group.state.members.values()];
      // What a member subscribed to meanwhile was not looked for: it must not be taken for gone.
      if (!members.some(({ subscription }) => topics.lacks(subscription))) return this.#takeOver(group, topics);
      if (looks === looksMax) return ok(null);
    }
  }

  async #takeOver(group: GroupMemory, topics: GroupTopics): Promise<Result<null>> {
    const deletedTopicIds = [...group.topics.values()]
      .filter(({ topic, topicId }) => isDeleted(topics.named(topic), topicId))
      .map(({ topicId }) => topicId);
    const state = changeTopics(group.state, topics.known);
    if (state === group.state && deletedTopicIds.length === 0) return ok(null);
    group.change({ state, deletedTopicIds }, this.#ports.clock.nowMs());
    await this.#kept.changed();
    return ok(null);
  }

  #names(extra: GroupSubscription | null): Set<string> {
    const names = new Set(extra?.topics ?? []);
    const group = this.#kept.group();
    for (const { topic } of group?.topics.values() ?? []) names.add(topic);
    for (const { subscription } of group?.state.members.values() ?? []) {
      for (const topic of subscription.topics) names.add(topic);
    }
    return names;
  }

  #patterns(extra: GroupSubscription | null): Set<string> {
    const patterns = new Set<string>();
    if (extra !== null && extra.pattern !== null) patterns.add(extra.pattern);
    for (const { subscription } of this.#kept.group()?.state.members.values() ?? []) {
      if (subscription.pattern !== null) patterns.add(subscription.pattern);
    }
    return patterns;
  }

  #of(ref: GroupRef): GroupTopics {
    this.#topics ??= new GroupTopics(() => this.#ports.catalog(ref));
    return this.#topics;
  }
}

const isDeleted = (found: TopicSummary | null | undefined, topicId: string): boolean =>
  found === null || (found !== undefined && found.topicId !== topicId);

const tooManyPatterns = (): Result<never> =>
  failed(
    'LIMIT_REACHED',
    `The members of a group have ${maxPatternsPerGroup} patterns at most between them; let them share one.`,
    {
      limit: maxPatternsPerGroup,
    },
  );
