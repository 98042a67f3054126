import { checkAccess } from '../../authorization/access-check.ts';
import { type AclBinding, checkAclBinding, clusterResource } from '../../authorization/acl-binding.ts';
import type { Access } from '../../authorization/authorize.ts';
import { failed, ok, type Result } from '../../errors/result.ts';
import type { AclEdge } from '../../gateway/acl-edge.ts';
import { bindingOfWire, filtersOfWire, type WireAcl, type WireAclFilter, wireAclOf } from '../acl-numbers.ts';
import { type KafkaCall, kafkaApi } from '../kafka-api.ts';
import { createAclsRequest, createAclsResponse } from '../messages/create-acls.ts';
import { deleteAclsRequest, deleteAclsResponse } from '../messages/delete-acls.ts';
import { describeAclsRequest, describeAclsResponse } from '../messages/describe-acls.ts';
import type { MessageOf } from '../wire/message-codec.ts';
import { noError, wireErrorOf } from '../wire-error.ts';

const versions = { min: 1, max: 3 };

export const describeAclsApi = kafkaApi({
  key: 29,
  name: 'DescribeAcls',
  versions,
  request: describeAclsRequest,
  response: describeAclsResponse,
  handle: describeAcls,
});

export const createAclsApi = kafkaApi({
  key: 30,
  name: 'CreateAcls',
  versions,
  request: createAclsRequest,
  response: createAclsResponse,
  handle: createAcls,
});

export const deleteAclsApi = kafkaApi({
  key: 31,
  name: 'DeleteAcls',
  versions,
  request: deleteAclsRequest,
  response: deleteAclsResponse,
  handle: deleteAcls,
});

async function describeAcls(call: KafkaCall, filter: WireAclFilter) {
  const edge = aclsOf(call, 'DESCRIBE');
  const found = edge.ok ? await collect(filter, (one) => edge.value.list(one)) : edge;
  if (!found.ok) return { errorCode: wireErrorOf(found.error), errorMessage: found.error.message, resources: [] };
  const patterns = Map.groupBy(found.value, (acl) => `${acl.resourceType} ${acl.patternType} ${acl.resourceName}`);
  const resources = [...patterns.values()].map((acls) => ({ ...acls[0]!, acls }));
  return { errorCode: noError, errorMessage: null, resources };
}

/** Each has an answer of its own; those that are good are created at once, and by themselves if that is refused. */
async function createAcls(call: KafkaCall, { creations }: MessageOf<typeof createAclsRequest>) {
  const edge = aclsOf(call, 'ALTER');
  const bindings = creations.map((wire) => (edge.ok ? checked(wire) : edge));
  const good = bindings.filter((binding) => binding.ok).map(({ value }) => value);
  const together = edge.ok && good.length > 0 ? await edge.value.create(good) : edge;
  const results = [];
  for (const binding of bindings) {
    const isAlone = edge.ok && binding.ok && !together.ok && good.length > 1;
    const created = isAlone ? await edge.value.create([binding.value]) : binding.ok ? together : binding;
    if (created.ok) results.push({ errorCode: noError, errorMessage: null });
    else results.push({ errorCode: wireErrorOf(created.error), errorMessage: created.error.message });
  }
  return { results };
}

async function deleteAcls(call: KafkaCall, { filters }: MessageOf<typeof deleteAclsRequest>) {
  const edge = aclsOf(call, 'ALTER');
  const filterResults = [];
  for (const filter of filters) {
    const deleted = edge.ok ? await collect(filter, (one) => edge.value.delete(one)) : edge;
    if (deleted.ok) {
      const matchingAcls = deleted.value.map((acl) => ({ ...acl, errorCode: noError, errorMessage: null }));
      filterResults.push({ errorCode: noError, errorMessage: null, matchingAcls });
    } else {
      const { error } = deleted;
      filterResults.push({ errorCode: wireErrorOf(error), errorMessage: error.message, matchingAcls: [] });
    }
  }
  return { filterResults };
}

/** The ACLs of the cluster, if there are any and the principal may do the operation with it. */
function aclsOf({ services }: KafkaCall, operation: Access['operation']): Result<AclEdge> {
  const { principal, acls } = services;
  const may = checkAccess(principal, { operation, resourceType: 'CLUSTER', resourceName: clusterResource });
  if (!may.ok) return may;
  return acls === null ? withoutAcls() : ok(acls);
}

/** What Kafka answers where no authorizer is configured. */
const withoutAcls = (): Result<never> =>
  failed('SECURITY_DISABLED', 'This platform runs open: it has no ACLs. Start it with --auth to have them.');

function checked(wire: Omit<WireAcl, 'patternType'> & { readonly resourcePatternType: number }): Result<AclBinding> {
  const binding = bindingOfWire({ ...wire, patternType: wire.resourcePatternType });
  return binding.ok ? checkAclBinding(binding.value) : binding;
}

async function collect(
  wire: WireAclFilter,
  ask: (filter: Parameters<AclEdge['list']>[0]) => Promise<Result<AclBinding[]>>,
): Promise<Result<WireAcl[]>> {
  const filters = filtersOfWire(wire);
  if (!filters.ok) return filters;
  const found: WireAcl[] = [];
  for (const filter of filters.value) {
    const answer = await ask(filter);
    if (!answer.ok) return answer;
    found.push(...answer.value.flatMap((binding) => wireAclOf(binding) ?? []));
  }
  return ok(found);
}
