import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFlights } from '../../examples/flights/flight-file.ts';
import { createClient } from '../../src/client/index.ts';
import { showSampleHistory } from '../dashboard/sample-history.ts';
import { launchBrowser } from '../support/browser.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';
import { bashOptions } from '../support/shell-blocks.ts';

const flightsMax = 500;

let browser: Browser;
let open: PlatformProcess;
let closed: PlatformProcess;

beforeAll(async () => {
  browser = await launchBrowser();
  [open, closed] = await Promise.all([startPlatformProcess(), startPlatformProcess({ auth: true })]);
}, 120_000);

afterAll(async () => {
  await browser.close();
  await Promise.all([open[Symbol.asyncDispose](), closed[Symbol.asyncDispose]()]);
});

/** What a page said that it should not have: an exception, or something its policy refused. */
const complaints: string[] = [];

async function newPage(permissions: string[] = []): Promise<Page> {
  const page = await (await browser.newContext({ timezoneId: 'UTC', permissions })).newPage();
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) complaints.push(`${page.url()}: ${message.text()}`);
  });
  return page;
}

const home = () => `${open.url}/dashboard/local/local`;

test('a copied line, with the address and the key of who looks, makes the first record', async () => {
  const page = await newPage(['clipboard-read', 'clipboard-write']);
  await page.goto(`${closed.url}/dashboard/`);
  await page.getByLabel('API key').fill(closed.ownerKey!);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('No topics yet').waitFor();
  await page.getByRole('button', { name: 'Put a key into these lines' }).click();
  await page.getByText('The key is in what you copy').waitFor();
  const curl = page.getByRole('figure').filter({ hasText: `curl ${closed.url}` });
  expect(await curl.innerText()).toMatch(/Bearer mr_\w+…/);
  await curl.getByRole('button', { name: 'Copy' }).click();
  await curl.getByText('Copied').waitFor();
  const copied = await page.evaluate<string>('navigator.clipboard.readText()');
  expect(copied).toMatch(/Bearer mr_\w{40,}"/);
  await promisify(execFile)('bash', [...bashOptions, copied]);
  const client = createClient({ url: closed.url, credential: closed.ownerKey! });
  expect(await client.topics.describe('hello')).toMatchObject({ name: 'hello' });
  await page.reload();
  await page.getByRole('heading', { name: 'Throughput and storage' }).waitFor();
  await page.getByRole('link', { name: 'hello' }).waitFor({ timeout: 30_000 });
});

test('flights that are sent show on Home, and in the topic at an address with its time', async () => {
  const client = createClient({ url: open.url });
  await client.topics.create({ name: 'flights', partitions: 2 });
  const send = async () => {
    await using producer = client.producer({ topic: 'flights' });
    for await (const { origin, json } of readFlights(flightsMax)) void producer.send({ key: origin, value: json });
  };
  await send();
  const page = await newPage();
  await page.goto(home());
  const busiest = page.getByRole('region', { name: 'Busiest topics' });
  await busiest.getByRole('row').filter({ hasText: 'flights' }).filter({ hasText: /kB/ }).waitFor({ timeout: 30_000 });
  await page.locator('.uplot canvas').first().waitFor();

  await busiest.getByRole('link', { name: 'flights' }).click();
  await page.getByRole('link', { name: 'Metrics' }).click();
  await page.getByRole('button', { name: '1 d' }).click();
  await page.waitForURL(/\/topics\/flights\/metrics\?range=1d$/);
  await page.getByRole('button', { name: 'Stored as a table' }).click();
  const stored = page.getByRole('region', { name: 'Stored' });
  await stored.getByRole('cell', { name: /kB$/ }).first().waitFor();

  const cold = await newPage();
  await cold.goto(page.url());
  expect(await cold.getByRole('button', { name: '1 d' }).getAttribute('aria-pressed')).toBe('true');
  await cold.getByRole('slider', { name: 'Records in: point in time' }).waitFor();
});

test('a group says on its page how far behind it is, now and at any time, without a mouse', async () => {
  const client = createClient({ url: open.url });
  let read = 0;
  for await (const _record of client.group('billing', { topics: ['flights'] })) {
    read += 1;
    if (read === 100) break;
  }
  const page = await newPage();
  await showSampleHistory(page);
  await page.goto(`${home()}/groups/billing?range=6h`);
  const slider = page.getByRole('slider', { name: 'Records behind: point in time' });
  await slider.focus();
  const said = () => slider.getAttribute('aria-valuetext');
  await page.keyboard.press('End');
  const last = await said();
  // Neighbours may say the same: the last of a forecast lie within a minute.
  await page.keyboard.press('Home');
  await expect.poll(said).not.toBe(last);
  const first = await slider.getAttribute('aria-valuenow');
  await page.keyboard.press('ArrowRight');
  await expect.poll(() => slider.getAttribute('aria-valuenow')).not.toBe(first);
  expect(await said()).toMatch(/^\d\d-\d\d \d\d:\d\d UTC: Lag \S+/);
  await page.getByRole('button', { name: 'Records behind as a table' }).press('Enter');
  const rows = page.getByRole('region', { name: 'Records behind' }).getByRole('row');
  expect(await rows.count()).toBeGreaterThan(20);
  await page.getByText(/^shrinking, caught up at \d\d:\d\d/).waitFor();
});

test('a chart takes as much room before it is drawn as after, in the table and without data', async () => {
  const page = await newPage();
  await page.goto(`${home()}/topics/flights/metrics`);
  const chart = page.getByRole('figure').first();
  const height = async () => (await chart.boundingBox())?.height;
  const before = await height();
  await page.locator('.uplot canvas').first().waitFor();
  expect(await height()).toBe(before);
  await page.getByRole('button', { name: 'Records in as a table' }).click();
  expect(await height()).toBe(before);
});

test('no page threw anything or tried what its policy forbids', () => {
  expect(complaints).toEqual([]);
});
