import { ok, type Result } from '../errors/result.ts';
import { limits } from '../limits.ts';
import type { CatalogRpc, ClusterRef, FindTopicsRequest, TopicSummary } from '../topics/catalog-rpc.ts';
import { type AssignableTopic, sortedTopics } from './assignors/assignor.ts';
import type { GroupSubscription } from './group-state.ts';
import { patternOf } from './retarget.ts';

/** What is known of topics is used for this long: partitions added meanwhile are read a moment later. */
const namesLifetimeMs = 5_000;

/** All names of the cluster are looked through for a pattern, so that happens less often. */
const patternsLifetimeMs = 30_000;

/** Pages of topics looked through for one pattern: as many topics as a cluster may have. */
const maxPages = Math.ceil(limits.topicsPerCluster.value / limits.topicsPerPage.max);

/** Topics of the platform's own are read by name only, as Kafka's internal ones. */
const platformTopicPrefix = '__';

/** The cluster's topics as one group has looked them up, in memory only. */
export class GroupTopics {
  readonly #catalog: () => Pick<CatalogRpc, 'findTopics'>;
  readonly #names = new Map<string, TopicSummary | null>();
  readonly #patterns = new Map<string, readonly TopicSummary[]>();
  #namesUntilMs = 0;
  #patternsUntilMs = 0;

  constructor(catalog: () => Pick<CatalogRpc, 'findTopics'>) {
    this.#catalog = catalog;
  }

  /** The topics known to exist, in name order, as many as a group may read. */
  get known(): readonly AssignableTopic[] {
    const found = new Map<string, TopicSummary>();
    for (const topic of this.#names.values()) if (topic !== null) found.set(topic.topicId, topic);
    for (const topics of this.#patterns.values()) for (const topic of topics) found.set(topic.topicId, topic);
    return boundedTopics(found.values());
  }

  /** The topic of this name; null when there is none, undefined when nobody has looked. */
  named(topic: string): TopicSummary | null | undefined {
    return this.#names.get(topic);
  }

  isStale(nowMs: number): boolean {
    return nowMs >= this.#namesUntilMs || (this.#patterns.size > 0 && nowMs >= this.#patternsUntilMs);
  }

  /** Whether a subscription names something that nobody has looked for yet. */
  lacks({ topics, pattern }: GroupSubscription): boolean {
    return topics.some((topic) => !this.#names.has(topic)) || (pattern !== null && !this.#patterns.has(pattern));
  }

  /** Looks up everything these names and patterns mean, and forgets all else. On a failure what was known stays. */
  async refresh(
    cluster: ClusterRef,
    names: ReadonlySet<string>,
    patterns: ReadonlySet<string>,
    nowMs: number,
  ): Promise<Result<null>> {
    const named = await this.#lookUp(cluster, [...names]);
    if (!named.ok) return named;
    const mustScan = nowMs >= this.#patternsUntilMs || [...patterns].some((pattern) => !this.#patterns.has(pattern));
    const matched = mustScan ? await this.#scan(cluster, patterns) : ok(null);
    if (!matched.ok) return matched;
    const found = new Map(named.value.map((topic) => [topic.topic, topic]));
    this.#names.clear();
    for (const name of names) this.#names.set(name, found.get(name) ?? null);
    this.#namesUntilMs = nowMs + namesLifetimeMs;
    if (matched.value !== null) {
      this.#patterns.clear();
      for (const [pattern, topics] of matched.value) this.#patterns.set(pattern, topics);
      this.#patternsUntilMs = nowMs + patternsLifetimeMs;
    }
    return ok(null);
  }

  async #lookUp(cluster: ClusterRef, names: readonly string[]): Promise<Result<TopicSummary[]>> {
    const topics: TopicSummary[] = [];
    for (let at = 0; at < names.length; at += limits.topicsPerPage.max) {
      const page = await this.#find(cluster, { names: names.slice(at, at + limits.topicsPerPage.max) });
      if (!page.ok) return page;
      topics.push(...page.value.topics);
    }
    return ok(topics);
  }

  async #scan(
    cluster: ClusterRef,
    patterns: ReadonlySet<string>,
  ): Promise<Result<Map<string, readonly TopicSummary[]>>> {
    const matched = new Map<string, readonly TopicSummary[]>();
    for (const source of patterns) {
      const pattern = patternOf(source);
      const topics: TopicSummary[] = [];
      let after: string | null = null;
      for (let count = 0; count < maxPages; count++) {
        const request = { prefix: pattern.literalPrefix, after, limit: limits.topicsPerPage.max };
        const page: Awaited<ReturnType<CatalogRpc['findTopics']>> = await this.#find(cluster, request);
        if (!page.ok) return page;
        topics.push(
          ...page.value.topics.filter(({ topic }) => !topic.startsWith(platformTopicPrefix) && pattern.matches(topic)),
        );
        after = page.value.next;
        if (after === null || topics.length >= limits.topicsPerSubscription.value) break;
      }
      matched.set(source, topics.slice(0, limits.topicsPerSubscription.value));
    }
    return ok(matched);
  }

  #find(cluster: ClusterRef, request: FindTopicsRequest) {
    return this.#catalog().findTopics(cluster, request);
  }
}

/** Whole topics in name order, until the next one would go beyond what one group may read. */
function boundedTopics(topics: Iterable<TopicSummary>): AssignableTopic[] {
  const bounded: AssignableTopic[] = [];
  let partitions = 0;
  for (const topic of sortedTopics(topics)) {
    partitions += topic.partitionCount;
    if (partitions > limits.partitionsPerGroup.value) break;
    bounded.push(topic);
  }
  return bounded;
}
