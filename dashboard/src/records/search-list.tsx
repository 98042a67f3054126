import { useEffect, useState } from 'react';
import { formatBytes, formatCompact, formatCount, formatDuration, plural } from '../lib/format.ts';
import { useSession } from '../session/session-context.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import type { ListProps } from './record-list.tsx';
import { useRows } from './record-rows.ts';
import { RecordTable } from './record-table.tsx';
import { type Search, type SteeredSearch, useSearch } from './use-search.ts';
import { viewFilter, viewStart } from './view-filter.ts';

/** Records that a filter means, as the platform finds them: it rests now and then, and goes on when one wants it to. */
export function SearchList({ topic, view, selection, actions, onRows }: ListProps) {
  const { client } = useSession();
  // Times like -15m stay what they were when the search began.
  const [nowMs] = useState(() => Date.now());
  const [isEveryPartition, setEveryPartition] = useState(false);
  const search = useSearch(client, {
    topic: topic.name,
    where: viewFilter(view, nowMs),
    ...(view.partition === undefined ? {} : { partition: view.partition }),
    ...viewStart(view, nowMs),
    everyPartition: isEveryPartition,
    maxRecords: view.size,
  });
  const { rows, error } = useRows(search.records, { rendering: view.as, columns: view.columns });
  useEffect(() => {
    onRows(rows ?? []);
  }, [rows, onRows]);
  const failure = search.error ?? error;
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 text-sm text-muted">
        <SearchFigures search={search} />
        {search.state === 'running' ? <Button onClick={search.stop}>Stop</Button> : null}
        {search.state === 'resting' ? <Button onClick={search.goOn}>Go on searching</Button> : null}
        {actions}
      </div>
      {search.isNarrowedByKey ? (
        <p className="flex flex-wrap items-center gap-2 text-sm text-muted">
          Only the partition where this key belongs is searched.
          <Button kind="quiet" onClick={() => setEveryPartition(true)}>
            Search every partition
          </Button>
        </p>
      ) : null}
      {failure === null ? null : <ProblemNotice error={failure} onRetry={search.goOn} />}
      {rows === null || search.records.length === 0 ? (
        <NothingYet search={search} />
      ) : (
        <RecordTable rows={rows} columns={view.columns} selection={selection} />
      )}
    </>
  );
}

/** What was tried, at every moment: nobody should take a part for the whole. */
function SearchFigures({ search }: { readonly search: Search }) {
  const { records, triedRecords, triedBytes, elapsedMs, reached, partitionCount, state } = search;
  const left = [...reached.values()].reduce((sum, { nextOffset, endOffset }) => sum + endOffset - nextOffset, 0);
  const unread = partitionCount === null ? 0 : partitionCount - reached.size;
  return (
    <span className="tabular mr-auto" aria-live="polite">
      {formatCount(records.length)} found · {plural(triedRecords, 'record')} tried ({formatBytes(triedBytes)}) in{' '}
      {formatDuration(elapsedMs)}
      {state === 'ended'
        ? ' · the end was reached'
        : ` · ${left > 0 ? `about ${formatCompact(left)} left in the partition it is in` : 'going on'}${unread > 0 ? `, ${plural(unread, 'partition')} to come` : ''}`}
    </span>
  );
}

function NothingYet({ search }: { readonly search: SteeredSearch }) {
  if (search.state === 'running') {
    return (
      <EmptyState title="Searching">{search.triedRecords > 0 ? <p>Nothing was found so far.</p> : null}</EmptyState>
    );
  }
  return (
    <EmptyState title={search.state === 'ended' ? 'No record is meant by this filter' : 'Nothing was found so far'}>
      {search.state === 'ended' ? (
        <p>Everything from where it begins was tried. An earlier beginning, or another filter, may find something.</p>
      ) : (
        <Button onClick={search.goOn}>Go on searching</Button>
      )}
    </EmptyState>
  );
}
