import { failed, type Result } from '../errors/result.ts';
import type { CatalogRpc, ClusterRef, TopicRoute } from '../topics/catalog-rpc.ts';
import type { TopicRoutes } from './ports.ts';

/** Names an isolate remembers; beyond it the memory starts anew. A topic keeps its name, and an id is never used again. */
const rememberedNames = 10_000;

/** Finds topics by their ids, as clients do that want to notice when a name passes on to another topic. */
export class TopicsById {
  readonly #catalog: Pick<CatalogRpc, 'findTopics'>;
  readonly #cluster: ClusterRef;
  readonly #routes: TopicRoutes;
  readonly #names: Map<string, string>;

  /** `names` outlives the request. */
  constructor(ports: {
    readonly catalog: Pick<CatalogRpc, 'findTopics'>;
    readonly cluster: ClusterRef;
    readonly routes: TopicRoutes;
    readonly names: Map<string, string>;
  }) {
    this.#catalog = ports.catalog;
    this.#cluster = ports.cluster;
    this.#routes = ports.routes;
    this.#names = ports.names;
  }

  /** UNKNOWN_TOPIC_ID when no topic has the id. */
  async find(topicId: string): Promise<Result<TopicRoute>> {
    const name = this.#names.get(this.#keyOf(topicId)) ?? (await this.#ask(topicId));
    if (typeof name !== 'string') return name;
    const route = await this.#routes.find(name);
    if (route.ok && route.value.topicId === topicId) return route;
    this.#names.delete(this.#keyOf(topicId));
    const isGone = route.ok || route.error.code === 'UNKNOWN_TOPIC_OR_PARTITION';
    return isGone ? unknownTopicId(topicId) : route;
  }

  async #ask(topicId: string): Promise<string | Result<never>> {
    const found = await this.#catalog.findTopics(this.#cluster, { ids: [topicId] });
    if (!found.ok) return found;
    const topic = found.value.topics[0];
    if (topic === undefined) return unknownTopicId(topicId);
    if (this.#names.size >= rememberedNames) this.#names.clear();
    this.#names.set(this.#keyOf(topicId), topic.topic);
    return topic.topic;
  }

  #keyOf(topicId: string): string {
    return `${this.#cluster.clusterId}/${topicId}`;
  }
}

const unknownTopicId = (topicId: string) => failed('UNKNOWN_TOPIC_ID', `There is no topic of the id ${topicId}.`);
