import { setTimeout as pause } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { type Client, createClient, MillraceError } from '../../src/client/index.ts';
import { launchBrowser } from '../../test/support/browser.ts';
import type { BenchContext } from '../bench-context.ts';
import { type MainThread, percentile, watchMainThread } from '../browser/main-thread.ts';
import type { Outcome } from '../outcome.ts';
import type { Suite } from '../suite.ts';

/** What the list must bear; a quick look makes do with less. */
const topicCount = { full: 10_000, quick: 1_000 };
/** Requests for topics that are under way at a time. */
const creationsAtOnce = 32;
const creationAttempts = 3;
const tailRecordsPerSecond = 2_000;
/** Records go out in steps of this length, as many as are due by then. */
const tailStepMs = 50;
const interactiveRounds = 5;

/** What a person feels of the dashboard, in a real browser: opening it, scrolling a long list, following a busy topic. */
export const dashboard: Suite = {
  name: 'dashboard',
  about: `the dashboard in a headless browser: time to interactive, a list of ${topicCount.full} topics, a tail of ${tailRecordsPerSecond} records/s`,
  async run(context) {
    const server = await context.platform('platform');
    const url = `http://127.0.0.1:${server.port}`;
    const client = createClient({ url });
    const browser = await launchBrowser();
    try {
      context.say('dashboard, opening');
      const opening = await interactive(browser, url);
      context.say('dashboard, live tail');
      const tail = await liveTail(context, browser, url, client);
      const count = context.effort.isQuick ? topicCount.quick : topicCount.full;
      context.say(`dashboard, ${count} topics`);
      await createTopics(client, count);
      return [opening, ...tail, ...(await longList(browser, url, count))];
    } finally {
      await browser.close();
    }
  },
};

