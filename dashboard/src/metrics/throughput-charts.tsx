import type { UseQueryResult } from '@tanstack/react-query';
import { useMemo } from 'react';
import type { ThroughputHistory } from '../../../src/client/index.ts';
import { formatByteRate, formatBytes, formatRate } from '../lib/format.ts';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { Chart } from './chart.tsx';
import { ratesOf, storageOf } from './chart-data.ts';

/** What came in and what is kept, of a topic or of all. `sinceMs` is when what is shown was made. */
export function ThroughputCharts({
  history,
  sinceMs,
}: {
  readonly history: UseQueryResult<ThroughputHistory>;
  readonly sinceMs: number;
}) {
  const { data, error } = history;
  const charts = useMemo(
    () =>
      data && {
        records: ratesOf(data, 'Records in', 'records_in', sinceMs),
        bytes: ratesOf(data, 'Bytes in', 'bytes_in', sinceMs),
        storage: storageOf(data),
      },
    [data, sinceMs],
  );
  if (data === undefined && error !== null)
    return <ProblemNotice error={error} onRetry={() => void history.refetch()} />;
  return (
    <div className="grid gap-3 xl:grid-cols-3">
      <Chart title="Records in" data={charts?.records} format={formatRate} />
      <Chart title="Bytes in" data={charts?.bytes} format={formatByteRate} />
      <Chart title="Stored" data={charts?.storage} format={formatBytes} />
    </div>
  );
}
