// biome-ignore-all lint/a11y/useSemanticElements: rows are placed absolutely, which elements of a table do not take; the roles say the same.
// biome-ignore-all lint/a11y/useFocusableInteractive: rows and headers are no controls; links in the cells take the focus.
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, type ReactNode, useRef } from 'react';
import { classNames } from './class-names.ts';

export type VirtualColumn<Row> = {
  readonly header: string;
  /** A track of the grid: `minmax(12rem, 1fr)`, `8rem`. */
  readonly width: string;
  readonly isNumber?: boolean;
  readonly cell: (row: Row) => ReactNode;
};

export const rowHeightPx = 36;
/** Between cells, and at both ends: gap-3 and px-3. */
const gapWidth = '0.75rem';
/** Rows drawn beyond the edges, so that a fast scroll finds them there. */
const overscanRows = 12;

/**
 * A list of any length, of which only what is seen is in the page. Rows are grid rows of one height; `onOpen` makes
 * them clickable as a whole, beside the link that each row should have for the keyboard.
 */
export function VirtualTable<Row>(props: {
  readonly caption: string;
  readonly columns: readonly VirtualColumn<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly selectedKey?: string | null;
  readonly heightClass?: string;
  /** Told when one scrolls away from the first row, or back to it. */
  readonly onAtTopChange?: ((isAtTop: boolean) => void) | undefined;
}) {
  const isAtTop = useRef(true);
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: props.rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeightPx,
    overscan: overscanRows,
  });
  return (
    <div
      ref={scroller}
      role="table"
      aria-label={props.caption}
      aria-rowcount={props.rows.length + 1}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard (WCAG 2.1.1).
      tabIndex={0}
      onScroll={({ currentTarget }) => {
        const isNowAtTop = currentTarget.scrollTop < rowHeightPx / 2;
        if (isNowAtTop !== isAtTop.current) props.onAtTopChange?.(isNowAtTop);
        isAtTop.current = isNowAtTop;
      }}
      className={classNames(
        'overflow-auto rounded-lg border border-line bg-surface text-sm',
        props.heightClass ?? 'max-h-[70dvh]',
      )}
    >
      <Headers columns={props.columns} />
      <div
        role="rowgroup"
        className="relative"
        style={{ height: virtualizer.getTotalSize(), minWidth: minWidthOf(props.columns) }}
      >
        {virtualizer.getVirtualItems().map((item) => {
          const row = props.rows[item.index]!;
          const key = props.rowKey(row);
          return (
            <VirtualRow
              key={key}
              id={key}
              row={row}
              index={item.index}
              startPx={item.start}
              columns={props.columns}
              isSelected={props.selectedKey === key}
            />
          );
        })}
      </div>
    </div>
  );
}

type VirtualRowProps<Row> = {
  readonly id: string;
  readonly row: Row;
  readonly index: number;
  readonly startPx: number;
  readonly columns: readonly VirtualColumn<Row>[];
  readonly isSelected: boolean;
};

/** Rows that stay in sight while others come and go are not drawn again: a scroll draws the new ones alone. */
const VirtualRow = memo(function VirtualRow<Row>(props: VirtualRowProps<Row>) {
  return (
    <div
      role="row"
      aria-rowindex={props.index + 2}
      data-key={props.id}
      className={classNames(
        'absolute inset-x-0 grid items-center gap-3 border-b border-line px-3 hover:bg-sunken',
        props.isSelected && 'bg-selected',
      )}
      style={{
        gridTemplateColumns: tracksOf(props.columns),
        height: rowHeightPx,
        transform: `translateY(${props.startPx}px)`,
      }}
    >
      {props.columns.map(({ header, isNumber, cell }) => (
        <span key={header} role="cell" className={classNames('min-w-0 truncate', isNumber && 'tabular text-right')}>
          {cell(props.row)}
        </span>
      ))}
    </div>
  );
}) as <Row>(props: VirtualRowProps<Row>) => ReactNode;

/** Headers and rows are grids of their own: their columns meet only when they have the same room. */
function minWidthOf<Row>(columns: readonly VirtualColumn<Row>[]): string {
  const least = columns.map(({ width }) => /^minmax\(([^,]+),/.exec(width)?.[1] ?? width);
  const gaps = `${columns.length - 1} * ${gapWidth}`;
  return `calc(${[...least, gaps, `2 * ${gapWidth}`].join(' + ')})`;
}

function tracksOf<Row>(columns: readonly VirtualColumn<Row>[]): string {
  return columns.map(({ width }) => width).join(' ');
}

function Headers<Row>({ columns }: { readonly columns: readonly VirtualColumn<Row>[] }) {
  return (
    <div
      role="rowgroup"
      className="sticky top-0 z-10 border-b border-line bg-sunken"
      style={{ minWidth: minWidthOf(columns) }}
    >
      <div
        role="row"
        aria-rowindex={1}
        className="grid gap-3 px-3 py-2 text-xs font-medium text-muted"
        style={{ gridTemplateColumns: tracksOf(columns) }}
      >
        {columns.map(({ header, isNumber }) => (
          <span key={header} role="columnheader" className={classNames('truncate', isNumber && 'text-right')}>
            {header}
          </span>
        ))}
      </div>
    </div>
  );
}
