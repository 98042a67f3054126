import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useId, useState } from 'react';
import { parsePosition, requestedPlace } from '../../../src/address/position.ts';
import type { JobPlace, JobPlan, JobRange, ReplayOptions } from '../../../src/client/index.ts';
import { formatCount, plural } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { topicsQuery } from '../topics/queries.ts';
import { FormDialog } from '../ui/dialog.tsx';
import { TextField } from '../ui/field.tsx';
import { type Column, Table } from '../ui/table.tsx';

type ReplayForm = {
  readonly source: string;
  readonly target: string;
  readonly partition: string;
  readonly from: string;
  readonly to: string;
  readonly where: string;
};

/** Undefined for what is no place. */
function placeOf(text: string): JobPlace | undefined {
  const position = parsePosition(text, Date.now());
  return position === null ? undefined : requestedPlace(position);
}

/** What the form asks for; null while it is not whole. */
function requestOf({ source, target, partition, from, to, where }: ReplayForm): ReplayOptions | null {
  const [first, end] = [placeOf(from), placeOf(to)];
  if (source === '' || target === '' || first === undefined || end === undefined) return null;
  if (!/^\d{0,6}$/.test(partition)) return null;
  return {
    source,
    target,
    partition: partition === '' ? undefined : Number(partition),
    from: first,
    to: end,
    where: where.trim() === '' ? undefined : where,
  };
}

const placeHint = 'earliest, latest, an offset, -15m, or a time like 2026-11-20 06:41';

/** Starts a replay in two steps: which offsets it is about, and then the job. */
export function ReplayDialog({ source, onClose }: { readonly source?: string; readonly onClose: () => void }) {
  const { client, organization_id: organization, cluster_id: cluster } = useSession();
  const navigate = useNavigate();
  const [form, setForm] = useState<ReplayForm>({
    source: source ?? '',
    target: '',
    partition: '',
    from: 'earliest',
    to: 'latest',
    where: '',
  });
  const planning = useMutation({ mutationFn: (request: ReplayOptions) => client.jobs.planReplay(request) });
  const starting = useMutation({
    mutationFn: (request: ReplayOptions) => client.jobs.replay(request),
    onSuccess: ({ jobId }) =>
      navigate({ to: '/$organization/$cluster/jobs/$job', params: { organization, cluster, job: jobId } }),
  });
  const request = requestOf(form);
  const plan = planning.data;
  const change = (changed: Partial<ReplayForm>) => {
    setForm({ ...form, ...changed });
    planning.reset();
    starting.reset();
  };
  const submit = () => {
    if (request === null) return;
    if (plan === undefined) planning.mutate(request);
    else starting.mutate(request);
  };
  return (
    <FormDialog
      isOpen
      isWide
      onClose={onClose}
      title="Replay records to another topic"
      description="Committed records are copied once each, with their keys, headers and times. The job goes on when you leave."
      submitLabel={plan === undefined ? 'Show the plan' : 'Start the job'}
      isSubmittable={request !== null && plan?.offsets !== 0}
      isBusy={planning.isPending || starting.isPending}
      error={planning.error ?? starting.error}
      onSubmit={submit}
    >
      <ReplayFields form={form} onChange={change} />
      {plan === undefined ? null : <PlanTable plan={plan} />}
    </FormDialog>
  );
}

function ReplayFields(props: { readonly form: ReplayForm; readonly onChange: (changed: Partial<ReplayForm>) => void }) {
  const { form, onChange: change } = props;
  const { client } = useSession();
  const topics = useQuery(topicsQuery(client, useScope())).data ?? [];
  const list = useId();
  const text = (name: keyof ReplayForm) => ({
    value: form[name],
    onChange: ({ target }: { readonly target: HTMLInputElement }) => change({ [name]: target.value }),
  });
  const problemOf = (place: string) => (placeOf(place) === undefined ? placeHint : null);
  return (
    <>
      <datalist id={list}>
        {topics.map(({ name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField label="Source" list={list} {...text('source')} />
        <TextField label="Target" list={list} {...text('target')} />
        <TextField label="From" {...text('from')} problem={problemOf(form.from)} hint={placeHint} />
        <TextField label="To" {...text('to')} problem={problemOf(form.to)} hint="where it ends, without that record" />
        <TextField
          label="Partition"
          inputMode="numeric"
          {...text('partition')}
          problem={/^\d{0,6}$/.test(form.partition) ? null : 'a number, or nothing for all'}
          hint="nothing for all; offsets need one"
        />
        <TextField
          label="Where"
          className="font-mono"
          {...text('where')}
          hint="a filter, such as value.total > 100; nothing for all records"
        />
      </div>
    </>
  );
}

function PlanTable({ plan }: { readonly plan: JobPlan }) {
  return (
    <div className="flex flex-col gap-2">
      <p role="status" className="text-sm">
        {plan.offsets === 0
          ? 'There is nothing in this range.'
          : `${plural(plan.offsets, 'offset')} of ${plan.source} go to ${plan.target}.`}
      </p>
      {plan.offsets === 0 ? null : (
        <Table
          caption="Plan"
          columns={planColumns}
          rows={plan.partitions}
          rowKey={({ partition }) => String(partition)}
        />
      )}
    </div>
  );
}

const planColumns: readonly Column<JobRange>[] = [
  { header: 'Partition', isNumber: true, cell: ({ partition }) => partition },
  { header: 'From', isNumber: true, cell: ({ from }) => formatCount(from) },
  { header: 'To', isNumber: true, cell: ({ to }) => formatCount(to) },
  { header: 'Offsets', isNumber: true, cell: ({ from, to }) => formatCount(to - from) },
];
