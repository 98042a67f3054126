import { z } from 'zod';
import { type ErrorCode, errorTable } from '../../errors/error-codes.ts';
import { describeAuthorization, refusalsOf } from './authorization.ts';
import type { JsonSchema, Operation, OperationAnswer, OperationBody, OperationParameter } from './operation.ts';
import { operationIds, operations } from './operations.ts';

/** An OpenAPI 3.1 document, as far as this module writes it. */
export type OpenApiDocument = {
  readonly openapi: '3.1.1';
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, OperationObject>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes?: Readonly<Record<string, JsonSchema>>;
  };
};

export type OperationObject = {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly ParameterObject[];
  readonly requestBody?: { readonly required: boolean; readonly content: Readonly<Record<string, MediaTypeObject>> };
  readonly responses: Readonly<Record<string, ResponseObject>>;
};

export type ParameterObject = {
  readonly name: string;
  readonly in: 'query' | 'header' | 'path';
  readonly required: boolean;
  readonly description: string;
  readonly schema: JsonSchema;
  readonly example?: unknown;
};

export type ResponseObject = {
  readonly description: string;
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: JsonSchema }>>;
  readonly content?: Readonly<Record<string, MediaTypeObject>>;
};

export type MediaTypeObject = { readonly schema: JsonSchema; readonly example?: unknown };

const pathParameters: Readonly<Record<string, { readonly description: string; readonly schema: JsonSchema }>> = {
  topic: { description: "The topic's name.", schema: { type: 'string' } },
  partition: { description: 'The partition, from 0.', schema: { type: 'integer', minimum: 0 } },
  group: { description: "The group's id.", schema: { type: 'string' } },
  transactional_id: { description: "A producer's transactional id.", schema: { type: 'string' } },
  signing_secret: { description: "The signing secret's id.", schema: { type: 'string' } },
  alert: { description: "The alert's id, `alr_...`.", schema: { type: 'string' } },
  key: { description: "The API key's id.", schema: { type: 'string' } },
  cluster: { description: "The cluster's id.", schema: { type: 'string' } },
  member: { description: "The member's id.", schema: { type: 'string' } },
};

/** Any route may answer with these, whatever is asked. */
const errorsOfEveryRoute: readonly ErrorCode[] = ['ORIGIN_REFUSED', 'METHOD_NOT_ALLOWED', 'UNKNOWN_SERVER_ERROR'];

/** How callers of a closed platform say who they are; an open one does not look. */
export const securitySchemes: Readonly<Record<string, JsonSchema>> = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key, a browser token, or a JWT of a configured issuer.',
  },
  basic: { type: 'http', scheme: 'basic', description: "An API key's id as user, its secret as password." },
};

/** Any of them; the empty one stands for open mode. */
export const securityOfMost = [{ bearer: [] }, { basic: [] }, {}] as const;

/** Builds the document from the operation table; the same for every request, so callers keep it. */
export function buildOpenApiDocument(version: string): OpenApiDocument {
  const schemas: Record<string, JsonSchema> = { Problem: problemSchema };
  const paths: Record<string, Record<string, OperationObject>> = {};
  for (const id of operationIds) {
    const operation: Operation = operations[id];
    paths[operation.path] ??= {};
    paths[operation.path]![operation.method.toLowerCase()] = describeOperation(id, operation, schemas);
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Millrace',
      version,
      description: 'Topics you can produce to and read from over HTTP, Server-Sent Events and WebSocket.',
    },
    servers: [{ url: '/' }],
    tags: [...new Set(Object.values(operations).map((operation) => operation.tag))].map((name) => ({ name })),
    paths,
    components: { schemas, securitySchemes },
  };
}

function describeOperation(id: string, operation: Operation, schemas: Record<string, JsonSchema>): OperationObject {
  const parameters = [...pathParametersOf(operation.path), ...(operation.parameters ?? []).map(describeParameter)];
  return {
    operationId: id,
    tags: [operation.tag],
    summary: operation.summary,
    description: descriptionOf(operation),
    security: operation.authorization.kind === 'public' ? [] : securityOfMost,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(operation.requestBody === undefined
      ? {}
      : { requestBody: { required: true, content: describeContent(operation.requestBody, 'input', schemas) } }),
    responses: {
      ...describeAnswers(operation, schemas),
      ...describeErrors([...operation.errors, ...refusalsOf(operation.authorization)]),
    },
  };
}

