import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, createClient } from '../../src/client/index.ts';
import { views } from '../dashboard/views.ts';
import { type Complaints, signIn, visit } from '../dashboard/visitor.ts';
import { launchBrowser } from '../support/browser.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

const operatorKey = 'an-operator-key-of-the-tests';

let browser: Browser;
let platform: PlatformProcess;
let owner: Client;
const complaints: Complaints = [];

beforeAll(async () => {
  // First, and alone: while it is unpacked, temporary folders of this process are made where it lies.
  browser = await launchBrowser();
  platform = await startPlatformProcess({ auth: true, env: { MILLRACE_OPERATOR_KEY: operatorKey } });
  owner = createClient({ url: platform.url, credential: platform.ownerKey! });
  await owner.topics.create({ name: 'orders', partitions: 2 });
  await using producer = owner.producer({ topic: 'orders' });
  for (const user of ['ada', 'bob']) await producer.send({ key: `${user}/1`, value: { user } });
}, 120_000);

afterAll(async () => {
  await browser.close();
  await platform[Symbol.asyncDispose]();
});

/** What buttons say that change something. */
const steering =
  /^(Create|Produce|Delete|Edit|Save(?! as)|Reset|Undo|Move|Invite|Remove|Rotate|Revoke|Redrive|Set|Upload)/;

