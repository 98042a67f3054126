import { failed, type Result } from '../errors/result.ts';
import type { TopicRoute } from '../topics/catalog-rpc.ts';
import type { TopicRoutes } from './ports.ts';

/** A partition of this very topic: a name may have passed on to a new topic, where offsets of the old mean nothing. */
export type IncarnationPlace = { readonly topic: string; readonly topicId: string; readonly partition: number };

/** How often the catalog is believed to lag behind what the caller knows: what is cached, then what there is. */
const looks = 2;

/** The route of a partition of the topic with this id; UNKNOWN_TOPIC_OR_PARTITION when the name means another now. */
export async function findIncarnation(
  routes: TopicRoutes,
  { topic, topicId, partition }: IncarnationPlace,
): Promise<Result<TopicRoute>> {
  for (let look = 0; look < looks; look++) {
    const route = await routes.find(topic);
    if (!route.ok) return route;
    if (route.value.topicId === topicId && partition < route.value.partitionCount) return route;
    routes.forget(topic);
  }
  return failed('UNKNOWN_TOPIC_OR_PARTITION', `Topic "${topic}" was deleted, or created anew.`);
}
