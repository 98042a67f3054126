import { parseMoment } from '../address/moment.ts';
import type { Filter } from './filter.ts';

/** What every record that a filter means has in common, so that a search need not look elsewhere; null: nothing. */
export type FilterScope = {
  /** The text of the key. */
  readonly key: string | null;
  readonly partition: number | null;
  /** It is not older than this. */
  readonly fromTimestampMs: number | null;
};

/** Reads the scope off the conditions that must all hold; of several for one thing the first counts. */
export function filterScope(filter: Filter, nowMs: number): FilterScope {
  let key: string | null = null;
  let partition: number | null = null;
  let fromTimestampMs: number | null = null;
  for (const condition of conjuncts(filter)) {
    if (condition.kind !== 'comparison') continue;
    const { field, operator, literal } = condition;
    if (field.source === 'key' && field.path.length === 0 && operator === '==' && literal.kind === 'text') {
      key ??= literal.text;
    } else if (field.source === 'partition' && operator === '==' && literal.kind === 'number') {
      partition ??= Number(literal.text);
    } else if (field.source === 'timestamp' && (operator === '>=' || operator === '>')) {
      fromTimestampMs ??= millisecondsOf(literal, nowMs);
    }
  }
  return { key, partition, fromTimestampMs };
}

type Literal = Extract<Filter, { kind: 'comparison' }>['literal'];

function millisecondsOf(literal: Literal, nowMs: number): number | null {
  if (literal.kind === 'moment') return parseMoment(literal.text, nowMs);
  // A time that no double holds exactly is no place to start from: the search then begins where it would anyway.
  const number = literal.kind === 'number' ? Math.floor(Number(literal.text)) : Number.NaN;
  return Number.isSafeInteger(number) && number >= 0 ? number : null;
}

function conjuncts(filter: Filter): readonly Filter[] {
  return filter.kind === 'and' ? filter.parts.flatMap(conjuncts) : [filter];
}
