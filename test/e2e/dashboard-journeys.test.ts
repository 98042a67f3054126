import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readFlights } from '../../examples/flights/flight-file.ts';
import { type Client, createClient } from '../../src/client/index.ts';
import { type Complaints, signIn, visit } from '../dashboard/visitor.ts';
import { launchBrowser } from '../support/browser.ts';
import { type PlatformProcess, startPlatformProcess } from '../support/platform.ts';

/** The whole of what people do, one after the other, on real records: flights, keyed by their airport. */
const flightCount = 2_000;

let browser: Browser;
let open: PlatformProcess;
let closed: PlatformProcess;
let owner: Client;
const complaints: Complaints = [];

beforeAll(async () => {
  // First, and alone: while it is unpacked, temporary folders of this process are made where it lies.
  browser = await launchBrowser();
  [open, closed] = await Promise.all([startPlatformProcess(), startPlatformProcess({ auth: true })]);
  owner = createClient({ url: closed.url, credential: closed.ownerKey! });
  await owner.topics.create({ name: 'flights', partitions: 2 });
  await using producer = owner.producer({ topic: 'flights' });
  const sent: Promise<unknown>[] = [];
  for await (const { origin, json } of readFlights(flightCount)) {
    sent.push(producer.send({ key: origin, value: json }));
  }
  await Promise.all(sent);
}, 120_000);

afterAll(async () => {
  await browser.close();
  await Promise.all([open[Symbol.asyncDispose](), closed[Symbol.asyncDispose]()]);
});

const flights = (page: Page) => page.getByRole('table', { name: 'Records' });

test('the first record comes out of the lines that the first page offers, and shows up by itself', async () => {
  const page = await visit(browser, complaints);
  await page.goto(`${open.url}/dashboard/`);
  const startedAtMs = performance.now();
  const lines = await page.locator('figure', { hasText: 'curl' }).first().locator('pre').innerText();
  await promisify(execFile)('sh', ['-e', '-c', lines.replaceAll('curl ', 'curl -sSf ')]);
  await page.getByRole('link', { name: 'hello' }).first().click();
  await flights(page).getByText('{"greeting":"hi"}').waitFor();
  console.log(`dashboard, from the first page to the first record: ${Math.round(performance.now() - startedAtMs)} ms`);
});

describe.each(['open', 'closed'] as const)('with nothing but the keyboard, on a platform that is %s', (mode) => {
  test('one signs in, finds a topic, produces a record, reads it and goes back', async () => {
    const page = await visit(browser, complaints);
    const { keyboard } = page;
    if (mode === 'open') await page.goto(`${open.url}/dashboard/`);
    else {
      await page.goto(`${closed.url}/dashboard/`);
      await page.getByLabel('API key').waitFor();
      await keyboard.press('Tab');
      await keyboard.type(closed.ownerKey!);
      await keyboard.press('Enter');
    }
    await page.getByRole('heading', { name: 'Home' }).waitFor();
    const topic = mode === 'open' ? 'hello' : 'flights';
    await keyboard.press('Control+k');
    await page.getByRole('combobox').and(page.locator(':focus')).waitFor();
    await keyboard.type(topic);
    await page.getByRole('option', { name: topic }).first().waitFor();
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: topic }).waitFor();

    await tabTo(page, 'Produce');
    await keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Value' }).waitFor();
    await tabTo(page, 'Key');
    await keyboard.type('by-keyboard');
    await tabTo(page, 'Value');
    await keyboard.press('Control+a');
    await keyboard.type('{"typed": true}');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Produce');
    await keyboard.press('Enter');
    await flights(page).getByText('by-keyboard').waitFor();

    await keyboard.press('j');
    await keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Value' }).waitFor();
    await page.getByText('"typed": true').first().waitFor();
    await keyboard.press('g');
    await keyboard.press('g');
    await page.getByRole('heading', { name: 'Consumer groups' }).waitFor();
    await keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await keyboard.press('Escape');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'detached' });
  });
});

/** Presses Tab until the focus is on what has the name; a way that never gets there is no way. */
async function tabTo(page: Page, name: string): Promise<void> {
  const wanted = page
    .locator(':focus')
    .and(page.getByRole('button', { name, exact: true }).or(page.getByLabel(name, { exact: true })));
  for (let step = 0; step < 60; step += 1) {
    await page.keyboard.press('Tab');
    if ((await wanted.count()) > 0) return;
  }
  throw new Error(`Tab does not lead to ${name}`);
}

