import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Acl } from '../../../src/client/index.ts';
import { plural } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { FormDialog } from '../ui/dialog.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Page, Section } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { useSay } from '../ui/toasts.tsx';
import { CreateAclDialog, sentenceOf } from './create-acl-dialog.tsx';
import { ExplainSection } from './explain-section.tsx';

/** The ACLs of the cluster, in Kafka's terms, and what they come to. */
export function AclsPage() {
  const session = useSession();
  const acls = useQuery({ queryKey: [...useScope(), 'acls'], queryFn: () => session.client.organization.acls() });
  const [open, setOpen] = useState<'create' | Acl | null>(null);
  const mayAlter = session.may('cluster.alter');
  const create = mayAlter ? (
    <Button kind="primary" onClick={() => setOpen('create')}>
      Create ACL
    </Button>
  ) : null;
  const steer: Column<Acl> = {
    header: 'Steer',
    cell: (acl) => (
      <Button kind="quiet" onClick={() => setOpen(acl)} aria-label={`Delete: ${sentenceOf(acl)}`}>
        Delete
      </Button>
    ),
  };
  return (
    <Page title="ACLs" facts={acls.data === undefined ? null : plural(acls.data.length, 'rule')} actions={create}>
      <ExplainSection />
      <Section title="Rules">
        {acls.isPending ? <SkeletonRows /> : null}
        {acls.error ? <ProblemNotice error={acls.error} onRetry={() => void acls.refetch()} /> : null}
        {acls.data?.length === 0 ? (
          <EmptyState title="No ACLs">
            <p>Keys have the rights of their role or scopes. ACLs give or deny more, to a key, a member or everyone.</p>
          </EmptyState>
        ) : null}
        {acls.data !== undefined && acls.data.length > 0 ? (
          <Table
            caption="ACLs"
            columns={mayAlter ? [...columns, steer] : columns}
            rows={acls.data}
            rowKey={sentenceOf}
          />
        ) : null}
      </Section>
      {open === 'create' ? <CreateAclDialog onClose={() => setOpen(null)} /> : null}
      {open === null || open === 'create' ? null : <DeleteAclDialog acl={open} onClose={() => setOpen(null)} />}
    </Page>
  );
}

function DeleteAclDialog({ acl, onClose }: { readonly acl: Acl; readonly onClose: () => void }) {
  const { client } = useSession();
  const scope = useScope();
  const queries = useQueryClient();
  const say = useSay();
  const deleting = useMutation({
    mutationFn: () => client.organization.deleteAcls(acl),
    onSuccess: async () => {
      onClose();
      say('Deleted the ACL', sentenceOf(acl));
      await queries.invalidateQueries({ queryKey: [...scope, 'acls'] });
    },
  });
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title="Delete an ACL"
      description={sentenceOf(acl)}
      submitLabel="Delete ACL"
      submitKind="danger"
      isBusy={deleting.isPending}
      error={deleting.error}
      onSubmit={() => deleting.mutate()}
    >
      {null}
    </FormDialog>
  );
}

const columns: readonly Column<Acl>[] = [
  {
    header: 'Decides',
    cell: ({ permission }) => <Badge tone={permission === 'DENY' ? 'danger' : 'ok'}>{permission.toLowerCase()}</Badge>,
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
