import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { takeGlobalOptions } from '../../src/cli/arguments.ts';
import { commands } from '../../src/cli/command-table.ts';
import { readUsage } from '../../src/cli/completion/usage-grammar.ts';
import { Output } from '../../src/cli/output/output.ts';
import { Terminal } from '../../src/cli/output/terminal.ts';
import { authorizedFetch } from '../../src/client/credential.ts';
import { HttpDoor } from '../../src/client/http-door.ts';
import { createClient } from '../../src/client/index.ts';
import { decompress } from '../../src/log/compression.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

const operatorKey = 'an-operator-key-of-the-tests';

/** What goes on until it is stopped, and what the start of the platform has done already. */
const untried = ['dev', 'kafka-proxy', 'audit follow', 'orgs bootstrap'];

/** What may have nothing to list here. */
const mayBeEmpty = ['share letters'];

let platform: PlatformProcess;
let folder: string;
const called = new Set<string>();

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-json-'));
  const env = { MILLRACE_OPERATOR_KEY: operatorKey, MILLRACE_SIGNUP: 'invite' };
  platform = await startPlatformProcess({ auth: true, env });
});
afterAll(async () => {
  await platform?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

type Answer = Readonly<Record<string, unknown>>;

const paths = (
  await Promise.all(Object.values(commands).map(async ({ load }) => readUsage((await load()).help)))
).flatMap((usages) => usages.map(({ path }) => path.join(' ')));

/** Runs a command with --json as one whose credential this is; every line that it prints is parsed. */
async function run(credential: string, ...words: string[]): Promise<Answer[]> {
  const [name = '', ...rest] = words;
  const path = paths
    .filter((each) => `${words.join(' ')} `.startsWith(`${each} `))
    .sort((a, b) => b.length - a.length)[0];
  called.add(path ?? words.join(' '));
  const { argv } = takeGlobalOptions(rest, {});
  const url = platform.url;
  const caller = { credential: credential === '' ? undefined : credential, cluster: undefined };
  const client = createClient({ url, ...caller, decompress });
  const door = new HttpDoor(
    url,
    authorizedFetch((target, init) => fetch(target, init as RequestInit), caller),
  );
  const stream = new PassThrough();
  const output = new Output(stream);
  const terminal = new Terminal(new PassThrough() as unknown as NodeJS.WriteStream, { quiet: true, env: {} });
  const command = await commands[name]!.load();
  await command.run({ argv, client, door, caller, output, terminal, json: true });
  await output.flush();
  const lines = (stream.read() as Buffer | null)?.toString() ?? '';
  const answers = lines.split('\n').filter((line) => line !== '');
  if (!mayBeEmpty.includes(path ?? '')) {
    expect(answers.length, `"millrace ${words.join(' ')} --json" says nothing`).toBeGreaterThan(0);
  }
  return answers.map((line) => JSON.parse(line));
}

test('every verb answers in JSON', async () => {
  const owner = platform.ownerKey!;
  const file = join(folder, 'orders.txt');
  writeFileSync(file, 'one\ntwo\nthree\n');

  await run('', 'version');
  await run('', 'completion', 'bash');
  await run('', 'limits');
  await run(owner, 'open', 'orders/0@1');

  await run(owner, 'topics', 'create', 'orders', '--partitions', '2');
  expect(await run(owner, 'produce', 'orders', file, '--partition', '0')).toMatchObject([{ records: 3 }]);
  expect(await run(owner, 'consume', 'orders/0@1')).toHaveLength(2);
  expect(await run(owner, 'consume', 'orders', '--group', 'billing')).toHaveLength(3);
  await run(owner, 'topics', 'list');
  await run(owner, 'topics', 'describe', 'orders');
  await run(owner, 'topics', 'alter', 'orders', '--partitions', '3');
  await run(owner, 'topics', 'recover', 'orders', '--partition', '0', '--yes');
  await run(owner, 'topics', 'export', 'orders', '--to', join(folder, 'orders'));
  await run(owner, 'topics', 'import', 'again', '--from', join(folder, 'orders'), '--create');
  await run(owner, 'topics', 'delete-records', 'orders', '--partition', '0', '--before', '1', '--yes');
  await run(owner, 'maintenance', 'run', '--topic', 'orders');
  await run(owner, 'top', '--once');

  await run(owner, 'groups', 'list');
  await run(owner, 'groups', 'describe', 'billing');
  await run(owner, 'groups', 'reset', 'billing', '--to', 'earliest');
  await run(owner, 'groups', 'resets', 'billing');
  await run(owner, 'groups', 'undo', 'billing');
  expect(await run(owner, 'groups', 'delete', 'billing')).toEqual([{ group: 'billing', deleted: true }]);

  await run(owner, 'topics', 'create', 'dead');
  await run(owner, 'share', 'create', 'work', '--from', 'earliest', '--dead-letters', 'dead');
  await run(owner, 'share', 'alter', 'work', '--delivery-limit', '3');
  expect(await run(owner, 'share', 'consume', 'work', 'orders', '--limit', '1')).toMatchObject([{ topic: 'orders' }]);
  await run(owner, 'share', 'list');
  await run(owner, 'share', 'describe', 'work');
  await run(owner, 'share', 'letters', 'work');
  expect(await run(owner, 'share', 'redrive', 'work')).toMatchObject([{ kind: 'redrive', state: 'done' }]);
  await run(owner, 'share', 'reset', 'work', '--to', 'earliest');
  await run(owner, 'share', 'delete', 'work');

  const [job] = (await run(owner, 'jobs', 'replay', 'orders', 'again')).slice(-1);
  const jobId = String(job?.jobId);
  await run(owner, 'jobs', 'list');
  await run(owner, 'jobs', 'describe', jobId);
  await run(owner, 'jobs', 'watch', jobId);
  await run(owner, 'jobs', 'cancel', jobId);

  const client = createClient({ url: platform.url, credential: owner });
  await using producer = client.transactionalProducer({ transactionalId: 'mover' });
  const aborted = producer.transaction(async (transaction) => {
    await transaction.send('orders', { value: 'four' });
    await run(owner, 'transactions', 'list');
    await run(owner, 'transactions', 'describe', 'mover');
    await run(owner, 'transactions', 'abort', 'mover', '--yes');
  });
  await expect(aborted).rejects.toThrow();

  const [key] = await run(owner, 'keys', 'create', 'reader', '--scope', 'consume:topic:orders');
  const id = String(key?.keyId);
  await run(owner, 'keys', 'list');
  await run(owner, 'keys', 'describe', id);
  await run(owner, 'keys', 'rotate', id);
  await run(owner, 'tokens', 'create', '--read', 'orders');
  const [secret] = await run(owner, 'tokens', 'create-secret', 'backend', '--key', id);
  await run(owner, 'tokens', 'list-secrets');
  await run(owner, 'tokens', 'revoke-secret', String(secret?.signing_secret_id));
  const rule = ['--principal', `User:${id}`, '--operation', 'read', '--topic', 'orders'];
  await run(owner, 'acls', 'create', ...rule);
  await run(owner, 'acls', 'list');
  await run(owner, 'acls', 'explain', ...rule);
  await run(owner, 'acls', 'delete', '--principal', `User:${id}`);
  await run(owner, 'quotas', 'set', '--topic', 'orders', '--requests', '100');
  await run(owner, 'quotas', 'list');
  await run(owner, 'keys', 'revoke', id);
  await run(owner, 'usage');

  const silent = ['--metric', 'records_in_per_second', '--on', 'topic:orders', '--below', '0.1'];
  await run(owner, 'alerts', 'preview', ...silent);
  const webhook = 'https://alerts.example.com/';
  const [alert] = await run(owner, 'alerts', 'create', 'Silent', ...silent, '--webhook', webhook);
  const alertId = String(alert?.alert_id);
  await run(owner, 'alerts', 'list');
  await run(owner, 'alerts', 'describe', alertId);
  await run(owner, 'alerts', 'alter', alertId, '--name', 'Quiet');
  await run(owner, 'alerts', 'mute', alertId, '--for', '1h');
  await run(owner, 'alerts', 'unmute', alertId);
  await run(owner, 'alerts', 'test', alertId);
  await run(owner, 'alerts', 'history', alertId);
  await run(owner, 'alerts', 'rotate-secret', alertId);
  await run(owner, 'alerts', 'delete', alertId);
  await run(owner, 'usage', 'budget', '--dollars', '10');

  const [member] = await run(owner, 'orgs', 'members', 'invite', 'ann@example.com', '--role', 'viewer');
  await run(owner, 'orgs', 'members', 'list');
  await run(owner, 'orgs', 'members', 'set-role', String(member?.member_id), 'admin');
  await run(owner, 'orgs', 'members', 'remove', String(member?.member_id));
  await run(owner, 'orgs', 'issuers', 'add', '--access', 'acme.cloudflareaccess.com', '--audience', 'tag');
  const [issuer] = await run(owner, 'orgs', 'issuers', 'list');
  await run(owner, 'orgs', 'issuers', 'remove', String(issuer?.issuer), '--audience', 'tag');
  await run(owner, 'orgs', 'alter', '--name', 'Acme');
  await run(owner, 'orgs', 'describe');
  await run(owner, 'audit', 'list');
  await run(owner, 'audit', 'export');
  await run(owner, 'audit', 'verify');
  await run(owner, 'orgs', 'export', join(folder, 'acme'));
  await run('', 'orgs', 'verify', join(folder, 'acme'));
  await run('', 'check', historyFile());

  await run(operatorKey, 'orgs', 'create', 'Umbrella');
  const [listed] = await run(operatorKey, 'orgs', 'list');
  await run(operatorKey, 'orgs', 'quotas', String(listed?.organization_id));
  const [invited] = await run(operatorKey, 'orgs', 'invite');
  const [founded] = await run('', 'orgs', 'sign-up', 'Guests', '--invitation', String(invited?.invitation));
  const guest = (founded as { owner_key: { api_key: string } }).owner_key.api_key;
  const [cluster] = await run(guest, 'orgs', 'create-cluster', 'staging');
  await run(guest, 'orgs', 'delete-cluster', String(cluster?.cluster_id), '--yes');
  await run(guest, 'orgs', 'delete', '--yes');
  await run(owner, 'topics', 'delete', 'orders', '--yes');

  expect([...called].sort()).toEqual(paths.filter((path) => !untried.includes(path)).sort());
}, 120_000);

function historyFile(): string {
  const file = join(folder, 'history.jsonl');
  writeFileSync(file, '');
  return file;
}
