import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { OpenApiDocument, OperationObject, ParameterObject } from '../../src/api/openapi/document.ts';
import type { JsonSchema } from '../../src/api/openapi/operation.ts';

export type CheckedRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: string | Uint8Array | null;
};

/** `body` is null for answers that are endless or were not read. */
export type CheckedAnswer = {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string | Uint8Array | null;
};

/** What every answer of an unknown path or refused origin is checked against. */
const routelessStatuses = [403, 404, 405];

/**
 * Compares what was sent and answered with the OpenAPI document: a request that was accepted must be one the document
 * allows, and every answer must be one it announces, body included.
 */
export class OpenApiChecker {
  readonly #document: OpenApiDocument;
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  readonly #validators = new Map<string, ValidateFunction>();
  /** Operations seen, so that a suite can show that it left none out. */
  readonly seen = new Set<string>();
  readonly #errorSchema: string;

  /** `errorSchema` names the component that every error of no route's is checked against. */
  constructor(document: OpenApiDocument, errorSchema = 'Problem') {
    this.#document = document;
    this.#errorSchema = errorSchema;
    this.#ajv.addSchema(inDocument({ $id: 'document', components: document.components }));
  }

  /** Throws an error that says what differs. Answers the operation's id, or null when no route was meant. */
  check(request: CheckedRequest, answer: CheckedAnswer): string | null {
    const path = new URL(request.url).pathname;
    const operation = this.#find(request.method === 'HEAD' ? 'GET' : request.method, path);
    if (operation === null) {
      if (request.method === 'OPTIONS' && answer.status === 204) return null;
      if (!routelessStatuses.includes(answer.status))
        throw new Error(`${request.method} ${path} is in no document, but answered ${answer.status}`);
      if (request.method !== 'HEAD')
        this.#validate(
          this.#errorSchema,
          { $ref: `document#/components/schemas/${this.#errorSchema}` },
          parseJson(answer.body),
        );
      return null;
    }
    const where = `${operation.operationId} (${request.method} ${request.url})`;
    if (answer.status < 400) this.#checkRequest(where, operation, request);
    this.#checkAnswer(where, operation, request, answer);
    this.seen.add(operation.operationId);
    return operation.operationId;
  }

  #find(method: string, path: string): OperationObject | null {
    const segments = path.split('/');
    for (const [template, methods] of Object.entries(this.#document.paths)) {
      const parts = template.split('/');
      const matches =
        parts.length === segments.length &&
        parts.every((part, at) => (part.startsWith('{') ? segments[at] !== '' : part === segments[at]));
      if (matches) return methods[method.toLowerCase()] ?? null;
    }
    return null;
  }

  #checkRequest(where: string, operation: OperationObject, request: CheckedRequest): void {
    const parameters = operation.parameters ?? [];
    for (const [name, text] of new URL(request.url).searchParams) {
      const parameter = parameters.find((candidate) => candidate.in === 'query' && candidate.name === name);
      if (parameter === undefined)
        throw new Error(`${where} accepted the query parameter ${name}, which is in no document`);
      if (!this.#allows(parameter, text))
        throw new Error(`${where} accepted ${name}=${text}, which the document does not allow`);
    }
    if (request.body === null || request.body.length === 0) {
      if (operation.requestBody?.required === true) throw new Error(`${where} accepted a request without a body`);
      return;
    }
    const type = essence(request.headers.get('content-type'));
    const media = operation.requestBody?.content[type];
    if (media === undefined) throw new Error(`${where} accepted a body of ${type}, which is in no document`);
    if (type === 'application/json')
      this.#validate(`${where} request`, inDocument(media.schema), parseJson(request.body));
  }

  #checkAnswer(where: string, operation: OperationObject, request: CheckedRequest, answer: CheckedAnswer): void {
    const announced = operation.responses[String(answer.status)];
    if (announced === undefined)
      throw new Error(`${where} answered ${answer.status}, which is in no document: ${textOf(answer.body)}`);
    for (const name of Object.keys(announced.headers ?? {})) {
      if (name === 'location' && !answer.headers.has(name)) throw new Error(`${where} answered without ${name}`);
    }
    const type = essence(answer.headers.get('content-type'));
    if (announced.content === undefined) {
      if (type !== '')
        throw new Error(`${where} answered ${answer.status} with a body of ${type}, where none is announced`);
      return;
    }
    const media = announced.content[type];
    if (media === undefined)
      throw new Error(`${where} answered ${answer.status} with ${type || 'no body'}, which is in no document`);
    if (request.method === 'HEAD' || answer.body === null || !/\bjson$/.test(type) || type === 'application/x-ndjson')
      return;
    this.#validate(`${where} answer ${answer.status}`, inDocument(media.schema), parseJson(answer.body));
  }

  /** A query is text; it is allowed when any reading of it is. */
  #allows(parameter: ParameterObject, text: string): boolean {
    const readings: unknown[] = [text];
    if (/^-?\d+$/.test(text)) readings.push(Number(text));
    if (text === 'true' || text === 'false') readings.push(text === 'true');
    const validate = this.#validator(inDocument(parameter.schema));
    return readings.some((reading) => validate(reading));
  }

  #validate(what: string, schema: JsonSchema, value: unknown): void {
    const validate = this.#validator(schema);
    if (validate(value)) return;
    throw new Error(
      `${what} is not what the document says: ${this.#ajv.errorsText(validate.errors)}\n${JSON.stringify(value)?.slice(0, 2000)}`,
    );
  }

  #validator(schema: JsonSchema): ValidateFunction {
    const key = JSON.stringify(schema);
    let validate = this.#validators.get(key);
    if (validate === undefined) {
      validate = this.#ajv.compile(schema);
      this.#validators.set(key, validate);
    }
    return validate;
  }
}

/** References in the document are relative to it; ajv knows it under an id. */
function inDocument(schema: JsonSchema): JsonSchema {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/')) as JsonSchema;
}

function parseJson(body: string | Uint8Array | null): unknown {
  return JSON.parse(textOf(body));
}

function textOf(body: string | Uint8Array | null): string {
  if (body === null) return '';
  return typeof body === 'string' ? body : new TextDecoder().decode(body);
}

function essence(contentType: string | null): string {
  return contentType?.split(';')[0]?.trim().toLowerCase() ?? '';
}
