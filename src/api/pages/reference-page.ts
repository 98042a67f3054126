import type {
  MediaTypeObject,
  OpenApiDocument,
  OperationObject,
  ParameterObject,
  ResponseObject,
} from '../openapi/document.ts';
import { type Html, html, layout, prose } from './html.ts';
import { schemaOutline } from './schema-outline.ts';

type Route = { readonly method: string; readonly path: string; readonly operation: OperationObject };

/** The reference for people, made from the document that programs read. */
export function renderReferencePage(document: OpenApiDocument): string {
  const routes: Route[] = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  const groups = document.tags.map(({ name }) => ({
    name,
    routes: routes.filter((route) => route.operation.tags.includes(name)),
  }));
  return layout({
    title: 'Reference - Millrace',
    navigation: html`${groups.map(
      (group) => html`<strong>${group.name}</strong>
<ul>${group.routes.map(({ operation }) => html`<li><a href="#${operation.operationId}">${operation.summary}</a></li>`)}</ul>`,
    )}`,
    body: html`<h1>${document.info.title} ${document.info.version}</h1>
<p>${document.info.description} Values travel exact: JSON comes back byte for byte as it was sent.
Errors are problem documents with a <a href="/docs/errors">code</a>; bounds are listed at
<a href="/v1/limits">/v1/limits</a>.</p>
${groups.map(
  (group) => html`<h2>${group.name}</h2>
${group.routes.map((route) => describeRoute(route, document))}`,
)}`,
  });
}

function describeRoute({ method, path, operation }: Route, document: OpenApiDocument): Html {
  return html`<section id="${operation.operationId}">
<h3>${operation.summary}</h3>
<p class="route"><span class="method">${method}</span> ${path}</p>
${operation.description === undefined ? null : html`<p>${prose(operation.description)}</p>`}
${describeParameters(operation.parameters ?? [])}
${operation.requestBody === undefined ? null : html`<h4>Body</h4>${describeContent(operation.requestBody.content, document)}`}
${describeAnswers(operation.responses, document)}
</section>
`;
}

function describeParameters(parameters: readonly ParameterObject[]): Html | null {
  if (parameters.length === 0) return null;
  return html`<h4>Parameters</h4>
<table>
${parameters.map(
  (
    parameter,
  ) => html`<tr><td><code>${parameter.name}</code></td><td class="faint">${parameter.in}${parameter.required ? ', required' : ''}</td>
<td>${prose(parameter.description)} <span class="faint">${schemaOutline(parameter.schema, {})}</span></td></tr>
`,
)}</table>`;
}

function describeContent(content: Readonly<Record<string, MediaTypeObject>>, document: OpenApiDocument): Html {
  return html`${Object.entries(content).map(
    ([
      type,
      { schema, example },
    ]) => html`<p><code>${type}</code>${typeof schema.description === 'string' ? html` ${prose(schema.description)}` : null}</p>
${type === 'application/json' ? html`<pre>${schemaOutline(schema, document.components.schemas)}</pre>` : null}
${example === undefined ? null : html`<pre>${typeof example === 'string' ? example : JSON.stringify(example, null, 2)}</pre>`}`,
  )}`;
}

function describeAnswers(answers: Readonly<Record<string, ResponseObject>>, document: OpenApiDocument): Html {
  const isError = (status: string) => Number(status) >= 400;
  const good = Object.entries(answers).filter(([status]) => !isError(status));
  const bad = Object.entries(answers).filter(([status]) => isError(status));
  return html`${good.map(
    ([status, answer]) => html`<h4>Answer ${status}</h4>
<p>${prose(answer.description)}</p>
${answer.content === undefined ? null : describeContent(answer.content, document)}`,
  )}
<h4>Errors</h4>
<table>
${bad.map(
  ([status, answer]) => html`<tr><td>${status}</td><td>${answer.description
    .split(', ')
    .map((code) => html`<a href="/docs/errors#${code}"><code>${code}</code></a> `)}</td></tr>
`,
)}</table>`;
}
