import { anyResource } from '../../authorization/acl-binding.ts';
import type { ErrorCode } from '../../errors/error-codes.ts';
import type { OperationAuthorization } from './authorization.ts';
import type { OperationParameter } from './operation.ts';

/** Parts that the operations of the control plane have in common. */
export const json = 'application/json';

export const bodyErrors = [
  'INVALID_REQUEST',
  'MALFORMED_JSON',
  'MALFORMED_UTF8',
  'UNSUPPORTED_MEDIA_TYPE',
  'BODY_TOO_LARGE',
] as const satisfies readonly ErrorCode[];

/** What a call of an object may fail with, whatever is asked. */
export const objectErrors = ['OVERLOADED', 'UNKNOWN_OUTCOME', 'WRONG_OBJECT'] as const satisfies readonly ErrorCode[];

export const limitParameter = ({
  value,
  max,
}: {
  readonly value: number;
  readonly max: number;
}): OperationParameter => ({
  name: 'limit',
  in: 'query',
  description: 'At most this many.',
  schema: { type: 'integer', minimum: 1, maximum: max, default: value },
});

export const cursorParameter: OperationParameter = {
  name: 'cursor',
  in: 'query',
  description: '`next_cursor` of the page before.',
  schema: { type: 'string' },
};

/** Any member or key of the organization: what does not exist yet has no name to ask for. */
export const toCreateUser: OperationAuthorization = {
  kind: 'access',
  operation: 'CREATE',
  resourceType: 'USER',
  resource: { name: anyResource },
};
