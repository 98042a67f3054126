import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Client, createClient } from '../../src/client/index.ts';
import { fillFlights } from '../dashboard/flights.ts';
import { launchBrowser } from '../support/browser.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

let browser: Browser;
let platform: PlatformProcess;
let client: Client;
let times: readonly number[];

beforeAll(async () => {
  // First, and alone: while it is unpacked, temporary folders of this process are made where it lies.
  browser = await launchBrowser();
  platform = await startPlatformProcess();
  client = createClient({ url: platform.url });
  times = await fillFlights(client, 'flights', 3_000);
}, 120_000);

afterAll(async () => {
  await browser.close();
  await platform[Symbol.asyncDispose]();
});

/** What a page said that it should not have: an exception, or something its policy refused. */
const complaints: string[] = [];

afterEach(() => {
  expect(complaints.splice(0)).toEqual([]);
});

async function openPage(search: string, context?: BrowserContext): Promise<Page> {
  const page = await (context ?? (await browser.newContext({ timezoneId: 'UTC' }))).newPage();
  page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    if (/Content Security Policy/.test(message.text())) complaints.push(`${page.url()}: ${message.text()}`);
  });
  await page.goto(`${platform.url}/dashboard/local/local/topics/${search}`);
  return page;
}

const iso = (ms: number) => new Date(ms).toISOString();
const firstTimestamp = (page: Page) => page.getByRole('table', { name: 'Records' }).locator('time').first();

test('records are browsed from a time to another, and the address brings somebody else there', async () => {
  const page = await openPage('flights');
  await page.getByRole('combobox', { name: 'From' }).fill(iso(times[1_000]!));
  await page.keyboard.press('Enter');
  await page.getByLabel('To', { exact: true }).fill(iso(times[1_020]! + 1));
  await page.keyboard.press('Enter');
  const inRange = times.filter((time) => time >= times[1_000]! && time <= times[1_020]!).length;
  await page.getByText(`${inRange} records shown`).waitFor();
  expect(await firstTimestamp(page).getAttribute('datetime')).toBe(iso(times[1_020]!));
  const cold = await openPage('flights');
  await cold.goto(page.url());
  await expect.poll(() => firstTimestamp(cold).getAttribute('datetime')).toBe(iso(times[1_020]!));
});

test('a filter is told where it is wrong, finds, rests and goes on, and says what it tried', async () => {
  const page = await openPage('flights');
  const filter = page.getByLabel('Filter');
  await filter.fill('value.distance = 100');
  await page.getByText('The filter is refused at character 16: write == to compare.').waitFor();
  expect(await page.locator('[data-mistake]').innerText()).toBe('=');
  await filter.fill('value.distance > 0');
  await page.keyboard.press('Enter');
  await page.getByText(/^50 found · /).waitFor();
  await page.getByRole('button', { name: 'Go on searching' }).click();
  await page.getByText(/^100 found · /).waitFor();
  await filter.fill('value.distance > 2500 && key == "LAX"');
  await page.keyboard.press('Enter');
  await page.getByText(/the end was reached/).waitFor();
  expect(new URL(page.url()).searchParams.get('where')).toContain('LAX');
  await page.getByRole('button', { name: 'Search every partition' }).click();
  await page.getByText(/ 3,000 records tried .* the end was reached/).waitFor();
});

test('the histogram shows when records came, and a brush over it goes there', async () => {
  const page = await openPage('flights');
  const histogram = page.getByRole('img', { name: /^When records came/ });
  const box = (await histogram.boundingBox())!;
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * 0.5, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.75, y, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/from=2001/);
  const { searchParams } = new URL(page.url());
  const span = times.at(-1)! - times[0]!;
  const [fromMs, toMs] = ['from', 'to'].map((name) => Date.parse(searchParams.get(name)!)) as [number, number];
  expect(Math.abs(fromMs - (times[0]! + span * 0.5))).toBeLessThan(span / 30);
  expect(Math.abs(toMs - (times[0]! + span * 0.75))).toBeLessThan(span / 30);
  const oldest = times.filter((time) => time >= fromMs).slice(0, 50);
  await expect.poll(async () => Date.parse((await firstTimestamp(page).getAttribute('datetime'))!)).toBe(oldest.at(-1));
  await page.getByRole('button', { name: 'Show all of the time' }).click();
  await expect.poll(async () => Date.parse((await firstTimestamp(page).getAttribute('datetime'))!)).toBe(times.at(-1));
});

test('fields of the payload become columns, which are kept and in the address', async () => {
  const context = await browser.newContext();
  const page = await openPage('flights?from=earliest', context);
  await page.getByRole('table', { name: 'Records' }).waitFor();
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByLabel('value.destination').check();
  await page.getByRole('columnheader', { name: 'value.destination' }).waitFor();
  const again = await openPage('flights', context);
  await again.getByRole('columnheader', { name: 'value.destination' }).waitFor();
  expect(again.url()).toContain('value.destination');
});

test('a tail is filtered as it comes, and its rows change with what is chosen', async () => {
  await client.topics.create({ name: 'tail' });
  const page = await openPage(`tail?live=true&where=${encodeURIComponent('value.total >= 10')}`);
  await page.getByText('following').waitFor();
  await using producer = client.producer({ topic: 'tail' });
  for (let total = 0; total < 20; total += 1) void producer.send({ value: { total } });
  await producer.flush();
  await page.getByText('10 of them are meant by the filter').waitFor();
  await page.getByText('20 records since you came').waitFor();
  expect(await page.getByText('{"total":9}').count()).toBe(0);
  await page.getByLabel('Show bytes as').selectOption('hex');
  await page.getByText('7b 22 74 6f 74 61 6c 22 3a 31 39 7d').waitFor();
});

test('two records are picked and compared', async () => {
  await client.topics.create({ name: 'pairs' });
  await using producer = client.producer({ topic: 'pairs' });
  await producer.send({ key: 'a', value: '{"id":9223372036854775807,"state":"new"}' });
  await producer.send({ key: 'a', value: '{"id":9223372036854775807,"state":"paid"}' });
  await producer.send({ key: 'a', value: null });
  const page = await openPage('pairs');
  await page.getByText('○tombstone').waitFor();
  await page.getByLabel('Pick 0@0').check();
  await page.getByLabel('Pick 0@1').check();
  await page.getByRole('link', { name: 'Compare 0@0 and 0@1' }).click();
  const lines = page.locator('figure pre');
  await lines.getByText('− "state": "new"', { exact: false }).waitFor();
  expect(await lines.innerText()).toContain('"id": 9223372036854775807');
  expect(new URL(page.url()).pathname).toMatch(/\/topics\/pairs\/compare$/);
});

test('what is seen is exported with every digit, and copied as commands', async () => {
  const page = await openPage('pairs');
  await page.getByText('○tombstone').waitFor();
  const save = async (name: string) => {
    await page.getByRole('button', { name: 'Export' }).click();
    const coming = page.waitForEvent('download');
    await page.getByRole('menuitem', { name }).click();
    return readFile(await (await coming).path(), 'utf8');
  };
  const lines = (await save('NDJSON')).trimEnd().split('\n');
  expect(lines).toHaveLength(3);
  expect(lines.at(-1)).toContain('"value":{"id":9223372036854775807,"state":"new"},"value_type":"json"');
  const csv = await save('CSV');
  expect(csv.split('\r\n')[0]).toBe('partition,offset,timestamp,key,value,headers');
  expect(csv).toContain('"{""id"":9223372036854775807,""state"":""new""}"');
});
