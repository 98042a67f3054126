import { z } from 'zod';
import { aclOperations, resourceTypes } from '../authorization/acl-binding.ts';

const permission = z.enum(['ALLOW', 'DENY']);
const patternType = z.enum(['LITERAL', 'PREFIXED']);

export const aclSchema = z
  .strictObject({
    principal: z.string().describe('User:<key id or member id>, or User:* for everyone.'),
    host: z.string().default('*').describe('An address, or * for any.'),
    operation: z.enum(aclOperations),
    permission: permission.default('ALLOW'),
    resource_type: z.enum(resourceTypes),
    resource_name: z.string().describe('* as a literal means any.'),
    pattern_type: patternType.default('LITERAL'),
  })
  .meta({ id: 'Acl' });

/** More in one request would be one long transaction. */
export const maxAclsPerRequest = 100;

export const aclCreateSchema = z
  .strictObject({ acls: z.array(aclSchema).min(1).max(maxAclsPerRequest) })
  .meta({ id: 'AclCreate' });

export const aclListSchema = z.object({ acls: z.array(aclSchema) }).meta({ id: 'AclList' });

export const aclExplainSchema = z
  .strictObject({
    principal: z.string().optional().describe('Whose access; that of the credential itself if absent.'),
    operation: z.enum(aclOperations).exclude(['ALL']),
    resource_type: z.enum(resourceTypes),
    resource_name: z.string(),
    host: z.string().optional().describe('Where the request would come from.'),
  })
  .meta({ id: 'AclExplain' });

export const aclExplainedSchema = z
  .object({
    principal: z.string(),
    allowed: z.boolean(),
    reason: z
      .enum(['super', 'allowed', 'denied', 'no_rule', 'narrowed'])
      .describe(
        'super: nothing can be denied to it. no_rule: nothing allows it. narrowed: the token was not made for it.',
      ),
    rule: aclSchema.nullable().describe('The rule that decided: an ACL, or what a scope or role means as one.'),
  })
  .meta({ id: 'AclExplained' });

export type AclJson = z.infer<typeof aclSchema>;
export type AclListJson = z.infer<typeof aclListSchema>;
export type AclExplainedJson = z.infer<typeof aclExplainedSchema>;
