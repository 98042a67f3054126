import { Link } from '@tanstack/react-router';
import { useSession } from '../session/session-context.tsx';

/** Leads to a topic's records. */
export function TopicLink({ topic }: { readonly topic: string }) {
  const { organization_id: organization, cluster_id: cluster } = useSession();
  return (
    <Link
      to="/$organization/$cluster/topics/$topic"
      params={{ organization, cluster, topic }}
      className="font-medium hover:underline"
    >
      {topic}
    </Link>
  );
}
