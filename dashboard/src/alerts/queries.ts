import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { AlertCondition, Client } from '../../../src/client/index.ts';

type Scope = readonly [string, string];

/** Everything is measured every five minutes; looking a little more often shows a change soon enough. */
const refetchMs = 30_000;

export function alertsQuery(client: Client, scope: Scope) {
  return queryOptions({
    queryKey: [...scope, 'alerts'],
    queryFn: ({ signal }) => client.alerts.list({ signal }),
    refetchInterval: refetchMs,
  });
}

export function alertQuery(client: Client, scope: Scope, alertId: string) {
  return queryOptions({
    queryKey: [...scope, 'alerts', alertId],
    queryFn: ({ signal }) => client.alerts.describe(alertId, { signal }),
    refetchInterval: refetchMs,
  });
}

export function alertHistoryQuery(client: Client, scope: Scope, alertId: string) {
  return queryOptions({
    queryKey: [...scope, 'alerts', alertId, 'history'],
    queryFn: ({ signal }) => client.alerts.history(alertId, { signal }),
    refetchInterval: refetchMs,
  });
}

export function alertPreviewQuery(client: Client, scope: Scope, condition: AlertCondition | null) {
  return queryOptions({
    queryKey: [...scope, 'alert-preview', condition],
    queryFn: ({ signal }) => (condition === null ? null : client.alerts.preview(condition, { signal })),
    enabled: condition !== null,
    placeholderData: keepPreviousData,
    staleTime: refetchMs,
  });
}
