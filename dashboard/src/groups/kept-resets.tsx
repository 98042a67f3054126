import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { GroupReset } from '../../../src/client/index.ts';
import { formatCount } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Button } from '../ui/button.tsx';
import { Section } from '../ui/page.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { Timestamp } from '../ui/timestamp.tsx';
import { groupResetsQuery } from './queries.ts';
import { UndoDialog } from './undo-dialog.tsx';

/** The newest resets of a group, each of which can be put back. Nothing at all where there was none. */
export function KeptResets({ group, hasMembers }: { readonly group: string; readonly hasMembers: boolean }) {
  const { client, may } = useSession();
  const resets = useQuery(groupResetsQuery(client, useScope(), group));
  const [undoing, setUndoing] = useState<GroupReset | null>(null);
  if (resets.error) return <ProblemNotice error={resets.error} onRetry={() => void resets.refetch()} />;
  if (resets.data === undefined || resets.data.length === 0) return null;
  const undoColumn: Column<GroupReset> = {
    header: 'Undo',
    cell: (reset) => (
      <Button
        onClick={() => setUndoing(reset)}
        disabled={hasMembers}
        title={hasMembers ? 'A group with members keeps its offsets' : undefined}
        aria-label={`Undo reset ${reset.resetId}`}
      >
        Undo
      </Button>
    ),
  };
  return (
    <Section title="Resets">
      <Table
        caption="Resets"
        columns={may('groups.read') ? [...columns, undoColumn] : columns}
        rows={resets.data}
        rowKey={({ resetId }) => String(resetId)}
      />
      {undoing === null ? null : <UndoDialog group={group} reset={undoing} onClose={() => setUndoing(null)} />}
    </Section>
  );
}

const columns: readonly Column<GroupReset>[] = [
  { header: 'Reset', isNumber: true, cell: ({ resetId }) => resetId },
  { header: 'At', cell: ({ resetAt }) => <Timestamp ms={resetAt} /> },
  { header: 'What', cell: ({ undoes }) => (undoes === null ? 'moved offsets' : `put reset ${undoes} back`) },
  { header: 'Partitions', isNumber: true, cell: ({ partitions }) => formatCount(partitions) },
  { header: 'Topics', cell: ({ topics }) => topics.join(', ') },
];
