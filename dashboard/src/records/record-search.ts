import { type Rendering, renderings } from './decode.ts';

/** A view of a topic's records as its address has it. */
export type RecordView = {
  readonly partition: number | undefined;
  /** `latest`, `earliest`, an offset or a time, as people write positions. */
  readonly from: string;
  /** A time before which records are; empty for no end. */
  readonly to: string;
  readonly size: number;
  readonly live: boolean;
  /** A filter (docs/filter.md), or nothing. */
  readonly where: string;
  /** Fields of the payload that have a column, as filters name them. */
  readonly columns: readonly string[];
  readonly as: Rendering;
};

/** What is left out of an address. */
export const defaultView: RecordView = {
  partition: undefined,
  from: 'latest',
  to: '',
  size: 50,
  live: false,
  where: '',
  columns: [],
  as: 'auto',
};

export const viewSizes: readonly number[] = [50, 200, 500];

/** An address has room for so many, and a screen hardly for more. */
export const maxColumns = 12;

const text = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';

/** Reads what an address says; what it says wrong is as if it said nothing. */
export function readView(search: Readonly<Partial<Record<keyof RecordView, unknown>>>): RecordView {
  const { partition, from, to, size, live, where, columns, as } = search;
  const named = Array.isArray(columns) ? columns.filter((column) => typeof column === 'string' && column !== '') : [];
  return {
    partition: Number.isInteger(partition) && Number(partition) >= 0 ? Number(partition) : undefined,
    from: text(from) || defaultView.from,
    to: text(to),
    size: viewSizes.includes(Number(size)) ? Number(size) : defaultView.size,
    live: live === true,
    where: text(where).trim(),
    columns: [...new Set<string>(named)].slice(0, maxColumns),
    as: renderings.find((known) => known === as) ?? defaultView.as,
  };
}
