import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createClient } from '../../src/client/index.ts';
import { fillPlatform } from '../dashboard/sample-data.ts';
import { launchBrowser } from '../support/browser.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

let browser: Browser;
let open: PlatformProcess;
let closed: PlatformProcess;

beforeAll(async () => {
  // First, and alone: while it is unpacked, temporary folders of this process are made where it lies.
  browser = await launchBrowser();
  [open, closed] = await Promise.all([startPlatformProcess(), startPlatformProcess({ auth: true })]);
  await fillPlatform(closed.url, closed.ownerKey!);
}, 120_000);

afterAll(async () => {
  await browser.close();
  await Promise.all([open[Symbol.asyncDispose](), closed[Symbol.asyncDispose]()]);
});

/** What a page said that it should not have: an exception, or something its policy refused. */
const complaints: string[] = [];

async function newPage(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) complaints.push(`${page.url()}: ${message.text()}`);
  });
  return page;
}

async function signIn(page: Page, key: string): Promise<string> {
  await page.goto(`${closed.url}/dashboard/`);
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  return page.url().replace(/\/$/, '');
}

describe('on an open platform', () => {
  test('a first topic, a first record, and the record at an address of its own', async () => {
    const page = await newPage(await browser.newContext({ timezoneId: 'UTC' }));
    await page.goto(`${open.url}/dashboard/`);
    await page.getByText('No topics yet').waitFor();
    expect(await page.getByText(`curl ${open.url}/v1/topics `).count()).toBe(1);

    await page.keyboard.press('g');
    await page.keyboard.press('t');
    await page.getByRole('button', { name: 'Create topic' }).first().click();
    await page.getByLabel('Name').fill('no such name!');
    await page.getByRole('dialog').getByRole('button', { name: 'Create topic' }).click();
    await page.getByText('INVALID_TOPIC_EXCEPTION').waitFor();
    await page.getByLabel('Name').fill('hello');
    await page.getByRole('dialog').getByRole('button', { name: 'Create topic' }).click();

    await page.getByRole('button', { name: 'Produce' }).click();
    await page.getByRole('textbox', { name: 'Key' }).fill('me');
    await page.getByRole('textbox', { name: 'Value' }).fill('{"id": 9223372036854775807}');
    await page.getByRole('dialog').getByRole('button', { name: 'Produce' }).click();
    await page.getByRole('link', { name: '0', exact: true }).click();
    await page.getByRole('heading', { name: 'Value' }).waitFor();
    expect(await page.locator('pre').last().innerText()).toBe('{\n  "id": 9223372036854775807\n}');

    const address = page.url();
    expect(new URL(address).pathname).toBe('/dashboard/local/local/topics/hello/0/0');
    const cold = await newPage(await browser.newContext());
    await cold.goto(address);
    await cold.getByText('9223372036854775807').waitFor();
  });

  test('a record that is edited and produced again, and a live tail that shows it', async () => {
    const page = await newPage(await browser.newContext());
    await page.goto(`${open.url}/dashboard/local/local/topics/hello?live=true`);
    await page.getByText('following').waitFor();
    const editor = await newPage(page.context());
    await editor.goto(`${open.url}/dashboard/local/local/topics/hello/0/0`);
    await editor.getByRole('button', { name: 'Edit and produce' }).click();
    await editor.getByRole('textbox', { name: 'Value' }).fill('{"id": 2}');
    await editor.getByRole('dialog').getByRole('button', { name: 'Produce' }).click();
    await editor.getByText('hello/0@1').waitFor();
    await page.getByText('{"id": 2}').waitFor();
  });

  test('a group is moved back by a plan, and a topic is deleted by its typed name', async () => {
    const client = createClient({ url: open.url });
    for await (const _record of client.group('readers', { topics: ['hello'], stopAtEnd: true })) {
      // Reads, and commits at the end.
    }
    const page = await newPage(await browser.newContext());
    await page.goto(`${open.url}/dashboard/local/local/groups/readers`);
    await page.getByRole('button', { name: 'Reset offsets' }).click();
    await page.getByRole('button', { name: 'Show the plan' }).click();
    await page.getByText('2 are read again').waitFor();
    await page.getByRole('button', { name: 'Move the offsets' }).click();
    await page.getByText('Moved the offsets of readers').waitFor();
    expect((await client.groups.describe('readers')).lag).toBe(2);

    await page.goto(`${open.url}/dashboard/local/local/topics/hello`);
    await page.getByRole('link', { name: 'Consumers' }).click();
    const reader = page.getByRole('row', { name: /readers/ });
    await reader.waitFor();
    const cells = reader.getByRole('cell');
    expect(await cells.nth(1).innerText()).toBe('consumer group');
    expect(await cells.nth(2).innerText()).toContain('empty');
    expect(await cells.nth(4).innerText()).toBe('2');

    await page.getByRole('button', { name: 'Delete' }).click();
    const confirm = page.getByRole('dialog').getByRole('button', { name: 'Delete topic' });
    expect(await confirm.isDisabled()).toBe(true);
    await page.getByLabel('Type hello to confirm').fill('hello');
    await confirm.click();
    await page.getByText('No topics yet').waitFor();
  });
});