/** What it does, and who may. */
function descriptionOf({ description, authorization }: Operation): string {
  const who = describeAuthorization(authorization);
  return description === undefined ? who : `${description}\n\n${who}`;
}

function pathParametersOf(path: string): ParameterObject[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    const known = pathParameters[name] ?? { description: name, schema: { type: 'string' } };
    return { name, in: 'path', required: true, ...known };
  });
}

function describeParameter(parameter: OperationParameter): ParameterObject {
  return { ...parameter, required: parameter.required ?? false };
}

function describeAnswers(operation: Operation, schemas: Record<string, JsonSchema>): Record<string, ResponseObject> {
  const described: Record<string, ResponseObject> = {};
  for (const [status, answer] of Object.entries(operation.answers) as [string, OperationAnswer][]) {
    described[status] = {
      description: answer.description,
      ...(answer.headers === undefined ? {} : { headers: describeHeaders(answer.headers) }),
      ...(answer.content === undefined ? {} : { content: describeContent(answer.content, 'output', schemas) }),
    };
  }
  return described;
}

function describeHeaders(headers: Readonly<Record<string, string>>): NonNullable<ResponseObject['headers']> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
  );
}

/** One answer a status: the codes that share it are listed in its description and in the schema of `code`. */
function describeErrors(errors: readonly ErrorCode[]): Record<string, ResponseObject> {
  const codes = [...new Set([...errors, ...errorsOfEveryRoute])];
  const byStatus = Map.groupBy(codes, (code) => errorTable[code].status);
  const described: Record<string, ResponseObject> = {};
  for (const [status, same] of [...byStatus].sort(([a], [b]) => a - b)) {
    described[status] = {
      description: same.join(', '),
      content: {
        'application/problem+json': {
          schema: { allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: same } } }] },
        },
      },
    };
  }
  return described;
}

/** The content of a body or an answer, by media type; named schemas are put into `schemas`. */
export function describeContent(
  content: Readonly<Record<string, OperationBody>>,
  io: 'input' | 'output',
  schemas: Record<string, JsonSchema>,
): Record<string, MediaTypeObject> {
  return Object.fromEntries(
    Object.entries(content).map(([type, body]) => [
      type,
      {
        schema: describeSchema(body, io, schemas),
        ...(body.example === undefined ? {} : { example: body.example }),
      },
    ]),
  );
}

/** Named schemas go to the components once, and are referred to. */
function describeSchema(body: OperationBody, io: 'input' | 'output', schemas: Record<string, JsonSchema>): JsonSchema {
  if (!(body.schema instanceof z.ZodType)) {
    return body.description === undefined ? body.schema : { ...body.schema, description: body.description };
  }
  const { $schema: _, $defs, ...schema } = z.toJSONSchema(body.schema, { io });
  for (const [name, definition] of Object.entries($defs ?? {})) schemas[name] ??= asComponent(definition) as JsonSchema;
  return asComponent(schema) as JsonSchema;
}

/**
 * zod refers to named schemas as `#/$defs/X`; in the document they stand under the components. The bounds of safe
 * integers, which zod gives every integer, say nothing to a reader.
 */
function asComponent(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(asComponent);
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema).filter(([, value]) => Math.abs(Number(value)) !== Number.MAX_SAFE_INTEGER);
  return Object.fromEntries(
    kept.map(([keyword, value]) => [
      keyword,
      keyword === '$ref' && typeof value === 'string'
        ? value.replace(/^#\/\$defs\//, '#/components/schemas/')
        : asComponent(value),
    ]),
  );
}

const problemSchema: JsonSchema = {
  type: 'object',
  description: 'An error, as RFC 9457 says it. Programs compare `code`.',
  required: ['type', 'title', 'status', 'detail', 'code', 'retriable'],
  properties: {
    type: { type: 'string', format: 'uri-reference' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What was wrong, where, and what to do.' },
    code: { type: 'string' },
    retriable: { type: 'boolean' },
    context: {
      type: 'object',
      description: 'Facts a program can act on: the valid offset range, the bad line, ...',
      additionalProperties: { type: ['string', 'number', 'boolean', 'null'] },
    },
  },
  additionalProperties: false,
};
