import type { Budget } from '../../../src/client/index.ts';

/** One bound of a budget with how far the month has come with it. */
export type BudgetPart = {
  readonly unit: 'dollars' | 'bytes';
  /** Null where nothing is bounded. */
  readonly bound: number | null;
  readonly spent: number;
  readonly forecast: number;
};

export function partsOf(budget: Budget): readonly BudgetPart[] {
  return [
    {
      unit: 'dollars',
      bound: budget.monthly_dollars,
      spent: budget.spent_dollars,
      forecast: budget.forecast_dollars,
    },
    { unit: 'bytes', bound: budget.monthly_bytes, spent: budget.spent_bytes, forecast: budget.forecast_bytes },
  ];
}

/** When the month (UTC), `2026-11`, is over. */
export function monthEndMs(month: string): number {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return Date.UTC(year, number, 1);
}

/** The part of a bound that is used, 1 when all of it is; a bound of nothing is always used up. */
export function usedShare({ bound, spent }: BudgetPart): number {
  return bound === null ? 0 : bound === 0 ? 1 : spent / bound;
}

/** When a bound is used up at the forecast's pace, if that is before the month ends. */
export function usedUpAtMs({ bound, spent, forecast }: BudgetPart, month: string, nowMs: number): number | null {
  if (bound === null || spent >= bound || forecast <= bound) return null;
  const share = (bound - spent) / (forecast - spent);
  return nowMs + share * (monthEndMs(month) - nowMs);
}
