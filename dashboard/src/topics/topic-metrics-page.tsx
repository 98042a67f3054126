import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { topicHistoryQuery } from '../metrics/queries.ts';
import { RangeChooser } from '../metrics/range-chooser.tsx';
import { ThroughputCharts } from '../metrics/throughput-charts.tsx';
import { rangeNamed } from '../metrics/time-range.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Section } from '../ui/page.tsx';
import { topicQuery } from './queries.ts';

const route = getRouteApi('/$organization/$cluster/topics/$topic/metrics');

/** What a topic took in and keeps, over time. */
export function TopicMetricsPage() {
  const { topic: name } = route.useParams();
  const { range } = route.useSearch();
  const navigate = route.useNavigate();
  const { client } = useSession();
  const scope = useScope();
  const topic = useQuery(topicQuery(client, scope, name));
  const history = useQuery(topicHistoryQuery(client, scope, name, rangeNamed(range)));
  return (
    <Section
      title="Metrics"
      actions={
        <RangeChooser
          chosen={range}
          onChoose={(chosen) => void navigate({ search: { range: chosen }, replace: true, resetScroll: false })}
        />
      }
    >
      <ThroughputCharts history={history} sinceMs={topic.data?.createdAt ?? 0} />
    </Section>
  );
}
