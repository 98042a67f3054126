import type { Page } from 'playwright-core';
import type { LagHistory, ThroughputHistory } from '../../src/client/index.ts';

/** Something that goes up and down with the hours, and is a little uneven. */
function wave(atMs: number): number {
  const hours = atMs / 3_600_000;
  return 1 + 0.45 * Math.sin(hours * 1.7) + 0.25 * Math.sin(hours * 11.3) + 0.08 * Math.sin(hours * 97);
}

/** The times of a window that points begin at; the middle fifth has none, as after a night without the platform. */
function timesOf(url: URL): { readonly from: number; readonly to: number; readonly step: number; times: number[] } {
  const to = Date.now();
  const from = Number(url.searchParams.get('from') ?? to - 3_600_000);
  const step = Number(url.searchParams.get('step_ms') ?? 60_000);
  const times: number[] = [];
  for (let at = Math.floor(from / step) * step; at < to; at += step) {
    const share = (at - from) / (to - from);
    if (share < 0.4 || share > 0.6) times.push(at);
  }
  return { from, to, step, times };
}

function throughput(url: URL): ThroughputHistory {
  const { from, to, step, times } = timesOf(url);
  const points = times.map((at, index) => ({
    at,
    width_ms: step,
    records_in: Math.round((wave(at) * 840 * Math.min(step, to - at)) / 1_000),
    bytes_in: Math.round((wave(at) * 233_000 * Math.min(step, to - at)) / 1_000),
    local_bytes: 40_000_000 + Math.round(wave(at) * 6_000_000),
    remote_bytes: 900_000_000 + index * 3_000_000,
  }));
  return { from, to, step_ms: step, points };
}

/** A group that fell far behind, and is catching up. */
function lag(url: URL): LagHistory {
  const { from, to, step, times } = timesOf(url);
  const points = times
    .filter((at) => at % 300_000 === 0 || step > 300_000)
    .map((at) => {
      const left = Math.round(60 + ((to - at) / (to - from)) * 8_400 * wave(at));
      return { at, width_ms: step, lag: left, lag_ms: left * 21 };
    });
  return { from, to, step_ms: step, points };
}

/**
 * Has a page show a past that a platform that was started a moment ago has not: what the history's operations answer is
 * made up, everything else is the platform's.
 */
export async function showSampleHistory(page: Page): Promise<void> {
  await page.route(/\/v1\/(?:topics\/[^/]+\/)?history\b/, (route) =>
    route.fulfill({ json: throughput(new URL(route.request().url())) }),
  );
  await page.route(/\/v1\/groups\/[^/]+\/history\b/, (route) =>
    route.fulfill({ json: lag(new URL(route.request().url())) }),
  );
}
