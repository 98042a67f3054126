import { getRouteApi } from '@tanstack/react-router';
import { SessionProvider } from '../session/session-context.tsx';
import { Layout } from './layout.tsx';
import { NotFoundPage } from './not-found-page.tsx';

const route = getRouteApi('/$organization/$cluster');

/** The frame of a cluster for who may see it; for everyone else the address leads nowhere. */
export function ClusterFrame() {
  const session = route.useLoaderData();
  if (session === null) return <NotFoundPage />;
  return (
    <SessionProvider session={session} key={`${session.organization_id}/${session.cluster_id}`}>
      <Layout />
    </SessionProvider>
  );
}
