import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useEffect, useEffectEvent, useMemo, useRef, useState } from 'react';
import type { Topic } from '../../../src/client/index.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { topicQuery } from '../topics/queries.ts';
import { EmptyState } from '../ui/empty-state.tsx';
import { ColumnsMenu } from './columns-menu.tsx';
import { FilterField, mistakeIn } from './filter-field.tsx';
import { keepColumns, keptColumns } from './kept-columns.ts';
import { LiveTail } from './live-tail.tsx';
import { type ListProps, RecordList } from './record-list.tsx';
import type { RecordRow } from './record-rows.ts';
import type { RecordView } from './record-search.ts';
import type { Selection } from './record-table.tsx';
import { RecordToolbar } from './record-toolbar.tsx';
import { SearchList } from './search-list.tsx';
import { TimeHistogram } from './time-histogram.tsx';
import { ViewActions } from './view-actions.tsx';

const route = getRouteApi('/$organization/$cluster/topics/$topic/');

/** A topic's records, from wherever one wants to look. The whole view is in the address. */
export function RecordsPage() {
  const { topic: name } = route.useParams();
  const { client } = useSession();
  const topic = useQuery(topicQuery(client, useScope(), name)).data;
  return topic === undefined ? null : <RecordsView key={topic.topicId} topic={topic} />;
}

function RecordsView({ topic }: { readonly topic: Topic }) {
  const view = route.useSearch();
  const scope = useScope();
  const navigate = route.useNavigate();
  const change = (changed: Partial<RecordView>, replace = false) =>
    void navigate({ search: { ...view, ...changed }, replace });
  // What was chosen here before goes into the address, so that who is sent it sees the same.
  const takeKeptColumns = useEffectEvent(() => {
    const kept = keptColumns(scope, topic.name);
    if (view.columns.length === 0 && kept.length > 0) change({ columns: kept }, true);
  });
  useEffect(() => takeKeptColumns(), []);
  const seen = useRef<readonly RecordRow[]>([]);
  const onRows = useCallback((rows: readonly RecordRow[]) => {
    seen.current = rows;
  }, []);
  const selection = useSelection();
  const actions = (
    <>
      <ColumnsMenu
        columns={view.columns}
        records={() => seen.current.map(({ record }) => record)}
        onChange={(columns) => {
          keepColumns(scope, topic.name, columns);
          change({ columns }, true);
        }}
      />
      <ViewActions topic={topic.name} view={view} rows={() => seen.current} picked={selection.keys} />
    </>
  );
  return (
    <div className="flex min-w-0 flex-col gap-3">
      <FilterField
        key={view.where}
        where={view.where}
        onChange={(where) => change(where !== '' && view.from === 'latest' ? { where, from: 'earliest' } : { where })}
      />
      <RecordToolbar view={view} partitions={topic.partitions} onChange={change} />
      {view.live ? null : <TimeHistogram topic={topic} view={view} onChange={change} />}
      <ShownList topic={topic} view={view} selection={selection} actions={actions} onRows={onRows} />
    </div>
  );
}

/** Another question is another list: it begins anew. */
function ShownList(list: ListProps) {
  const { partition, from, to, size, where, live } = list.view;
  if (mistakeIn(where) !== null) {
    return (
      <EmptyState title="The filter cannot be read">
        <p>Nothing is searched before it is put right.</p>
      </EmptyState>
    );
  }
  if (live) return <LiveTail key={JSON.stringify([partition, where])} {...list} />;
  if (where === '') return <RecordList {...list} />;
  return <SearchList key={JSON.stringify([partition, from, to, size, where])} {...list} />;
}

/** Two rows at most: of a third one, the first gives way. */
function useSelection(): Selection {
  const [keys, setKeys] = useState<readonly string[]>([]);
  return useMemo(() => {
    const toggle = (key: string) =>
      setKeys((picked) => (picked.includes(key) ? picked.filter((it) => it !== key) : [...picked, key].slice(-2)));
    return { keys, toggle };
  }, [keys]);
}
