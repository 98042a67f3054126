import { anyResource } from '../../authorization/acl-binding.ts';
import type { ErrorCode } from '../../errors/error-codes.ts';
import type { OperationAuthorization } from './authorization.ts';

/** What a call of an object of the control plane may fail with, whatever is asked. */
export const objectErrors = ['OVERLOADED', 'UNKNOWN_OUTCOME', 'WRONG_OBJECT'] as const satisfies readonly ErrorCode[];

/** Any member or key of the organization: what does not exist yet has no name to ask for. */
export const toCreateUser: OperationAuthorization = {
  kind: 'access',
  operation: 'CREATE',
  resourceType: 'USER',
  resource: { name: anyResource },
};
