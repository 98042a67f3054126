import { html, layout } from './html.ts';

/** Where one goes from `/`: for programs as JSON, for people as a page. */
export const welcomeLinks = {
  reference: '/docs',
  openapi: '/openapi.json',
  errors: '/docs/errors',
  limits: '/v1/limits',
  topics: '/v1/topics',
  health: '/healthz',
  readiness: '/readyz',
  metrics: '/metrics',
} as const;

/** `origin` is the one the page was asked under, so that its commands work as they stand. */
export function renderWelcomePage(version: string, origin: string): string {
  const firstMinute = `curl ${origin}/v1/topics -H 'content-type: application/json' -d '{"name":"hello"}'
curl ${origin}/v1/topics/hello/records -H 'content-type: application/json' -d '{"records":[{"key":"me","value":{"greeting":"hi"}}]}'
curl -N '${origin}/v1/topics/hello/stream?from=earliest'`;
  return layout({
    title: 'Millrace',
    body: html`<h1>Millrace ${version} is running</h1>
<p>Topics you can produce to and read from over HTTP, Server-Sent Events and WebSocket.</p>
<h4>Create a topic, append a record, follow it</h4>
<pre>${firstMinute}</pre>
<h4>Go on</h4>
<ul>
${Object.entries(welcomeLinks).map(([name, path]) => html`<li><a href="${path}">${path}</a> <span class="faint">${name}</span></li>\n`)}
</ul>`,
  });
}
