import { aclOperations as operationNames, resourceTypes } from '../../authorization/acl-binding.ts';
import { aclCreateSchema, aclExplainedSchema, aclExplainSchema, aclListSchema } from '../../contracts/acls.ts';
import { anyCredential, onCluster } from './authorization.ts';
import { objectErrors } from './management-parts.ts';
import type { Operation, OperationParameter } from './operation.ts';
import { bodyErrors, json } from './operation-parts.ts';

const tag = 'ACLs';

/** A filter by each field of an ACL; what is absent is any. */
const filterParameters: readonly OperationParameter[] = [
  { name: 'principal', in: 'query', description: 'Of this principal alone.', schema: { type: 'string' } },
  { name: 'host', in: 'query', description: 'For this host alone.', schema: { type: 'string' } },
  { name: 'operation', in: 'query', description: 'For this operation.', schema: { enum: [...operationNames] } },
  { name: 'permission', in: 'query', description: 'ALLOW or DENY.', schema: { enum: ['ALLOW', 'DENY'] } },
  { name: 'resource_type', in: 'query', description: 'On this type.', schema: { enum: [...resourceTypes] } },
  { name: 'resource_name', in: 'query', description: 'With exactly this name.', schema: { type: 'string' } },
  {
    name: 'pattern_type',
    in: 'query',
    description: 'LITERAL or PREFIXED.',
    schema: { enum: ['LITERAL', 'PREFIXED'] },
  },
];

export const aclOperations = {
  createAcls: {
    method: 'POST',
    path: '/v1/acls',
    authorization: onCluster('ALTER'),
    tag,
    summary: 'Create ACLs',
    description:
      "Kafka's rules: what no rule allows is refused, and a rule that denies wins. Those that are there already stay as they are; nobody allows others what they may not do themselves.",
    requestBody: {
      [json]: {
        schema: aclCreateSchema,
        example: {
          acls: [
            {
              principal: 'User:*',
              operation: 'READ',
              resource_type: 'TOPIC',
              resource_name: 'public-',
              pattern_type: 'PREFIXED',
            },
          ],
        },
      },
    },
    answers: { 204: { description: 'They hold from now on, everywhere within seconds.' } },
    errors: [...bodyErrors, ...objectErrors, 'LIMIT_REACHED', 'SECURITY_DISABLED'],
  },
  listAcls: {
    method: 'GET',
    path: '/v1/acls',
    authorization: onCluster('DESCRIBE'),
    tag,
    summary: 'List the ACLs of the cluster',
    parameters: filterParameters,
    answers: {
      200: { description: 'All that the filter means.', content: { [json]: { schema: aclListSchema } } },
    },
    errors: [...objectErrors, 'INVALID_REQUEST', 'SECURITY_DISABLED'],
  },
  deleteAcls: {
    method: 'DELETE',
    path: '/v1/acls',
    authorization: onCluster('ALTER'),
    tag,
    summary: 'Delete ACLs',
    description: 'All that the filter means, which has at least one field.',
    parameters: filterParameters,
    answers: {
      200: { description: 'Those that were deleted.', content: { [json]: { schema: aclListSchema } } },
    },
    errors: [...objectErrors, 'INVALID_REQUEST', 'SECURITY_DISABLED'],
  },
  explainAcl: {
    method: 'POST',
    path: '/v1/acls/explain',
    authorization: anyCredential('explaining the access of others needs DESCRIBE of the cluster', 'CLUSTER'),
    tag,
    summary: 'Say whether an access is allowed, and which rule decides',
    requestBody: {
      [json]: {
        schema: aclExplainSchema,
        example: { operation: 'WRITE', resource_type: 'TOPIC', resource_name: 'orders' },
      },
    },
    answers: { 200: { description: 'The decision.', content: { [json]: { schema: aclExplainedSchema } } } },
    errors: [...bodyErrors, ...objectErrors, 'UNKNOWN_RESOURCE', 'SECURITY_DISABLED'],
  },
} as const satisfies Record<string, Operation>;
