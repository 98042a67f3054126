import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, createClient } from '../../src/client/index.ts';
import { fillPlatform } from '../dashboard/sample-data.ts';
import { launchBrowser } from '../support/browser.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

let browser: Browser;
let platform: PlatformProcess;
let client: Client;

beforeAll(async () => {
  // First, and alone: while it is unpacked, temporary folders of this process are made where it lies.
  browser = await launchBrowser();
  platform = await startPlatformProcess({ auth: true });
  client = createClient({ url: platform.url, credential: platform.ownerKey! });
  await fillPlatform(platform.url, platform.ownerKey!);
}, 120_000);

afterAll(async () => {
  await browser.close();
  await platform[Symbol.asyncDispose]();
});

async function signIn(page: Page, key: string): Promise<string> {
  await page.goto(`${platform.url}/dashboard/`);
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  return page.url().replace(/\/$/, '');
}

async function setBytes(page: Page, bytes: number): Promise<void> {
  await page.getByRole('button', { name: /^(Set a|Change the) budget$/ }).click();
  await page.getByLabel('Bytes in and out a month').fill(String(bytes));
  await page.getByRole('dialog').getByRole('button', { name: 'Set the budget' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

async function produce(page: Page, value: string): Promise<void> {
  await page.getByRole('button', { name: 'Produce' }).click();
  await page.getByRole('textbox', { name: 'Value' }).fill(value);
  await page.getByRole('dialog').getByRole('button', { name: 'Produce' }).click();
}

test('usage is seen by topic and by key, in bytes and in dollars, and saved for a spreadsheet', async () => {
  const page = await (await browser.newContext({ timezoneId: 'UTC' })).newPage();
  const base = await signIn(page, platform.ownerKey!);
  await page.goto(`${base}/usage?by=topic`);
  await expect
    .poll(
      async () => {
        await page.reload();
        await page.getByRole('heading', { level: 1 }).waitFor();
        // Each of its partitions tells by itself.
        return page.getByRole('row', { name: /^orders \$\S+ 244 / }).count();
      },
      { timeout: 30_000, interval: 1_000 },
    )
    .toBe(1);
  await page.getByLabel('Show').selectOption('Dollars');
  await page.getByRole('heading', { name: 'Dollars' }).waitFor();
  expect(new URL(page.url()).searchParams.get('show')).toBe('dollars');

  const saving = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as CSV' }).click();
  const saved = await saving;
  expect(saved.suggestedFilename()).toMatch(/^usage-by-topic-2\d{3}-\d\d-\d\d-2\d{3}-\d\d-\d\d\.csv$/);
  const [head, ...rows] = readFileSync(await saved.path(), 'utf8')
    .trim()
    .split('\r\n');
  const recordsIn = head!.split(',').indexOf('records_in');
  expect(rows.find((row) => row.startsWith('orders,'))!.split(',')[recordsIn]).toBe('244');

  await page.getByLabel('Grouped').selectOption('by key');
  await page.getByRole('region', { name: 'Usage' }).getByText('the platform itself').waitFor();
});

test('a budget that is used up stops records and says so on every page, and raising it lets them go on', async () => {
  const page = await (await browser.newContext({ timezoneId: 'UTC' })).newPage();
  const base = await signIn(page, platform.ownerKey!);
  const viewer = await client.organization.createKey({ name: 'viewer', role: 'viewer' });
  const onlooker = await (await browser.newContext({ timezoneId: 'UTC' })).newPage();
  const seen = await signIn(onlooker, viewer.apiKey);
  const banner = page.getByRole('status', { name: 'Budget' });

  await page.goto(`${base}/budget`);
  await page.getByText('no budget is set').waitFor();
  expect(await banner.count()).toBe(0);
  await page.getByRole('button', { name: 'Set a budget' }).click();
  await page.getByLabel('Bytes in and out a month').fill('1');
  await page.getByText(/This stops records at once: .+ are used/).waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await setBytes(page, 1);
  await page.getByText('used up: records are stopped').waitFor();
  await banner.getByText('is used up').waitFor();

  await page.goto(`${base}/topics/payments`);
  await produce(page, '{"paid": 1}');
  await page.getByRole('dialog').getByText('BUDGET_EXCEEDED').waitFor();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();

  await onlooker.goto(`${seen}/topics`);
  await onlooker.getByRole('status', { name: 'Budget' }).getByText('is used up').waitFor();
  await onlooker.getByRole('link', { name: 'Look at the budget' }).click();
  await onlooker.getByRole('heading', { name: 'Budget', exact: true }).waitFor();
  expect(await onlooker.getByRole('button', { name: /budget/ }).count()).toBe(0);

  await page.getByRole('link', { name: 'Raise the budget' }).click();
  await setBytes(page, 1e12);
  await page.getByText('within the budget').waitFor();
  // By itself, without anybody asking anything.
  await banner.waitFor({ state: 'detached' });
  await onlooker.getByRole('status', { name: 'Budget' }).waitFor({ state: 'detached' });
  await page.goto(`${base}/topics/payments`);
  await produce(page, '{"paid": 2}');
  await page.getByText('payments/0@0').waitFor();
}, 60_000);
