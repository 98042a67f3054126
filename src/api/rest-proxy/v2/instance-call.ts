import type { z } from 'zod';
import { checkEach } from '../../../authorization/access-check.ts';
import { ok, type Result } from '../../../errors/result.ts';
import type { InstanceName } from '../../../gateway/instance-consumer.ts';
import type { TopicPartition } from '../../../groups/committed-offset.ts';
import type { NamedPartition } from '../../../groups/instances/consumer-instance.ts';
import { limits } from '../../../limits.ts';
import { checkJson, readBody, readJson } from '../../request-body.ts';
import { consumerTypes } from '../media-types.ts';
import { pathParameter, type RestCall } from '../rest-call.ts';

/** Which consumer instance a path means. */
export const instanceOf = (call: RestCall): InstanceName => ({
  groupId: pathParameter(call, 'group_name'),
  name: pathParameter(call, 'instance'),
});

/** Partitions that a body names: they exist, and may be read. */
export async function namedPartitions<Place extends TopicPartition>(
  call: RestCall,
  places: readonly Place[],
): Promise<Result<(Place & NamedPartition)[]>> {
  const { groups, principal } = call.services;
  const topics = places.map(({ topic }) => topic);
  const allowed = checkEach(principal, 'READ', 'TOPIC', topics);
  return allowed.ok ? groups.instances.named(places) : allowed;
}

/** The body of a call about consumers, which may be of any of v2's types. */
export function readConsumerBody<Body>(call: RestCall, schema: z.ZodType<Body>): Promise<Result<Body>> {
  return readJson(call.request, schema, consumerTypes);
}

/** As {@link readConsumerBody}; null when there is nothing in it, which stands for a default whatever its type. */
export async function readOptionalBody<Body>(
  { request }: RestCall,
  schema: z.ZodType<Body>,
): Promise<Result<Body | null>> {
  const body = await readBody(request, limits.controlBodyBytes.value);
  if (!body.ok) return body;
  return body.value.length === 0 ? ok(null) : checkJson(request.headers, body.value, schema, consumerTypes);
}
