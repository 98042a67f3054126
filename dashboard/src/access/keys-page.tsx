import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ApiKey, IssuedApiKey } from '../../../src/client/index.ts';
import { plural } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { FormDialog } from '../ui/dialog.tsx';
import { SelectField } from '../ui/field.tsx';
import { Page } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Timestamp } from '../ui/timestamp.tsx';
import { useSay } from '../ui/toasts.tsx';
import { CreateKeyDialog } from './create-key-dialog.tsx';
import { IssuedKeyDialog } from './issued-key-dialog.tsx';

/** The API keys of the organization: what they may do, when they were used, and how they end. */
export function KeysPage() {
  const session = useSession();
  const scope = useScope();
  const keys = useQuery({
    queryKey: [...scope, 'keys'],
    queryFn: async ({ signal }) => Array.fromAsync(session.client.organization.keys({ signal })),
  });
  const [open, setOpen] = useState<
    { readonly act: 'create' } | { readonly act: 'rotate' | 'revoke'; readonly key: ApiKey } | null
  >(null);
  const [issued, setIssued] = useState<IssuedApiKey | null>(null);
  const mayAlter = session.may('users.alter');
  const actions: Column<ApiKey> = {
    header: 'Steer',
    cell: (key) =>
      key.status === 'active' ? (
        <span className="flex gap-1">
          <Button kind="quiet" onClick={() => setOpen({ act: 'rotate', key })} aria-label={`Rotate ${key.name}`}>
            Rotate
          </Button>
          <Button kind="quiet" onClick={() => setOpen({ act: 'revoke', key })} aria-label={`Revoke ${key.name}`}>
            Revoke
          </Button>
        </span>
      ) : null,
  };
  return (
    <Page
      title="API keys"
      facts={keys.data === undefined ? null : plural(keys.data.length, 'key')}
      actions={
        mayAlter ? (
          <Button kind="primary" onClick={() => setOpen({ act: 'create' })}>
            Create key
          </Button>
        ) : null
      }
    >
      {keys.isPending ? <SkeletonRows /> : null}
      {keys.error ? <ProblemNotice error={keys.error} onRetry={() => void keys.refetch()} /> : null}
      {keys.data === undefined ? null : (
        <Table
          caption="API keys"
          columns={mayAlter ? [...columns, actions] : columns}
          rows={keys.data}
          rowKey={({ keyId }) => keyId}
        />
      )}
      {open?.act === 'create' ? <CreateKeyDialog onClose={() => setOpen(null)} onIssued={setIssued} /> : null}
      {open === null || open.act === 'create' ? null : (
        <EndKeyDialog act={open.act} apiKey={open.key} onClose={() => setOpen(null)} onIssued={setIssued} />
      )}
      {issued === null ? null : <IssuedKeyDialog issued={issued} onClose={() => setIssued(null)} />}
    </Page>
  );
}

const overlaps = [
  { value: '86400000', label: 'a day' },
  { value: '3600000', label: 'an hour' },
  { value: '0', label: 'no longer: it ends now' },
];

/** Rotation keeps the secret in use good for a while; revocation ends the key at once. */
function EndKeyDialog(props: {
  readonly act: 'rotate' | 'revoke';
  readonly apiKey: ApiKey;
  readonly onClose: () => void;
  readonly onIssued: (issued: IssuedApiKey) => void;
}) {
  const { act, apiKey } = props;
  const { client, principal } = useSession();
  const isOwn = principal === `User:${apiKey.keyId}`;
  const scope = useScope();
  const queries = useQueryClient();
  const say = useSay();
  const [overlapMs, setOverlapMs] = useState(overlaps[0]!.value);
  const ending = useMutation({
    mutationFn: async () => {
      if (act === 'rotate')
        props.onIssued(await client.organization.rotateKey(apiKey.keyId, { overlapMs: Number(overlapMs) }));
      else await client.organization.revokeKey(apiKey.keyId);
    },
    onSuccess: async () => {
      props.onClose();
      if (act === 'revoke') say(`Revoked ${apiKey.name}`);
      await queries.invalidateQueries({ queryKey: [...scope, 'keys'] });
    },
  });
  return (
    <FormDialog
      isOpen
      onClose={props.onClose}
      title={`${act === 'rotate' ? 'Rotate' : 'Revoke'} ${apiKey.name}`}
      description={
        act === 'rotate'
          ? 'The key gets a new secret, shown once. The one in use stays good for a while, so that programs can change over.'
          : 'Whatever uses this key is refused within seconds, open sockets included. It cannot be taken back.'
      }
      submitLabel={act === 'rotate' ? 'Rotate key' : 'Revoke key'}
      submitKind={act === 'rotate' ? 'primary' : 'danger'}
      isBusy={ending.isPending}
      error={ending.error}
      onSubmit={() => ending.mutate()}
    >
      {act === 'rotate' ? (
        <SelectField
          label="The secret in use stays good for"
          hint={isOwn ? 'You are signed in with it: you will be signed out when it ends.' : undefined}
          choices={overlaps}
          value={overlapMs}
          onChange={({ target }) => setOverlapMs(target.value)}
        />
      ) : null}
    </FormDialog>
  );
}

const tones = { active: 'ok', expired: 'warn', revoked: 'neutral' } as const;

const columns: readonly Column<ApiKey>[] = [
  {
    header: 'Key',
    cell: ({ name, keyId, secrets }) => (
      <>
        <span className="font-medium">{name}</span>
        <p className="font-mono text-xs text-muted">
          {keyId} {secrets.at(-1) === undefined ? null : `…${secrets.at(-1)?.last4}`}
        </p>
        {secrets.slice(0, -1).map(({ last4, expiresAt }) => (
          <p key={last4} className="text-xs text-muted">
            <span className="font-mono">…{last4}</span>{' '}
            {expiresAt === null ? (
              'is good too'
            ) : (
              <>
                is good until <Timestamp ms={expiresAt} />
              </>
            )}
          </p>
        ))}
      </>
    ),
  },
  { header: 'State', cell: ({ status }) => <Badge tone={tones[status]}>{status}</Badge> },
  {
    header: 'May',
    cell: ({ role, scopes }) =>
      role === null ? <span className="font-mono text-xs">{scopes.join(' ')}</span> : `role ${role}`,
  },
  { header: 'Last used', cell: ({ lastUsedAt }) => (lastUsedAt === null ? 'never' : <Timestamp ms={lastUsedAt} />) },
  { header: 'Expires', cell: ({ expiresAt }) => (expiresAt === null ? 'never' : <Timestamp ms={expiresAt} />) },
];
