import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { startPlatform } from '../../src/cli/dev/platform.ts';
import { launchBrowser } from '../support/browser.ts';
import { fillPlatform } from './sample-data.ts';
import { showSampleHistory } from './sample-history.ts';
import { views } from './views.ts';

/** npm run screenshots [FOLDER]: every page in both themes and on a phone, of a closed platform with sample data. */
const folder = process.argv[2] ?? 'dashboard/screenshots';
const sizes = { desktop: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };

const dataDir = mkdtempSync(join(tmpdir(), 'millrace-screenshots-'));
const platform = await startPlatform({ port: 0, dataDir, auth: true, log: () => undefined });
const browser = await launchBrowser();
try {
  mkdirSync(folder, { recursive: true });
  await fillPlatform(platform.url, platform.ownerKey!);
  for (const theme of ['light', 'dark'] as const) {
    await shoot(browser, theme, 'desktop');
    await shoot(browser, theme, 'phone');
  }
} finally {
  await browser.close();
  await platform.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

async function shoot(browser: Browser, theme: 'light' | 'dark', size: keyof typeof sizes): Promise<void> {
  const context = await browser.newContext({ viewport: sizes[size], colorScheme: theme, timezoneId: 'UTC' });
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error(`${page.url()}: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') console.error(`${page.url()}: ${message.text()}`);
  });
  await showSampleHistory(page);
  const save = (name: string) => page.screenshot({ path: join(folder, `${name}-${theme}-${size}.png`) });
  await page.goto(`${platform.url}/dashboard/`);
  await page.getByLabel('API key').waitFor();
  await save('sign-in');
  await page.getByLabel('API key').fill(platform.ownerKey!);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  const base = new URL(page.url()).pathname;
  for (const { name, path } of views) {
    await page.goto(`${platform.url}${base}${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForLoadState('networkidle', { timeout: 2_000 }).catch(() => undefined);
    await save(name);
  }
  await context.close();
}
