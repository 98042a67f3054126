import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, createClient, type DeadLetter } from '../../src/client/index.ts';
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

test('a range is replayed to another topic, and the job has an address', async () => {
  await client.topics.create({ name: 'orders-again', partitions: 2 });
  const page = await openPage('/topics/orders');
  await page.getByRole('button', { name: 'Replay' }).click();
  await page.getByLabel('Target').fill('orders-again');
  await page.getByLabel('Where').fill('value.total > 100');
  await page.getByRole('button', { name: 'Show the plan' }).click();
  await page.getByText('offsets of orders go to orders-again.').waitFor();
  await page.getByRole('button', { name: 'Start the job' }).click();
  await page.getByRole('heading', { name: 'orders to orders-again' }).waitFor();
  await page.getByText(/^.done$/).waitFor();
  const [job] = await client.jobs.list();
  expect(job).toMatchObject({ state: 'done', target: 'orders-again', where: 'value.total > 100' });
  expect(job!.written).toBeGreaterThan(100);
  const cold = await openPage(`/jobs/${job!.jobId}`);
  await cold.getByText('Only records where').waitFor();
  await cold.getByRole('link', { name: 'Jobs' }).click();
  await cold.getByRole('link', { name: 'orders to orders-again' }).waitFor();
});

async function readLetters(): Promise<DeadLetter[]> {
  const letters: DeadLetter[] = [];
  for await (const letter of client.deadLetters('mailer')) letters.push(letter);
  return letters;
}

test('dead letters are seen with where they came from, and sent back one by one and all', async () => {
  const lettersOf = async () => (await readLetters()).length;
  await expect.poll(lettersOf, { timeout: 20_000 }).toBeGreaterThan(1);
  const letters = await lettersOf();
  const page = await openPage('/share-groups/mailer');
  await page.getByRole('link', { name: 'dead letters in orders-dead-letters' }).click();
  await page.getByRole('link', { name: '0@0', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Send back 0@0' }).click();
  await page.getByText(/^.sent back$/).waitFor();
  await page.getByRole('button', { name: 'Send all back' }).click();
  await page.getByRole('heading', { name: 'Dead letters of mailer' }).waitFor();
  await page.getByText(/^.done$/).waitFor();
  const jobs = await client.jobs.list();
  const written = jobs.filter(({ kind }) => kind === 'redrive').map((job) => job.written);
  expect(written.reduce((sum, one) => sum + one, 0)).toBe(letters);
  expect((await readLetters()).every(({ isSentBack }) => isSentBack)).toBe(true);
});
