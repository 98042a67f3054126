import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import type { Topic } from '../../../src/client/index.ts';
import { topicConfigKeys } from '../../../src/topics/topic-config-keys.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Badge } from '../ui/badge.tsx';
import { Button } from '../ui/button.tsx';
import { FormDialog } from '../ui/dialog.tsx';
import { TextField } from '../ui/field.tsx';
import { type Column, Table } from '../ui/table.tsx';
import { useSay } from '../ui/toasts.tsx';
import { topicQuery } from './queries.ts';

const route = getRouteApi('/$organization/$cluster/topics/$topic');

type ConfigRow = {
  readonly key: string;
  readonly value: string;
  readonly isOverride: boolean;
  readonly meaning: string;
};

function rowsOf(topic: Topic): readonly ConfigRow[] {
  return Object.entries(topic.config).map(([key, value]) => ({
    key,
    value,
    isOverride: key in topic.configOverrides,
    meaning: topicConfigKeys.find((known) => known.key === key)?.description ?? '',
  }));
}

/** Every config in force, with what was set for this topic; a change shows what it replaces before it is made. */
export function ConfigsPage() {
  const { topic: name } = route.useParams();
  const session = useSession();
  const { data: topic } = useQuery(topicQuery(session.client, useScope(), name));
  const [edited, setEdited] = useState<ConfigRow | null>(null);
  if (topic === undefined) return null;
  const columns: readonly Column<ConfigRow>[] = [
    {
      header: 'Config',
      cell: ({ key, meaning }) => (
        <>
          <span className="font-mono text-xs font-semibold">{key}</span>
          <p className="max-w-xl text-xs text-muted">{meaning}</p>
        </>
      ),
    },
    {
      header: 'Value',
      cell: ({ value, isOverride }) => (
        <span className="flex flex-wrap items-center gap-2 font-mono text-xs">
          {value} {isOverride ? <Badge tone="info">set</Badge> : <span className="font-sans text-muted">default</span>}
        </span>
      ),
    },
    ...(session.may('topics.alter')
      ? [
          {
            header: 'Change',
            cell: (row: ConfigRow) => (
              <Button kind="quiet" onClick={() => setEdited(row)} aria-label={`Change ${row.key}`}>
                Change
              </Button>
            ),
          },
        ]
      : []),
  ];
  return (
    <>
      <Table caption="Configs" columns={columns} rows={rowsOf(topic)} rowKey={({ key }) => key} />
      {edited === null ? null : <ConfigDialog topic={name} row={edited} onClose={() => setEdited(null)} />}
    </>
  );
}

function ConfigDialog({
  topic,
  row,
  onClose,
}: {
  readonly topic: string;
  readonly row: ConfigRow;
  readonly onClose: () => void;
}) {
  const { client } = useSession();
  const scope = useScope();
  const queries = useQueryClient();
  const say = useSay();
  const [value, setValue] = useState(row.value);
  const altering = useMutation({
    mutationFn: (changed: string | null) => client.topics.alter(topic, { config: { [row.key]: changed } }),
    onSuccess: async (altered) => {
      queries.setQueryData(topicQuery(client, scope, topic).queryKey, (before) => before && { ...before, ...altered });
      await queries.invalidateQueries({ queryKey: [...scope, 'topics'] });
      onClose();
      say(`${row.key} is ${altered.config[row.key]}`);
    },
  });
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title={row.key}
      description={row.meaning}
      submitLabel="Change"
      isSubmittable={value !== row.value}
      isBusy={altering.isPending}
      error={altering.error}
      onSubmit={() => altering.mutate(value)}
    >
      <TextField label="Value" value={value} onChange={(event) => setValue(event.target.value)} className="font-mono" />
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 rounded-md bg-sunken p-3 font-mono text-xs">
        <dt className="text-danger">−</dt>
        <dd>{row.value}</dd>
        <dt className="text-ok">+</dt>
        <dd>{value === row.value ? <span className="text-muted">no change yet</span> : value}</dd>
      </dl>
      {row.isOverride ? (
        <Button className="self-start" onClick={() => altering.mutate(null)}>
          Reset to the default
        </Button>
      ) : null}
    </FormDialog>
  );
}
