import { createHash } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient } from '../../src/client/index.ts';
import type { SubscriberPage } from '../fixtures/browser/subscriber.ts';
import { launchBrowser, type PageServer, servePage } from '../support/browser.ts';
import { startCuttingProxy } from '../support/cutting-proxy.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';
import { processTree } from '../support/processes.ts';

let browser: Browser;
let pages: PageServer;
beforeAll(async () => {
  [browser, pages] = await Promise.all([launchBrowser(), servePage('subscriber.ts')]);
});
afterAll(async () => {
  await browser?.close();
  await pages?.[Symbol.asyncDispose]();
});

declare const page: SubscriberPage;

const topic = 'flights';
const partitions = 3;
const recordCount = 4_000;
const sentBeforeKill = 2_000;

/** JSON with a number that JSON.parse would not bring back, and text that a WebSocket cannot compress to nothing. */
const values = Array.from({ length: recordCount }, (_, n) => {
  const noise = createHash('sha256').update(String(n)).digest('hex');
  return `{"n": ${9_007_199_254_740_993n + BigInt(n)}, "noise":"${noise}"}`;
});

/** Sends records in their order, whatever breaks on the way; each is stored once, because the client numbers them. */
async function send(url: string, start: number, end: number): Promise<void> {
  await using producer = createClient({ url }).producer({ topic, maxBatchBytes: 4_000 });
  for (let n = start; n < end; n += 50) {
    await producer.send(
      values.slice(n, n + 50).map((value, index) => ({ value, partition: (n + index) % partitions })),
    );
  }
}

/** kill -9 of everything that runs, and a new start on the same data. */
async function killAndRestart(platform: PlatformProcess): Promise<void> {
  for (const pid of processTree(platform.pid)) process.kill(pid, 'SIGKILL');
  await platform.kill9();
  await platform.restart();
}

const receivedCount = (tab: Page) => tab.evaluate(() => page.received.records.length);

/** Follows the topic in the browser through two cut connections at a door and one killed platform. */
async function followThroughCuts(door: string, follow: (tab: Page, url: string) => Promise<void>) {
  await using platform = await startPlatformProcess();
  await using proxy = await startCuttingProxy(platform.url);
  await createClient({ url: platform.url }).topics.create({ name: topic, partitions });
  const tab = await browser.newPage();
  // Another port is another origin: a page of a web server of the developer's own.
  await tab.goto(`http://localhost:${pages.port}/`);

  proxy.cutAfter(20_000, door);
  await follow(tab, proxy.url);
  const sending = send(proxy.url, 0, sentBeforeKill);
  await expect.poll(() => proxy.cutCount, { timeout: 30_000 }).toBe(1);
  proxy.cutAfter(30_000, door);
  await expect.poll(() => proxy.cutCount, { timeout: 30_000 }).toBe(2);
  await sending;
  const sendingOn = send(proxy.url, sentBeforeKill, recordCount);
  await expect.poll(() => receivedCount(tab), { timeout: 30_000 }).toBeGreaterThan(sentBeforeKill / 2);
  await killAndRestart(platform);
  proxy.leadTo(platform.url);
  await sendingOn;
  await expect.poll(() => receivedCount(tab), { timeout: 30_000 }).toBeGreaterThanOrEqual(recordCount);

  const received = await tab.evaluate(() => page.received);
  await tab.close();
  return received;
}

/** Every record of the topic, in the order of its partition. */
const stored = Array.from({ length: partitions }, (_, partition) =>
  values.filter((_value, n) => n % partitions === partition).map((value, offset) => `${partition}/${offset} ${value}`),
);

function expectEachOnce(records: readonly string[]): void {
  for (const [partition, expected] of stored.entries()) {
    expect(records.filter((record) => record.startsWith(`${partition}/`))).toEqual(expected);
  }
  expect(records).toHaveLength(recordCount);
}

test.each(['json', 'binary'] as const)(
  'a page that follows over a %s WebSocket has every record once, through cut sockets and a killed platform',
  async (transport) => {
    const received = await followThroughCuts('/ws', (tab, url) =>
      tab.evaluate(([to, name, over]) => page.follow(to, name, over), [url, topic, transport] as const),
    );
    expect(received.problem).toBeNull();
    expect(received.reconnects).toBeGreaterThanOrEqual(2);
    expectEachOnce(received.records);
  },
);

test("a page that follows with the browser's own EventSource has every record once, through the same", async () => {
  const received = await followThroughCuts('/stream', (tab, url) =>
    tab.evaluate(([to, name]) => page.followEvents(to, name), [url, topic] as const),
  );
  expect(received.problem).toBeNull();
  expect(received.reconnects).toBeGreaterThanOrEqual(2);
  expectEachOnce(received.records);
});
