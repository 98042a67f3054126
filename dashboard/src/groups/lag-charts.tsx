import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { GroupDescription } from '../../../src/client/index.ts';
import { formatCompact, formatDuration } from '../lib/format.ts';
import { Chart } from '../metrics/chart.tsx';
import { type LagAhead, lagOf } from '../metrics/chart-data.ts';
import { lagHistoryQuery } from '../metrics/queries.ts';
import { RangeChooser } from '../metrics/range-chooser.tsx';
import { rangeNamed } from '../metrics/time-range.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Section } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { trendOf } from './lag-trend.ts';

const route = getRouteApi('/$organization/$cluster/groups/$group');

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Groups are measured every five minutes, those without members every hour: beyond that, nobody knows. */
const gapMs = { withMembers: 11 * minuteMs, empty: 65 * minuteMs };

/** A forecast takes at most this share of what has been: the past is what the chart is looked at for. */
const aheadShare = 0.4;

/** Steps of a scale of durations, in ms. */
const durationIncrements = [
  ...[1_000, 5_000, 10_000, 30_000],
  ...[1, 5, 10, 30].map((minutes) => minutes * minuteMs),
  ...[1, 3, 6, 12].map((hours) => hours * hourMs),
  ...[1, 2, 7, 14, 30].map((days) => days * dayMs),
];

/** How far behind a group was, in records and in time, and where that goes. `atMs` is when it was described. */
export function LagCharts({ group, atMs }: { readonly group: GroupDescription; readonly atMs: number }) {
  const { range: name } = route.useSearch();
  const navigate = route.useNavigate();
  const { client } = useSession();
  const scope = useScope();
  const range = rangeNamed(name);
  const history = useQuery(lagHistoryQuery(client, scope, group.group, range));
  const recent = useQuery(lagHistoryQuery(client, scope, group.group)).data;
  const charts = useMemo(() => {
    if (history.data === undefined) return undefined;
    const inMs = recent === undefined ? null : (trendOf(recent, group, atMs)?.caughtUpInMs ?? null);
    const ahead = inMs === null || inMs === 0 ? null : aheadOf(group.lag, inMs, atMs, range.lengthMs);
    const now = { atMs, lag: group.lag, lagMs: group.lagMs };
    const longestGapMs = Math.max(group.members.length > 0 ? gapMs.withMembers : gapMs.empty, 2 * range.stepMs);
    return lagOf(history.data, now, longestGapMs, ahead);
  }, [history.data, recent, group, atMs, range]);
  return (
    <Section
      title="Lag over time"
      actions={
        <RangeChooser
          chosen={name}
          onChoose={(chosen) => void navigate({ search: { range: chosen }, replace: true, resetScroll: false })}
        />
      }
    >
      {history.data === undefined && history.error !== null ? (
        <ProblemNotice error={history.error} onRetry={() => void history.refetch()} />
      ) : null}
      <div className="grid gap-3 lg:grid-cols-2">
        <Chart title="Records behind" data={charts?.lag} format={formatCompact} />
        <Chart title="Time behind" data={charts?.lagMs} format={formatDuration} increments={durationIncrements} />
      </div>
    </Section>
  );
}

/** The line to where it is caught up, as far as the chart shows it. */
function aheadOf(lag: number, inMs: number, atMs: number, lengthMs: number): LagAhead {
  const shownMs = Math.min(inMs, lengthMs * aheadShare);
  return { atMs: atMs + shownMs, lag: Math.max(0, lag * (1 - shownMs / inMs)) };
}
