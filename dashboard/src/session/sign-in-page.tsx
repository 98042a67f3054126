import { useMutation } from '@tanstack/react-query';
import { getRouteApi, useNavigate, useRouter } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/field.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { signIn } from './session.ts';

const route = getRouteApi('/sign-in');

/** Asks for an API key, and goes to its cluster, or back to the page of it that asked for signing in. */
export function SignInPage() {
  const navigate = useNavigate();
  const router = useRouter();
  const { to, ended } = route.useSearch();
  const [credential, setCredential] = useState('');
  const entering = useMutation({
    mutationFn: signIn,
    onSuccess: async ({ organization_id: organization, cluster_id: cluster }) => {
      // What was shown before was for somebody else, or for nobody.
      await router.invalidate();
      if (to.startsWith(`/${organization}/${cluster}`)) router.history.push(`/dashboard${to}`);
      else await navigate({ to: '/$organization/$cluster', params: { organization, cluster } });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    entering.mutate(credential);
  };
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center gap-6 p-6">
      <h1 className="text-2xl font-semibold">Sign in to Millrace</h1>
      {ended ? (
        <p role="status" className="text-muted">
          You were signed out: the session is over, or its key was revoked.
        </p>
      ) : null}
      <form onSubmit={submit} className="flex flex-col gap-4">
        <TextField
          label="API key"
          type="password"
          autoComplete="off"
          required
          value={credential}
          onChange={(event) => setCredential(event.target.value)}
          placeholder="mr_…"
          hint="It is kept in a cookie that no script can read, for twelve hours or until you sign out."
        />
        {entering.error ? <ProblemNotice error={entering.error} /> : null}
        <Button
          type="submit"
          kind="primary"
          disabled={credential.trim() === ''}
          busyLabel={entering.isPending ? 'Signing in …' : null}
        >
          Sign in
        </Button>
      </form>
      <p className="text-sm text-muted">
        The first key of a platform is printed when it starts for the first time; owners and admins make more with{' '}
        <code className="font-mono">millrace keys create</code>.
      </p>
    </main>
  );
}
