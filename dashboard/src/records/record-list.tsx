import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useEffect } from 'react';
import { parseMoment } from '../../../src/address/moment.ts';
import { parsePosition } from '../../../src/address/position.ts';
import type { Topic } from '../../../src/client/index.ts';
import { plural } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { readRecords } from './read-records.ts';
import { type RecordRow, useRows } from './record-rows.ts';
import type { RecordView } from './record-search.ts';
import { RecordTable, type Selection } from './record-table.tsx';

export type ListProps = {
  readonly topic: Topic;
  readonly view: RecordView;
  readonly selection: Selection;
  /** What can be done with what is seen; stands beside what is said of it. */
  readonly actions: ReactNode;
  /** Told what is seen, whenever that changes. */
  readonly onRows: (rows: readonly RecordRow[]) => void;
};

/** Records around a position, without a filter. */
export function RecordList({ topic, view, selection, actions, onRows }: ListProps) {
  const { client } = useSession();
  const scope = useScope();
  const { partition = null, from, to, size } = view;
  const read = useQuery({
    queryKey: [...scope, 'records', topic.topicId, partition, from, to, size],
    queryFn: ({ signal }) => {
      const nowMs = Date.now();
      const position = parsePosition(from, nowMs) ?? { kind: 'latest' };
      const untilMs = to === '' ? null : parseMoment(to, nowMs);
      return readRecords(client, { topic, partition, position, untilMs, size }, signal);
    },
    // Records do not change; what came since is asked for by hand.
    staleTime: Number.POSITIVE_INFINITY,
  });
  const { rows, error } = useRows(read.data?.records ?? none, { rendering: view.as, columns: view.columns });
  useEffect(() => {
    onRows(rows ?? []);
  }, [rows, onRows]);
  const failure = read.error ?? error;
  if (failure) return <ProblemNotice error={failure} onRetry={() => void read.refetch()} />;
  if (read.data === undefined || rows === null) return <SkeletonRows />;
  const { records, ends } = read.data;
  const total = ends.reduce((sum, end) => sum + end.highWatermark - end.logStartOffset, 0);
  return (
    <>
      <div className="flex flex-wrap items-center gap-2 text-sm text-muted">
        <span aria-live="polite" className="mr-auto">
          {plural(records.length, 'record')} shown, the newest first, of about {plural(total, 'record')} in{' '}
          {plural(ends.length, 'partition')}
        </span>
        <Button kind="quiet" busyLabel={read.isFetching ? 'Reading …' : null} onClick={() => void read.refetch()}>
          Read again
        </Button>
        {actions}
      </div>
      {records.length === 0 ? (
        <EmptyState title="No records here">
          <p>
            {total === 0
              ? 'Nothing was produced yet, or retention has taken it all.'
              : 'There is nothing in this range.'}
          </p>
        </EmptyState>
      ) : (
        <RecordTable rows={rows} columns={view.columns} selection={selection} />
      )}
    </>
  );
}

const none: readonly never[] = [];
