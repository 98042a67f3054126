import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../src/client/index.ts';
import type { PlatformProcess } from '../support/platform.ts';
import { startPlatformProcess } from '../support/platform.ts';

const repository = join(import.meta.dirname, '../..');
const operatorKey = 'an-operator-key-of-the-tests';

let platform: PlatformProcess;
let ownerKey: string;
/** Every secret that was shown in this run: none of them may be stored or logged. */
const secrets: string[] = [];

beforeAll(async () => {
  const env = { MILLRACE_OPERATOR_KEY: operatorKey, MILLRACE_SIGNUP: 'invite' };
  platform = await startPlatformProcess({ auth: true, env });
  ownerKey = platform.ownerKey!;
  secrets.push(ownerKey);
});
afterAll(() => platform[Symbol.asyncDispose]());

function call(path: string, authorization: string | null, init: { method?: string; body?: unknown } = {}) {
  return fetch(platform.url + path, {
    method: init.method ?? 'GET',
    headers: {
      ...(authorization === null ? {} : { authorization }),
      ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: init.body === undefined ? undefined : JSON.stringify(init.body),
  });
}

function clientOf(apiKey: string) {
  return createClient({ url: platform.url, credential: apiKey });
}

/** The millrace command, as a process with nothing but the key in its environment. */
function millrace(apiKey: string, ...args: string[]) {
  const run = spawnSync(process.execPath, [join(repository, 'src/cli/main.ts'), ...args], {
    cwd: repository,
    encoding: 'utf8',
    env: { ...process.env, MILLRACE_URL: platform.url, MILLRACE_API_KEY: apiKey },
  });
  return { status: run.status, stdout: run.stdout.trim(), stderr: run.stderr };
}

async function createOrganization(name: string): Promise<string> {
  const answer = await call('/v1/organizations', `Bearer ${operatorKey}`, { method: 'POST', body: { name } });
  expect(answer.status).toBe(201);
  const { owner_key } = (await answer.json()) as { owner_key: { api_key: string } };
  secrets.push(owner_key.api_key);
  return owner_key.api_key;
}

describe('a closed platform', () => {
  test('asks everyone for a credential, and says how to give one', async () => {
    for (const authorization of [
      null,
      'Bearer nonsense',
      `Bearer ${ownerKey.slice(0, -1)}${ownerKey.endsWith('x') ? 'y' : 'x'}`,
      'Basic eDp5',
    ]) {
      const answer = await call('/v1/topics', authorization);
      expect([authorization?.slice(0, 20), answer.status]).toEqual([authorization?.slice(0, 20), 401]);
      expect(answer.headers.get('www-authenticate')).toContain('Bearer');
      expect(await answer.json()).toMatchObject({ code: 'SASL_AUTHENTICATION_FAILED' });
    }
    expect((await call('/v1/topics', `Bearer ${ownerKey}`)).status).toBe(200);
    const listed = (await (await call('/v1/keys', `Bearer ${ownerKey}`)).json()) as { keys: [{ key_id: string }] };
    const [{ key_id }] = listed.keys;
    expect((await call('/v1/topics', `Basic ${btoa(`${key_id}:${ownerKey.slice(-49)}`)}`)).status).toBe(200);
    expect((await call('/v1/topics', `Basic ${btoa(`${key_id}:${ownerKey}`)}`)).status).toBe(200);
  });

  test('lets two organizations use the same names, and neither sees the other', async () => {
    const [acme, umbrella] = [
      clientOf(await createOrganization('Acme')),
      clientOf(await createOrganization('Umbrella')),
    ];
    for (const [client, value] of [
      [acme, 'of acme'],
      [umbrella, 'of umbrella'],
    ] as const) {
      await client.topics.create({ name: 'orders', partitions: 1 });
      const producer = client.producer({ topic: 'orders' });
      await producer.send({ value });
      await producer.close();
    }
    for (const [client, value] of [
      [acme, 'of acme'],
      [umbrella, 'of umbrella'],
    ] as const) {
      const page = await client.read({ topic: 'orders', partition: 0, offset: 'earliest' });
      expect(page.records.map((record) => record.text())).toEqual([value]);
      for (const transport of ['json', 'binary'] as const) {
        const consumer = client.consumer({ topic: 'orders', from: 'earliest', transport });
        for await (const record of consumer) {
          expect([transport, record.text()]).toEqual([transport, value]);
          break;
        }
      }
    }
    await acme.topics.create({ name: 'only-acme' });
    await expect(umbrella.topics.describe('only-acme')).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' });
    const seen = [];
    for await (const { name } of umbrella.topics.list()) seen.push(name);
    expect(seen).toEqual(['orders']);
  });

  test('refuses what a key has no scope for, and explains why', async () => {
    const owner = clientOf(ownerKey);
    await owner.topics.create({ name: 'scoped', partitions: 1 });
    const { apiKey, keyId } = await owner.organization.createKey({ name: 'reader', scopes: ['consume:topic:scoped'] });
    secrets.push(apiKey);
    const reader = clientOf(apiKey);
    expect((await reader.read({ topic: 'scoped', partition: 0, offset: 'earliest' })).records).toEqual([]);
    await expect(reader.topics.delete('scoped')).rejects.toMatchObject({ code: 'TOPIC_AUTHORIZATION_FAILED' });
    const produced = await call('/v1/topics/scoped/records', `Bearer ${apiKey}`, {
      method: 'POST',
      body: { records: [{ value: 1 }] },
    });
    expect(produced.status).toBe(403);
    const explained = await owner.organization.explain({
      principal: `User:${keyId}`,
      operation: 'WRITE',
      resourceType: 'TOPIC',
      resourceName: 'scoped',
    });
    expect(explained).toMatchObject({ allowed: false, reason: 'no_rule', rule: null });
  });

  test('gives a page with a token its records over a socket, and asks for the next token by itself', async () => {
    const owner = clientOf(ownerKey);
    await owner.topics.create({ name: 'feed', partitions: 1 });
    const { apiKey } = await owner.organization.createKey({ name: 'minter', scopes: ['consume:topic:feed'] });
    secrets.push(apiKey);
    const producer = owner.producer({ topic: 'feed' });
    await producer.send({ key: 'user-1/a', value: 'mine' });
    await producer.send({ key: 'user-2/a', value: 'not mine' });
    await producer.send({ key: 'user-1/b', value: 'mine too' });
    await producer.close();
    let asked = 0;
    const credential = async () => {
      asked += 1;
      const cap = [{ topic: 'feed', ops: ['read', 'describe'], key_prefix: 'user-1/' }];
      const answer = await call('/v1/tokens', `Bearer ${apiKey}`, { method: 'POST', body: { cap, ttl_ms: 5_000 } });
      return ((await answer.json()) as { token: string }).token;
    };
    const page = createClient({ url: platform.url, credential });
    const consumer = page.consumer({ topic: 'feed', from: 'earliest' });
    const seen: (string | null)[] = [];
    for await (const record of consumer) {
      seen.push(record.text());
      if (seen.length === 2) break;
    }
    expect(seen).toEqual(['mine', 'mine too']);
    expect(asked).toBeGreaterThan(0);
    await expect(page.topics.delete('feed')).rejects.toMatchObject({ code: 'TOPIC_AUTHORIZATION_FAILED' });
    await expect(page.topics.describe('scoped')).rejects.toMatchObject({ code: 'TOPIC_AUTHORIZATION_FAILED' });
    const own = await call('/v1/tokens', `Bearer ${await credential()}`, { method: 'POST', body: { cap: [] } });
    expect(own.status).toBe(403);
  });

  test('cuts a revoked key off within seconds, under load', async () => {
    const owner = clientOf(ownerKey);
    const { apiKey, keyId } = await owner.organization.createKey({ name: 'short', role: 'viewer' });
    secrets.push(apiKey);
    let lastGoodMs = 0;
    let refused = 0;
    const poll = async () => {
      while (refused < 100) {
        const answer = await call('/v1/topics', `Bearer ${apiKey}`);
        await answer.arrayBuffer();
        if (answer.status === 200) lastGoodMs = Date.now();
        else if (answer.status === 401) refused += 1;
      }
    };
    const polling = Promise.all(Array.from({ length: 8 }, poll));
    await expect.poll(() => lastGoodMs).toBeGreaterThan(0);
    await owner.organization.revokeKey(keyId);
    const revokedMs = Date.now();
    await polling;
    console.log(`revocation under load: last good answer ${lastGoodMs - revokedMs} ms after it`);
    expect((await call('/v1/topics', `Bearer ${apiKey}`)).status).toBe(401);
  });

  test('holds an organization to its quotas, and no other', async () => {
    const [key, otherKey] = [await createOrganization('Noisy'), await createOrganization('Quiet')];
    for (const apiKey of [key, otherKey]) await clientOf(apiKey).topics.create({ name: 'orders', partitions: 1 });
    await clientOf(key).organization.alterQuotas([
      {
        entity_type: 'organization',
        entity_name: '',
        requests_per_second: 20,
        produce_bytes_per_second: null,
        fetch_bytes_per_second: null,
      },
    ]);
    const get = (apiKey: string) => call('/v1/topics/orders', `Bearer ${apiKey}`);
    let refused: Response | null = null;
    await expect
      .poll(
        async () => {
          const answers = await Promise.all(Array.from({ length: 100 }, () => get(key)));
          refused = answers.find(({ status }) => status === 429) ?? null;
          return refused === null ? 0 : 429;
        },
        { timeout: 20_000 },
      )
      .toBe(429);
    expect(Number(refused!.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(await refused!.json()).toMatchObject({ code: 'THROTTLING_QUOTA_EXCEEDED' });
    const others = await Promise.all(Array.from({ length: 100 }, () => get(otherKey)));
    expect(others.map(({ status }) => status)).toEqual(others.map(() => 200));
    const lifted = { requests_per_second: null, produce_bytes_per_second: null, fetch_bytes_per_second: null };
    const organization = { entity_type: 'organization', entity_name: '' } as const;
    expect(await clientOf(key).organization.alterQuotas([{ ...organization, ...lifted }])).toEqual([]);
  });

  test('keeps an audit log of acts and refusals, which an export verifies without the platform', async () => {
    const key = await createOrganization('Audited');
    const owner = clientOf(key);
    await owner.topics.create({ name: 'ledger', partitions: 1 });
    const { apiKey, keyId } = await owner.organization.createKey({ name: 'looker', role: 'viewer' });
    secrets.push(apiKey);
    for (let tries = 0; tries < 20; tries += 1) {
      await expect(clientOf(apiKey).topics.delete('ledger')).rejects.toMatchObject({ status: 403 });
    }
    await expect
      .poll(() => millrace(key, 'audit', 'list').stdout)
      .toMatch(new RegExp(`User:${keyId} .* deleteTopic +/v1/topics/ledger +refused +1`));
    const followed: number[] = [];
    for await (const { sequence } of clientOf(key).organization.followAudit()) {
      followed.push(sequence);
      if (followed.length === 3) break;
    }
    expect(followed).toEqual([1, 2, 3]);
    const exported = millrace(key, 'audit', 'export').stdout;
    const actions = exported.split('\n').map((line) => JSON.parse(line).action);
    expect(actions).toEqual(['organizations.create', 'keys.create', 'topics.create', 'keys.create', 'deleteTopic']);

    const good = millrace(key, 'audit', 'verify');
    expect(good).toMatchObject({ status: 0, stdout: expect.stringContaining('good: 5 entries from 1; head 5:') });
    const head = good.stdout.split('head ')[1]!;
    const file = join(platform.dataDir, 'audit.ndjson');
    writeFileSync(file, exported);
    expect(millrace('', 'audit', 'verify', file, '--head', head).status).toBe(0);
    writeFileSync(file, exported.replace('"resource":"ledger"', '"resource":"ledges"'));
    expect(millrace('', 'audit', 'verify', file)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('entry 3: its hash is not the one of its fields'),
    });
    writeFileSync(file, exported.split('\n').slice(0, 4).join('\n'));
    expect(millrace('', 'audit', 'verify', file).status).toBe(0);
    expect(millrace('', 'audit', 'verify', file, '--head', head).stderr).toContain('entry 5: it is missing');
    rmSync(file);
  });

  test('is used with the command: organizations, keys and ACLs', async () => {
    const created = millrace(operatorKey, 'orgs', 'create', 'Initech');
    expect(created.status).toBe(0);
    const key = created.stdout;
    secrets.push(key);
    expect(millrace(key, 'topics', 'create', 'memos').status).toBe(0);
    const reader = millrace(key, 'keys', 'create', 'reader', '--scope', 'consume:topic:mem*');
    secrets.push(reader.stdout);
    expect(millrace(reader.stdout, 'topics', 'delete', 'memos', '--yes').status).toBe(4);
    const listed = millrace(key, 'keys', 'list');
    expect(listed.stdout).toContain('reader');
    const keyId = JSON.parse(
      millrace(key, 'keys', 'list', '--json')
        .stdout.split('\n')
        .find((line) => line.includes('"reader"'))!,
    ).keyId;
    const principal = `User:${keyId}`;
    expect(
      millrace(key, 'acls', 'create', '--principal', principal, '--operation', 'read', '--topic', 'memos', '--deny')
        .status,
    ).toBe(0);
    const explained = millrace(
      key,
      'acls',
      'explain',
      '--operation',
      'read',
      '--topic',
      'memos',
      '--principal',
      principal,
    );
    expect(explained.stdout).toContain('refused');
    expect(explained.stdout).toContain('DENY');
    expect(millrace(key, 'acls', 'delete', '--principal', principal).stderr).toContain('deleted 1 ACLs');
    const rotated = millrace(key, 'keys', 'rotate', keyId, '--overlap', '0');
    secrets.push(rotated.stdout);
    expect(millrace(rotated.stdout, 'topics', 'list').status).toBe(0);
    const minted = millrace(rotated.stdout, 'tokens', 'create', '--read', 'memos', '--ttl', '1m');
    expect(minted.status).toBe(0);
    expect(millrace(minted.stdout, 'topics', 'delete', 'memos', '--yes').status).toBe(4);
    const signing = millrace(key, 'tokens', 'create-secret', 'backend', '--key', keyId, '--json');
    const { signing_secret_id: signingSecretId, secret } = JSON.parse(signing.stdout);
    secrets.push(`mr_${secret}123456`);
    expect(millrace(key, 'tokens', 'list-secrets').stdout).toContain(signingSecretId);
    expect(millrace(key, 'tokens', 'revoke-secret', signingSecretId).status).toBe(0);
    expect(millrace(key, 'keys', 'revoke', keyId).status).toBe(0);
    expect(millrace('', 'topics', 'list')).toMatchObject({ status: 4 });
    expect(millrace(key, 'orgs', 'describe').stdout).toContain('Initech');
    expect(millrace(key, 'quotas', 'set', '--topic', 'memos', '--requests', '100').stdout).toContain('memos');
    expect(millrace(key, 'quotas', 'list').stdout).toMatch(/topic +memos +100/);
    expect(millrace(key, 'quotas', 'set', '--topic', 'memos').stdout).not.toContain('memos');
    expect(millrace(key, 'orgs', 'list').status).toBe(4);
    expect(millrace(operatorKey, 'orgs', 'list').stdout).toContain('Initech');
    const { organization_id: id } = JSON.parse(millrace(key, 'orgs', 'describe', '--json').stdout);
    const said = millrace(operatorKey, 'orgs', 'quotas', id, '--requests', '9000', '--topics', 'none').stdout;
    expect(said).toMatch(/requests_per_second +9000 +9000/);
    expect(said).toMatch(/topics +none/);
    expect(millrace(operatorKey, 'orgs', 'quotas', id).stdout).toBe(said);
    expect(millrace(operatorKey, 'orgs', 'quotas', id, '--as-all').stdout).not.toContain('9000');
    expect(millrace(key, 'orgs', 'quotas', id).status).toBe(4);
  });

  test('is used with the command: members and issuers', async () => {
    const key = millrace(operatorKey, 'orgs', 'create', 'Pied Piper').stdout;
    secrets.push(key);
    const ann = JSON.parse(
      millrace(key, 'orgs', 'members', 'invite', 'Ann@example.com', '--role', 'viewer', '--json').stdout,
    );
    expect(ann).toMatchObject({ email: 'ann@example.com', role: 'viewer', status: 'invited' });
    expect(millrace(key, 'orgs', 'members', 'set-role', ann.member_id, 'admin').stderr).toContain('is admin now');
    expect(millrace(key, 'orgs', 'members', 'list').stdout).toMatch(/mrm_\w+ +ann@example.com +admin +invited/);
    const access = ['--access', 'initech.cloudflareaccess.com', '--audience', 'tag'];
    expect(millrace(key, 'orgs', 'issuers', 'add', ...access).status).toBe(0);
    const vouching = JSON.parse(millrace(key, 'orgs', 'issuers', 'list', '--json').stdout);
    expect(vouching).toEqual({
      issuer: 'https://initech.cloudflareaccess.com',
      audience: 'tag',
      keys_url: 'https://initech.cloudflareaccess.com/cdn-cgi/access/certs',
      algorithms: ['RS256'],
      checks_emails: true,
    });
    expect(millrace(key, 'orgs', 'issuers', 'list').stdout).toContain('initech');
    expect(millrace(key, 'orgs', 'issuers', 'remove', vouching.issuer, '--audience', 'tag').status).toBe(0);
    expect(millrace(key, 'orgs', 'members', 'remove', ann.member_id).status).toBe(0);
    expect(millrace(key, 'orgs', 'members', 'list', '--json').stdout).toBe('');
  });

  test('lets whoever was invited found an organization, once', () => {
    const without = millrace('', 'orgs', 'sign-up', 'Guests');
    expect([without.status, without.stdout]).toEqual([4, '']);
    expect(without.stderr).toContain('SIGNUP_REFUSED');
    expect(millrace(ownerKey, 'orgs', 'invite').status, 'only the operator invites').toBe(4);

    const invited = millrace(operatorKey, 'orgs', 'invite', '--expires-in', '1h');
    expect(invited.stdout).toMatch(/^mri_/);
    const signedUp = millrace('', 'orgs', 'sign-up', 'Guests', '--invitation', invited.stdout);
    expect([signedUp.stderr, signedUp.stdout]).toEqual([expect.anything(), expect.stringMatching(/^mr_local_/)]);
    secrets.push(signedUp.stdout, invited.stdout);
    expect(millrace(signedUp.stdout, 'orgs', 'describe').stdout).toContain('Guests');
    expect(millrace(signedUp.stdout, 'topics', 'create', 'visits').status).toBe(0);
    expect(millrace(signedUp.stdout, 'audit', 'list').stdout).toMatch(/organizations\.create/);

    const again = millrace('', 'orgs', 'sign-up', 'Others', '--invitation', invited.stdout);
    expect([again.status, again.stdout]).toEqual([4, '']);
  });

  test('deletes a cluster and an organization with the command, and its key opens nothing from then on', async () => {
    const key = millrace(operatorKey, 'orgs', 'create', 'Hooli').stdout;
    secrets.push(key);
    expect(millrace(key, 'topics', 'create', 'plans').status).toBe(0);
    const cluster = JSON.parse(millrace(key, 'orgs', 'create-cluster', 'staging', '--json').stdout);
    expect(millrace(key, 'orgs', 'delete-cluster', cluster.cluster_id).status, 'nobody can be asked').toBe(2);
    expect(millrace(key, 'orgs', 'delete-cluster', cluster.cluster_id, '--yes').status).toBe(0);
    expect(millrace(key, 'orgs', 'describe').stdout).toMatch(/staging +DELETING/);
    expect(millrace(key, 'orgs', 'delete', '--yes').stderr).toContain('is being deleted');
    await expect.poll(() => millrace(key, 'topics', 'list').status, { timeout: 30_000 }).toBe(4);
    expect(millrace(operatorKey, 'orgs', 'list').stdout).toMatch(/Hooli +DELETING/);
  });

  test('opens what an open platform wrote, prints the owner key once, and keeps it through restarts', async () => {
    await using first = await startPlatformProcess();
    await createClient({ url: first.url }).topics.create({ name: 'before', partitions: 1 });
    const { dataDir } = first;
    await first.stop();
    await using closed = await startPlatformProcess({ auth: true, dataDir });
    const key = closed.ownerKey!;
    expect(key).toMatch(/^mr_local_/);
    const owner = createClient({ url: closed.url, credential: key });
    expect((await owner.topics.describe('before')).partitions).toBe(1);
    await closed.restart();
    expect(closed.ownerKey).toBeNull();
    const again = createClient({ url: closed.url, credential: key });
    expect((await again.topics.describe('before')).partitions).toBe(1);
  });

  test('has no secret in what it stores or logs', async () => {
    await platform.stop();
    const files = readdirSync(platform.dataDir, { recursive: true, encoding: 'utf8' })
      .map((path) => join(platform.dataDir, path))
      .filter((path) => statSync(path).isFile());
    const stored = files.map((path) => readFileSync(path).toString('latin1'));
    expect(secrets.length).toBeGreaterThan(5);
    for (const secret of [...secrets, operatorKey]) {
      const random = secret.startsWith('mr_') ? secret.slice(-49, -6) : secret;
      expect(stored.filter((bytes) => bytes.includes(random))).toEqual([]);
      expect(platform.stderr.includes(random)).toBe(false);
    }
    // The search does find what is there: the ids of keys are stored.
    const id = ownerKey.split('_')[2]!;
    expect(stored.some((bytes) => bytes.includes(id))).toBe(true);
  });
});
