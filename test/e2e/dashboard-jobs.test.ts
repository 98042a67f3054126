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

test('a file is checked line by line, uploaded without its bad lines, and its records are there', async () => {
  await client.topics.create({ name: 'uploads', partitions: 2 });
  const page = await openPage('/topics/uploads/upload');
  const lines = Array.from({ length: 1_200 }, (_, index) => `{"id":${index},"big":9223372036854775807}`);
  lines[6] = '{"id":';
  await page.getByLabel('File').setInputFiles({
    name: 'orders.ndjson',
    mimeType: 'application/x-ndjson',
    buffer: Buffer.from(`${lines.join('\n')}\n`),
  });
  expect(await page.getByLabel('Format').inputValue()).toBe('ndjson');
  await page.getByRole('textbox', { name: 'Key', exact: true }).fill('/id');
  await page.getByRole('button', { name: 'Check the file' }).click();
  await page.getByText('1,199 records, and 1 line that is none. Nothing was sent yet.').waitFor();
  await page.getByRole('row', { name: /^7 / }).waitFor();
  await page.getByRole('button', { name: 'Upload 1,199 records, leave out 1 line' }).click();
  await page.getByText('1,199 records stored.').waitFor();
  await page.getByRole('link', { name: 'See the records' }).click();
  await page.getByText('of about 1,199 records in 2 partitions').waitFor();
  const { highWatermark } = await client.read({ topic: 'uploads', partition: 0 });
  const { highWatermark: other } = await client.read({ topic: 'uploads', partition: 1 });
  expect(highWatermark + other).toBe(1_199);
});

test('an upload of a table, gone on with from a later line', async () => {
  await client.topics.create({ name: 'table' });
  const page = await openPage('/topics/table/upload');
  const buffer = Buffer.from('id,note\n1,"two\nlines"\n2,last\n');
  await page.getByLabel('File').setInputFiles({ name: 'table.csv', mimeType: 'text/csv', buffer });
  await page.getByLabel('Key column').fill('id');
  await page.getByLabel('From line').fill('4');
  await page.getByRole('button', { name: 'Check the file' }).click();
  await page.getByRole('button', { name: 'Upload 1 record' }).click();
  await page.getByText('1 record stored.').waitFor();
  const { records } = await client.read({ topic: 'table', partition: 0 });
  expect(records.map((record) => [record.keyText(), record.text()])).toEqual([['2', '{"id":"2","note":"last"}']]);
});

test('a record is kept as a template, and fills the form of another', async () => {
  const page = await openPage('/topics/payments');
  await page.getByRole('button', { name: 'Produce' }).click();
  await page.getByRole('textbox', { name: 'Key', exact: true }).fill('account-1');
  await page.getByRole('textbox', { name: 'Value' }).fill('{"cents":100}');
  await page.getByLabel('Keep as template').fill('one euro');
  await page.getByRole('button', { name: 'Keep', exact: true }).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.reload();
  await page.getByRole('button', { name: 'Produce' }).click();
  await page.getByLabel('Template', { exact: true }).selectOption('one euro');
  expect(await page.getByRole('textbox', { name: 'Value' }).inputValue()).toBe('{"cents":100}');
  await page.getByRole('dialog').getByRole('button', { name: 'Produce' }).click();
  await page.getByText('payments/0@0').waitFor();
});
