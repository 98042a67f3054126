import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

export type Column<Row> = {
  readonly header: string;
  /** Numbers stand at the right, with figures of one width. */
  readonly isNumber?: boolean;
  readonly cell: (row: Row) => ReactNode;
};

/** A short list. Long ones are {@link VirtualTable}'s. On a narrow screen it scrolls in itself. */
export function Table<Row>(props: {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
}) {
  return (
    <section
      className="overflow-x-auto rounded-lg border border-line bg-surface"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
      tabIndex={0}
      aria-label={props.caption}
    >
      <table className="w-full border-collapse text-sm">
        <caption className="sr-only">{props.caption}</caption>
        <thead>
          <tr className="border-b border-line bg-sunken text-left text-xs text-muted">
            {props.columns.map(({ header, isNumber }) => (
              <th
                key={header}
                scope="col"
                className={classNames('px-3 py-2 font-medium whitespace-nowrap', isNumber && 'text-right')}
              >
                {header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.rows.map((row) => (
            <tr key={props.rowKey(row)} className="border-b border-line last:border-b-0 hover:bg-sunken">
              {props.columns.map(({ header, isNumber, cell }) => (
                <td
                  key={header}
                  className={classNames('px-3 py-2 align-top', isNumber && 'tabular text-right whitespace-nowrap')}
                >
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
