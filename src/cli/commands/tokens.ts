import { parseArguments, requirePositionals } from '../arguments.ts';
import { type Command, type Invocation, UsageError } from '../command.ts';
import { parseDurationMs } from '../input/duration.ts';
import { answer } from '../output/answer.ts';
import { renderTable } from '../output/table.ts';
import { verbRunner } from '../verbs.ts';

export const tokens: Command = {
  help: `Usage: millrace tokens create [--read TOPIC]... [--write TOPIC]... [--key-prefix TEXT] [--ttl 10m] [--sub TEXT]
       millrace tokens create-secret NAME --key KEY
       millrace tokens list-secrets
       millrace tokens revoke-secret SECRET

A browser token narrows the API key that makes it: to topics, to reading or writing, and to records whose key begins with
--key-prefix. It is good for --ttl, fifteen minutes at most. A TOPIC that ends in * stands for all that begin with it.

With a secret your own programs sign tokens that narrow KEY (docs/organizations.md); it is printed once and kept nowhere
in the clear. Revoking it ends all its tokens.

Examples:
  millrace tokens create --read orders --key-prefix user-42/
  millrace tokens create-secret backend --key mrk_...
  millrace tokens revoke-secret mrs_...
`,
  run: (invocation) => run(invocation),
};

const run = verbRunner('tokens', {
  create,
  'create-secret': createSecret,
  'list-secrets': listSecrets,
  'revoke-secret': revokeSecret,
});

async function create({ argv, client, output, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, {
    read: { type: 'string', multiple: true },
    write: { type: 'string', multiple: true },
    'key-prefix': { type: 'string' },
    ttl: { type: 'string' },
    sub: { type: 'string' },
  });
  requirePositionals(positionals, []);
  const keyPrefix = values['key-prefix'];
  const cap = [
    ...(values.read ?? []).map((topic) => ({ ...patternOf(topic), ops: ['read' as const], key_prefix: keyPrefix })),
    ...(values.write ?? []).map((topic) => ({ ...patternOf(topic), ops: ['write' as const], key_prefix: keyPrefix })),
  ];
  if (cap.length === 0) throw new UsageError('say what the token may do: --read TOPIC, --write TOPIC.');
  const ttlMs = values.ttl === undefined ? undefined : parseDurationMs(values.ttl);
  if (ttlMs === null) throw new UsageError(`--ttl takes a duration such as 90s or 10m, not "${values.ttl}".`);
  const minted = await client.organization.createToken({ cap, ttlMs, sub: values.sub });
  output.line(json ? JSON.stringify(minted) : minted.token);
}

async function createSecret({ argv, client, output, terminal, json }: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(argv, { key: { type: 'string' } });
  const [name] = requirePositionals(positionals, ['the name of the secret']);
  if (values.key === undefined) throw new UsageError('--key says which key the tokens narrow.');
  const created = await client.organization.createSigningSecret({ name: name!, keyId: values.key });
  if (json) {
    output.line(JSON.stringify(created));
    return;
  }
  terminal.say(`created signing secret ${created.signing_secret_id}; shown this once:`);
  output.line(created.secret);
}

async function listSecrets({ argv, client, output, json }: Invocation): Promise<void> {
  requirePositionals(parseArguments(argv, {}).positionals, []);
  const secrets = await client.organization.signingSecrets();
  if (json) {
    for (const secret of secrets) output.line(JSON.stringify(secret));
    return;
  }
  const rows = secrets.map(({ signing_secret_id, name, key_id, revoked_at }) => [
    signing_secret_id,
    name,
    key_id,
    revoked_at === null ? 'active' : 'revoked',
  ]);
  output.line(renderTable(['SECRET', 'NAME', 'KEY', 'STATUS'], rows));
}

async function revokeSecret(invocation: Invocation): Promise<void> {
  const { argv, client } = invocation;
  const [id] = requirePositionals(parseArguments(argv, {}).positionals, ['the secret']);
  await client.organization.revokeSigningSecret(id!);
  answer(invocation, { signing_secret_id: id, revoked: true }, `revoked ${id}`);
}

function patternOf(topic: string): { readonly topic: string } | { readonly prefix: string } {
  return topic.length > 1 && topic.endsWith('*') ? { prefix: topic.slice(0, -1) } : { topic };
}
