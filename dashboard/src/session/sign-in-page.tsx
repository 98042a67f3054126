import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { Button } from '../ui/button.tsx';
import { TextField } from '../ui/field.tsx';
import { ProblemNotice } from '../ui/problem-notice.tsx';
import { signIn } from './session.ts';

/** Asks for an API key, and goes to its cluster. */
export function SignInPage() {
  const navigate = useNavigate();
  const [credential, setCredential] = useState('');
  const entering = useMutation({
    mutationFn: signIn,
    onSuccess: (session) =>
      navigate({
        to: '/$organization/$cluster',
        params: { organization: session.organization_id, cluster: session.cluster_id },
      }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    entering.mutate(credential);
  };
  return (
    <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center gap-6 p-6">
      <h1 className="text-2xl font-semibold">Sign in to Millrace</h1>
      <form onSubmit={submit} className="flex flex-col gap-4">
        <TextField
          label="API key"
          type="password"
          autoComplete="off"
          required
          value={credential}
          onChange={(event) => setCredential(event.target.value)}
          placeholder="mr_…"
          hint="It is kept for this tab alone and forgotten when you close it."
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
