import { type Client, type ClientOptions, createClient, MillraceError } from '../../../src/client/index.ts';
import type { SessionJson, SessionRight } from '../../../src/contracts/session.ts';
import { BudgetWatch } from './budget-watch.ts';
import { forgetCluster, isKnown, knownClusters, rememberCluster } from './known-clusters.ts';

/** Who looks, at which cluster, with the client that asks on their behalf. */
export type Session = SessionJson & {
  readonly client: Client;
  /** What the answers that it gets say of the organization's budget. */
  readonly budget: BudgetWatch;
  /** How people call the cluster. */
  readonly clusterName: string;
  may(right: SessionRight): boolean;
};

const url = location.origin;

type Asking = Pick<Session, 'client' | 'budget'>;

/** A client whose answers are looked at for what they say besides. */
function asking(options: Omit<ClientOptions, 'url' | 'fetch'>): Asking {
  const budget = new BudgetWatch();
  return { client: createClient({ ...options, url, fetch: budget.fetch }), budget };
}

/** Signs this browser in, by a cookie that it keeps out of reach of every script. Rejects with the platform's refusal. */
export async function signIn(credential: string): Promise<Session> {
  const described = await createClient({ url, credential: credential.trim() }).signIn();
  return sessionOf(described, asking({ session: described.cluster_id }));
}

/** Signs this browser, with all its tabs, out of a cluster. */
export async function signOut({ client, organization_id: orgId, cluster_id: clusterId }: Session): Promise<void> {
  // A session that is over already has nothing to end.
  await client.signOut().catch(refusedAsNull);
  forgetCluster({ orgId, clusterId });
}

/** Where the dashboard begins: the cluster used last, or that of an open platform; null when somebody must sign in. */
export async function firstSession(): Promise<Session | null> {
  for (const { orgId, clusterId } of knownClusters()) {
    const session = await sessionFor(orgId, clusterId);
    if (session !== null) return session;
    forgetCluster({ orgId, clusterId });
  }
  return visit(asking({}));
}

/** The session for the cluster that an address names; null where this browser has none for it. */
export async function sessionFor(orgId: string, clusterId: string): Promise<Session | null> {
  const session = await anySessionFor(orgId, clusterId);
  return session?.organization_id === orgId && session.cluster_id === clusterId ? session : null;
}

async function anySessionFor(orgId: string, clusterId: string): Promise<Session | null> {
  const bySession = () => visit(asking({ session: clusterId }));
  if (isKnown(orgId, clusterId)) return bySession();
  // An open platform asks nobody, and where people come through Cloudflare Access it says who they are.
  const asked = await visit(asking({ cluster: clusterId }));
  return asked ?? (await bySession()) ?? (await sessionBeside(orgId, clusterId));
}

/** Who is a member of an organization, signed in to one of its clusters, is let into the others by the same. */
async function sessionBeside(orgId: string, clusterId: string): Promise<Session | null> {
  const beside = knownClusters().find((known) => known.orgId === orgId);
  if (beside === undefined) return null;
  const described = await createClient({ url, session: beside.clusterId, cluster: clusterId })
    .signIn()
    .catch(refusedAsNull);
  return described === null ? null : sessionOf(described, asking({ session: described.cluster_id }));
}

async function visit(by: Asking): Promise<Session | null> {
  const described = await by.client.session().catch(refusedAsNull);
  return described === null ? null : sessionOf(described, by);
}

async function sessionOf(described: SessionJson, by: Asking): Promise<Session> {
  const rights = new Set<SessionRight>(described.rights);
  const session = { ...described, ...by, may: (right: SessionRight) => rights.has(right) };
  const { organization_id: orgId, cluster_id: clusterId, principal } = described;
  const ids = `${orgId} / ${clusterId}`;
  if (described.mode === 'open') return { ...session, clusterName: ids };
  const named = nameOf(session).then((found) => {
    const name = found ?? ids;
    rememberCluster({ orgId, clusterId, name, principal: principalName(principal) });
    return name;
  });
  // The name of last time will do for a page that is opened; a new one is there the next time.
  const known = knownClusters().find((one) => one.orgId === orgId && one.clusterId === clusterId);
  return { ...session, clusterName: known?.name ?? (await named) };
}

/** As people named it, for who may see that; a page is not held up by a name that cannot be had. */
async function nameOf({ client, cluster_id: clusterId, may }: Omit<Session, 'clusterName'>): Promise<string | null> {
  if (!may('organization.describe')) return null;
  const organization = await client.organization.describe().catch(() => null);
  const cluster = organization?.clusters.find((known) => known.cluster_id === clusterId);
  return cluster === undefined ? null : `${organization?.name} / ${cluster.name}`;
}

/** `User:mrk_...` without what is the same for everyone. */
export function principalName(principal: string): string {
  return principal.replace(/^User:/, '');
}

/** True for the refusal of who is not, or no longer, signed in. */
export function isSignedOut(thrown: unknown): boolean {
  return thrown instanceof MillraceError && thrown.status === 401;
}

function refusedAsNull(thrown: unknown): null {
  if (isSignedOut(thrown)) return null;
  throw thrown;
}
