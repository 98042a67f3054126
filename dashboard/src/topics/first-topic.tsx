import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useScope, useSession } from '../session/session-context.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { Snippet } from '../ui/snippet.tsx';
import { firstRecords } from './first-record.ts';

/** Long enough to try things out; a program gets a key of its own. */
const keyLifetimeMs = 24 * 60 * 60 * 1000;

/** What stands where no topic is: the first record in four ways, with the address of this platform and, at will, a key. */
export function FirstTopic({ action }: { readonly action: ReactNode }) {
  const session = useSession();
  const scope = useScope();
  const queries = useQueryClient();
  const { mode, client, cluster_id: clusterId } = session;
  const issuing = useMutation({
    mutationFn: () =>
      client.organization.createKey({
        name: 'First record',
        clusterId,
        role: 'developer',
        expiresInMs: keyLifetimeMs,
      }),
    onSuccess: () => queries.invalidateQueries({ queryKey: [...scope, 'keys'] }),
  });
  const key = issuing.data ?? null;
  const ways = firstRecords({
    origin: location.origin,
    isClosed: mode === 'closed',
    credential: key?.apiKey ?? null,
    keyId: key?.keyId ?? null,
  });
  const mayIssue = mode === 'closed' && session.may('users.alter');
  return (
    <EmptyState title="No topics yet">
      <p>A topic keeps records in order. Create one here, or send a first record from where you work:</p>
      {action}
      {mayIssue && key === null ? (
        <Button onClick={() => issuing.mutate()} busyLabel={issuing.isPending ? 'Making a key' : null}>
          Put a key into these lines
        </Button>
      ) : null}
      {key === null ? null : (
        <p role="status">
          The key is in what you copy, and shown nowhere. It may produce and consume, and ends in a day.
        </p>
      )}
      {issuing.error ? <ProblemNotice error={issuing.error} /> : null}
      <div className="flex w-full max-w-xl flex-col gap-3 text-left">
        {ways.map(({ title, code }) => (
          <Snippet key={title} title={title} code={code} secret={key?.apiKey ?? null} />
        ))}
      </div>
    </EmptyState>
  );
}
