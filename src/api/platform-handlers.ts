import { limits } from '../limits.ts';
import { dataAnswer, jsonAnswer, jsonTextAnswer, pageAnswer } from './answers.ts';
import { mediaTypes, negotiate } from './media-types.ts';
import { metrics } from './metrics.ts';
import { buildOpenApiDocument } from './openapi/document.ts';
import { renderErrorPage } from './pages/error-page.ts';
import { renderReferencePage } from './pages/reference-page.ts';
import { stylesheet } from './pages/stylesheet.ts';
import { renderWelcomePage, welcomeLinks } from './pages/welcome-page.ts';
import { problemAnswer } from './problem.ts';
import { readQuery } from './query.ts';
import type { ApiContext, Handler } from './services.ts';

/** A route that takes no query parameter. */
function plain(answer: Handler): Handler {
  return (c) => {
    const query = readQuery(c.req.url, {});
    return query.ok ? answer(c) : problemAnswer(query.error);
  };
}

/** A text that is the same for every request of a version: made when it is first asked for, then kept. */
function madeOnce(make: (version: string) => string): (c: ApiContext) => string {
  let made: { readonly version: string; readonly text: string } | null = null;
  return (c) => {
    if (made?.version !== c.env.version) made = { version: c.env.version, text: make(c.env.version) };
    return made.text;
  };
}

const welcome = plain((c) => {
  const type = negotiate(c.req.raw.headers, [mediaTypes.json, mediaTypes.html]);
  if (!type.ok) return problemAnswer(type.error);
  const { version } = c.env;
  if (type.value === mediaTypes.json) return jsonAnswer({ name: 'millrace', version, links: welcomeLinks });
  return pageAnswer(renderWelcomePage(version, new URL(c.req.url).origin));
});

const health = plain(() => jsonAnswer({ status: 'ok' }));

/** Ready means that the cluster's object answers: with it, every other object can be reached. */
const readiness = plain(async (c) => {
  const listed = await c.env.catalog.listTopics(c.env.cluster, { prefix: '', limit: 1, after: null });
  return listed.ok ? jsonAnswer({ status: 'ready', version: c.env.version }) : problemAnswer(listed.error);
});

const renderMetrics = plain(() => dataAnswer(metrics.render(), 'text/plain; version=0.0.4; charset=utf-8'));

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

const openApiText = madeOnce((version) => JSON.stringify(buildOpenApiDocument(version)));
const openapi = plain((c) => jsonTextAnswer(openApiText(c)));

const referenceText = madeOnce((version) => renderReferencePage(buildOpenApiDocument(version)));
const referencePage = plain((c) => pageAnswer(referenceText(c)));

const errorText = madeOnce(renderErrorPage);
const errorPage = plain((c) => pageAnswer(errorText(c)));

export const platformHandlers = {
  welcome,
  health,
  readiness,
  metrics: renderMetrics,
  listLimits,
  openapi,
  referencePage,
  errorPage,
  stylesheet: plain(() => dataAnswer(stylesheet, 'text/css; charset=utf-8')),
} as const satisfies Record<string, Handler>;
