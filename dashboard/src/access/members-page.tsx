import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Member } from '../../../src/client/index.ts';
import { plural } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Page } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Timestamp } from '../ui/timestamp.tsx';
import { useSay } from '../ui/toasts.tsx';
import { InviteDialog } from './invite-dialog.tsx';
import { memberRoles } from './member-roles.ts';
import { RemoveMemberDialog } from './remove-member-dialog.tsx';

/** The people of the organization, and what each may do. */
export function MembersPage() {
  const session = useSession();
  const members = useQuery({
    queryKey: [...useScope(), 'members'],
    queryFn: ({ signal }) => session.client.organization.members.list({ signal }),
  });
  const [open, setOpen] = useState<'invite' | Member | null>(null);
  const mayAlter = session.may('users.alter');
  const invite = mayAlter ? (
    <Button kind="primary" onClick={() => setOpen('invite')}>
      Invite
    </Button>
  ) : null;
  const columns: readonly Column<Member>[] = [
    { header: 'Address', cell: ({ email }) => <span className="font-medium">{email}</span> },
    { header: 'State', cell: ({ status }) => <Badge tone={status === 'joined' ? 'ok' : 'info'}>{status}</Badge> },
    { header: 'Role', cell: (member) => (mayAlter ? <RoleField member={member} /> : member.role) },
    { header: 'Invited', cell: ({ invited_at: at }) => <Timestamp ms={at} /> },
    { header: 'Last seen', cell: ({ last_seen_at: at }) => (at === null ? 'never' : <Timestamp ms={at} />) },
    ...(mayAlter
      ? [
          {
            header: 'Steer',
            cell: (member: Member) => <RemoveButton member={member} onClick={() => setOpen(member)} />,
          },
        ]
      : []),
  ];
  return (
    <Page
      title="Members"
      facts={members.data === undefined ? null : plural(members.data.length, 'member')}
      actions={invite}
    >
      {members.isPending ? <SkeletonRows /> : null}
      {members.error ? <ProblemNotice error={members.error} onRetry={() => void members.refetch()} /> : null}
      {members.data?.length === 0 ? (
        <EmptyState title="No members yet">
          <p>
            People sign in with the tokens of an OpenID provider that the organization trusts; programs use API keys.
          </p>
        </EmptyState>
      ) : null}
      {members.data !== undefined && members.data.length > 0 ? (
        <Table caption="Members" columns={columns} rows={members.data} rowKey={({ member_id: id }) => id} />
      ) : null}
      {open === 'invite' ? <InviteDialog onClose={() => setOpen(null)} /> : null}
      {open === null || open === 'invite' ? null : <RemoveMemberDialog member={open} onClose={() => setOpen(null)} />}
    </Page>
  );
}

function RemoveButton({ member, onClick }: { readonly member: Member; readonly onClick: () => void }) {
  return (
    <Button kind="quiet" onClick={onClick} aria-label={`Remove ${member.email}`}>
      Remove
    </Button>
  );
}

/** Changes a role at once; what the platform refuses, as the last owner's, stays and is said. */
function RoleField({ member }: { readonly member: Member }) {
  const { client } = useSession();
  const scope = useScope();
  const queries = useQueryClient();
  const say = useSay();
  const changing = useMutation({
    mutationFn: (role: string) => client.organization.members.setRole(member.member_id, role),
    onSuccess: ({ email, role }) => say(`${email} is ${role}`),
    onError: (error) => say(`${member.email} stays ${member.role}`, error.message),
    onSettled: () => queries.invalidateQueries({ queryKey: [...scope, 'members'] }),
  });
  return (
    <select
      aria-label={`Role of ${member.email}`}
      className="h-7 rounded-md border border-line bg-surface px-2 text-sm"
      value={member.role}
      disabled={changing.isPending}
      onChange={({ target }) => changing.mutate(target.value)}
    >
      {memberRoles.map(({ value }) => (
        <option key={value} value={value}>
          {value}
        </option>
      ))}
    </select>
  );
}
