import { parseMoment } from '../../src/address/moment.ts';
import type { Filter, FilterField, FilterLiteral, FilterRecord } from '../../src/filter/filter.ts';

/** JSON as the reference knows it: numbers are their source. */
class Digits {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

/** A text that is no JSON, so that it may also be read as a number. */
class Bare {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Tries a filter the slow and simple way: JSON.parse, and fractions of BigInts. */
export function referenceMatches(filter: Filter, record: FilterRecord, nowMs: number): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.parts.every((part) => referenceMatches(part, record, nowMs));
    case 'or':
      return filter.parts.some((part) => referenceMatches(part, record, nowMs));
    case 'not':
      return !referenceMatches(filter.part, record, nowMs);
    case 'tombstone':
      return record.value === null;
    case 'exists':
      if ('path' in filter.field && filter.field.path.length === 0) return record[filter.field.source] !== null;
      return valuesOf(filter.field, record).length > 0;
    case 'in':
      return filter.literals.some((literal) => compares(filter.field, '==', literal, record, nowMs));
    case 'comparison':
      return compares(filter.field, filter.operator, filter.literal, record, nowMs);
  }
}

function compares(
  field: FilterField,
  operator: string,
  literal: FilterLiteral,
  record: FilterRecord,
  nowMs: number,
): boolean {
  if (operator === '!=') return !compares(field, '==', literal, record, nowMs);
  return valuesOf(field, record).some((value) => holds(value, operator, literal, nowMs));
}

function holds(value: unknown, operator: string, literal: FilterLiteral, nowMs: number): boolean {
  if (literal.kind === 'null') return value === null;
  if (literal.kind === 'boolean') return value === literal.value;
  if (['contains', 'startsWith', 'endsWith'].includes(operator)) {
    const text = literal.kind === 'text' ? literal.text : '';
    const searched = value instanceof Bare ? value.text : typeof value === 'string' ? value : null;
    if (searched === null) return false;
    if (operator === 'contains') return searched.includes(text);
    return operator === 'startsWith' ? searched.startsWith(text) : searched.endsWith(text);
  }
  const order = literal.kind === 'text' ? textOrder(value, literal.text) : numberOrder(value, literal, nowMs);
  if (order === null) return false;
  return { '==': order === 0, '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[operator]!;
}

function textOrder(value: unknown, text: string): number | null {
  const own = value instanceof Bare ? value.text : value;
  return typeof own === 'string' ? Buffer.compare(Buffer.from(own), Buffer.from(text)) : null;
}

function numberOrder(value: unknown, literal: FilterLiteral, nowMs: number): number | null {
  const source = value instanceof Digits ? value.source : value instanceof Bare ? value.text : null;
  if (source === null || !/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(source)) return null;
  const bound =
    literal.kind === 'moment' ? String(parseMoment(literal.text, nowMs)) : (literal as { text: string }).text;
  const difference = scaled(source) - scaled(bound);
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

/** The number times 10^400, which makes an integer of all numbers the tests have. */
function scaled(source: string): bigint {
  const [mantissa = '', exponent = '0'] = source.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return (
    BigInt(whole.replace('-', '') + fraction) *
    10n ** BigInt(400 - fraction.length + Number(exponent)) *
    (whole.startsWith('-') ? -1n : 1n)
  );
}

/** All that the field has in the record; a header may be there several times. */
function valuesOf(field: FilterField, record: FilterRecord): readonly unknown[] {
  switch (field.source) {
    case 'partition':
    case 'offset':
      return [new Digits(String(record[field.source]))];
    case 'timestamp':
      return [new Digits(String(record.timestampMs))];
    case 'header':
      return record.headers.filter(({ name }) => name === field.name).map(({ value }) => bare(value));
    case 'key':
      if (field.path.length === 0) return [bare(record.key)];
      return walk(parsed(record.key), field.path);
    case 'value':
      if (field.path.length === 0) return [wholeValue(record.value)];
      return walk(parsed(record.value), field.path);
  }
}

function wholeValue(bytes: Uint8Array | null): unknown {
  const json = parsed(bytes);
  return json === undefined ? bare(bytes) : json;
}

const bare = (bytes: Uint8Array | null) => (bytes === null ? null : new Bare(Buffer.from(bytes).toString()));

function walk(document: unknown, path: readonly (string | number)[]): readonly unknown[] {
  let at = document;
  for (const step of path) {
    if (at instanceof Map) at = at.get(String(step));
    else if (Array.isArray(at) && typeof step === 'number') at = at[step];
    else return [];
    if (at === undefined) return [];
  }
  return [at];
}

/** Objects as maps, so that a member may have any name; undefined for what is no JSON. */
function parsed(bytes: Uint8Array | null): unknown {
  if (bytes === null) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString(), (_, value, context?: { source?: string }) => {
      if (typeof value === 'number') return new Digits(context!.source!);
      if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Digits) return value;
      return new Map(Object.entries(value as object));
    });
  } catch {
    return undefined;
  }
}
