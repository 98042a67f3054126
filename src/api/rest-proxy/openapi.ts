import { restErrorSchema } from '../../contracts/rest-proxy-v3.ts';
import {
  describeContent,
  type OpenApiDocument,
  type OperationObject,
  type ParameterObject,
} from '../openapi/document.ts';
import type { JsonSchema } from '../openapi/operation.ts';
import type { RestVersion } from './error-codes.ts';
import { metadataTypes } from './media-types.ts';
import type { RestOperation } from './rest-operation.ts';
import { v2Operations } from './v2/operations.ts';
import { v3Operations } from './v3/operations.ts';

/** What the versions answer errors with; their codes are in docs/rest-proxy.md. */
const errorStatuses: Readonly<Record<RestVersion, readonly number[]>> = {
  v2: [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 429, 500],
  v3: [400, 401, 403, 404, 405, 406, 413, 415, 422, 429, 500],
};

/** The OpenAPI document of the REST Proxy: both versions of it, apart from the platform's own API. */
export function buildRestProxyDocument(version: string, serverUrl: string): OpenApiDocument {
  const schemas: Record<string, JsonSchema> = {};
  const paths: Record<string, Record<string, OperationObject>> = {};
  const tables = [
    ['v3', v3Operations],
    ['v2', v2Operations],
  ] as const;
  for (const [restVersion, operations] of tables) {
    for (const [id, operation] of Object.entries<RestOperation>(operations)) {
      paths[operation.path] ??= {};
      paths[operation.path]![operation.method.toLowerCase()] = describe(id, operation, restVersion, schemas);
    }
  }
  const all: readonly RestOperation[] = tables.flatMap(([, operations]) => Object.values(operations));
  return {
    openapi: '3.1.1',
    info: {
      title: 'Millrace: Kafka REST Proxy',
      version,
      description: 'The APIs v2 and v3 of the Kafka REST Proxy, as existing clients use them.',
    },
    servers: [{ url: serverUrl }],
    tags: [...new Set(all.map(({ tag }) => tag))].map((name) => ({ name })),
    paths,
    components: { schemas },
  };
}

function describe(
  id: string,
  operation: RestOperation,
  version: RestVersion,
  schemas: Record<string, JsonSchema>,
): OperationObject {
  const parameters = [...pathParameters(operation.path), ...queryParameters(operation.query ?? {})];
  const consumes = operation.consumes ?? metadataTypes[version];
  const { request } = operation;
  return {
    operationId: id,
    tags: [operation.tag],
    summary: operation.summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(request === undefined
      ? {}
      : { requestBody: { required: false, content: describeContent(contentOf(consumes, request), 'input', schemas) } }),
    responses: { ...describeErrors(version, schemas), ...describeAnswers(operation, version, schemas) },
  };
}

function describeAnswers(operation: RestOperation, version: RestVersion, schemas: Record<string, JsonSchema>) {
  const produces = operation.produces ?? metadataTypes[version];
  return Object.fromEntries(
    Object.entries(operation.answers).map(([status, schema]) => [
      status,
      schema === null
        ? { description: 'Done.' }
        : { description: operation.summary, content: describeContent(contentOf(produces, schema), 'output', schemas) },
    ]),
  );
}

function describeErrors(version: RestVersion, schemas: Record<string, JsonSchema>) {
  const content = describeContent(contentOf(metadataTypes[version], restErrorSchema), 'output', schemas);
  return Object.fromEntries(
    errorStatuses[version].map((status) => [status, { description: 'The error, by its code.', content }]),
  );
}

const contentOf = (types: readonly string[], schema: NonNullable<RestOperation['request']>) =>
  Object.fromEntries(types.map((type) => [type, { schema }]));

function pathParameters(path: string): ParameterObject[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    name,
    in: 'path',
    required: true,
    description: `The ${name.replaceAll('_', ' ')}.`,
    schema: { type: 'string' },
  }));
}

function queryParameters(query: Readonly<Record<string, string>>): ParameterObject[] {
  return Object.entries(query).map(([name, description]) => ({
    name,
    in: 'query',
    required: false,
    description,
    schema: { type: 'string' },
  }));
}
