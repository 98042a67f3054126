import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { Topic } from '../../../src/client/index.ts';
import { clusterHistoryQuery } from '../metrics/queries.ts';
import { RangeChooser } from '../metrics/range-chooser.tsx';
import { ThroughputCharts } from '../metrics/throughput-charts.tsx';
import { rangeNamed } from '../metrics/time-range.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { FirstTopic } from '../topics/first-topic.tsx';
import { topicsQuery } from '../topics/queries.ts';
import { Page, Section } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { SkeletonRows } from '../ui/skeleton.tsx';
import { ActivitySections } from './activity-sections.tsx';
import { HomeFigures } from './home-figures.tsx';
import { RecentEvents } from './recent-events.tsx';

const route = getRouteApi('/$organization/$cluster/');

/** What goes on in the cluster, at a glance. */
export function HomePage() {
  const topics = useQuery(topicsQuery(useSession().client, useScope()));
  if (topics.error !== null) return <ProblemNotice error={topics.error} onRetry={() => void topics.refetch()} />;
  return (
    <Page title="Home">
      {topics.data === undefined ? <SkeletonRows /> : null}
      {topics.data?.length === 0 ? <FirstTopic action={null} /> : null}
      {topics.data !== undefined && topics.data.length > 0 ? <Overview topics={topics.data} /> : null}
    </Page>
  );
}

function Overview({ topics }: { readonly topics: readonly Topic[] }) {
  const { range } = route.useSearch();
  const navigate = route.useNavigate();
  const { client } = useSession();
  const history = useQuery(clusterHistoryQuery(client, useScope(), rangeNamed(range)));
  const firstCreatedMs = topics.reduce((least, { createdAt }) => Math.min(least, createdAt), Number.POSITIVE_INFINITY);
  return (
    <>
      <HomeFigures topics={topics} />
      <Section
        title="Throughput and storage"
        actions={
          <RangeChooser
            chosen={range}
            onChoose={(chosen) => void navigate({ search: { range: chosen }, replace: true, resetScroll: false })}
          />
        }
      >
        <ThroughputCharts history={history} sinceMs={firstCreatedMs} />
      </Section>
      <div className="grid gap-5 xl:grid-cols-2">
        <ActivitySections />
      </div>
      <RecentEvents />
    </>
  );
}
