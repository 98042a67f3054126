import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Menu, type MenuItem } from '../ui/menu.tsx';
import { knownClusters } from './known-clusters.ts';
import { principalName, signOut } from './session.ts';
import { useSession } from './session-context.tsx';

/** Which organization and cluster is shown, the others that this browser is signed in to, and the way out. */
export function ClusterMenu() {
  const session = useSession();
  const { organization_id: orgId, cluster_id: clusterId, clusterName, mode, principal } = session;
  const navigate = useNavigate();
  const queries = useQueryClient();
  if (mode === 'open') return <span className="min-w-0 truncate px-3 text-sm font-medium">{clusterName}</span>;
  const items: MenuItem[] = knownClusters().map((known) => ({
    label: `${known.name} · ${known.principal}`,
    isCurrent: known.orgId === orgId && known.clusterId === clusterId,
    onChoose: () =>
      void navigate({
        to: '/$organization/$cluster',
        params: { organization: known.orgId, cluster: known.clusterId },
      }),
  }));
  items.push(
    { label: 'Sign in to another cluster', onChoose: () => void navigate({ to: '/sign-in' }) },
    {
      label: `Sign out ${principalName(principal)}`,
      onChoose: async () => {
        await signOut(session);
        await navigate({ to: '/' });
        queries.clear();
      },
    },
  );
  return (
    <Menu label={`Cluster: ${clusterName}`} className="min-w-0 max-sm:shrink max-sm:px-2" items={items}>
      <span className="max-w-56 min-w-0 truncate font-medium text-ink">{clusterName}</span> ▾
    </Menu>
  );
}
