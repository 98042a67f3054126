import { formatCompact, plural } from '../lib/format.ts';
import { useSession } from '../session/session-context.tsx';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { RecordTable } from './record-table.tsx';
import { useTail } from './use-tail.ts';

/** What is produced from now on, as it comes. */
export function LiveTail({ topic, partition }: { readonly topic: string; readonly partition: number | null }) {
  const { client } = useSession();
  const tail = useTail(client, topic, partition);
  return (
    <>
      <div className="flex flex-wrap items-center gap-3 text-sm text-muted">
        <Badge tone={tail.isPaused ? 'warn' : tail.isConnected ? 'ok' : 'neutral'}>
          {tail.isPaused ? 'paused' : tail.isConnected ? 'following' : 'connecting'}
        </Badge>
        <span className="tabular">{formatCompact(tail.recordsPerSecond)} records/s</span>
        <span className="tabular">{plural(tail.receivedCount, 'record')} since you came</span>
        {tail.droppedCount > 0 ? (
          <span className="tabular">{plural(tail.droppedCount, 'older record')} no longer shown</span>
        ) : null}
        <span className="flex-1" />
        <Button onClick={tail.togglePause}>{tail.isPaused ? 'Go on' : 'Pause'}</Button>
      </div>
      {tail.error === null ? null : <ProblemNotice error={tail.error} />}
      {tail.records.length === 0 ? (
        <EmptyState title="Waiting for the next record">
          <p>What is produced from now on appears here by itself.</p>
        </EmptyState>
      ) : (
        <RecordTable records={tail.records} />
      )}
    </>
  );
}
