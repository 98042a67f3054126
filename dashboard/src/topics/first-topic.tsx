import type { ReactNode } from 'react';
import { useSession } from '../session/session-context.tsx';
import { EmptyState } from '../ui/empty-state.tsx';
import { Snippet } from '../ui/snippet.tsx';

/** What stands where no topic is: the first record in three ways, with the address of this platform. */
export function FirstTopic({ action }: { readonly action: ReactNode }) {
  const { mode } = useSession();
  const header = mode === 'open' ? '' : ` -H "authorization: Bearer $MILLRACE_API_KEY"`;
  const json = `-H 'content-type: application/json'`;
  const { origin } = location;
  const curl = `curl ${origin}/v1/topics${header} ${json} -d '{"name":"hello"}'
curl ${origin}/v1/topics/hello/records${header} ${json} -d '{"records":[{"key":"me","value":{"greeting":"hi"}}]}'`;
  const client = `const client = createClient({ url: '${origin}'${mode === 'open' ? '' : ', credential: process.env.MILLRACE_API_KEY'} });
await client.topics.create({ name: 'hello' });
await using producer = client.producer({ topic: 'hello' });
await producer.send({ key: 'me', value: { greeting: 'hi' } });`;
  const cli = `millrace topics create hello --url ${origin}
echo '{"greeting":"hi"}' | millrace produce hello --url ${origin}`;
  return (
    <EmptyState title="No topics yet">
      <p>A topic keeps records in order. Create one here, or send a first record from where you work:</p>
      {action}
      <div className="flex w-full max-w-xl flex-col gap-3 text-left">
        <Snippet title="curl" code={curl} />
        <Snippet title="TypeScript" code={client} />
        <Snippet title="Command line" code={cli} />
      </div>
    </EmptyState>
  );
}
