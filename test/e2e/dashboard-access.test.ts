import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, createClient } from '../../src/client/index.ts';
import { type Complaints, signIn, visit } from '../dashboard/visitor.ts';
import { launchBrowser } from '../support/browser.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

let browser: Browser;
let platform: PlatformProcess;
let owner: Client;
const complaints: Complaints = [];

beforeAll(async () => {
  // First, and alone: while it is unpacked, temporary folders of this process are made where it lies.
  browser = await launchBrowser();
  platform = await startPlatformProcess({ auth: true });
  owner = createClient({ url: platform.url, credential: platform.ownerKey! });
  await owner.topics.create({ name: 'orders', partitions: 2 });
  await using producer = owner.producer({ topic: 'orders' });
  for (const user of ['ada', 'bob']) await producer.send({ key: `${user}/1`, value: { user } });
}, 120_000);

afterAll(async () => {
  await browser.close();
  await platform[Symbol.asyncDispose]();
});

type Storages = {
  readonly localStorage: object;
  readonly sessionStorage: object;
  readonly document: { cookie: string };
};

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
    await owner.producer({ topic: 'orders' }).send({ key: 'tail', value: 'over a ticket' });
    await tab.getByText('over a ticket').waitFor();

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
