import { limits } from '../limits.ts';
import { dataAnswer, jsonAnswer } from './answers.ts';
import { metrics } from './metrics.ts';
import { problemAnswer } from './problem.ts';
import { readQuery } from './query.ts';
import type { Handler } from './services.ts';

/** A route that takes no query parameter. */
function plain(answer: Handler): Handler {
  return (c) => {
    const query = readQuery(c.req.url, {});
    return query.ok ? answer(c) : problemAnswer(query.error);
  };
}

const health = plain(() => jsonAnswer({ status: 'ok' }));

/** Ready means that the cluster's object answers: with it, every other object can be reached. */
const readiness = plain(async (c) => {
  const listed = await c.env.catalog.listTopics(c.env.cluster, { prefix: '', limit: 1, after: null });
  return listed.ok ? jsonAnswer({ status: 'ready', version: c.env.version }) : problemAnswer(listed.error);
});

const listLimits = plain(() => {
  const list = Object.entries(limits).map(([name, limit]) => ({
    name: name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    value: limit.value,
    max: 'max' in limit ? limit.max : null,
    unit: limit.unit,
    error: limit.error,
    reason: limit.reason,
  }));
  return jsonAnswer({ limits: list });
});

const renderMetrics = plain(() => dataAnswer(metrics.render(), 'text/plain; version=0.0.4; charset=utf-8'));

export const platformHandlers = {
  health,
  readiness,
  metrics: renderMetrics,
  listLimits,
} as const satisfies Record<string, Handler>;
