import type { ApiKey, IssuedApiKey } from '../../client/index.ts';
import { parseArguments, requirePositionals } from '../arguments.ts';
import { type Command, type Invocation, UsageError } from '../command.ts';
import { durationOf } from '../input/duration.ts';
import { answer } from '../output/answer.ts';
import { renderTable } from '../output/table.ts';
import { verbRunner } from '../verbs.ts';

export const keys: Command = {
  help: `Usage: millrace keys create NAME (--scope SCOPE... | --role ROLE) [--cluster ID] [--expires-in 30d]
       millrace keys list
       millrace keys describe KEY
       millrace keys rotate KEY [--overlap 1h]
       millrace keys revoke KEY

A key may do what its scopes say, or what a member of its role may (owner, admin, developer, viewer), and never more than
the key that makes it. A scope is verb:resource:name, with produce, consume, describe or admin, and topic, group,
transactional_id, cluster, user or organization; a name that ends in * stands for all that begin with it.

The whole key is printed once and kept nowhere. Rotate prints another one; the one in use stays good for --overlap (a
day), during which both are, or ends at once with --overlap 0. Durations: 500ms, 30s, 15m, 12h, 30d.

Examples:
  millrace keys create billing --scope consume:topic:orders --scope consume:group:billing
  millrace keys create dashboard --role viewer --expires-in 30d
  millrace keys rotate mrk_... --overlap 1h
  millrace keys revoke mrk_...
`,
  run: (invocation) => run(invocation),
};

const run = verbRunner('keys', { create, list, describe, rotate, revoke });

async function create(invocation: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(invocation.argv, {
    scope: { type: 'string', short: 's', multiple: true },
    role: { type: 'string' },
    cluster: { type: 'string' },
    'expires-in': { type: 'string' },
  });
  const [name] = requirePositionals(positionals, ['the name of the key']);
  if ((values.scope === undefined) === (values.role === undefined)) {
    throw new UsageError('say what the key may do: --scope, or --role.');
  }
  const issued = await invocation.client.organization.createKey({
    name: name!,
    scopes: values.scope,
    role: values.role,
    clusterId: values.cluster,
    expiresInMs: durationOf(values['expires-in'], '--expires-in'),
  });
  printIssued(invocation, issued, `created key ${issued.keyId}; shown this once:`);
}

async function rotate(invocation: Invocation): Promise<void> {
  const { values, positionals } = parseArguments(invocation.argv, { overlap: { type: 'string' } });
  const [keyId] = requirePositionals(positionals, ['the key']);
  const overlapMs = values.overlap === '0' ? 0 : durationOf(values.overlap, '--overlap');
  const issued = await invocation.client.organization.rotateKey(keyId!, { overlapMs });
  printIssued(invocation, issued, `rotated key ${issued.keyId}; shown this once:`);
}

function printIssued({ output, terminal, json }: Invocation, issued: IssuedApiKey, headline: string): void {
  if (json) {
    output.line(JSON.stringify(issued));
    return;
  }
  terminal.say(headline);
  output.line(issued.apiKey);
}

async function list({ argv, client, output, json }: Invocation): Promise<void> {
  requirePositionals(parseArguments(argv, {}).positionals, []);
  const rows: string[][] = [];
  for await (const key of client.organization.keys()) {
    if (json) output.line(JSON.stringify(key));
    else rows.push([key.keyId, key.name, key.status, rightsOf(key), timeOf(key.lastUsedAt), timeOf(key.expiresAt)]);
  }
  if (!json) output.line(renderTable(['KEY', 'NAME', 'STATUS', 'MAY', 'LAST USED', 'EXPIRES'], rows));
}

async function describe({ argv, client, output, json }: Invocation): Promise<void> {
  const [keyId] = requirePositionals(parseArguments(argv, {}).positionals, ['the key']);
  const key = await client.organization.describeKey(keyId!);
  if (json) {
    output.line(JSON.stringify(key));
    return;
  }
  output.line(`key        ${key.keyId}`);
  output.line(`name       ${key.name}`);
  output.line(`status     ${key.status}`);
  output.line(`cluster    ${key.clusterId}`);
  output.line(`may        ${rightsOf(key)}`);
  output.line(`created    ${timeOf(key.createdAt)} by ${key.createdBy}`);
  output.line(`last used  ${timeOf(key.lastUsedAt)}`);
  output.line(`expires    ${timeOf(key.expiresAt)}`);
  output.line('');
  const rows = key.secrets.map(({ last4, expiresAt }) => [`...${last4}`, timeOf(expiresAt)]);
  output.line(renderTable(['SECRET', 'ENDS'], rows));
}

async function revoke(invocation: Invocation): Promise<void> {
  const { argv, client } = invocation;
  const [keyId] = requirePositionals(parseArguments(argv, {}).positionals, ['the key']);
  await client.organization.revokeKey(keyId!);
  answer(invocation, { keyId, revoked: true }, `revoked ${keyId}`);
}

function rightsOf({ role, scopes }: ApiKey): string {
  return role === null ? scopes.join(' ') : `role ${role}`;
}

function timeOf(ms: number | null): string {
  return ms === null ? '-' : new Date(ms).toISOString();
}
