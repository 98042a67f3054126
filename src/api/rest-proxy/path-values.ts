import { failed, ok, type Result } from '../../errors/result.ts';
import type { TopicRoute } from '../../topics/catalog-rpc.ts';
import { nominalBrokerId } from '../../topics/nominal-broker.ts';
import { refused } from './refusal.ts';
import { pathParameter, type RestCall } from './rest-call.ts';

const maxShownCharacters = 50;

/** The `{broker_id}` of a path: there is one. */
export function brokerOf(call: RestCall): Result<number> {
  const id = pathParameter(call, 'broker_id');
  if (id === String(nominalBrokerId)) return ok(nominalBrokerId);
  return refused(
    404,
    'ROUTE_NOT_FOUND',
    `Broker ${id.slice(0, maxShownCharacters)} cannot be found; the cluster shows one, ${nominalBrokerId}.`,
  );
}

/** The topic and the partition of a path, both of which exist. */
export async function partitionOf(
  call: RestCall,
): Promise<Result<{ readonly route: TopicRoute; readonly partition: number }>> {
  const route = await call.services.routes.find(pathParameter(call, 'topic_name'));
  if (!route.ok) return route;
  const text = pathParameter(call, 'partition_id');
  const partition = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (partition < route.value.partitionCount) return ok({ route: route.value, partition });
  return failed(
    'UNKNOWN_TOPIC_OR_PARTITION',
    `Topic ${route.value.topic} has partitions 0 to ${route.value.partitionCount - 1}, not "${text.slice(0, maxShownCharacters)}".`,
    { partition: text.slice(0, maxShownCharacters) },
  );
}
