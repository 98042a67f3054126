import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { parsePosition } from '../../../src/address/position.ts';
import { plural } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { topicQuery } from '../topics/queries.ts';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { SelectField, TextField } from '../ui/field.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { LiveTail } from './live-tail.tsx';
import { readRecords } from './read-records.ts';
import { RecordTable } from './record-table.tsx';

const route = getRouteApi('/$organization/$cluster/topics/$topic/');

const sizes = [50, 200, 500].map((size) => ({ value: String(size), label: `${size} records` }));

/** A topic's records, from wherever one wants to look. The whole view is in the address. */
export function RecordsPage() {
  const { topic: name } = route.useParams();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const { client } = useSession();
  const scope = useScope();
  const topic = useQuery(topicQuery(client, scope, name)).data;
  const change = (changed: Partial<typeof search>) => void navigate({ search: { ...search, ...changed } });
  if (topic === undefined) return null;
  const partitions = [
    { value: 'all', label: 'All partitions' },
    ...Array.from({ length: topic.partitions }, (_, index) => ({ value: String(index), label: `Partition ${index}` })),
  ];
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <div className="flex flex-wrap items-end gap-3">
        <PositionField
          key={search.from}
          from={search.from}
          isDisabled={search.live}
          onChange={(from) => change({ from })}
        />
        <SelectField
          label="Partition"
          choices={partitions}
          value={search.partition === undefined ? 'all' : String(search.partition)}
          onChange={({ target }) => change({ partition: target.value === 'all' ? undefined : Number(target.value) })}
        />
        <SelectField
          label="Show"
          choices={sizes}
          value={String(search.size)}
          disabled={search.live}
          onChange={({ target }) => change({ size: Number(target.value) })}
        />
        <Button aria-pressed={search.live} onClick={() => change({ live: !search.live })}>
          {search.live ? 'Stop following' : 'Follow live'}
        </Button>
      </div>
      {search.live ? (
        <LiveTail key={search.partition} topic={name} partition={search.partition ?? null} />
      ) : (
        <RecordList />
      )}
    </div>
  );
}

/** Takes `earliest`, `latest`, an offset or a time, and says so of anything else. */
function PositionField(props: {
  readonly from: string;
  readonly isDisabled: boolean;
  readonly onChange: (from: string) => void;
}) {
  const [text, setText] = useState(props.from);
  const isUnderstood = parsePosition(text, Date.now()) !== null;
  const submit = () => {
    if (isUnderstood && text !== props.from) props.onChange(text.trim());
  };
  return (
    <form
      className="w-64"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <TextField
        label="From"
        data-filter
        list="positions"
        disabled={props.isDisabled}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={submit}
        problem={isUnderstood ? null : 'earliest, latest, an offset, -15m, or a time like 2026-11-20 06:41'}
      />
      <datalist id="positions">
        {['latest', 'earliest', '-15m', '-1h', '-1d'].map((position) => (
          <option key={position} value={position} />
        ))}
      </datalist>
    </form>
  );
}

function RecordList() {
  const { topic: name } = route.useParams();
  const { partition, from, size } = route.useSearch();
  const { client } = useSession();
  const scope = useScope();
  const topic = useQuery(topicQuery(client, scope, name)).data;
  const view = useQuery({
    queryKey: [...scope, 'records', topic?.topicId, partition ?? null, from, size],
    queryFn: ({ signal }) => {
      const position = parsePosition(from, Date.now()) ?? { kind: 'latest' };
      return readRecords(client, { topic: topic!, partition: partition ?? null, position, size }, signal);
    },
    enabled: topic !== undefined,
    // Records do not change; what came since is asked for by hand.
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (view.error) return <ProblemNotice error={view.error} onRetry={() => void view.refetch()} />;
  if (view.data === undefined) return <SkeletonRows />;
  const { records, ends } = view.data;
  const total = ends.reduce((sum, end) => sum + end.highWatermark - end.logStartOffset, 0);
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-2 text-sm text-muted">
        <span aria-live="polite">
          {plural(records.length, 'record')} shown, the newest first, of about {plural(total, 'record')} in{' '}
          {plural(ends.length, 'partition')}
        </span>
        <Button kind="quiet" busyLabel={view.isFetching ? 'Reading …' : null} onClick={() => void view.refetch()}>
          Read again
        </Button>
      </div>
      {records.length === 0 ? (
        <EmptyState title="No records here">
          <p>
            {total === 0
              ? 'Nothing was produced yet, or retention has taken it all.'
              : 'There is nothing from this position on.'}
          </p>
        </EmptyState>
      ) : (
        <RecordTable records={records} />
      )}
    </>
  );
}
