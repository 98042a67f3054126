import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

/** What pages said that they should not have: an exception, or something their policy refused. */
export type Complaints = string[];

/** A page of a browser of its own, whose complaints are gathered. */
export async function visit(
  browser: Browser,
  complaints: Complaints,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext(options);
  context.on('page', (page) => {
    page.on('pageerror', (error) => complaints.push(`${page.url()}: ${error.message}`));
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) complaints.push(`${page.url()}: ${message.text()}`);
    });
  });
  return context.newPage();
}

/** Signs in on the page that asks for it; answers the address of the cluster, which those of its views begin with. */
export async function signIn(page: Page, url: string, key: string): Promise<string> {
  await page.goto(`${url}/dashboard/sign-in`);
  await page.getByLabel('API key').fill(key);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Home' }).waitFor();
  return page.url().replace(/\/$/, '');
}
