import { describable } from '../../authorization/access-check.ts';
import type { ActivityJson, LagHistoryJson, ThroughputHistoryJson } from '../../contracts/history.ts';
import { assert } from '../../errors/assert.ts';
import { failed, ok, type Result } from '../../errors/result.ts';
import { type MetricSeries, seriesStepsMs } from '../../history/metric-series.ts';
import { limits } from '../../limits.ts';
import type { HistorySubject } from '../../topics/history-command.ts';
import { jsonAnswer } from '../answers.ts';
import { problemAnswer } from '../problem.ts';
import { integer, type QueryParameter, readQuery } from '../query.ts';
import type { ApiContext, Handler } from '../services.ts';
import { groupRefOf } from './group-members.ts';

/** Points of a chart that nobody asked to be finer. */
const pointsByDefault = 200;

/** What is shown when nobody says of when. */
const windowByDefaultMs = 60 * 60 * 1000;

const atMs = integer({ min: 0, max: Number.MAX_SAFE_INTEGER, absent: undefined });

const stepMs: QueryParameter<number | undefined> = {
  parse: (given) => seriesStepsMs.find((step) => String(step) === given),
  allowed: `one of ${seriesStepsMs.join(', ')}`,
  absent: undefined,
};

type Window = { readonly fromMs: number; readonly toMs: number; readonly stepMs: number };

function readWindow(url: string, nowMs: number): Result<Window> {
  const query = readQuery(url, { from: atMs, to: atMs, step_ms: stepMs });
  if (!query.ok) return query;
  const toMs = query.value.to ?? nowMs;
  const fromMs = query.value.from ?? Math.max(0, toMs - windowByDefaultMs);
  if (fromMs > toMs) return failed('INVALID_REQUEST', 'Query parameter "from" is a later time than "to".');
  const lengthMs = toMs - fromMs;
  const widestMs = Math.max(...seriesStepsMs);
  const step = query.value.step_ms ?? seriesStepsMs.find((width) => lengthMs / width <= pointsByDefault) ?? widestMs;
  const max = limits.historyPoints.value;
  if (lengthMs / step > max) {
    return failed(
      'INVALID_REQUEST',
      `From ${fromMs} to ${toMs} are more than ${max} points of ${step} ms; ask for a wider step or a shorter time.`,
      { max },
    );
  }
  return ok({ fromMs, toMs, stepMs: step });
}

async function readSeries(
  c: ApiContext,
  subject: HistorySubject,
): Promise<Result<{ readonly window: Window; readonly series: MetricSeries }>> {
  const window = readWindow(c.req.url, c.env.clock.nowMs());
  if (!window.ok) return window;
  const read = await c.env.catalog.callHistory(c.env.cluster, { kind: 'read', subject, ...window.value });
  if (!read.ok) return read;
  assert(read.value.kind === 'series', 'a series is read');
  return ok({ window: window.value, series: read.value.series });
}

async function throughputAnswer(c: ApiContext, subject: HistorySubject): Promise<Response> {
  const read = await readSeries(c, subject);
  if (!read.ok) return problemAnswer(read.error);
  const { window, series } = read.value;
  return jsonAnswer({
    ...windowJson(window),
    points: series.map(({ startMs, widthMs, values }) => ({
      at: startMs,
      width_ms: widthMs,
      records_in: values.recordsIn ?? 0,
      bytes_in: values.bytesIn ?? 0,
      local_bytes: values.localBytes ?? null,
      remote_bytes: values.remoteBytes ?? null,
    })),
  } satisfies ThroughputHistoryJson);
}

const readClusterHistory: Handler = (c) => throughputAnswer(c, { kind: 'cluster' });

const readTopicHistory: Handler = (c) => throughputAnswer(c, { kind: 'topic', topic: c.req.param('topic') ?? '' });

const readGroupHistory: Handler = async (c) => {
  const read = await readSeries(c, { kind: 'group', groupId: groupRefOf(c).groupId });
  if (!read.ok) return problemAnswer(read.error);
  const { window, series } = read.value;
  return jsonAnswer({
    ...windowJson(window),
    points: series.flatMap(({ startMs, widthMs, values: { lag, lagMs } }) =>
      lag === undefined || lagMs === undefined ? [] : [{ at: startMs, width_ms: widthMs, lag, lag_ms: lagMs }],
    ),
  } satisfies LagHistoryJson);
};

const activityQuery = {
  limit: integer({ min: 1, max: limits.activityEntries.max, absent: limits.activityEntries.value }),
};

const readActivity: Handler = async (c) => {
  const query = readQuery(c.req.url, activityQuery);
  if (!query.ok) return problemAnswer(query.error);
  const { limit } = query.value;
  const { principal, catalog, cluster } = c.env;
  // What the caller may not see is left out before it is counted.
  const read = await catalog.callHistory(cluster, { kind: 'readActivity', limit: limits.activityEntries.max });
  if (!read.ok) return problemAnswer(read.error);
  assert(read.value.kind === 'activity', 'activity is read');
  const topics = describable(principal, 'TOPIC', read.value.topics, ({ topic }) => topic).slice(0, limit);
  const groups = describable(principal, 'GROUP', read.value.groups, ({ groupId }) => groupId).slice(0, limit);
  return jsonAnswer({
    topics: topics.map(({ topic, recordsPerSecond, bytesPerSecond, localBytes, remoteBytes }) => ({
      topic,
      records_per_second: recordsPerSecond,
      bytes_per_second: bytesPerSecond,
      local_bytes: localBytes,
      remote_bytes: remoteBytes,
    })),
    groups: groups.map(({ groupId, lag, lagMs, measuredAtMs }) => ({
      group: groupId,
      lag,
      lag_ms: lagMs,
      measured_at: measuredAtMs,
    })),
  } satisfies ActivityJson);
};

export const historyHandlers = {
  readClusterHistory,
  readTopicHistory,
  readGroupHistory,
  readActivity,
} as const satisfies Record<string, Handler>;

function windowJson({ fromMs, toMs, stepMs: step }: Window) {
  return { from: fromMs, to: toMs, step_ms: step };
}
