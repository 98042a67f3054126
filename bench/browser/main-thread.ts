import type { Browser, Page } from 'playwright-core';

/** What a page's main thread did while something was done to the page. */
export type MainThread = {
  /** Of the tasks that took a millisecond or more: the many shorter ones would make any percentile look good. */
  readonly taskP95Ms: number;
  readonly taskMaxMs: number;
  readonly taskCount: number;
  /** What the longest computed, without the time that the machine gave to others. */
  readonly taskCpuMaxMs: number;
  /** The longest time between two frames that the page was asked for. */
  readonly frameGapMaxMs: number;
  readonly frameGapP95Ms: number;
  readonly framesPerSecond: number;
  /** From a key or click to the paint after it. */
  readonly inputP95Ms: number;
};

type TraceEvent = {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly dur?: number;
  /** What of it the thread computed. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
};

/** What the page's own clocks saw: the time between frames, and what input took. */
type Watched = { readonly frameGaps: readonly number[]; readonly inputs: readonly number[] };

/** Browsers leave out of their event timing what took less. */
const shortestInputMs = 16;
const shortestTaskMs = 1;

/** Runs `act` and says what the page's main thread did meanwhile, by the browser's own trace and by the page's frames. */
export async function watchMainThread(browser: Browser, page: Page, act: () => Promise<void>): Promise<MainThread> {
  await browser.startTracing(page, { categories: ['disabled-by-default-devtools.timeline', 'toplevel'] });
  await page.evaluate(startWatching, shortestInputMs);
  await act();
  const watched = await page.evaluate(stopWatching);
  const trace = JSON.parse((await browser.stopTracing()).toString()) as { readonly traceEvents: readonly TraceEvent[] };
  const tasks = mainThreadTasks(trace.traceEvents);
  const wall = tasks.map(({ dur = 0 }) => dur / 1_000);
  const cpu = tasks.map(({ tdur = 0 }) => tdur / 1_000);
  const sumMs = watched.frameGaps.reduce((sum, gapMs) => sum + gapMs, 0);
  return {
    taskP95Ms: percentile(wall, 0.95),
    taskMaxMs: percentile(wall, 1),
    taskCpuMaxMs: percentile(cpu, 1),
    taskCount: tasks.length,
    frameGapMaxMs: percentile(watched.frameGaps, 1),
    frameGapP95Ms: percentile(watched.frameGaps, 0.95),
    framesPerSecond: (watched.frameGaps.length * 1_000) / sumMs,
    inputP95Ms: percentile(watched.inputs, 0.95),
  };
}

/** The tasks on the main thread of the renderer that did most: that of the page under watch. */
function mainThreadTasks(events: readonly TraceEvent[]): readonly TraceEvent[] {
  const isMain = new Set(
    events
      .filter(({ ph, name, args }) => ph === 'M' && name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid}/${tid}`),
  );
  const tasks = events.filter(
    ({ name, ph, pid, tid, dur }) =>
      name === 'RunTask' && ph === 'X' && dur !== undefined && isMain.has(`${pid}/${tid}`),
  );
  const byThread = Map.groupBy(tasks, ({ pid, tid }) => `${pid}/${tid}`);
  const sumOf = (those: readonly TraceEvent[]) => those.reduce((sum, { dur }) => sum + (dur ?? 0), 0);
  const busiest = [...byThread.values()].sort((one, other) => sumOf(other) - sumOf(one))[0] ?? [];
  return busiest.filter(({ dur = 0 }) => dur >= shortestTaskMs * 1_000);
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

/** What of a page's globals is used here; the bench itself is no page. */
type PageGlobals = {
  readonly requestAnimationFrame: (callback: (nowMs: number) => void) => void;
  readonly PerformanceObserver: new (
    callback: (list: { getEntries(): readonly { readonly duration: number; readonly name: string }[] }) => void,
  ) => { observe(options: object): void; disconnect(): void };
  millraceWatch?: { stop(): Watched };
};

/** Runs in the page. */
function startWatching(durationThreshold: number): void {
  const page = globalThis as unknown as PageGlobals;
  const frameGaps: number[] = [];
  const inputs: number[] = [];
  let previousMs = performance.now();
  let isOver = false;
  const frame = (nowMs: number) => {
    if (isOver) return;
    frameGaps.push(nowMs - previousMs);
    previousMs = nowMs;
    page.requestAnimationFrame(frame);
  };
  page.requestAnimationFrame(frame);
  const observer = new page.PerformanceObserver((list) => {
    for (const { duration, name } of list.getEntries()) if (/^key|^pointer|^click/.test(name)) inputs.push(duration);
  });
  observer.observe({ type: 'event', durationThreshold });
  page.millraceWatch = {
    stop: () => {
      isOver = true;
      observer.disconnect();
      return { frameGaps, inputs };
    },
  };
}

/** Runs in the page. */
function stopWatching(): Watched {
  return (globalThis as unknown as PageGlobals).millraceWatch!.stop();
}
