import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type BudgetWarning, useBudgetWarning } from '../session/budget-watch.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { classNames } from '../ui/class-names.ts';

/** A page that asks nothing learns in so long that the budget was raised. */
const askAgainMs = 5_000;

/** Over every page while the organization's budget is nearly, or entirely, used up; nothing otherwise. */
export function BudgetBanner() {
  const { client, budget, may, organization_id: organization, cluster_id: cluster } = useSession();
  const warning = useBudgetWarning(budget);
  useQuery({
    queryKey: [...useScope(), 'budget-standing'],
    queryFn: () => client.session(),
    enabled: warning !== null,
    refetchInterval: askAgainMs,
  });
  if (warning === null) return null;
  const isStopped = warning.state === 'stopped';
  return (
    <div
      role="status"
      aria-label="Budget"
      className={classNames(
        'flex flex-wrap items-center gap-x-3 gap-y-1 border-b bg-surface px-4 py-2 text-sm md:px-6',
        isStopped ? 'border-danger text-danger' : 'border-warn text-warn',
      )}
    >
      <span aria-hidden="true">{isStopped ? '■' : '▲'}</span>
      <span className="min-w-0 flex-1 basis-64">{wordsOf(warning)}</span>
      {may('organization.describe') ? (
        <Link
          to="/$organization/$cluster/budget"
          params={{ organization, cluster }}
          className="font-medium whitespace-nowrap underline"
        >
          {may('organization.alter') ? 'Raise the budget' : 'Look at the budget'}
        </Link>
      ) : null}
    </div>
  );
}

function wordsOf({ state, usedPercent }: BudgetWarning): string {
  return state === 'stopped'
    ? "The organization's budget of this month is used up: no record is written or read until it is raised or the month is over."
    : `${usedPercent}% of the organization's budget of this month is used. When all of it is, records are neither written nor read.`;
}
