import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
  type SearchSchemaInput,
  stripSearchParams,
} from '@tanstack/react-router';
import { HomePage } from './home/home-page.tsx';
import { rangeInAddress } from './metrics/time-range.ts';
import { defaultView, type RecordView, readView } from './records/record-search.ts';
import { firstSession, sessionFor } from './session/session.ts';
import { SignInPage } from './session/sign-in-page.tsx';
import { ClusterFrame } from './shell/cluster-frame.tsx';
import { NotFoundPage } from './shell/not-found-page.tsx';
import { RouteFailure } from './shell/route-failure.tsx';
import { TopicLayout } from './topics/topic-layout.tsx';
import { TopicListPage } from './topics/topic-list-page.tsx';

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFoundPage, errorComponent: RouteFailure });

const start = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: async () => {
    const session = await firstSession();
    if (session === null) throw redirect({ to: '/sign-in' });
    const params = { organization: session.organization_id, cluster: session.cluster_id };
    throw redirect({ to: '/$organization/$cluster', params, replace: true });
  },
});

const text = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';

type SignInSearch = { to?: string; ended?: boolean };

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: (search: SignInSearch & SearchSchemaInput) => ({
    to: text(search.to),
    ended: search.ended === true,
  }),
  component: SignInPage,
});

/** Everything of a cluster. An address of a cluster that this browser has no session for shows nothing of it. */
const cluster = createRoute({
  getParentRoute: () => root,
  path: '/$organization/$cluster',
  loader: ({ params }) => sessionFor(params.organization, params.cluster),
  staleTime: Number.POSITIVE_INFINITY,
  component: ClusterFrame,
});

/** How far back the charts of a page go. */
const rangeSearch = (search: { range?: string | undefined } & SearchSchemaInput) => ({
  range: rangeInAddress(search.range),
});

const home = createRoute({
  getParentRoute: () => cluster,
  path: '/',
  validateSearch: rangeSearch,
  component: HomePage,
});

const topics = createRoute({
  getParentRoute: () => cluster,
  path: '/topics',
  validateSearch: (search: { filter?: string } & SearchSchemaInput) => ({ filter: text(search.filter) }),
  component: TopicListPage,
});

const topic = createRoute({ getParentRoute: () => cluster, path: '/topics/$topic', component: TopicLayout });

const records = createRoute({
  getParentRoute: () => topic,
  path: '/',
  validateSearch: (search: Partial<RecordView> & SearchSchemaInput): RecordView => readView(search),
  search: { middlewares: [stripSearchParams(defaultView)] },
  component: lazyRouteComponent(() => import('./records/records-page.tsx'), 'RecordsPage'),
});

const record = createRoute({
  getParentRoute: () => topic,
  path: '/$partition/$offset',
  validateSearch: (search: { as?: RecordView['as'] } & SearchSchemaInput) => ({ as: readView(search).as }),
  search: { middlewares: [stripSearchParams({ as: defaultView.as })] },
  component: lazyRouteComponent(() => import('./records/record-page.tsx'), 'RecordPage'),
});

const compare = createRoute({
  getParentRoute: () => topic,
  path: '/compare',
  validateSearch: (search: { left?: string; right?: string } & SearchSchemaInput) => ({
    left: text(search.left),
    right: text(search.right),
  }),
  component: lazyRouteComponent(() => import('./records/compare-page.tsx'), 'ComparePage'),
});

const partitions = createRoute({
  getParentRoute: () => topic,
  path: '/partitions',
  component: lazyRouteComponent(() => import('./topics/partitions-page.tsx'), 'PartitionsPage'),
});

const topicReaders = createRoute({
  getParentRoute: () => topic,
  path: '/consumers',
  component: lazyRouteComponent(() => import('./groups/topic-readers-page.tsx'), 'TopicReadersPage'),
});

const topicMetrics = createRoute({
  getParentRoute: () => topic,
  path: '/metrics',
  validateSearch: rangeSearch,
  component: lazyRouteComponent(() => import('./topics/topic-metrics-page.tsx'), 'TopicMetricsPage'),
});

const configs = createRoute({
  getParentRoute: () => topic,
  path: '/configs',
  component: lazyRouteComponent(() => import('./topics/configs-page.tsx'), 'ConfigsPage'),
});

const upload = createRoute({
  getParentRoute: () => topic,
  path: '/upload',
  component: lazyRouteComponent(() => import('./upload/upload-page.tsx'), 'UploadPage'),
});

const groups = createRoute({
  getParentRoute: () => cluster,
  path: '/groups',
  component: lazyRouteComponent(() => import('./groups/group-list-page.tsx'), 'GroupListPage'),
});

