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
  platform = await startPlatformProcess();
  client = createClient({ url: platform.url });
  await fillPlatform(platform.url);
}, 120_000);

afterAll(async () => {
  await browser.close();
  await platform[Symbol.asyncDispose]();
});

async function openPage(path: string): Promise<Page> {
  const page = await (await browser.newContext({ timezoneId: 'UTC' })).newPage();
  await page.goto(`${platform.url}/dashboard/local/local${path}`);
  return page;
}

const committedOffsets = async () =>
  (await client.groups.describe('billing')).partitions.map(({ committedOffset }) => committedOffset);

test('a reset of offsets is undone after a look at the plan', async () => {
  const before = await committedOffsets();
  const page = await openPage('/groups/billing');
  await page.getByRole('button', { name: 'Reset offsets' }).click();
  await page.getByRole('button', { name: 'Show the plan' }).click();
  await page.getByRole('button', { name: 'Move the offsets' }).click();
  await page.getByRole('button', { name: 'Undo reset 1' }).waitFor();
  expect(new Set(await committedOffsets())).toEqual(new Set([0]));

  await page.getByRole('button', { name: 'Undo reset 1' }).click();
  await page.getByRole('dialog').getByText(' are skipped').first().waitFor();
  await page.getByRole('button', { name: 'Put the offsets back' }).click();
  await page.getByText('put reset 1 back').waitFor();
  expect(await committedOffsets()).toEqual(before);
});
