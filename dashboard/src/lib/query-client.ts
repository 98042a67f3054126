import { QueryClient } from '@tanstack/react-query';
import { MillraceError } from '../../../src/client/index.ts';

/** What failed for now is asked again this often. */
const retriesMax = 2;

/**
 * What the platform refused (a topic that is not there, an offset beyond the end) is shown at once, even where Kafka
 * calls it retriable: a person sees it and asks again.
 */
const isRefused = (error: Error): boolean =>
  error instanceof MillraceError && error.status !== null && error.status < 500;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) =>
        failures < retriesMax && !isRefused(error) && (!(error instanceof MillraceError) || error.retriable),
      staleTime: 2_000,
      refetchOnWindowFocus: true,
    },
    mutations: { retry: false },
  },
});
