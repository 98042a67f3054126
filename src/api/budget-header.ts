import type { Arrival } from './platform.ts';

/** Says in an answer that the organization's budget is nearly, or entirely, used up: `warned; used=90%`. */
export function withBudget(response: Response, { principal }: Arrival): Response {
  const budget = principal?.budget;
  // An accepted WebSocket must travel as the object it is.
  if (budget === undefined || response.status === 101) return response;
  const headers = new Headers(response.headers);
  const percent = budget.budget === 0 ? 100 : Math.floor((budget.used / budget.budget) * 100 + 1e-6);
  headers.set('millrace-budget', `${budget.state}; used=${percent}%`);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
