import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { AuditEntry } from '../../../src/client/index.ts';
import { outcomeTones } from '../access/outcome-tones.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Badge } from '../ui/badge.tsx';
import { Section } from '../ui/page.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Timestamp } from '../ui/timestamp.tsx';

const shownMax = 8;

/** What was done last, by the audit log; an open platform has none. */
export function RecentEvents() {
  const session = useSession();
  const scope = useScope();
  const { organization_id: organization, cluster_id: cluster } = session;
  const events = useQuery({
    queryKey: [...scope, 'audit', 'newest', shownMax],
    queryFn: async ({ signal }) => {
      const found: AuditEntry[] = [];
      for await (const entry of session.client.organization.audit({ signal })) {
        found.push(entry);
        if (found.length === shownMax) break;
      }
      return found;
    },
    enabled: session.mode === 'closed' && session.may('organization.describe'),
    refetchInterval: 60_000,
  }).data;
  if (events === undefined || events.length === 0) return null;
  return (
    <Section
      title="Recent events"
      actions={
        <Link
          to="/$organization/$cluster/audit"
          params={{ organization, cluster }}
          className="text-sm text-muted underline hover:text-ink"
        >
          Audit log
        </Link>
      }
    >
      <Table caption="Recent events" columns={columns} rows={events} rowKey={({ sequence }) => String(sequence)} />
    </Section>
  );
}

const columns: readonly Column<AuditEntry>[] = [
  { header: 'At', cell: ({ at }) => <Timestamp ms={at} /> },
  { header: 'Outcome', cell: ({ outcome }) => <Badge tone={outcomeTones[outcome]}>{outcome}</Badge> },
  { header: 'Action', cell: ({ action }) => action },
  { header: 'Resource', cell: ({ resource }) => <span className="font-mono text-xs">{resource}</span> },
];
