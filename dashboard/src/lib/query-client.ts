import { QueryClient } from '@tanstack/react-query';
import { MillraceError } from '../../../src/client/index.ts';

/** What the platform refused for good is shown at once; what failed for now is asked again. */
const retriesMax = 2;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: (failures, error) =>
        failures < retriesMax && (!(error instanceof MillraceError) || (error.retriable && error.status !== 429)),
      staleTime: 2_000,
      refetchOnWindowFocus: true,
    },
    mutations: { retry: false },
  },
});
