import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Client, createClient } from '../../src/client/index.ts';
import type { TokenHolderPage } from '../fixtures/browser/token-holder.ts';
import { launchBrowser, type PageServer, servePage } from '../support/browser.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

declare const page: TokenHolderPage;

const topic = 'orders';
const ownPrefix = 'user-1/';

/** Short enough that a page that did not renew would be cut off in the middle of the test. */
const tokenLifetimeMs = 3_000;

/** Nobody is served for longer on a credential that is no more (docs/security.md). */
const revocationBoundMs = 30_000;

let browser: Browser;
let pages: PageServer;
let platform: PlatformProcess;
let owner: Client;

beforeAll(async () => {
  // First, and alone: while it is unpacked, temporary folders of this process are made where it lies.
  browser = await launchBrowser();
  [pages, platform] = await Promise.all([servePage('token-holder.ts'), startPlatformProcess({ auth: true })]);
  owner = createClient({ url: platform.url, credential: platform.ownerKey! });
  await owner.organization.alter({ corsOrigins: [`http://localhost:${pages.port}`] });
  for (const name of [topic, 'secrets']) await owner.topics.create({ name, partitions: 2 });
});
afterAll(async () => {
  await browser?.close();
  await pages?.[Symbol.asyncDispose]();
  await platform?.[Symbol.asyncDispose]();
});

/** A token as a backend gets one for its page: one topic, and keys that begin with the user's own. */
async function mint(apiKey: string): Promise<string> {
  const cap = [{ topic, ops: ['read' as const, 'write' as const], key_prefix: ownPrefix }];
  const backend = createClient({ url: platform.url, credential: apiKey });
  return (await backend.organization.createToken({ cap, ttlMs: tokenLifetimeMs })).token;
}

/** Writes records of two users, in turn, until it is stopped; answers the keys that the token's user may see. */
function produceOn(): { readonly stop: () => Promise<string[]> } {
  const own: string[] = [];
  let isOver = false;
  const producing = (async () => {
    await using producer = owner.producer({ topic });
    for (let n = 0; !isOver; n += 1) {
      const key = n % 2 === 0 ? `${ownPrefix}${n}` : `user-2/${n}`;
      const { offset } = await producer.send({ key, value: `${n}`, partition: n % 4 < 2 ? 0 : 1 });
      if (n % 2 === 0) own.push(`${n % 4 < 2 ? 0 : 1}/${offset} ${key}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await producing;
      return own;
    },
  };
}

const heldBy = (tab: Page) => tab.evaluate(() => page.held);

test('a page of another origin sees the records of its token alone, goes on through renewals, and is cut off when its key is revoked', async () => {
  const scopes = [`consume:topic:${topic}`, `produce:topic:${topic}`];
  const { apiKey, keyId } = await owner.organization.createKey({ name: 'backend of a page', scopes });
  const writing = produceOn();
  const tab = await browser.newPage();
  await tab.goto(`http://localhost:${pages.port}/`);
  const first = await mint(apiKey);
  await tab.evaluate(([url, name, token]) => page.hold(url, name, token), [platform.url, topic, first] as const);

  const renewals = 4;
  for (let renewal = 1; renewal <= renewals; renewal += 1) {
    await new Promise((resolve) => setTimeout(resolve, tokenLifetimeMs / 2));
    await tab.evaluate((token) => page.renew(token), await mint(apiKey));
    const isRenewed = async () => (await heldBy(tab)).frames.filter((type) => type === 'authenticated').length;
    await expect.poll(isRenewed, { timeout: 10_000 }).toBe(renewal);
  }
  const own = await writing.stop();
  await expect.poll(async () => (await heldBy(tab)).records.length, { timeout: 10_000 }).toBe(own.length);
  const followed = await heldBy(tab);
  const byPartition = (records: readonly string[], partition: number) =>
    records.filter((record) => record.startsWith(`${partition}/`));
  for (const partition of [0, 1]) expect(byPartition(followed.records, partition)).toEqual(byPartition(own, partition));
  expect(new Set(followed.frames)).toEqual(new Set(['subscribed', 'authenticated']));
  expect(followed.closeCode, 'the socket outlived its tokens').toBeNull();

  const token = await mint(apiKey);
  const attempts = await tab.evaluate(
    async ([url, name, shown]) => ({
      read: await page.read(url, name, shown),
      other: await page.read(url, 'secrets', shown),
      own: await page.write(url, name, shown, 'user-1/from-the-page'),
      foreign: await page.write(url, name, shown, 'user-2/from-the-page'),
    }),
    [platform.url, topic, token] as const,
  );
  expect(attempts).toMatchObject({ other: '403', own: '200', foreign: '403' });
  expect(attempts.read).toEqual(byPartition(own, 0).map((record) => record.split(' ')[1]));

  const writingOn = produceOn();
  await owner.organization.revokeKey(keyId);
  const revokedMs = Date.now();
  await expect.poll(async () => (await heldBy(tab)).closeCode, { timeout: revocationBoundMs }).toBe(4401);
  console.log(`a page was cut off ${Date.now() - revokedMs} ms after its key was revoked`);
  const atEnd = (await heldBy(tab)).records.length;
  const again = [platform.url, topic, token] as const;
  const isOpened = () => tab.evaluate(([url, name, shown]) => page.tryOpen(url, name, shown), again);
  await expect.poll(isOpened, { timeout: revocationBoundMs }).toBe(false);
  await writingOn.stop();
  expect((await heldBy(tab)).records.length).toBe(atEnd);
  await tab.close();
});

test('a page of an origin that the organization does not name gets nothing with the same token', async () => {
  const { apiKey } = await owner.organization.createKey({
    name: 'stolen',
    scopes: [`consume:topic:${topic}`, `produce:topic:${topic}`],
  });
  const token = await mint(apiKey);
  const tab = await browser.newPage();
  // The same server by another name is another origin.
  await tab.goto(`http://127.0.0.1:${pages.port}/`);
  const attempts = await tab.evaluate(
    async ([url, name, shown]) => ({
      read: await page.read(url, name, shown),
      socket: await page.tryOpen(url, name, shown),
    }),
    [platform.url, topic, token] as const,
  );
  expect(attempts).toEqual({ read: 'refused', socket: false });
  await tab.close();
});
