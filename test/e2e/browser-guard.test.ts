import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createClient } from '../../src/client/index.ts';
import type { ProberPage } from '../fixtures/browser/prober.ts';
import { launchBrowser, type PageServer, servePage } from '../support/browser.ts';
import { startCuttingProxy } from '../support/cutting-proxy.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

declare const page: ProberPage;

/** A site that leads to this machine: what DNS says of it is up to its owner. */
const evil = 'evil.example';

let browser: Browser;
let pages: PageServer;
let platform: PlatformProcess;
let topicCount = 0;
let topic: string;

beforeAll(async () => {
  browser = await launchBrowser({ [evil]: '127.0.0.1' });
  pages = await servePage('prober.ts');
  platform = await startPlatformProcess();
});
afterAll(async () => {
  await browser?.close();
  await pages?.[Symbol.asyncDispose]();
  await platform?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  topic = `secrets-${topicCount++}`;
  const client = createClient({ url: platform.url });
  await client.topics.create({ name: topic });
  await using producer = client.producer({ topic });
  await producer.send({ value: 'a secret' });
});

/** What a page at `pageUrl` gets when it tries every door of the platform at `url`. */
async function tryAll(pageUrl: string, url: string) {
  const tab = await browser.newPage();
  await tab.goto(pageUrl);
  const attempts = await tab.evaluate(([to, name]) => page.tryAll(to, name), [url, topic] as const);
  await tab.close();
  return attempts;
}

async function expectUntouched(): Promise<void> {
  const client = createClient({ url: platform.url });
  const { records, highWatermark } = await client.read({ topic, partition: 0 });
  expect([records.map((record) => record.text()), highWatermark]).toEqual([['a secret'], 1]);
  await expect(client.topics.describe('planted')).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' });
}

const allRefused = {
  read: 'refused',
  produce: 'refused',
  'produce without CORS': 'sent blind',
  create: 'refused',
  delete: 'refused',
  events: 'refused',
  'socket on a topic': 'refused',
  'socket on the cluster': 'refused',
  'socket on a partition': 'refused',
};

test('a page of another site gets nothing from any door, and stores nothing', async () => {
  expect(await tryAll(`http://${evil}:${pages.port}/`, platform.url)).toEqual(allRefused);
  await expectUntouched();
});

test('a page whose name was rebound to loopback gets nothing either: to the browser it is the same origin', async () => {
  // One port that leads to the attacker's server while the page is loaded, and to the platform from then on.
  await using network = await startCuttingProxy(`http://127.0.0.1:${pages.port}`);
  const rebound = `http://${evil}:${new URL(network.url).port}`;
  const tab = await browser.newPage();
  await tab.goto(`${rebound}/`);
  network.leadTo(platform.url);
  const attempts = await tab.evaluate(([to, name]) => page.tryAll(to, name), [rebound, topic] as const);
  expect((await tab.goto(`${rebound}/`))?.status()).toBe(403);
  await tab.close();
  expect(attempts).toEqual({
    ...allRefused,
    read: 'answered 403',
    produce: 'answered 403',
    'produce without CORS': 'answered 403',
    create: 'answered 403',
    delete: 'answered 403',
  });
  await expectUntouched();
});

test('the same page on a loopback origin gets through every door, so it was the guard that refused', async () => {
  expect(await tryAll(`http://localhost:${pages.port}/`, platform.url)).toEqual({
    read: 'answered 200',
    produce: 'answered 200',
    'produce without CORS': 'sent blind',
    create: 'answered 201',
    delete: 'answered 404',
    events: 'opened',
    'socket on a topic': 'opened',
    'socket on the cluster': 'opened',
    'socket on a partition': 'opened',
  });
});
