import type { BudgetAlterJson, BudgetJson } from '../contracts/budget.ts';
import type { UsageJson } from '../contracts/usage.ts';
import type { HttpDoor } from './http-door.ts';

/** What was used, in the fields of the API; a page, or all pages together. */
export type Usage = UsageJson;

/** What the organization may use in a month, and how it stands, in the fields of the API. */
export type Budget = BudgetJson;

/** What is absent stays; null lifts a bound. */
export type BudgetChange = BudgetAlterJson;

/** What one topic, key or day came to. */
export type UsageRow = Usage['usage'][number];

export type UsageQuery = {
  /** Dates (UTC), both inclusive; the month until today by default. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Default `day`. */
  readonly by?: 'topic' | 'key' | 'day' | undefined;
  /** A cluster by its id; all of them by default. */
  readonly cluster?: string | undefined;
};

/** How many rows one page asks for. */
const rowsPerPage = 1_000;

/** Reads what was used, all pages of it. */
export async function readUsage(
  door: HttpDoor,
  { signal, ...query }: UsageQuery & { readonly signal?: AbortSignal },
): Promise<Usage> {
  const rows: UsageRow[] = [];
  for (let cursor: string | undefined; ; ) {
    const page: Usage = await door.json({
      method: 'GET',
      path: '/v1/usage',
      query: { ...query, limit: rowsPerPage, cursor },
      signal,
    });
    rows.push(...page.usage);
    if (page.next_cursor === null) return { ...page, usage: rows };
    cursor = page.next_cursor;
  }
}
