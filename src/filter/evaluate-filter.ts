import { parseMoment } from '../address/moment.ts';
import { assert } from '../errors/assert.ts';
import { compareExactNumbers, type ExactNumber, readExactNumber } from './exact-number.ts';
import { type FieldValue, fieldReader } from './field-value.ts';
import type { Filter, FilterField, FilterLiteral, FilterOperator, FilterRecord, TextOperator } from './filter.ts';
import { compareBytes, hasBytesAt, TextSearch } from './text-search.ts';

/** Whether a record is meant. It is pure, and takes time linear in the record for each predicate. */
export type RecordTest = (record: FilterRecord) => boolean;

const encoder = new TextEncoder();

/**
 * Makes a test of a filter. Times like -15m are counted from `nowMs`. What is not there, or is of another type, equals
 * nothing and is in no order; `!=` is the opposite of `==`.
 */
export function compileFilter(filter: Filter, nowMs: number): RecordTest {
  switch (filter.kind) {
    case 'or': {
      const parts = filter.parts.map((part) => compileFilter(part, nowMs));
      return (record) => parts.some((part) => part(record));
    }
    case 'and': {
      const parts = filter.parts.map((part) => compileFilter(part, nowMs));
      return (record) => parts.every((part) => part(record));
    }
    case 'not': {
      const part = compileFilter(filter.part, nowMs);
      return (record) => !part(record);
    }
    case 'tombstone':
      return ({ value }) => value === null;
    case 'exists':
      return compileExists(filter.field);
    case 'in': {
      const { field, literals } = filter;
      if (isCounted(field)) return compileCounted(field, '==', literals, nowMs);
      const tests = literals.map(equalTo);
      const read = fieldReader(field, false);
      return (record) => read(record, (value) => tests.some((test) => test(value)));
    }
    case 'comparison': {
      const { field, operator, literal } = filter;
      if (isCounted(field)) return compileCounted(field, operator, [literal], nowMs);
      return compileComparison(field, operator, literal);
    }
  }
}

type CountedField = Extract<FilterField, { source: 'partition' | 'offset' | 'timestamp' }>;

/** Whether the field is a number of the record itself, which every record has. */
function isCounted(field: FilterField): field is CountedField {
  return !('path' in field || 'name' in field);
}

function compileExists(field: FilterField): RecordTest {
  if ('path' in field && field.path.length === 0) return (record) => record[field.source] !== null;
  assert(!isCounted(field), 'the parser lets exists stand only after what may be missing');
  const read = fieldReader(field, false);
  return (record) => read(record, () => true);
}

/** `literals` are numbers and moments, one of which has to be compared so. */
function compileCounted(
  { source }: CountedField,
  operator: FilterOperator,
  literals: readonly FilterLiteral[],
  nowMs: number,
): RecordTest {
  const bounds = literals.map((literal) => countedLiteral(literal, nowMs));
  const holds = orderTest(operator === '!=' ? '==' : operator);
  const isOpposite = operator === '!=';
  return (record) => {
    const number = readExactNumber(String(source === 'timestamp' ? record.timestampMs : record[source]));
    return number !== null && bounds.some((bound) => holds(compareExactNumbers(number, bound))) !== isOpposite;
  };
}

function countedLiteral(literal: FilterLiteral, nowMs: number): ExactNumber {
  assert(literal.kind === 'number' || literal.kind === 'moment', 'the parser lets nothing else stand here');
  const text = literal.kind === 'number' ? literal.text : String(parseMoment(literal.text, nowMs));
  const number = readExactNumber(text);
  assert(number !== null, 'the parser read the number, or the moment');
  return number;
}

function compileComparison(
  field: Exclude<FilterField, CountedField>,
  operator: FilterOperator,
  literal: FilterLiteral,
): RecordTest {
  switch (operator) {
    case '==':
    case '!=': {
      const read = fieldReader(field, false);
      const test = equalTo(literal);
      return operator === '==' ? (record) => read(record, test) : (record) => !read(record, test);
    }
    case 'contains':
    case 'startsWith':
    case 'endsWith': {
      const read = fieldReader(field, true);
      const test = textTest(operator, literal);
      return (record) => read(record, ({ text }) => text !== null && test(text));
    }
    default: {
      const read = fieldReader(field, false);
      const test = orderedAgainst(orderTest(operator), literal);
      return (record) => read(record, test);
    }
  }
}

function equalTo(literal: FilterLiteral): (value: FieldValue) => boolean {
  switch (literal.kind) {
    case 'null':
      return (value) => value.isNull;
    case 'boolean':
      return (value) => value.boolean === literal.value;
    default:
      return orderedAgainst((order) => order === 0, literal);
  }
}

function orderedAgainst(holds: (order: number) => boolean, literal: FilterLiteral): (value: FieldValue) => boolean {
  assert(literal.kind === 'text' || literal.kind === 'number', 'the parser lets only texts and numbers be ordered');
  if (literal.kind === 'text') {
    const bytes = encoder.encode(literal.text);
    return ({ isText, text }) => isText && text !== null && holds(compareBytes(text, bytes));
  }
  const bound = readExactNumber(literal.text);
  assert(bound !== null, 'the parser read the number');
  return ({ number }) => number !== null && holds(compareExactNumbers(number, bound));
}

function orderTest(operator: FilterOperator): (order: number) => boolean {
  switch (operator) {
    case '<':
      return (order) => order < 0;
    case '<=':
      return (order) => order <= 0;
    case '>':
      return (order) => order > 0;
    case '>=':
      return (order) => order >= 0;
    default:
      return (order) => order === 0;
  }
}

function textTest(operator: TextOperator, literal: FilterLiteral): (text: Uint8Array) => boolean {
  assert(literal.kind === 'text', 'the parser lets only a text stand here');
  const part = encoder.encode(literal.text);
  if (operator === 'startsWith') return (text) => hasBytesAt(text, part, 0);
  if (operator === 'endsWith') return (text) => hasBytesAt(text, part, text.length - part.length);
  const search = new TextSearch(part);
  return (text) => search.isIn(text);
}