/** From the navigation, with nothing in the browser's cache, until a click on the top bar is answered by the palette. */
async function interactive(browser: Browser, url: string): Promise<Outcome> {
  const times: number[] = [];
  for (let round = 0; round < interactiveRounds; round += 1) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${url}/dashboard/`, { waitUntil: 'commit' });
    await page.getByRole('button', { name: /^Go to/ }).click();
    await page.getByRole('dialog').getByRole('combobox').waitFor();
    times.push(await page.evaluate(() => performance.now()));
    await context.close();
  }
  return {
    case: 'dashboard, from the navigation to the first click that is answered, cold',
    value: Math.round(percentile(times, 0.5)),
    unit: 'ms',
    target: { of: 'value', reach: 1_500, better: 'less' },
    note: `the median of ${interactiveRounds}, most ${Math.round(Math.max(...times))} ms`,
  };
}

async function liveTail(context: BenchContext, browser: Browser, url: string, client: Client): Promise<Outcome[]> {
  const topic = 'dashboard-tail';
  await client.topics.create({ name: topic, partitions: 3 });
  const page = await newPage(browser);
  await page.goto(`${url}/dashboard/local/local/topics/${topic}?live=true`);
  await page.getByText('following').waitFor();
  const stop = new AbortController();
  const producing = produceSteadily(client, topic, stop.signal);
  await page.getByText(/[\d.]+K? records\/s/).waitFor();
  await pause(2_000);
  const before = await receivedBy(page);
  const startedAtMs = performance.now();
  const watched = await watchMainThread(browser, page, () => typeFor(page, context.effort.isQuick ? 5_000 : 15_000));
  const received = (await receivedBy(page)) - before;
  const seconds = (performance.now() - startedAtMs) / 1_000;
  stop.abort();
  const sentPerSecond = await producing;
  await page.context().close();
  const name = `dashboard, tail of ${tailRecordsPerSecond} records/s while somebody types`;
  return [
    {
      case: `${name}: shown`,
      value: Math.round(received / seconds),
      unit: 'records/s',
      // What is drawn comes in steps, so the ends of the window are a step off either way.
      target: { of: 'value', reach: sentPerSecond * 0.97, better: 'more' },
      note: `${Math.round(sentPerSecond)} records/s were sent`,
    },
    ...mainThreadOutcomes(name, watched),
    {
      case: `${name}: from a key to the paint after it, p95`,
      value: Math.round(watched.inputP95Ms),
      unit: 'ms',
    },
  ];
}

/** Sends the tail's rate, by the clock, until it is told to stop; answers the rate that it reached. */
async function produceSteadily(client: Client, topic: string, signal: AbortSignal): Promise<number> {
  await using producer = client.producer({ topic });
  const startedAtMs = performance.now();
  let sent = 0;
  while (!signal.aborted) {
    const due = Math.floor(((performance.now() - startedAtMs) / 1_000) * tailRecordsPerSecond);
    for (; sent < due; sent += 1) {
      const value = `{"order":${9_223_372_036_854_000_000n + BigInt(sent)},"total":${sent % 1_000}.31,"state":"paid"}`;
      void producer.send({ key: `customer-${sent % 500}`, value });
    }
    await pause(tailStepMs);
  }
  return (sent * 1_000) / (performance.now() - startedAtMs);
}

/** The figure that the tail itself shows. */
async function receivedBy(page: Page): Promise<number> {
  const text = await page.getByText(/records? since you came/).innerText();
  return Number(text.replaceAll(/\D/g, ''));
}

/** Types into the palette as a person does, and takes it back. */
async function typeFor(page: Page, ms: number): Promise<void> {
  const untilMs = performance.now() + ms;
  await page.keyboard.press('Control+k');
  const box = page.getByRole('dialog').getByRole('combobox');
  await box.waitFor();
  while (performance.now() < untilMs) {
    await box.pressSequentially('customer orders of today', { delay: 90 });
    await box.fill('');
  }
  await page.keyboard.press('Escape');
}

async function createTopics(client: Client, count: number): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const number = next++;
      await createTopic(client, `team-${number % 40}.service-${String(number).padStart(5, '0')}.events`);
    }
  };
  await Promise.all(Array.from({ length: creationsAtOnce }, worker));
}

/** On a busy machine a connection may break between ten thousand requests: the one that it took is sent again. */
async function createTopic(client: Client, name: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await client.topics.create({ name });
      return;
    } catch (thrown) {
      if (!(thrown instanceof MillraceError)) throw thrown;
      if (thrown.code === 'TOPIC_ALREADY_EXISTS' && attempt > 1) return;
      if (thrown.code !== 'NETWORK_EXCEPTION' || attempt === creationAttempts) throw thrown;
    }
  }
}

/** The list is scrolled by the wheel, by jumps to its ends, and narrowed by its filter. */
async function longList(browser: Browser, url: string, count: number): Promise<Outcome[]> {
  const page = await newPage(browser);
  await page.goto(`${url}/dashboard/local/local/topics`);
  const table = page.getByRole('table', { name: 'Topics' });
  await table.getByRole('row').nth(5).waitFor();
  await table.hover();
  const scrolled = await watchMainThread(browser, page, async () => {
    for (const step of [700, -1_500, 4_000]) {
      for (let turn = 0; turn < 60; turn += 1) {
        await page.mouse.wheel(0, step);
        await pause(16);
      }
    }
    await table.focus();
    for (const key of ['Home', 'End', 'Home', 'PageDown', 'PageDown', 'End']) {
      await page.keyboard.press(key);
      await pause(150);
    }
  });
  const filtered = await watchMainThread(browser, page, async () => {
    const filter = page.getByRole('searchbox', { name: 'Filter topics by name' });
    await filter.pressSequentially('team-7.service-0', { delay: 90 });
    await pause(200);
  });
  await page.context().close();
  return [
    ...mainThreadOutcomes(`dashboard, ${count} topics, scrolled`, scrolled),
    ...mainThreadOutcomes(`dashboard, ${count} topics, filtered by typing`, filtered),
  ];
}

async function newPage(browser: Browser): Promise<Page> {
  return (await browser.newContext({ viewport: { width: 1_280, height: 900 } })).newPage();
}

function mainThreadOutcomes(name: string, watched: MainThread): Outcome[] {
  const { taskP95Ms, taskMaxMs, taskCpuMaxMs, taskCount, frameGapMaxMs, frameGapP95Ms, framesPerSecond } = watched;
  return [
    {
      case: `${name}: main-thread task, p95 of those of 1 ms and more`,
      value: Math.round(taskP95Ms * 10) / 10,
      unit: 'ms',
      target: { of: 'value', reach: 50, better: 'less' },
      note: `${taskCount} tasks, the longest ${taskMaxMs.toFixed(0)} ms`,
    },
    {
      case: `${name}: the most that a task computed, of the processor's time`,
      value: Math.round(taskCpuMaxMs * 10) / 10,
      unit: 'ms',
      target: { of: 'value', reach: 50, better: 'less' },
    },
    {
      case: `${name}: longest time between two frames`,
      value: Math.round(frameGapMaxMs),
      unit: 'ms',
      target: { of: 'value', reach: 100, better: 'less' },
      note: `${framesPerSecond.toFixed(0)} frames/s, p95 ${frameGapP95Ms.toFixed(0)} ms between two`,
    },
  ];
}
