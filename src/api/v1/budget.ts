import { type BudgetJson, budgetAlterSchema } from '../../contracts/budget.ts';
import { dayStartMs } from '../../log/usage/usage-counts.ts';
import type { BudgetDescription } from '../../tenancy/usage/budgets.ts';
import { jsonAnswer } from '../answers.ts';
import { problemAnswer } from '../problem.ts';
import { readQuery } from '../query.ts';
import { readJson } from '../request-body.ts';
import type { Handler } from '../services.ts';
import { actorOf, organizationOf, withCredentials } from './organization-access.ts';

const describeBudget: Handler = async (c) => {
  const query = readQuery(c.req.url, {});
  if (!query.ok) return problemAnswer(query.error);
  const described = await organizationOf(c).describeBudget(c.env.principal.orgId);
  return described.ok ? jsonAnswer(budgetJson(described.value)) : problemAnswer(described.error);
};

const alterBudget: Handler = async (c) => {
  const body = await readJson(c.req.raw, budgetAlterSchema);
  if (!body.ok) return problemAnswer(body.error);
  const { monthly_dollars: monthlyDollars, monthly_bytes: monthlyBytes, warn_percent: warnPercent } = body.value;
  const change = { monthlyDollars, monthlyBytes, warnPercent };
  const altered = await organizationOf(c).alterBudget(c.env.principal.orgId, actorOf(c), change);
  return altered.ok ? jsonAnswer(budgetJson(altered.value)) : problemAnswer(altered.error);
};

export const budgetHandlers = withCredentials({ describeBudget, alterBudget });

function budgetJson({
  monthlyDollars,
  monthlyBytes,
  warnPercent,
  state,
  spent,
  forecast,
  firstDay,
}: BudgetDescription) {
  return {
    monthly_dollars: monthlyDollars,
    monthly_bytes: monthlyBytes,
    warn_percent: warnPercent,
    state,
    month: new Date(dayStartMs(firstDay)).toISOString().slice(0, 7),
    spent_dollars: spent.dollars,
    spent_bytes: spent.bytes,
    forecast_dollars: forecast.dollars,
    forecast_bytes: forecast.bytes,
  } satisfies BudgetJson;
}
