import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { orgs } from '../../../src/cli/commands/orgs.ts';
import { HttpDoor } from '../../../src/client/http-door.ts';
import { createClient } from '../../../src/client/index.ts';
import { ClosedPlatform, closedOrigin, type Tenant } from '../../support/closed-platform.ts';

type Invocation = Parameters<typeof orgs.run>[0];
type Fetch = ConstructorParameters<typeof HttpDoor>[1];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-organization-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** An organization with something of everything, and the command as one of its keys calls it. */
class World {
  readonly platform = new ClosedPlatform();
  /** The requests that were made. */
  readonly paths: string[] = [];
  /** What is refused, as if a right had been taken meanwhile. */
  refuse: (path: string) => boolean = () => false;
  tenant: Tenant;

  private constructor(tenant: Tenant, platform: ClosedPlatform) {
    this.tenant = tenant;
    this.platform = platform;
  }

  static async found(orgId = 'acme'): Promise<World> {
    const platform = new ClosedPlatform();
    platform.nowMs = Date.now();
    const world = new World(await platform.found(orgId), platform);
    await world.fill();
    return world;
  }

  fetchWith(credential: string): Fetch {
    return async (url, { method, headers, body }) => {
      const path = url.slice(closedOrigin.length);
      this.paths.push(path);
      if (this.refuse(path)) return Response.json({ code: 'CLUSTER_AUTHORIZATION_FAILED' }, { status: 403 });
      return this.platform.request(path, { method, headers, credential, ...(body && { body }) });
    };
  }

  client(credential: string = this.tenant.ownerKey) {
    return createClient({ url: closedOrigin, fetch: this.fetchWith(credential) });
  }

  async fill(): Promise<void> {
    const client = this.client();
    await client.topics.create({ name: 'orders', partitions: 2, config: { 'retention.ms': -1 } });
    await client.topics.create({ name: 'ORDERS' });
    await client.topics.create({ name: 'empty' });
    for (const topic of ['orders', 'ORDERS']) {
      const producer = client.producer({ topic });
      for (let n = 0; n < 20; n += 1) await producer.send({ key: `k${n}`, value: `${topic} ${n}` });
      await producer.close();
    }
    await client.groups.resetOffsets('billing', { topics: { orders: [0] }, to: { offset: 3 } });
    await client.shareGroups.create('workers', { deliveryLimit: 7 });
    await client.organization.createKey({ name: 'reader', role: 'viewer' });
    await client.organization.members.invite({ email: 'ann@example.com', role: 'developer' });
    await client.organization.createAcls([
      { principal: 'User:*', operation: 'READ', resource_type: 'TOPIC', resource_name: 'orders' },
    ]);
    await client.organization.alterBudget({ monthly_dollars: 20 });
  }

  async run(argv: readonly string[], credential: string = this.tenant.ownerKey) {
    const lines: string[] = [];
    const warnings: string[] = [];
    const fetch = this.fetchWith(credential);
    const invocation = {
      argv,
      client: createClient({ url: closedOrigin, fetch }),
      door: new HttpDoor(closedOrigin, fetch),
      output: { line: (text: string) => lines.push(text) },
      terminal: { say: () => {}, warn: (line: string) => warnings.push(line), progress: () => {} },
      json: true,
    };
    const code = await orgs.run(invocation as unknown as Invocation);
    return { code, warnings, answer: JSON.parse(lines[0]!) };
  }
}

