import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { Budget } from '../../../src/client/index.ts';
import { formatBytes, formatDollars } from '../lib/format.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { FormDialog } from '../ui/dialog.tsx';
import { TextField } from '../ui/field.tsx';
import { useSay } from '../ui/toasts.tsx';

const textOf = (amount: number | null) => (amount === null ? '' : String(amount));
const amountOf = (text: string) => (text.trim() === '' ? null : Number(text));

/** Sets, raises or lifts the budget; an empty field bounds nothing. */
export function BudgetDialog({ budget, onClose }: { readonly budget: Budget; readonly onClose: () => void }) {
  const { client } = useSession();
  const scope = useScope();
  const queries = useQueryClient();
  const say = useSay();
  const [form, setForm] = useState({
    dollars: textOf(budget.monthly_dollars),
    bytes: textOf(budget.monthly_bytes),
    warn: String(budget.warn_percent),
  });
  const change = (changed: Partial<typeof form>) => setForm({ ...form, ...changed });
  const [dollars, bytes] = [amountOf(form.dollars), amountOf(form.bytes)];
  const altering = useMutation({
    mutationFn: () =>
      client.organization.alterBudget({
        monthly_dollars: dollars,
        monthly_bytes: bytes,
        warn_percent: Number(form.warn),
      }),
    onSuccess: (now) => {
      queries.setQueryData([...scope, 'budget'], now);
      onClose();
      say(now.state === 'stopped' ? 'The budget is used up all the same' : 'The budget holds within seconds');
    },
  });
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title="Budget of a month"
      description="Whichever is used up first stops records. An empty field bounds nothing."
      submitLabel="Set the budget"
      isSubmittable={form.warn.trim() !== ''}
      isBusy={altering.isPending}
      error={altering.error}
      onSubmit={() => altering.mutate()}
    >
      <TextField
        label="Dollars a month"
        type="number"
        min={0}
        step="any"
        placeholder="unbounded"
        hint={`Used: ${formatDollars(budget.spent_dollars)}, by Cloudflare's list prices.`}
        value={form.dollars}
        onChange={({ target }) => change({ dollars: target.value })}
      />
      <TextField
        label="Bytes in and out a month"
        type="number"
        min={0}
        placeholder="unbounded"
        hint={`Used: ${formatBytes(budget.spent_bytes)}.${bytes === null ? '' : ` Entered: ${formatBytes(bytes)}.`}`}
        value={form.bytes}
        onChange={({ target }) => change({ bytes: target.value })}
      />
      <TextField
        label="Warning from, in percent"
        type="number"
        min={1}
        max={100}
        value={form.warn}
        onChange={({ target }) => change({ warn: target.value })}
      />
      <StopNotice budget={budget} dollars={dollars} bytes={bytes} />
    </FormDialog>
  );
}

/** A budget below what is used already stops records as soon as it is set. */
function StopNotice(props: {
  readonly budget: Budget;
  readonly dollars: number | null;
  readonly bytes: number | null;
}) {
  const { month, spent_dollars: spentDollars, spent_bytes: spentBytes } = props.budget;
  const used = [
    ...(props.dollars !== null && props.dollars <= spentDollars ? [formatDollars(spentDollars)] : []),
    ...(props.bytes !== null && props.bytes <= spentBytes ? [formatBytes(spentBytes)] : []),
  ];
  if (used.length === 0) return null;
  return (
    <p role="status" className="text-sm text-danger">
      This stops records at once: {used.join(' and ')} are used in {month} already.
    </p>
  );
}
