import { ok, type Result } from '../errors/result.ts';
import type { Clock } from '../platform/clock.ts';
import type { CatalogRpc, ClusterRef, TopicRoute } from '../topics/catalog-rpc.ts';
import type { TopicRoutes } from './ports.ts';

/** A route is used this long without asking again: partitions added meanwhile are used a moment later. */
const routeLifetimeMs = 5_000;

/** Routes an isolate keeps; beyond it the cache starts anew. */
const cachedRoutes = 5_000;

/** Topic routes as one isolate remembers them. What does not exist is not remembered, so a new topic is found at once. */
export class TopicRouteCache implements TopicRoutes {
  readonly #catalog: CatalogRpc;
  readonly #cluster: ClusterRef;
  readonly #clock: Clock;
  readonly #routes: Map<string, CachedRoute>;

  /** `routes` outlives the request; the catalog's stub belongs to it. */
  constructor(catalog: CatalogRpc, cluster: ClusterRef, clock: Clock, routes: Map<string, CachedRoute>) {
    this.#catalog = catalog;
    this.#cluster = cluster;
    this.#clock = clock;
    this.#routes = routes;
  }

  async find(topic: string): Promise<Result<TopicRoute>> {
    const key = this.#key(topic);
    const cached = this.#routes.get(key);
    const nowMs = this.#clock.nowMs();
    if (cached !== undefined && cached.untilMs > nowMs) return ok(cached.route);
    const found = await this.#catalog.describeTopic(this.#cluster, topic);
    if (!found.ok) {
      this.#routes.delete(key);
      return found;
    }
    if (this.#routes.size >= cachedRoutes) this.#routes.clear();
    this.#routes.set(key, { route: found.value, untilMs: nowMs + routeLifetimeMs });
    return ok(found.value);
  }

  forget(topic: string): void {
    this.#routes.delete(this.#key(topic));
  }

  #key(topic: string): string {
    return `${this.#cluster.clusterId.length}:${this.#cluster.clusterId}${topic}`;
  }
}

export type CachedRoute = { readonly route: TopicRoute; readonly untilMs: number };
