import type { z } from 'zod';
import { failed, ok, type Result } from '../errors/result.ts';
import { JsonScanner } from '../json/json-scanner.ts';
import { decodeUtf8, malformedUtf8 } from '../json/utf8-text.ts';
import { limits } from '../limits.ts';
import { mediaTypes, requestMediaType } from './media-types.ts';

/**
 * Reads a request's whole body as bytes, never more than `maxBytes`: a declared length over it is refused before a
 * byte is read, and an undeclared or false one when the count passes it.
 */
export async function readBody(
  request: Request,
  maxBytes: number = limits.requestBodyBytes.value,
): Promise<Result<Uint8Array>> {
  const declared = request.headers.get('content-length');
  if (declared !== null && Number(declared) > maxBytes) return tooLarge(maxBytes);
  if (request.body === null) return ok(new Uint8Array());
  if (declared === null) return readCounted(request.body, maxBytes);
  // A declared length is one the runtime holds the sender to; the check below only guards against a runtime that does not.
  const bytes = new Uint8Array(await request.arrayBuffer());
  return bytes.length <= maxBytes ? ok(bytes) : tooLarge(maxBytes);
}

/**
 * Reads the JSON body of a control request (topics, producers), which is of one of `types`, and checks it against its
 * contract. Record bodies do not come this way: their values must stay bytes.
 */
export async function readJson<T>(
  request: Request,
  schema: z.ZodType<T>,
  types: readonly string[] = [mediaTypes.json],
): Promise<Result<T>> {
  const type = requestMediaType(request.headers, types);
  if (!type.ok) return type;
  const body = await readBody(request, limits.controlBodyBytes.value);
  return body.ok ? checkJson(request.headers, body.value, schema, types) : body;
}

/** As {@link readJson} for a body that was read. */
export function checkJson<T>(
  headers: Headers,
  body: Uint8Array,
  schema: z.ZodType<T>,
  types: readonly string[] = [mediaTypes.json],
): Result<T> {
  const type = requestMediaType(headers, types);
  if (!type.ok) return type;
  const parsed = parseJson(body);
  if (!parsed.ok) return parsed;
  const checked = schema.safeParse(parsed.value);
  if (checked.success) return ok(checked.data);
  return failed('INVALID_REQUEST', `The request body is not what this route takes: ${describeIssues(checked.error)}.`);
}

function parseJson(bytes: Uint8Array): Result<unknown> {
  const text = decodeUtf8(bytes);
  if (text === null) return malformedUtf8(bytes, 'the request body');
  const scanner = new JsonScanner(bytes);
  if (!scanner.skipValue() || !scanner.finish()) return scanner.failure();
  return ok(JSON.parse(text));
}

/** How many of a body's faults are named at once. */
const maxNamedIssues = 5;

function describeIssues(error: z.ZodError): string {
  const named = error.issues.slice(0, maxNamedIssues).map((issue) => {
    const path = issue.path.map(String).join('.');
    return path === '' ? issue.message : `${path}: ${issue.message}`;
  });
  return named.join('; ');
}

async function readCounted(stream: ReadableStream<Uint8Array>, maxBytes: number): Promise<Result<Uint8Array>> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > maxBytes) {
      await reader.cancel();
      return tooLarge(maxBytes);
    }
    chunks.push(value);
  }
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return ok(only);
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return ok(bytes);
}

function tooLarge(maxBytes: number): Result<never> {
  return failed('BODY_TOO_LARGE', `The request body is over ${maxBytes} bytes; send it in smaller requests.`, {
    limit_bytes: maxBytes,
  });
}
