import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Budget } from '../../../src/client/index.ts';
import { formatBytes, formatCount, formatDollars } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Badge, type Tone } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { Page, Section } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { BudgetDialog } from './budget-dialog.tsx';
import { type BudgetPart, monthEndMs, partsOf, usedShare, usedUpAtMs } from './budget-outlook.ts';

/** What the organization may use in a month, how far it has come, and what happens at the end of it. */
export function BudgetPage() {
  const { client, may } = useSession();
  const budget = useQuery({
    queryKey: [...useScope(), 'budget'],
    queryFn: ({ signal }) => client.organization.budget({ signal }),
    refetchInterval: 15_000,
  });
  const [isSetting, setSetting] = useState(false);
  return (
    <Page
      title="Budget"
      facts={budget.data === undefined ? undefined : <BudgetFacts budget={budget.data} />}
      actions={
        may('organization.alter') && budget.data !== undefined ? (
          <Button kind="primary" onClick={() => setSetting(true)}>
            {isBounded(budget.data) ? 'Change the budget' : 'Set a budget'}
          </Button>
        ) : null
      }
    >
      {budget.isPending ? <SkeletonRows /> : null}
      {budget.error ? <ProblemNotice error={budget.error} onRetry={() => void budget.refetch()} /> : null}
      {budget.data === undefined ? null : (
        <>
          <div className="grid gap-3 lg:grid-cols-2">
            {partsOf(budget.data).map((part) => (
              <PartCard key={part.unit} part={part} budget={budget.data} />
            ))}
          </div>
          <AtTheEnd budget={budget.data} />
        </>
      )}
      {isSetting && budget.data !== undefined ? (
        <BudgetDialog budget={budget.data} onClose={() => setSetting(false)} />
      ) : null}
    </Page>
  );
}

const isBounded = ({ monthly_dollars, monthly_bytes }: Budget) => monthly_dollars !== null || monthly_bytes !== null;

const standings: Readonly<Record<Budget['state'], readonly [Tone, string]>> = {
  within: ['ok', 'within the budget'],
  warned: ['warn', 'nearly used up'],
  stopped: ['danger', 'used up: records are stopped'],
};

function BudgetFacts({ budget }: { readonly budget: Budget }) {
  const [tone, words] = isBounded(budget) ? standings[budget.state] : (['neutral', 'no budget is set'] as const);
  return (
    <>
      <Badge tone={tone}>{words}</Badge>
      <span>
        {budget.month} (UTC), until {dateOf(monthEndMs(budget.month) - 1)}
      </span>
    </>
  );
}

const titles = { dollars: 'Dollars', bytes: 'Bytes in and out' } as const;
const formats = { dollars: formatDollars, bytes: formatBytes } as const;

function PartCard({ part, budget }: { readonly part: BudgetPart; readonly budget: Budget }) {
  const { unit, bound, spent, forecast } = part;
  const format = formats[unit];
  const endsAtMs = usedUpAtMs(part, budget.month, Date.now());
  return (
    <section className="flex flex-col gap-3 rounded-lg border border-line bg-surface p-4">
      <h2 className="text-base font-semibold">{titles[unit]}</h2>
      <p className="tabular text-2xl font-semibold">
        {format(spent)}
        <span className="text-base font-normal text-muted">
          {bound === null ? ' used, of no bound' : ` used of ${format(bound)}`}
        </span>
      </p>
      {bound === null ? null : <UsedBar part={part} warnPercent={budget.warn_percent} />}
      <p className="text-sm text-muted">
        Forecast for the month: <span className="tabular font-medium text-ink">{format(forecast)}</span>
        {endsAtMs === null ? '.' : `, more than the budget: at this pace it is used up on ${dateOf(endsAtMs)} (UTC).`}
      </p>
    </section>
  );
}

/** How much is used, with a mark where the warning begins. */
function UsedBar({ part, warnPercent }: { readonly part: BudgetPart; readonly warnPercent: number }) {
  const share = usedShare(part);
  const percent = Math.floor(share * 100 + 1e-6);
  const colour = share >= 1 ? 'bg-danger' : share * 100 >= warnPercent ? 'bg-warn' : 'bg-accent';
  return (
    <div className="flex flex-col gap-1">
      <div className="relative h-4 rounded-sm bg-sunken" aria-hidden="true">
        <span
          className={`block h-full rounded-sm ${colour}`}
          style={{ width: `${Math.min(100, Math.max(share > 0 ? 0.5 : 0, share * 100))}%` }}
        />
        <span className="absolute -top-0.5 -bottom-0.5 w-0.5 bg-ink" style={{ left: `${warnPercent}%` }} />
      </div>
      <p className="tabular text-xs text-muted">
        {formatCount(percent)}% used; the mark is the warning at {warnPercent}%.
      </p>
    </div>
  );
}

function AtTheEnd({ budget }: { readonly budget: Budget }) {
  return (
    <Section title="What happens">
      <ul className="flex max-w-3xl list-disc flex-col gap-1 pl-5 text-sm">
        <li>
          From {budget.warn_percent}% on every page says so, every answer carries a header, and the audit log has an
          entry.
        </li>
        <li>
          When it is used up, nobody in the organization writes or reads records any more, owners included, at any door.
          HTTP answers 429 with <code className="font-mono">BUDGET_EXCEEDED</code>.
        </li>
        <li>
          Nothing is deleted. Topics, groups, keys, usage and this page go on, and what is kept is still paid for.
        </li>
        <li>
          It goes on within seconds when the budget is raised, and by itself when the next month begins,{' '}
          <span className="whitespace-nowrap">{dateOf(monthEndMs(budget.month))}</span> (UTC). Readers go on where they
          were.
        </li>
      </ul>
    </Section>
  );
}

const dateOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);
