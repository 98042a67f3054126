import { Link } from '@tanstack/react-router';
import { useSession } from '../session/session-context.tsx';

type Kind = 'groups' | 'share-groups';

/** Leads to a consumer group's page, or to a share group's. */
export function GroupLink({ group, kind = 'groups' }: { readonly group: string; readonly kind?: Kind }) {
  const { organization_id: organization, cluster_id: cluster } = useSession();
  return (
    <Link
      to={`/$organization/$cluster/${kind}/$group`}
      params={{ organization, cluster, group }}
      className="font-medium hover:underline"
    >
      {group}
    </Link>
  );
}
