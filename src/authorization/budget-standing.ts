import { type Failed, failed } from '../errors/result.ts';

/**
 * How far an organization's month has come with its budget, once there is something to say of it. It travels with every
 * principal of the organization, so that each door knows it without asking anyone.
 */
export type BudgetStanding = {
  /** `stopped`: no record is written or read until the budget is raised, or the month ends. */
  readonly state: 'warned' | 'stopped';
  readonly unit: 'dollars' | 'bytes';
  readonly used: number;
  readonly budget: number;
  /** `2026-11` (UTC). */
  readonly month: string;
};

/** What who would write or read records is answered when the budget is used up. */
export function budgetExceeded({ unit, used, budget, month }: BudgetStanding): Failed {
  const sum = (amount: number) => (unit === 'dollars' ? `$${amount.toFixed(2)}` : `${amount} bytes`);
  return failed(
    'BUDGET_EXCEEDED',
    `The organization has used ${sum(used)} in ${month}, and its budget is ${sum(budget)} a month: no record is written or read until an owner raises it (PATCH /v1/budget, or millrace usage budget) or the month is over. What is stored stays as it is.`,
    { unit, used, budget, month },
  );
}
