import { checkAccess } from '../authorization/access-check.ts';
import type { Access } from '../authorization/authorize.ts';
import { failed, ok, type Result } from '../errors/result.ts';
import type { TopicRoute } from '../topics/catalog-rpc.ts';
import type { KafkaServices } from './kafka-services.ts';
import { zeroUuid } from './wire/byte-reader.ts';

/** A topic as requests name it: early versions by name, later ones by id. */
export type NamedTopic = { readonly name: string } | { readonly topicId: string };

/**
 * The topic, when it is there and the principal may do the operation with it. Whether there is a topic of a name is told
 * to nobody who may not ask; who knows an id was told it.
 */
export async function findTopic(
  { principal, routes, topicsById }: KafkaServices,
  topic: NamedTopic,
  operation: Access['operation'],
): Promise<Result<TopicRoute>> {
  const mayUse = (resourceName: string) => checkAccess(principal, { operation, resourceType: 'TOPIC', resourceName });
  if ('name' in topic) {
    const may = mayUse(topic.name);
    return may.ok ? routes.find(topic.name) : may;
  }
  const route = await topicsById.find(topic.topicId);
  if (!route.ok) return route;
  const may = mayUse(route.value.topic);
  return may.ok ? route : may;
}

/** How a request of a version that has ids from `idsFrom` on names a topic. */
export function namedBy(version: number, idsFrom: number, name: string, topicId: string): NamedTopic {
  return version < idsFrom ? { name } : { topicId };
}

/** The partition's own route; UNKNOWN_TOPIC_OR_PARTITION when the topic has none of this number. */
export function checkPartition(route: TopicRoute, partition: number): Result<TopicRoute> {
  if (partition >= 0 && partition < route.partitionCount) return ok(route);
  return failed(
    'UNKNOWN_TOPIC_OR_PARTITION',
    `Topic "${route.topic}" has partitions 0 to ${route.partitionCount - 1}, not ${partition}.`,
  );
}

/** Whether a request leaves the id out. */
export const hasNoId = (topicId: string): boolean => topicId === zeroUuid;