describe('on a closed platform', () => {
  test('flights are read from an offset and from a time on, and a view is the same at its address elsewhere', async () => {
    const page = await visit(browser, complaints, { timezoneId: 'UTC' });
    const base = await signIn(page, closed.url, closed.ownerKey!);
    await page.goto(`${base}/topics/flights?partition=0`);
    await page.getByRole('combobox', { name: 'From' }).fill('100');
    await page.getByRole('combobox', { name: 'From' }).press('Enter');
    await flights(page).getByRole('link', { name: '149', exact: true }).waitFor();
    await page.getByRole('combobox', { name: 'From' }).fill('-1h');
    await page.getByRole('combobox', { name: 'From' }).press('Enter');
    await flights(page).getByRole('link', { name: '49', exact: true }).waitFor();
    await flights(page).getByRole('link', { name: '49', exact: true }).click();
    await page.getByRole('heading', { name: 'Value' }).waitFor();
    const shown = await page.locator('pre').last().innerText();
    expect(JSON.parse(shown)).toHaveProperty('origin');

    const cold = await visit(browser, complaints, { timezoneId: 'UTC' });
    await cold.goto(page.url());
    await cold.getByRole('heading', { name: 'Not found' }).waitFor();
    await cold.getByRole('link', { name: 'Sign in with another key' }).click();
    await cold.getByLabel('API key').fill(closed.ownerKey!);
    await cold.getByRole('button', { name: 'Sign in' }).click();
    await cold.getByRole('heading', { name: 'Value' }).waitFor();
    expect(await cold.locator('pre').last().innerText()).toBe(shown);
  });

  test('who reads more than the quota lets them is told so, and when to ask again', async () => {
    const unbounded = { requests_per_second: null, produce_bytes_per_second: null, fetch_bytes_per_second: null };
    const quota = { ...unbounded, entity_type: 'topic', entity_name: 'flights' } as const;
    await owner.organization.alterQuotas([{ ...quota, fetch_bytes_per_second: 1_000 }]);
    const page = await visit(browser, complaints);
    const base = await signIn(page, closed.url, closed.ownerKey!);
    await page.goto(`${base}/topics/flights?size=500`);
    const refusal = page.getByText('THROTTLING_QUOTA_EXCEEDED');
    await expect
      .poll(
        async () => {
          const again = page.getByRole('button', { name: 'Read again' });
          if ((await refusal.count()) === 0 && (await again.count()) > 0) await again.click();
          return refusal.count();
        },
        { timeout: 30_000 },
      )
      .toBeGreaterThan(0);
    await page.getByText(/It is worth asking again in \d+/).waitFor();
    await owner.organization.alterQuotas([quota]);
  });

  test('a developer moves a group by a plan that says what it comes to', async () => {
    for await (const _record of owner.group('arrivals', { topics: ['flights'], stopAtEnd: true })) {
      // Reads, and commits at the end.
    }
    const { apiKey } = await owner.organization.createKey({ name: 'developer', role: 'developer' });
    const page = await visit(browser, complaints);
    const base = await signIn(page, closed.url, apiKey);
    await page.goto(`${base}/groups/arrivals`);
    await page.getByRole('button', { name: 'Reset offsets' }).click();
    await page.getByRole('button', { name: 'Show the plan' }).click();
    await page
      .getByText(/are read again/)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Move the offsets' }).click();
    await page.getByText('Moved the offsets of arrivals').waitFor();
    expect((await owner.groups.describe('arrivals')).lag).toBeGreaterThanOrEqual(flightCount);
  });

  test('on a phone the way from the menu to a record is open', async () => {
    const page = await visit(browser, complaints, { viewport: { width: 390, height: 844 }, hasTouch: true });
    await signIn(page, closed.url, closed.ownerKey!);
    await page.getByRole('button', { name: 'Open the navigation' }).tap();
    await page.getByRole('dialog').getByRole('link', { name: 'Topics' }).tap();
    await page.getByRole('table', { name: 'Topics' }).getByRole('link', { name: 'flights' }).tap();
    await flights(page).getByRole('link').first().tap();
    await page.getByRole('heading', { name: 'Value' }).waitFor();
  });

  test('the dark theme that is chosen stays', async () => {
    const page = await visit(browser, complaints, { colorScheme: 'light' });
    const base = await signIn(page, closed.url, closed.ownerKey!);
    const brightness = () => page.evaluate(brightnessOfPage);
    const light = await brightness();
    await page.getByRole('button', { name: 'Theme' }).click();
    await page.getByRole('menuitem', { name: 'Dark' }).click();
    await expect.poll(brightness).toBeLessThan(light / 2);
    await page.goto(`${base}/topics`);
    await page.getByRole('heading', { name: 'Topics' }).waitFor();
    expect(await brightness()).toBeLessThan(light / 2);
  });
});

type Painted = {
  readonly document: { readonly documentElement: object };
  getComputedStyle(element: object): { readonly backgroundColor: string };
};

/** Runs in the page: 0 for black, up to 3 or 765 for white, however the browser writes a colour. */
function brightnessOfPage(): number {
  const { document, getComputedStyle } = globalThis as unknown as Painted;
  const { backgroundColor } = getComputedStyle(document.documentElement);
  const [first = 0, ...rest] = (backgroundColor.match(/[\d.]+/g) ?? []).map(Number);
  return backgroundColor.startsWith('rgb') ? first + (rest[0] ?? 0) + (rest[1] ?? 0) : first;
}

test('no page threw anything or tried what its policy forbids', () => {
  expect(complaints).toEqual([]);
});
