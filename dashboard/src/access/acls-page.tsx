import { useQuery } from '@tanstack/react-query';
import type { Acl } from '../../../src/client/index.ts';
import { plural } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Badge } from '../ui/badge.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Page } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { Snippet } from '../ui/snippet.tsx';
import { type Column, Table } from '../ui/table.tsx';

/** The ACLs of the cluster, in Kafka's terms. */
export function AclsPage() {
  const { client } = useSession();
  const acls = useQuery({ queryKey: [...useScope(), 'acls'], queryFn: () => client.organization.acls() });
  return (
    <Page title="ACLs" facts={acls.data === undefined ? null : plural(acls.data.length, 'rule')}>
      {acls.isPending ? <SkeletonRows /> : null}
      {acls.error ? <ProblemNotice error={acls.error} onRetry={() => void acls.refetch()} /> : null}
      {acls.data?.length === 0 ? (
        <EmptyState title="No ACLs">
          <p>Keys have the rights of their role or scopes. ACLs give or deny more, to a key or to everyone.</p>
          <Snippet
            title="Command line"
            code="millrace acls create --principal 'User:*' --operation READ --topic public- --prefixed"
          />
        </EmptyState>
      ) : null}
      {acls.data !== undefined && acls.data.length > 0 ? (
        <Table caption="ACLs" columns={columns} rows={acls.data} rowKey={(acl) => Object.values(acl).join(' ')} />
      ) : null}
    </Page>
  );
}

const columns: readonly Column<Acl>[] = [
  {
    header: 'Decides',
    cell: ({ permission }) => (
      <Badge tone={permission === 'DENY' ? 'danger' : 'ok'}>{String(permission).toLowerCase()}</Badge>
    ),
  },
  { header: 'Principal', cell: ({ principal }) => <span className="font-mono text-xs">{principal}</span> },
  { header: 'From', cell: ({ host }) => host },
  { header: 'Operation', cell: ({ operation }) => operation },
  { header: 'Resource', cell: ({ resource_type: type }) => type },
  {
    header: 'Name',
    cell: ({ resource_name: name, pattern_type: pattern }) => (
      <span className="font-mono text-xs">
        {name}
        {pattern === 'PREFIXED' ? '…' : ''}
      </span>
    ),
  },
];
