import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { BrowserContext, Page } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** WCAG 2.2 up to AA, whose newest rules axe leaves out unless they are asked for, and what it calls best practice. */
const axeTags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

type AxeGlobal = {
  readonly axe: {
    run(options: object): Promise<{
      readonly violations: readonly {
        readonly id: string;
        readonly nodes: readonly { readonly target: readonly string[] }[];
      }[];
    }>;
  };
};

/** What axe finds on a page, as `rule: element`. Its script runs in the page as an extension's would. */
export async function axeViolations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  return page.evaluate(async (tags) => {
    const { axe: checker } = globalThis as unknown as AxeGlobal;
    const { violations } = await checker.run({ runOnly: { type: 'tag', values: tags } });
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`));
  }, axeTags);
}

/** What of a document is looked at here; the tests themselves are no page. */
type PageGlobals = {
  readonly document: {
    readonly title: string;
    readonly documentElement: { readonly lang: string; readonly scrollWidth: number };
    querySelector(selector: string): { getAttribute(name: string): string | null } | null;
    querySelectorAll(selector: string): { readonly length: number };
  };
  readonly innerWidth: number;
};

export type PageFacts = {
  readonly title: string;
  readonly lang: string;
  readonly viewport: string;
  readonly mainHeadings: number;
  readonly mainLandmarks: number;
  /** How far the page is wider than the window: what is wide scrolls by itself, or it is cut. */
  readonly overflowPx: number;
};

/** What search engines, readers and phones go by. */
export async function pageFacts(page: Page): Promise<PageFacts> {
  return page.evaluate(() => {
    const { document, innerWidth } = globalThis as unknown as PageGlobals;
    return {
      title: document.title,
      lang: document.documentElement.lang,
      viewport: document.querySelector('meta[name=viewport]')?.getAttribute('content') ?? '',
      mainHeadings: document.querySelectorAll('h1').length,
      mainLandmarks: document.querySelectorAll('main').length,
      overflowPx: Math.max(0, document.documentElement.scrollWidth - innerWidth),
    };
  });
}

type LayoutGlobals = {
  readonly PerformanceObserver: new (
    callback: (list: { getEntries(): readonly { readonly value: number; readonly hadRecentInput: boolean }[] }) => void,
  ) => { observe(options: object): void };
  layoutShift?: number;
};

/** Has every page of a browser add up how much of what it shows moves by itself, from its beginning on. */
export async function watchLayout(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const page = globalThis as unknown as LayoutGlobals;
    page.layoutShift = 0;
    const observer = new page.PerformanceObserver((list) => {
      for (const { value, hadRecentInput } of list.getEntries()) {
        if (!hadRecentInput) page.layoutShift = (page.layoutShift ?? 0) + value;
      }
    });
    observer.observe({ type: 'layout-shift', buffered: true });
  });
}

/** The share of the window that moved by itself, as Web Vitals count it: up to 0.1 is good. */
export function layoutShift(page: Page): Promise<number> {
  return page.evaluate(() => (globalThis as unknown as LayoutGlobals).layoutShift ?? 0);
}
