import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Alert, IssuedAlert } from '../../../src/client/index.ts';
import { useScope, useSession } from '../session/session-context.tsx';
import { Button } from '../ui/button.tsx';
import { FormDialog } from '../ui/dialog.tsx';
import { Menu } from '../ui/menu.tsx';
import { useSay } from '../ui/toasts.tsx';
import { AlertDialog } from './alert-dialog.tsx';
import { AlertSecretPanel } from './alert-secret-panel.tsx';
import { isMuted } from './alert-state.tsx';

const hourMs = 3_600_000;

const mutings = [
  { label: 'Mute for 1 hour', ms: hourMs },
  { label: 'Mute for 8 hours', ms: 8 * hourMs },
  { label: 'Mute for a day', ms: 24 * hourMs },
  { label: 'Mute for a week', ms: 7 * 24 * hourMs },
];

/** What can be done with an alert. */
export function AlertActions({ alert }: { readonly alert: Alert }) {
  const { client } = useSession();
  const scope = useScope();
  const queries = useQueryClient();
  const say = useSay();
  const [open, setOpen] = useState<'edit' | 'secret' | 'delete' | null>(null);
  const refresh = () => queries.invalidateQueries({ queryKey: [...scope, 'alerts'] });
  const testing = useMutation({
    mutationFn: () => client.alerts.test(alert.alert_id),
    onSuccess: async ({ state, status, error }) => {
      const answer = status === null ? (error ?? 'There was no answer.') : `The receiver answered ${status}.`;
      say(state === 'delivered' ? 'The receiver took the test' : 'The receiver did not take the test', answer);
      await refresh();
    },
    onError: (error) => say('The test was not sent', error.message),
  });
  const muting = useMutation({
    mutationFn: (until: number | null) => client.alerts.alter(alert.alert_id, { muted_until: until }),
    onSuccess: async (_altered, until) => {
      say(until === null ? 'Whoever it tells is told again' : 'Nobody is told for that time');
      await refresh();
    },
    onError: (error) => say('It was not changed', error.message),
  });
  const unmute = isMuted(alert) ? [{ label: 'Unmute', onChoose: () => muting.mutate(null) }] : [];
  return (
    <>
      <Button onClick={() => testing.mutate()} busyLabel={testing.isPending ? 'Sending …' : null}>
        Send a test
      </Button>
      <Button onClick={() => setOpen('edit')}>Edit</Button>
      <Menu
        label="More"
        items={[
          ...unmute,
          ...mutings.map(({ label, ms }) => ({ label, onChoose: () => muting.mutate(Date.now() + ms) })),
          { label: 'New secret', onChoose: () => setOpen('secret') },
          { label: 'Delete', onChoose: () => setOpen('delete') },
        ]}
      >
        More
      </Menu>
      {open === 'edit' ? <AlertDialog alert={alert} onClose={() => setOpen(null)} /> : null}
      {open === 'secret' ? <NewSecretDialog alert={alert} onClose={() => setOpen(null)} /> : null}
      {open === 'delete' ? <DeleteAlertDialog alert={alert} onClose={() => setOpen(null)} /> : null}
    </>
  );
}

type DialogProps = { readonly alert: Alert; readonly onClose: () => void };

function NewSecretDialog({ alert, onClose }: DialogProps) {
  const { client } = useSession();
  const [issued, setIssued] = useState<IssuedAlert | null>(null);
  const rotating = useMutation({
    mutationFn: () => client.alerts.rotateSecret(alert.alert_id),
    onSuccess: setIssued,
  });
  if (issued !== null) return <AlertSecretPanel issued={issued} onClose={onClose} />;
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title={`A new secret for ${alert.name}`}
      description="For a day messages are signed with both secrets, so that the receiver can change over; then with the new one alone."
      submitLabel="Make a secret"
      isBusy={rotating.isPending}
      error={rotating.error}
      onSubmit={() => rotating.mutate()}
    >
      {null}
    </FormDialog>
  );
}

function DeleteAlertDialog({ alert, onClose }: DialogProps) {
  const { client, organization_id: organization, cluster_id: cluster } = useSession();
  const scope = useScope();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const say = useSay();
  const deleting = useMutation({
    mutationFn: () => client.alerts.delete(alert.alert_id),
    onSuccess: async () => {
      await navigate({ to: '/$organization/$cluster/alerts', params: { organization, cluster } });
      queries.removeQueries({ queryKey: [...scope, 'alerts', alert.alert_id] });
      await queries.invalidateQueries({ queryKey: [...scope, 'alerts'] });
      say(`Deleted ${alert.name}`);
    },
  });
  return (
    <FormDialog
      isOpen
      onClose={onClose}
      title={`Delete ${alert.name}`}
      description="It goes with what is kept of it. Nobody is told, not even that something is over which it told of."
      submitLabel="Delete alert"
      submitKind="danger"
      isBusy={deleting.isPending}
      error={deleting.error}
      onSubmit={() => deleting.mutate()}
    >
      {null}
    </FormDialog>
  );
}
