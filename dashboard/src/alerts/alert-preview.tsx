import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { AlertCondition, AlertPreview } from '../../../src/client/index.ts';
import { plural } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { amountText } from './alert-metrics.ts';
import { alertPreviewQuery } from './queries.ts';

/** Somebody who types is not asked for after every key. */
const settledMs = 400;

/** Topics or groups whose day is drawn. */
const strips = 5;

/** What a rule would have done within the last day, while it is written. */
export function AlertPreviewNote({ condition }: { readonly condition: AlertCondition | null }) {
  const { client } = useSession();
  const settled = useSettled(condition);
  const preview = useQuery(alertPreviewQuery(client, useScope(), settled));
  if (settled === null) return <Frame>Fill in the rule to see what it would have done within the last day.</Frame>;
  if (preview.error) return <ProblemNotice error={preview.error} />;
  if (!preview.data) return <Frame>Looking at the last day …</Frame>;
  return <Seen preview={preview.data} metric={settled.metric} />;
}

function Seen({ preview, metric }: { readonly preview: AlertPreview; readonly metric: AlertCondition['metric'] }) {
  const { is_kept: isKept, fired, subjects } = preview;
  if (!isKept) return <Frame>No past is kept of this, so it cannot be said how often it would have fired.</Frame>;
  if (subjects.length === 0)
    return <Frame>Nothing of that name is there now. It is watched from when it comes to be.</Frame>;
  const noisy = subjects.filter(({ alerts }) => alerts.length > 0);
  const shown = (noisy.length > 0 ? noisy : subjects).slice(0, strips);
  return (
    <Frame>
      <p className="font-medium text-ink">
        {fired === 0
          ? 'Would not have fired within the last day'
          : `Would have fired ${plural(fired, 'time')} within the last day`}
      </p>
      <ul className="mt-2 flex flex-col gap-2">
        {shown.map(({ subject, value, alerts }) => (
          <li key={subject ?? ''}>
            <div className="flex justify-between gap-3">
              <span className="min-w-0 truncate">{subject ?? 'all together'}</span>
              <span className="tabular shrink-0">
                {value === null ? 'not measured yet' : `now ${amountText(metric, value)}`}
              </span>
            </div>
            <DayStrip from={preview.from} to={preview.to} alerts={alerts} />
          </li>
        ))}
      </ul>
    </Frame>
  );
}

/** A day from left to right, marked where the alert would have fired. The sentence above says how often. */
function DayStrip({ from, to, alerts }: { readonly from: number; readonly to: number; readonly alerts: Fired }) {
  const share = (ms: number) => ((ms - from) / (to - from)) * 1_000;
  return (
    <svg
      viewBox="0 0 1000 8"
      preserveAspectRatio="none"
      className="mt-1 h-2 w-full rounded-sm bg-canvas"
      aria-hidden="true"
    >
      {alerts.map(({ fired_at, resolved_at }) => (
        <rect
          key={fired_at}
          x={share(fired_at)}
          y={0}
          width={Math.max(4, share(resolved_at ?? to) - share(fired_at))}
          height={8}
          className="fill-danger"
        />
      ))}
    </svg>
  );
}

type Fired = AlertPreview['subjects'][number]['alerts'];

function Frame({ children }: { readonly children: React.ReactNode }) {
  return (
    <div role="status" className="rounded-md bg-sunken p-3 text-xs text-muted">
      {children}
    </div>
  );
}

function useSettled(condition: AlertCondition | null): AlertCondition | null {
  const text = JSON.stringify(condition);
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), settledMs);
    return () => clearTimeout(timer);
  }, [text]);
  return JSON.parse(settled) as AlertCondition | null;
}