async function foundOrganization(name: string) {
  const answer = await fetch(`${platform.url}/v1/organizations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name }),
  });
  const { organization, owner_key: key } = (await answer.json()) as OrganizationFounded;
  return { orgId: organization.organization_id, clusterId: key.cluster_id, apiKey: key.api_key };
}

type OrganizationFounded = {
  readonly organization: { readonly organization_id: string };
  readonly owner_key: { readonly api_key: string; readonly cluster_id: string };
};

type Storages = {
  readonly localStorage: object;
  readonly sessionStorage: object;
  readonly document: { cookie: string };
};

describe('what others may', () => {
  test('a token is minted, read, and tried: it sees the records of one person and writes none', async () => {
    const page = await visit(browser, complaints);
    const base = await signIn(page, platform.url, platform.ownerKey!);
    await page.goto(`${base}/tokens`);
    await page.getByLabel('Topic', { exact: true }).fill('orders');
    await page.getByLabel('Records whose key begins with').fill('ada/');
    await page.getByRole('button', { name: 'Mint a token' }).click();
    await page.getByText('"key_prefix": "ada/"').waitFor();
    await page.getByRole('button', { name: 'List topics' }).click();
    await page.getByText('It sees 1 topic: orders').waitFor();
    await page.getByRole('button', { name: 'Read the newest records' }).click();
    const seen = page.getByRole('region', { name: 'Records that the token sees' });
    await seen.getByText('ada/1').waitFor();
    expect(await seen.getByText('bob/1').count()).toBe(0);
    await page.getByRole('button', { name: 'Write a record' }).click();
    await page.getByText(/^\w+_AUTHORIZATION_FAILED$/).waitFor();
    await page.getByLabel('Topic to read').fill('customers');
    await page.getByRole('button', { name: 'Read the newest records' }).click();
    await page.getByText(/^(TOPIC_AUTHORIZATION_FAILED|UNKNOWN_TOPIC_OR_PARTITION)$/).waitFor();
  });

  test('a key is rotated: both secrets are good for a while, then the old one is refused', async () => {
    const old = await owner.organization.createKey({ name: 'turning', role: 'viewer' });
    const page = await visit(browser, complaints);
    const base = await signIn(page, platform.url, platform.ownerKey!);
    await page.goto(`${base}/keys`);
    const rotate = async (overlap: string): Promise<string> => {
      await page.getByRole('button', { name: 'Rotate turning' }).click();
      await page.getByLabel('The secret in use stays good for').selectOption(overlap);
      await page.getByRole('button', { name: 'Rotate key' }).click();
      const secret = await page.getByText(/^mr_local_\w+$/).innerText();
      await page.getByRole('button', { name: 'Close' }).first().click();
      return secret;
    };
    const sessionOf = (credential: string) => createClient({ url: platform.url, credential }).session();
    const second = await rotate('an hour');
    await page.getByText('is good until').waitFor();
    expect(await sessionOf(old.apiKey)).toMatchObject({ kind: 'key' });
    expect(await sessionOf(second)).toMatchObject({ kind: 'key' });
    const third = await rotate('no longer: it ends now');
    const codeOf = () => sessionOf(second).then(Boolean, ({ code }) => code);
    await expect.poll(codeOf, { timeout: 15_000 }).toBe('SASL_AUTHENTICATION_FAILED');
    await expect(sessionOf(old.apiKey)).rejects.toMatchObject({ code: 'SASL_AUTHENTICATION_FAILED' });
    expect(await sessionOf(third)).toMatchObject({ kind: 'key' });
  });

  test('a viewer finds nothing to change with on any page', async () => {
    const { apiKey } = await owner.organization.createKey({ name: 'looking', role: 'viewer' });
    const page = await visit(browser, complaints);
    const base = await signIn(page, platform.url, apiKey);
    const offered: string[] = [];
    for (const view of views) {
      await page.goto(`${base}${view.path}`);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await page.getByRole('status', { name: 'Loading' }).waitFor({ state: 'detached' });
      const names = await page.getByRole('main').getByRole('button').allInnerTexts();
      offered.push(...names.filter((name) => steering.test(name)).map((name) => `${view.name}: ${name}`));
    }
    expect(offered).toEqual([]);
  });

  test("another organization's address says not found in every view, and one's own are a menu away", async () => {
    const stranger = await foundOrganization('Umbrella');
    await createClient({ url: platform.url, credential: stranger.apiKey }).topics.create({ name: 'umbrellas' });
    const page = await visit(browser, complaints);
    const base = await signIn(page, platform.url, platform.ownerKey!);
    const theirs = `${platform.url}/dashboard/${stranger.orgId}/${stranger.clusterId}`;
    for (const view of views) {
      await page.goto(`${theirs}${view.path}`);
      await page.getByRole('heading', { name: 'Not found', exact: true }).waitFor();
      expect(await page.getByRole('heading').count()).toBe(1);
    }
    await page.goto(base);
    await page.getByRole('button', { name: /^Cluster:/ }).click();
    await page.getByRole('menuitem', { name: 'Sign in to another cluster' }).click();
    await page.getByLabel('API key').fill(stranger.apiKey);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: /^Cluster: Umbrella/ }).waitFor();
    await page.getByRole('link', { name: 'Topics', exact: true }).click();
    const topics = page.getByRole('table', { name: 'Topics' });
    await topics.getByRole('link', { name: 'umbrellas' }).waitFor();
    await page.getByRole('button', { name: /^Cluster: Umbrella/ }).click();
    await page
      .getByRole('menuitem')
      .filter({ hasNotText: /Umbrella|Sign/ })
      .click();
    await page.waitForURL((url) => url.href.startsWith(base));
    await page.getByRole('link', { name: 'Topics', exact: true }).click();
    await topics.getByRole('link', { name: 'orders' }).waitFor();
    expect(await topics.getByRole('link', { name: 'umbrellas' }).count()).toBe(0);
  });
});

describe('signing in', () => {
  test('leaves the key where no script finds it, holds for every tab, and comes back to the page', async () => {
    const page = await visit(browser, complaints);
    await page.goto(`${platform.url}/dashboard/`);
    const base = await signIn(page, platform.url, platform.ownerKey!);
    const found = await page.evaluate(() => {
      const { localStorage, sessionStorage, document } = globalThis as unknown as Storages;
      return JSON.stringify([localStorage, sessionStorage, document.cookie]);
    });
    expect(found).not.toMatch(/mr_local|millrace-session/);
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/' });
    expect(cookie?.value).not.toContain(platform.ownerKey!.split('_')[3]);

    const tab = await page.context().newPage();
    await tab.goto(`${base}/topics/orders?live=true`);
    await tab.getByText('following').waitFor();
    await using producer = owner.producer({ topic: 'orders' });
    // A tail begins where the topic ends when its socket is there, which the page does not tell.
    const seen = async () => {
      await producer.send({ key: 'tail', value: 'over a ticket' });
      return tab.getByText('over a ticket').count();
    };
    await expect.poll(seen, { timeout: 20_000 }).toBeGreaterThan(0);

    await page.getByRole('button', { name: /^Cluster:/ }).click();
    await page.getByRole('menuitem', { name: /^Sign out/ }).click();
    await page.getByLabel('API key').waitFor();
    expect(await page.context().cookies()).toEqual([]);
    await tab.goto(`${base}/topics/orders/partitions`);
    await tab.getByRole('heading', { name: 'Not found' }).waitFor();
    await tab.getByRole('link', { name: 'Sign in with another key' }).click();
    await tab.getByLabel('API key').fill(platform.ownerKey!);
    await tab.getByRole('button', { name: 'Sign in' }).click();
    await tab.waitForURL(`${base}/topics/orders/partitions`);
    await tab.getByRole('heading', { name: 'orders' }).waitFor();
  });

  test('ends everywhere when the key is revoked, and the page says so', async () => {
    const { keyId, apiKey } = await owner.organization.createKey({ name: 'leaving', role: 'viewer' });
    const page = await visit(browser, complaints);
    const base = await signIn(page, platform.url, apiKey);
    await page.goto(`${base}/groups`);
    await page.getByRole('heading', { name: 'Consumer groups' }).waitFor();
    await owner.organization.revokeKey(keyId);
    await page.getByText('You were signed out').waitFor();
    await page.getByLabel('API key').fill(platform.ownerKey!);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Consumer groups' }).waitFor();
  });

  test('gives nothing to pages of another origin, though the browser is signed in', async () => {
    const page = await visit(browser, complaints);
    const base = await signIn(page, platform.url, platform.ownerKey!);
    const cluster = base.split('/').at(-1)!;
    const server = createServer((_request, answer) => answer.setHeader('content-type', 'text/html').end('<p>evil</p>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // Another port is another origin of the same site: browsers send cookies there, even strict ones.
    const evil = await page.context().newPage();
    await evil.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const outcomes = await evil.evaluate(
      async ([url, clusterId]) => {
        const attempt = (path: string, init: object) =>
          fetch(`${url}${path}`, { credentials: 'include', ...init } as RequestInit).then(
            (answer) => String(answer.status),
            () => 'blocked',
          );
        const headers = { 'millrace-session': clusterId! };
        return [
          await attempt('/v1/topics', { headers }),
          await attempt('/v1/topics', {}),
          await attempt('/v1/session', { method: 'DELETE', headers }),
          await attempt('/v1/session/tickets', { method: 'POST', mode: 'no-cors' }),
        ];
      },
      [platform.url, cluster] as const,
    );
    // 0 is an answer that the page may not look at.
    expect(outcomes.filter((outcome) => !['blocked', '401', '0'].includes(outcome))).toEqual([]);
    expect(outcomes[0]).toBe('blocked');
    expect((await page.context().cookies()).length).toBe(1);
    server.close();
    server.closeAllConnections();
  });
});

test('no page threw anything or tried what its policy forbids', () => {
  expect(complaints).toEqual([]);
});