const linesOf = (path: string) =>
  readFileSync(join(folder, path), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

describe('an export of an organization', () => {
  test('has everything but secrets, and proves itself', async () => {
    const world = await World.found();
    const { answer } = await world.run(['export', folder]);
    expect(answer).toMatchObject({ topics: 3, records: 40, missing: [], is_complete: true });
    expect(linesOf('organization.ndjson')).toMatchObject([{ organization_id: 'acme' }]);
    expect(linesOf('members.ndjson')).toMatchObject([{ email: 'ann@example.com', role: 'developer' }]);
    expect(linesOf('keys.ndjson').map(({ name }) => name)).toContain('reader');
    expect(linesOf('budget.ndjson')).toMatchObject([{ monthly_dollars: 20 }]);
    expect(linesOf('clusters/acme1/acls.ndjson')).toMatchObject([{ principal: 'User:*', resource_name: 'orders' }]);
    expect(linesOf('clusters/acme1/groups.ndjson')).toMatchObject([
      { group: 'billing', offsets: [{ topic: 'orders', partition: 0, offset: 3 }] },
    ]);
    expect(linesOf('clusters/acme1/share-groups.ndjson')).toMatchObject([
      { group: 'workers', config: { delivery_limit: 7 } },
    ]);
    const [{ action }] = linesOf('audit.ndjson').slice(-1);
    expect(action).toBe('budget.alter');
    const secret = world.tenant.ownerKey.split('_').at(-1)!.slice(0, 43);
    expect(filesOf(folder).filter((path) => readFileSync(path, 'utf8').includes(secret))).toEqual([]);
    execFileSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: folder });
    const verified = await world.run(['verify', folder]);
    expect(verified).toMatchObject({
      code: 0,
      answer: { ok: true, topics: 3, records: 40, is_complete: true, bad: [] },
    });
    expect(verified.answer.audit_head).toEqual(answer.audit_head);
  });

  test('goes on where it was broken off, at whichever request that was', async () => {
    const world = await World.found();
    let left = 0;
    world.refuse = () => left-- <= 0;
    let runs = 0;
    for (let isDone = false; !isDone; runs += 1) {
      // Two requests say who asks and which organization this is; each run gets a little further than those.
      left = 4;
      const isComplete = await world.run(['export', folder]).then(
        ({ answer }) => answer.is_complete,
        () => false,
      );
      isDone = isComplete || runs > 50;
    }
    expect(runs).toBeGreaterThan(3);
    expect(runs).toBeLessThan(50);
    const before = world.paths.length;
    world.refuse = () => false;
    expect((await world.run(['verify', folder])).answer).toMatchObject({ ok: true, topics: 3, records: 40 });
    expect(world.paths.length, 'a verifier asks nobody').toBe(before);
    await world.run(['export', folder]);
    expect(world.paths.slice(before), 'what is there is not read again').toEqual(['/v1/session']);
  });

  test('notes topics that are deleted before their turn', async () => {
    const world = await World.found();
    world.refuse = (path) => path.startsWith('/v1/groups');
    await expect(world.run(['export', folder])).rejects.toMatchObject({ code: 'CLUSTER_AUTHORIZATION_FAILED' });
    world.refuse = () => false;
    await world.client().topics.delete('empty');
    const { answer, warnings } = await world.run(['export', folder]);
    expect(answer).toMatchObject({ topics: 2, missing: [{ clusterId: 'acme1', topic: 'empty' }], is_complete: true });
    expect(warnings).toEqual(['topic "empty" was deleted before it could be exported']);
    expect((await world.run(['verify', folder])).answer).toMatchObject({ ok: true });
  });

  test('is for who may see all of it, and into a folder of its own', async () => {
    const world = await World.found();
    const viewer = await world.platform.key(world.tenant, 'viewer');
    await expect(world.run(['export', folder], viewer)).rejects.toThrow(/lacks groups.read, users.describe/);
    await world.run(['export', folder]);
    const other = await World.found('umbrella');
    await expect(other.run(['export', folder])).rejects.toThrow(/has an export of "Acme" \(id acme\)/);
  });
});

describe('the verifier names', () => {
  const topicFile = 'clusters/acme1/topics/ORDERS/partition-0000/00000000000000000000.batches';

  test.each([
    ['a listing with another item', 'members.ndjson', /SHA-256/],
    ['an audit log that goes on', 'audit.ndjson', /SHA-256/],
    ['records that are damaged', topicFile, /SHA-256/],
  ])('%s', async (_, path, reason) => {
    const world = await World.found();
    await world.run(['export', folder]);
    appendFileSync(join(folder, path), '{}\n');
    const { code, answer } = await world.run(['verify', folder]);
    expect(code).toBe(1);
    expect(answer).toMatchObject({ ok: false, bad: [{ path, reason: expect.stringMatching(reason) }] });
  });

  test('files that are gone, a manifest that was changed, and an audit log whose hashes were made to fit', async () => {
    const world = await World.found();
    await world.run(['export', folder]);
    rmSync(join(folder, 'keys.ndjson'));
    rmSync(join(folder, topicFile));
    const entries = linesOf('audit.ndjson');
    entries[2].principal = 'User:somebody-else';
    const text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    writeFileSync(join(folder, 'audit.ndjson'), text);
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    const audit = manifest.listings.find(({ kind }: { kind: string }) => kind === 'audit');
    audit.sha256 = createHash('sha256').update(text).digest('hex');
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    const { answer } = await world.run(['verify', folder]);
    expect(answer.bad.map(({ path }: { path: string }) => path)).toEqual([
      'manifest.json',
      'keys.ndjson',
      'audit.ndjson',
      topicFile,
    ]);
    expect(answer.bad[2].reason).toMatch(/entry 3: its hash/);
  });

  test('an export that did not come to its end', async () => {
    const world = await World.found();
    world.refuse = (path) => path.startsWith('/v1/groups');
    await expect(world.run(['export', folder])).rejects.toThrow();
    const { answer } = await world.run(['verify', folder]);
    expect(answer.bad).toMatchObject([{ path: 'manifest.json', reason: expect.stringMatching(/not complete/) }]);
  });
});

function filesOf(directory: string): string[] {
  const paths = readdirSync(directory, { recursive: true, encoding: 'utf8' }).map((path) => join(directory, path));
  return paths.filter((path) => statSync(path).isFile());
}
