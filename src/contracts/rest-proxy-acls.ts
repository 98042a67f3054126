import { z } from 'zod';
import { aclOperations, resourceTypes } from '../authorization/acl-binding.ts';
import { maxAclsPerRequest } from './acls.ts';
import { restListOf, restResource } from './rest-proxy-v3.ts';

/** The shapes of the REST Proxy's resource KafkaAcl. */

const aclShape = {
  resource_type: z.enum(resourceTypes),
  resource_name: z.string(),
  pattern_type: z.enum(['LITERAL', 'PREFIXED']),
  principal: z.string(),
  host: z.string(),
  operation: z.enum(aclOperations),
  permission: z.enum(['ALLOW', 'DENY']),
};

export const kafkaAclSchema = restResource('KafkaAcl', aclShape);
export const kafkaAclListSchema = restListOf('KafkaAclList', kafkaAclSchema);

export const createKafkaAclSchema = z.strictObject(aclShape).meta({ id: 'CreateKafkaAcl' });

export const createKafkaAclsSchema = z
  .strictObject({ data: z.array(createKafkaAclSchema).min(1).max(maxAclsPerRequest) })
  .meta({ id: 'CreateKafkaAcls' });

/** What was deleted. */
export const deletedKafkaAclsSchema = z
  .strictObject({ data: z.array(kafkaAclSchema) })
  .meta({ id: 'DeletedKafkaAcls' });

export type KafkaAcl = z.infer<typeof kafkaAclSchema>;
