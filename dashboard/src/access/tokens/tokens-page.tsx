import { useMutation } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useSession } from '../../session/session-context.tsx';
import { Button, buttonClasses } from '../../ui/button.tsx';
import { EmptyState } from '../../ui/empty-state.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { ProblemNotice } from '../../ui/problem-notice.tsx';
import { Snippet } from '../../ui/snippet.tsx';
import { Timestamp } from '../../ui/timestamp.tsx';
import { type MintForm, MintTokenForm, tokenOptionsOf } from './mint-form.tsx';
import { claimsOf } from './token-claims.ts';
import { TokenTrial } from './token-trial.tsx';

const route = getRouteApi('/$organization/$cluster');

/** Mints browser tokens that narrow the key one is signed in with, shows what is in them, and tries what they let one see. */
export function TokensPage() {
  const { client, kind } = useSession();
  const [form, setForm] = useState<MintForm | null>(null);
  const minting = useMutation({
    mutationFn: (asked: MintForm) => client.organization.createToken(tokenOptionsOf(asked)),
    onSuccess: (_minted, asked) => setForm(asked),
  });
  if (kind !== 'key') return <NoKey />;
  const minted = minting.data;
  return (
    <Page
      title="Browser tokens"
      facts="Short-lived credentials for pages and apps of your own: a token may do what both it and your key may."
    >
      <MintTokenForm isBusy={minting.isPending} onMint={(asked) => minting.mutate(asked)} />
      {minting.error ? <ProblemNotice error={minting.error} /> : null}
      {minted === undefined || form === null ? null : (
        <>
          <Section
            title="The token"
            actions={
              <Button kind="quiet" onClick={() => minting.reset()}>
                Throw it away
              </Button>
            }
          >
            <p className="text-sm text-muted">
              Good until <Timestamp ms={minted.expiresAt} />, or until your key is revoked. It is kept nowhere.
            </p>
            <div className="grid min-w-0 gap-4 lg:grid-cols-2">
              <Snippet title="What it says" code={claimsOf(minted.token)} />
              <Snippet title="In a page" code={pageCode(minted.token, form.topic.replace(/\*$/, ''))} />
            </div>
          </Section>
          <TokenTrial key={minted.token} token={minted.token} topic={form.topic.replace(/\*$/, '')} />
        </>
      )}
    </Page>
  );
}

function pageCode(token: string, topic: string): string {
  return `const client = createClient({
  url: '${location.origin}',
  credential: '${token}', // better: a function that asks your backend for the next one
});
for await (const record of client.consumer({ topic: '${topic}' })) console.log(record.key, record.json());`;
}

function NoKey() {
  return (
    <Page title="Browser tokens">
      <EmptyState title="A token narrows an API key">
        <p>You are signed in as a person. Sign in with a key to mint tokens, or sign them with a secret of your own.</p>
        <Link to="/$organization/$cluster/keys" params={route.useParams()} className={buttonClasses()}>
          API keys
        </Link>
      </EmptyState>
    </Page>
  );
}
