import fc from 'fast-check';
import type { Filter, FilterField, FilterLiteral } from '../../src/filter/filter.ts';

const names = fc.oneof(
  fc.constantFrom('a', 'b', 'total', 'in', 'exists', 'x-tenant', 'ä', 'null'),
  fc.string({ maxLength: 6, unit: 'grapheme' }),
);

const numbers = fc.oneof(
  fc.integer().map(String),
  fc.bigInt().map(String),
  fc.constantFrom('0', '-0', '1.0', '1e2', '0.1e-3', '9007199254740993', '9007199254740992.5', '-1.50E+2'),
);

const text = fc
  .oneof(fc.constantFrom('', 'a', 'ab', '42', 'é', '\u0000"\\'), fc.string({ unit: 'grapheme', maxLength: 8 }))
  .map((value): FilterLiteral => ({ kind: 'text', text: value }));
const number = numbers.map((value): FilterLiteral => ({ kind: 'number', text: value }));
const boolean = fc.boolean().map((value): FilterLiteral => ({ kind: 'boolean', value }));
const moment = fc
  .constantFrom('-15m', '-3d', '2026-11-20', '2026-11-20T06:00Z', '2026-11-20T06:00:01.5+02:00', '@1700000000000')
  .map((value): FilterLiteral => ({ kind: 'moment', text: value }));
const any = fc.oneof(text, number, boolean, fc.constant<FilterLiteral>({ kind: 'null' }));

const bytesField: fc.Arbitrary<FilterField> = fc.oneof(
  fc.record({
    source: fc.constantFrom('key' as const, 'value' as const),
    path: fc.array(fc.oneof(names, fc.nat(3)), { maxLength: 3 }),
  }),
  fc.record({ source: fc.constant('header' as const), name: names }),
);
const order = fc.constantFrom('<' as const, '<=' as const, '>' as const, '>=' as const);
const equality = fc.constantFrom('==' as const, '!=' as const);
const inText = fc.constantFrom('contains' as const, 'startsWith' as const, 'endsWith' as const);
const comparison = fc.constant('comparison' as const);

const predicate: fc.Arbitrary<Filter> = fc.oneof(
  fc.constant<Filter>({ kind: 'tombstone' }),
  fc.record({ kind: fc.constant('exists' as const), field: bytesField }),
  fc.record({ kind: comparison, field: bytesField, operator: equality, literal: any }),
  fc.record({ kind: comparison, field: bytesField, operator: order, literal: fc.oneof(text, number) }),
  fc.record({ kind: comparison, field: bytesField, operator: inText, literal: text }),
  fc.record({
    kind: fc.constant('in' as const),
    field: bytesField,
    literals: fc.array(any, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    kind: comparison,
    field: fc.record({ source: fc.constantFrom('partition' as const, 'offset' as const) }),
    operator: fc.oneof(order, equality),
    literal: number,
  }),
  fc.record({
    kind: comparison,
    field: fc.record({ source: fc.constant('timestamp' as const) }),
    operator: fc.oneof(order, equality),
    literal: fc.oneof(number, moment),
  }),
);

/** Any filter that the parser can give out, within its bounds. */
export const anyFilter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    predicate,
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      parts: fc.array(tie('filter'), { minLength: 2, maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant('not' as const), part: tie('filter') }),
  ),
})).filter;
