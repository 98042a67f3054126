import { z } from 'zod';

const amount = z.number().min(0).max(1e15).nullable();
const warnPercent = z.number().min(1).max(100);

export const budgetAlterSchema = z
  .strictObject({
    monthly_dollars: amount.optional().describe('By the prices of usage. Null lifts it; absent leaves it.'),
    monthly_bytes: amount.optional().describe('Bytes of records in and out together.'),
    warn_percent: warnPercent.optional(),
  })
  .meta({ id: 'BudgetAlter' });

export const budgetSchema = z
  .object({
    monthly_dollars: amount,
    monthly_bytes: amount,
    warn_percent: warnPercent.describe('From this share of the budget on there is a warning; 80 by default.'),
    state: z
      .enum(['within', 'warned', 'stopped'])
      .describe('stopped: records are neither written nor read until the budget is raised, or the month is over.'),
    month: z.string().describe('The month under way (UTC), `2026-11`.'),
    spent_dollars: z.number(),
    spent_bytes: z.number(),
    forecast_dollars: z.number().describe('What the whole month will come to, at the pace of the last seven days.'),
    forecast_bytes: z.number(),
  })
  .meta({ id: 'Budget' });

export type BudgetJson = z.infer<typeof budgetSchema>;
export type BudgetAlterJson = z.infer<typeof budgetAlterSchema>;