const group = createRoute({
  getParentRoute: () => cluster,
  path: '/groups/$group',
  validateSearch: rangeSearch,
  component: lazyRouteComponent(() => import('./groups/group-page.tsx'), 'GroupPage'),
});

const shareGroups = createRoute({
  getParentRoute: () => cluster,
  path: '/share-groups',
  component: lazyRouteComponent(() => import('./groups/share-group-list-page.tsx'), 'ShareGroupListPage'),
});

const shareGroup = createRoute({
  getParentRoute: () => cluster,
  path: '/share-groups/$group',
  component: lazyRouteComponent(() => import('./groups/share-group-page.tsx'), 'ShareGroupPage'),
});

const alerts = createRoute({
  getParentRoute: () => cluster,
  path: '/alerts',
  component: lazyRouteComponent(() => import('./alerts/alert-list-page.tsx'), 'AlertListPage'),
});

const alert = createRoute({
  getParentRoute: () => cluster,
  path: '/alerts/$alert',
  component: lazyRouteComponent(() => import('./alerts/alert-page.tsx'), 'AlertPage'),
});

const deadLetters = createRoute({
  getParentRoute: () => cluster,
  path: '/share-groups/$group/letters',
  component: lazyRouteComponent(() => import('./groups/dead-letters-page.tsx'), 'DeadLettersPage'),
});

const jobs = createRoute({
  getParentRoute: () => cluster,
  path: '/jobs',
  component: lazyRouteComponent(() => import('./jobs/job-list-page.tsx'), 'JobListPage'),
});

const job = createRoute({
  getParentRoute: () => cluster,
  path: '/jobs/$job',
  component: lazyRouteComponent(() => import('./jobs/job-page.tsx'), 'JobPage'),
});

const keys = createRoute({
  getParentRoute: () => cluster,
  path: '/keys',
  component: lazyRouteComponent(() => import('./access/keys-page.tsx'), 'KeysPage'),
});

const tokens = createRoute({
  getParentRoute: () => cluster,
  path: '/tokens',
  component: lazyRouteComponent(() => import('./access/tokens/tokens-page.tsx'), 'TokensPage'),
});

const members = createRoute({
  getParentRoute: () => cluster,
  path: '/members',
  component: lazyRouteComponent(() => import('./access/members-page.tsx'), 'MembersPage'),
});

const quotas = createRoute({
  getParentRoute: () => cluster,
  path: '/quotas',
  component: lazyRouteComponent(() => import('./access/quotas-page.tsx'), 'QuotasPage'),
});

const acls = createRoute({
  getParentRoute: () => cluster,
  path: '/acls',
  component: lazyRouteComponent(() => import('./access/acls-page.tsx'), 'AclsPage'),
});

const groupings: readonly unknown[] = ['day', 'topic', 'key'];

type UsageSearch = { by?: 'day' | 'topic' | 'key'; show?: string; from?: string; to?: string };

const usage = createRoute({
  getParentRoute: () => cluster,
  path: '/usage',
  validateSearch: (search: UsageSearch & SearchSchemaInput) => ({
    by: groupings.includes(search.by) ? search.by! : ('day' as const),
    show: text(search.show) || 'bytes',
    from: text(search.from),
    to: text(search.to),
  }),
  component: lazyRouteComponent(() => import('./usage/usage-page.tsx'), 'UsagePage'),
});

const budget = createRoute({
  getParentRoute: () => cluster,
  path: '/budget',
  component: lazyRouteComponent(() => import('./usage/budget-page.tsx'), 'BudgetPage'),
});

type AuditSearch = { principal?: string; action?: string; outcome?: string };

const audit = createRoute({
  getParentRoute: () => cluster,
  path: '/audit',
  validateSearch: (search: AuditSearch & SearchSchemaInput) => ({
    principal: text(search.principal),
    action: text(search.action),
    outcome: text(search.outcome),
  }),
  component: lazyRouteComponent(() => import('./access/audit-page.tsx'), 'AuditPage'),
});

export const router = createRouter({
  routeTree: root.addChildren([
    start,
    signIn,
    cluster.addChildren([
      home,
      topics,
      topic.addChildren([records, record, compare, partitions, topicReaders, topicMetrics, configs, upload]),
      groups,
      group,
      shareGroups,
      shareGroup,
      alerts,
      alert,
      deadLetters,
      jobs,
      job,
      keys,
      tokens,
      members,
      acls,
      quotas,
      usage,
      budget,
      audit,
    ]),
  ]),
  basepath: '/dashboard',
  defaultPreload: 'intent',
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
