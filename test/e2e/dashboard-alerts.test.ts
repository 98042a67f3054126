import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, createClient } from '../../src/client/index.ts';
import { axeViolations, pageFacts } from '../dashboard/page-checks.ts';
import { type Complaints, signIn, visit } from '../dashboard/visitor.ts';
import { launchBrowser } from '../support/browser.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

const sweeping = join(import.meta.dirname, '../fixtures/sweeping-worker/worker.ts');

let browser: Browser;
let open: PlatformProcess;
let closed: PlatformProcess;
let client: Client;
let receiver: Server;
let hook: string;
const told: string[] = [];
const complaints: Complaints = [];

beforeAll(async () => {
  // First, and alone: while it is unpacked, temporary folders of this process are made where it lies.
  browser = await launchBrowser();
  [open, closed] = await Promise.all([startPlatformProcess({ entry: sweeping }), startPlatformProcess({ auth: true })]);
  client = createClient({ url: open.url });
  receiver = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    told.push((JSON.parse(body) as { type: string }).type);
    response.writeHead(204).end();
  }).listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
}, 120_000);

afterAll(async () => {
  receiver.close();
  await browser.close();
  await Promise.all([open[Symbol.asyncDispose](), closed[Symbol.asyncDispose]()]);
});

test('an alert is made with a look at the past, tested, seen to fire, muted and deleted', async () => {
  await client.topics.create({ name: 'orders' });
  const page = await visit(browser, complaints, { timezoneId: 'UTC' });
  await page.goto(`${open.url}/dashboard/local/local/alerts`);
  await page.getByText('No alerts yet').waitFor();
  await page.getByRole('button', { name: 'Create alert' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Fill in the rule').waitFor();
  await dialog.getByLabel('Name').fill('Silent');
  await dialog.getByLabel('What is looked at').selectOption('Records in a second');
  await dialog.getByLabel('Topic', { exact: true }).fill('orders');
  await dialog.getByLabel('Threshold').fill('1 cow');
  await dialog.getByText('Write a number.').waitFor();
  expect(await dialog.getByRole('button', { name: 'Create alert' }).isDisabled()).toBe(true);
  await dialog.getByLabel('Threshold').fill('1');
  await dialog.getByText(/Would (not )?have fired/).waitFor();
  await dialog.getByLabel('Webhook').fill('http://10.0.0.1/');
  await dialog.getByRole('button', { name: 'Create alert' }).click();
  await dialog.getByText('INVALID_REQUEST').waitFor();
  expect(await axeViolations(page)).toEqual([]);
  await dialog.getByLabel('Webhook').fill(hook);
  await dialog.getByRole('button', { name: 'Create alert' }).click();
  await page.getByText(/^whsec_/).waitFor();
  await page.getByRole('button', { name: 'Close' }).click();

  await page.getByRole('link', { name: 'Silent' }).click();
  await page.getByText('It has not fired yet.').waitFor();
  await page.getByRole('button', { name: 'Send a test' }).click();
  await page.getByText('The receiver took the test').waitFor();
  expect(told).toEqual(['alert.test']);

  expect((await fetch(`${open.url}/test/sweep`)).status).toBe(204);
  await page.reload();
  await page.getByText('firing', { exact: true }).first().waitFor();
  await page.getByRole('region', { name: 'What it did' }).getByText('fired').waitFor();
  await expect.poll(() => told).toEqual(['alert.test', 'alert.firing']);
  expect(await axeViolations(page)).toEqual([]);

  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Mute for 8 hours' }).click();
  await page.getByText(/muted until/).waitFor();
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByLabel('Fires when it is').selectOption('above');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('records into topic orders above 1 records/s').waitFor();

  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete alert' }).click();
  await page.getByText('No alerts yet').waitFor();
  expect(complaints).toEqual([]);
}, 120_000);

test('a viewer looks, on a phone and in the dark, and sees no address and nothing to press', async () => {
  const owner = createClient({ url: closed.url, credential: closed.ownerKey! });
  const target = { type: 'cluster' } as const;
  const webhook_url = 'https://hooks.example.com/services/secret';
  const rule = { name: 'Full', metric: 'stored_bytes', target, threshold: 1e9, webhook_url } as const;
  const { alert_id } = await owner.alerts.create(rule);
  const { apiKey } = await owner.organization.createKey({ name: 'viewer', role: 'viewer' });
  const phone = { viewport: { width: 390, height: 844 }, colorScheme: 'dark' } as const;
  const page = await visit(browser, complaints, phone);
  const base = await signIn(page, closed.url, apiKey);
  await page.goto(`${base}/alerts`);
  await page.getByRole('link', { name: 'Full' }).waitFor();
  expect(await page.getByRole('button', { name: 'Create alert' }).count()).toBe(0);
  await page.goto(`${base}/alerts/${alert_id}`);
  await page.getByText('hooks.example.com').waitFor();
  await page.getByText('Nothing was sent yet.').waitFor();
  for (const name of ['Send a test', 'Edit', 'More'])
    expect(await page.getByRole('button', { name, exact: true }).count()).toBe(0);
  expect(await page.content()).not.toContain('services/secret');
  expect(await axeViolations(page)).toEqual([]);
  expect((await pageFacts(page)).overflowPx).toBe(0);
  expect(complaints).toEqual([]);
}, 60_000);
