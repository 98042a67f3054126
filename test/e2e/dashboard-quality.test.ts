import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { axeViolations, layoutShift, pageFacts, watchLayout } from '../dashboard/page-checks.ts';
import { fillPlatform } from '../dashboard/sample-data.ts';
import { type View, views } from '../dashboard/views.ts';
import { launchBrowser } from '../support/browser.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

let browser: Browser;
let platform: PlatformProcess;

beforeAll(async () => {
  // First, and alone: while it is unpacked, temporary folders of this process are made where it lies.
  browser = await launchBrowser();
  platform = await startPlatformProcess({ auth: true });
  await fillPlatform(platform.url, platform.ownerKey!);
}, 120_000);

afterAll(async () => {
  await browser.close();
  await platform[Symbol.asyncDispose]();
});

/** What a page asked for and said while it was looked at. */
type Log = { readonly foreign: string[]; readonly errors: string[] };

async function openPage(context: BrowserContext): Promise<{ readonly page: Page; readonly log: Log }> {
  const page = await context.newPage();
  const log: Log = { foreign: [], errors: [] };
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== platform.url) log.foreign.push(request.url());
  });
  page.on('pageerror', ({ message }) => log.errors.push(message));
  page.on('console', (message) => {
    // The browser itself notes answers that a page asks for knowingly: who am I, is it there, is that offset kept.
    const isAnswer = /^Failed to load resource: the server responded with a status of (401|404|416)/.test(
      message.text(),
    );
    if (message.type() === 'error' && !isAnswer) log.errors.push(message.text());
  });
  return { page, log };
}

async function signIn(page: Page): Promise<string> {
  await page.goto(`${platform.url}/dashboard/`);
  await page.getByLabel('API key').fill(platform.ownerKey!);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  return page.url().replace(/\/$/, '');
}

async function show(page: Page, base: string, { path }: View): Promise<void> {
  await page.goto(`${base}${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.getByRole('status', { name: 'Loading' }).waitFor({ state: 'detached' });
}

const desktop = { width: 1_280, height: 900 };
const phone = { width: 390, height: 844 };
/** The narrowest that WCAG asks for (1.4.10): a desktop at four times its size. */
const narrowest = { width: 320, height: 640 };

/** What Web Vitals call good. */
const goodLayoutShift = 0.1;

test('every page stands up to axe in both themes and on a phone, has a name, stays at home and reports no error', async () => {
  // Without motion, so that no colour is looked at on its way to another.
  const context = await browser.newContext({ viewport: desktop, colorScheme: 'light', reducedMotion: 'reduce' });
  await watchLayout(context);
  const { page, log } = await openPage(context);
  const base = await signIn(page);
  const titles = new Set<string>();
  const shifts: { readonly name: string; readonly shift: number }[] = [];
  for (const view of views) {
    await show(page, base, view);
    const facts = await pageFacts(page);
    expect(facts, view.name).toMatchObject({ lang: 'en', mainHeadings: 1, mainLandmarks: 1, overflowPx: 0 });
    expect(facts.viewport, view.name).toContain('width=device-width');
    expect(facts.title, view.name).toMatch(/^\S.* · Millrace$/);
    titles.add(facts.title);
    expect(await axeViolations(page), `${view.name}, light`).toEqual([]);
    const shift = await layoutShift(page);
    expect(shift, view.name).toBeLessThan(goodLayoutShift);
    shifts.push({ name: view.name, shift });
    await page.emulateMedia({ colorScheme: 'dark' });
    expect(await axeViolations(page), `${view.name}, dark`).toEqual([]);
    await page.setViewportSize(phone);
    expect(await axeViolations(page), `${view.name}, phone`).toEqual([]);
    expect((await pageFacts(page)).overflowPx, `${view.name}, phone`).toBe(0);
    await page.setViewportSize(narrowest);
    expect((await pageFacts(page)).overflowPx, `${view.name}, narrowest`).toBe(0);
    await page.setViewportSize(desktop);
    await page.emulateMedia({ colorScheme: 'light' });
  }
  expect(log).toEqual({ foreign: [], errors: [] });
  const jumpy = shifts.toSorted((one, other) => other.shift - one.shift).slice(0, 3);
  console.log(`dashboard, layout shift: ${jumpy.map(({ name, shift }) => `${name} ${shift.toFixed(3)}`).join(', ')}`);
  console.log(
    `dashboard: ${views.length} pages under ${titles.size} titles; 0 violations of axe, light, dark and on a phone; 0 errors in the console, 0 requests to other hosts`,
  );
}, 300_000);

type SocketGlobals = {
  WebSocket: new (url: string, protocols?: string | string[]) => { readonly readyState: number };
  openAtOnce?: number;
};

test('a tab has one socket at a time while it follows topics, and none when it does not', async () => {
  const { page } = await openPage(await browser.newContext());
  await page.addInitScript(() => {
    const globals = globalThis as unknown as SocketGlobals;
    const sockets: { readonly readyState: number }[] = [];
    globals.openAtOnce = 0;
    globals.WebSocket = class extends globals.WebSocket {
      constructor(url: string, protocols?: string | string[]) {
        super(url, protocols);
        sockets.push(this);
        // CONNECTING and OPEN; one that is closing is on its way out.
        const open = sockets.filter(({ readyState }) => readyState <= 1).length;
        globals.openAtOnce = Math.max(globals.openAtOnce ?? 0, open);
      }
    };
  });
  let sockets = 0;
  let closed = 0;
  page.on('websocket', (socket) => {
    sockets += 1;
    socket.on('close', () => {
      closed += 1;
    });
  });
  const base = await signIn(page);
  await page.goto(`${base}/topics/orders?live=true`);
  await page.getByText('following').waitFor();
  await page.getByLabel('Partition').selectOption('1');
  await expect.poll(() => sockets).toBe(2);
  await page.getByText('following').waitFor();
  await page.getByRole('link', { name: 'Topics' }).first().click();
  await page.getByRole('heading', { name: 'Topics' }).waitFor();
  await expect.poll(() => closed).toBe(sockets);
  expect(await page.evaluate(() => (globalThis as unknown as SocketGlobals).openAtOnce)).toBe(1);
});