describe('on a closed platform', () => {
  test('a viewer looks and can change nothing; a wrong key is told so', async () => {
    const client = createClient({ url: closed.url, credential: closed.ownerKey! });
    const viewer = await client.organization.createKey({ name: 'viewer', role: 'viewer' });
    const page = await newPage(await browser.newContext());
    await page.goto(`${closed.url}/dashboard/`);
    await page.getByLabel('API key').fill('mr_local_wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('SASL_AUTHENTICATION_FAILED').waitFor();
    const base = await signIn(page, viewer.apiKey);
    await page.goto(`${base}/topics`);
    await page.getByRole('link', { name: 'orders', exact: true }).waitFor();
    expect(await page.getByRole('button', { name: 'Create topic' }).count()).toBe(0);
    await page.goto(`${base}/topics/orders`);
    await page
      .getByText(/^customer-\d+$/)
      .first()
      .waitFor();
    expect(await page.getByRole('button', { name: /^(Produce|Delete)$/ }).count()).toBe(0);
  });

  test("another tenant's address leads nowhere", async () => {
    const page = await newPage(await browser.newContext());
    await signIn(page, closed.ownerKey!);
    await page.goto(`${closed.url}/dashboard/somebody/else/topics/orders`);
    await page.getByRole('heading', { name: 'Not found' }).waitFor();
  });

  test('a key is made, rotated, and revoked, after which it is refused', async () => {
    const page = await newPage(await browser.newContext());
    const base = await signIn(page, closed.ownerKey!);
    await page.goto(`${base}/keys`);
    await page.getByRole('button', { name: 'Create key' }).click();
    await page.getByLabel('Name').fill('worker');
    await page.getByRole('dialog').getByRole('button', { name: 'Create key' }).click();
    const shown = page.getByText(/^mr_local_\w+$/);
    const made = await shown.innerText();
    await page.getByRole('button', { name: 'Close' }).first().click();
    await page.getByRole('button', { name: 'Rotate worker' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate key' }).click();
    const rotated = await shown.innerText();
    expect(rotated).not.toBe(made);
    await page.getByRole('button', { name: 'Close' }).first().click();
    await page.getByRole('button', { name: 'Revoke worker' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke key' }).click();
    await page.getByText('Revoked worker').waitFor();
    const refused = createClient({ url: closed.url, credential: rotated }).session();
    await expect(refused).rejects.toMatchObject({ code: 'SASL_AUTHENTICATION_FAILED' });
  });

  test('a rule is made and explained, and a member is invited', async () => {
    const page = await newPage(await browser.newContext());
    const base = await signIn(page, closed.ownerKey!);
    await page.goto(`${base}/acls`);
    await page.getByRole('button', { name: 'Create ACL' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Principal').fill('User:*');
    await dialog.getByLabel('Name').fill('public-');
    await dialog.getByLabel('Means').selectOption('PREFIXED');
    await dialog.getByText('Everyone may READ TOPIC public-….').waitFor();
    await dialog.getByRole('button', { name: 'Create ACL' }).click();
    await page.getByRole('region', { name: 'ACLs' }).getByText('public-').waitFor();
    const { organization } = createClient({ url: closed.url, credential: closed.ownerKey! });
    const reader = await organization.createKey({ name: 'reader', scopes: ['consume:group:readers'] });
    await page.getByRole('textbox', { name: 'Principal' }).fill(`User:${reader.keyId}`);
    await page.getByRole('textbox', { name: 'Name' }).fill('public-flights');
    await page.getByRole('button', { name: 'Explain' }).click();
    await page.getByText('This rule allows it:').waitFor();

    await page.goto(`${base}/members`);
    await page.getByRole('button', { name: 'Invite' }).click();
    await page.getByLabel('Address').fill('ada@example.com');
    await page.getByRole('dialog').getByRole('button', { name: 'Invite' }).click();
    await page.getByLabel('Role of ada@example.com').selectOption('viewer');
    await page.getByText('ada@example.com is viewer').waitFor();
  });
});

test('no page threw anything or tried what its policy forbids', () => {
  expect(complaints).toEqual([]);
});
