import { bareName, type Filter, type FilterField, type FilterLiteral } from './filter.ts';

/** Writes a filter so that reading it gives the same again. */
export function printFilter(filter: Filter): string {
  switch (filter.kind) {
    case 'or':
    case 'and':
      return filter.parts
        .map((part) => (needsParentheses(filter.kind, part) ? `(${printFilter(part)})` : printFilter(part)))
        .join(filter.kind === 'or' ? ' || ' : ' && ');
    case 'not':
      return needsParentheses('not', filter.part) ? `!(${printFilter(filter.part)})` : `!${printFilter(filter.part)}`;
    case 'comparison':
      return `${printField(filter.field)} ${filter.operator} ${printLiteral(filter.literal)}`;
    case 'in':
      return `${printField(filter.field)} in [${filter.literals.map(printLiteral).join(', ')}]`;
    case 'exists':
      return `${printField(filter.field)} exists`;
    case 'tombstone':
      return 'tombstone';
  }
}

/** A predicate after `!` stands in parentheses for the reader's sake: `!(value.a == 1)`. */
function needsParentheses(outer: 'or' | 'and' | 'not', part: Filter): boolean {
  if (outer === 'not') return part.kind !== 'not' && part.kind !== 'tombstone';
  return part.kind === 'or' || part.kind === outer;
}

/** Writes a field as a filter names it: `value.total`, `header["x-tenant"]`. */
export function printField(field: FilterField): string {
  if (field.source === 'header') return `header[${JSON.stringify(field.name)}]`;
  if (!('path' in field)) return field.source;
  return field.source + field.path.map(printStep).join('');
}

function printStep(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`;
  bareName.lastIndex = 0;
  return bareName.exec(step)?.[0] === step ? `.${step}` : `[${JSON.stringify(step)}]`;
}

function printLiteral(literal: FilterLiteral): string {
  switch (literal.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return String(literal.value);
    case 'text':
      return JSON.stringify(literal.text);
    default:
      return literal.text;
  }
}
