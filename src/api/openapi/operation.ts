import type { z } from 'zod';
import type { ErrorCode } from '../../errors/error-codes.ts';
import type { OperationAuthorization } from './authorization.ts';

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** A query parameter or request header; path parameters follow from the path itself. */
export type OperationParameter = {
  readonly name: string;
  readonly in: 'query' | 'header';
  readonly description: string;
  readonly schema: JsonSchema;
  readonly required?: boolean;
  readonly example?: string | number | boolean;
};

export type JsonSchema = { readonly [keyword: string]: unknown };

/** A body of one media type: a zod schema where it is JSON, a description of the bytes where it is not. */
export type OperationBody = {
  readonly schema: z.ZodType | JsonSchema;
  readonly description?: string;
  readonly example?: unknown;
};

export type OperationAnswer = {
  readonly description: string;
  /** By media type; absent when the answer has no body. */
  readonly content?: Readonly<Record<string, OperationBody>>;
  readonly headers?: Readonly<Record<string, string>>;
};

/** One route of the API: what the router mounts, the OpenAPI document describes and the tests check against. */
export type Operation = {
  readonly method: Method;
  /** With OpenAPI's `{name}` for path parameters. */
  readonly path: string;
  readonly authorization: OperationAuthorization;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly OperationParameter[];
  /** By media type; the body is required unless `bodyOptional`. */
  readonly requestBody?: Readonly<Record<string, OperationBody>>;
  readonly bodyOptional?: boolean;
  readonly answers: Readonly<Record<number, OperationAnswer>>;
  /** Codes this route may answer with besides those any route may. */
  readonly errors: readonly ErrorCode[];
};
