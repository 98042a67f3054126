import type { ErrorCode } from '../../errors/error-codes.ts';
import { limits } from '../../limits.ts';
import type { JsonSchema, OperationParameter } from './operation.ts';

/** Parts that operations of every kind have in common. */
export const json = 'application/json';

/** What a JSON body may come to, whatever is in it. */
export const bodyErrors = [
  'INVALID_REQUEST',
  'MALFORMED_JSON',
  'MALFORMED_UTF8',
  'UNSUPPORTED_MEDIA_TYPE',
  'BODY_TOO_LARGE',
] as const satisfies readonly ErrorCode[];

/** How many of a list one answer brings. */
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

/** Where a list goes on. */
export const cursorParameter: OperationParameter = {
  name: 'cursor',
  in: 'query',
  description: '`next_cursor` of the page before.',
  schema: { type: 'string' },
};

/** How a list of groups is asked for. */
export const groupListParameters: readonly OperationParameter[] = [
  {
    name: 'prefix',
    in: 'query',
    description: 'Only groups whose id begins with it.',
    schema: { type: 'string', default: '' },
  },
  limitParameter(limits.groupsPerPage),
  cursorParameter,
];

/** Where reading a partition begins. */
export const startSchema: JsonSchema = {
  oneOf: [
    { type: 'integer', minimum: 0 },
    { type: 'string', enum: ['earliest', 'latest'] },
  ],
  default: 'earliest',
};
