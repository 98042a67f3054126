import { type ReactNode, useEffect, useState } from 'react';
import { formatCompact, formatCount, plural } from '../lib/format.ts';
import { useSession } from '../session/session-context.tsx';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import type { ListProps } from './record-list.tsx';
import type { RecordRow } from './record-rows.ts';
import { RecordTable } from './record-table.tsx';
import { type Tail, useTail } from './use-tail.ts';

/** What is produced from now on, as it comes. Rows hold still while one has scrolled away from the newest. */
export function LiveTail({ topic, view, selection, actions, onRows }: ListProps) {
  const { client } = useSession();
  const { where, partition = null, as: rendering, columns } = view;
  const tail = useTail(client, { topic: topic.name, partition, where, shape: { rendering, columns } });
  const [held, setHeld] = useState<readonly RecordRow[] | null>(null);
  const rows = held ?? tail.rows;
  useEffect(() => {
    onRows(rows);
  }, [rows, onRows]);
  return (
    <>
      <TailFigures tail={tail} isFiltered={where !== ''} isHeld={held !== null && held !== tail.rows}>
        {actions}
      </TailFigures>
      {tail.error === null ? null : <ProblemNotice error={tail.error} />}
      {rows.length === 0 ? (
        <EmptyState title={where === '' ? 'Waiting for the next record' : 'Waiting for a record that the filter means'}>
          <p>What is produced from now on appears here by itself.</p>
        </EmptyState>
      ) : (
        <RecordTable
          rows={rows}
          columns={columns}
          selection={selection}
          onAtTopChange={(isAtTop) => setHeld(isAtTop ? null : tail.rows)}
        />
      )}
    </>
  );
}

function TailFigures({
  tail,
  isFiltered,
  isHeld,
  children,
}: {
  readonly tail: Tail;
  readonly isFiltered: boolean;
  readonly isHeld: boolean;
  readonly children: ReactNode;
}) {
  const { isPaused, isConnected, receivedCount, meantCount, skippedCount, droppedCount } = tail;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-muted">
      <Badge tone={isPaused ? 'warn' : isConnected ? 'ok' : 'neutral'}>
        {isPaused ? 'paused' : isConnected ? 'following' : 'connecting'}
      </Badge>
      <span className="tabular">{formatCompact(tail.recordsPerSecond)} records/s</span>
      <span className="tabular">{plural(receivedCount, 'record')} since you came</span>
      {isFiltered ? <span className="tabular">{formatCount(meantCount)} of them are meant by the filter</span> : null}
      {skippedCount > 0 ? (
        <span className="tabular text-warn">
          {formatCount(skippedCount)} skipped: sampled 1 : {(receivedCount / (receivedCount - skippedCount)).toFixed(1)}
        </span>
      ) : null}
      {droppedCount > 0 ? (
        <span className="tabular">{plural(droppedCount, 'older record')} no longer shown</span>
      ) : null}
      {isHeld ? <span>Held still: scroll up for the newest</span> : null}
      <span className="flex-1" />
      <Button onClick={tail.togglePause}>{isPaused ? 'Go on' : 'Pause'}</Button>
      {children}
    </div>
  );
}
