import { WriteCost } from '../gateway/write-cost.ts';
import { prices } from '../tenancy/usage/prices.ts';
import type { Services } from './services.ts';

/** Counts what a request writes, for who prefers to know (RFC 7240, `Prefer: cost`); null for everyone else. */
export function measuredWrites(request: Request, { producer }: Services): WriteCost | null {
  const preferred = request.headers.get('prefer');
  if (preferred === null || !preferred.split(',').some((one) => one.trim().toLowerCase() === 'cost')) return null;
  const cost = new WriteCost();
  producer.measure(cost);
  return cost;
}

/** Says in an answer what its writes came to: `dollars=0.000001450; worker_requests=1; object_requests=1; rows_written=1`. */
export function withWriteCost(answer: Response, cost: WriteCost | null): Response {
  if (cost === null || cost.objectRequests === 0) return answer;
  const { objectRequests, rowsWritten } = cost;
  const dollars = prices.requests + objectRequests * prices.objectRequests + rowsWritten * prices.rowsWritten;
  const rows = Number(rowsWritten.toFixed(3));
  answer.headers.set(
    'millrace-cost',
    `dollars=${dollars.toFixed(9)}; worker_requests=1; object_requests=${objectRequests}; rows_written=${rows}`,
  );
  answer.headers.set('preference-applied', 'cost');
  return answer;
}
