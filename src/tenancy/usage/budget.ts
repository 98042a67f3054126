import type { BudgetStanding } from '../../authorization/budget-standing.ts';
import { failed, ok, type Result } from '../../errors/result.ts';

/** What an organization may use in a month (UTC); null bounds nothing. */
export type Budget = {
  readonly monthlyDollars: number | null;
  /** Bytes in and out together. */
  readonly monthlyBytes: number | null;
  /** From this share of it on there is a warning. */
  readonly warnPercent: number;
};

/** What was used of it. */
export type Spent = { readonly dollars: number; readonly bytes: number };

export type BudgetState = 'within' | 'warned' | 'stopped';

export const noBudget: Budget = { monthlyDollars: null, monthlyBytes: null, warnPercent: 80 };

export function checkBudget(budget: Budget): Result<Budget> {
  const { monthlyDollars, monthlyBytes, warnPercent } = budget;
  const isAmount = (amount: number | null) => amount === null || (Number.isFinite(amount) && amount >= 0);
  if (!isAmount(monthlyDollars) || !isAmount(monthlyBytes)) {
    return failed('INVALID_REQUEST', 'A budget is an amount from 0 on, or null for none.');
  }
  const isShare = warnPercent >= 1 && warnPercent <= 100;
  return isShare ? ok(budget) : failed('INVALID_REQUEST', 'The warning comes at 1 to 100 percent of the budget.');
}

/** The part of the budget that is closest to its end; null when nothing is bounded. */
export function tightest(
  budget: Budget,
  spent: Spent,
): (Pick<BudgetStanding, 'unit' | 'used' | 'budget'> & { readonly share: number }) | null {
  const parts = [
    { unit: 'dollars' as const, used: spent.dollars, budget: budget.monthlyDollars },
    { unit: 'bytes' as const, used: spent.bytes, budget: budget.monthlyBytes },
  ].flatMap(({ unit, used, budget: bound }) =>
    bound === null ? [] : [{ unit, used, budget: bound, share: bound === 0 ? 1 : used / bound }],
  );
  return parts.sort((one, other) => other.share - one.share)[0] ?? null;
}

export function stateOf(budget: Budget, spent: Spent): BudgetState {
  const share = tightest(budget, spent)?.share ?? 0;
  if (share >= 1) return 'stopped';
  return share * 100 >= budget.warnPercent ? 'warned' : 'within';
}
