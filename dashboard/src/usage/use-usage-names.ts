import { useQuery } from '@tanstack/react-query';
import type { Usage, UsageRow } from '../../../src/client/index.ts';
import { useScope, useSession } from '../session/session-context.tsx';

/** How rows of usage are called for people; keys have their names besides their ids, where one may know them. */
export function useUsageNames(by: Usage['by']): (row: UsageRow) => string {
  const { client, may } = useSession();
  const keys = useQuery({
    queryKey: [...useScope(), 'keys'],
    queryFn: async ({ signal }) => Array.fromAsync(client.organization.keys({ signal })),
    enabled: by === 'key' && may('users.describe'),
  });
  const names = new Map(keys.data?.map(({ keyId, name }) => [keyId, name]));
  return ({ name }) => {
    // An empty name is of nobody in particular, a star is of many.
    if (name === '') return by === 'key' ? 'the platform itself' : 'of none';
    if (name === '*') return 'the rest';
    const label = by === 'key' ? names.get(name) : undefined;
    return label === undefined ? name : `${label} (${name})`;
  };
}
