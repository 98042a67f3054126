import { parseMoment } from '../../../src/address/moment.ts';
import { parsePosition } from '../../../src/address/position.ts';
import type { RecordView } from './record-search.ts';

/** The filter of a view with its end in it; empty when neither is set. */
export function viewFilter({ where, to }: Pick<RecordView, 'where' | 'to'>, nowMs: number): string {
  const toMs = to === '' ? null : parseMoment(to, nowMs);
  if (toMs === null) return where;
  const end = `timestamp < @${toMs}`;
  return where === '' ? end : `(${where}) && ${end}`;
}

/** Where a search of the view begins in each partition. */
export function viewStart(
  { from }: Pick<RecordView, 'from'>,
  nowMs: number,
): { readonly offset: number | 'earliest' | 'latest' } | { readonly timestamp: number } {
  const position = parsePosition(from, nowMs) ?? { kind: 'earliest' };
  switch (position.kind) {
    case 'offset':
      return { offset: position.offset };
    case 'timestamp':
      return { timestamp: position.timestampMs };
    default:
      return { offset: position.kind };
  }
}
