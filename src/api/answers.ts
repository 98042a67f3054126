import { dataHeaders, pageHeaders } from './security-headers.ts';

/** An answer of JSON. `body` may be text that is JSON already: records are rendered as text, never as objects. */
export function jsonAnswer(body: unknown, status = 200, headers?: Readonly<Record<string, string>>): Response {
  return jsonTextAnswer(JSON.stringify(body), status, headers);
}

/** As {@link jsonAnswer} for JSON that has been rendered: text, or its UTF-8 bytes. */
export function jsonTextAnswer(
  body: string | Uint8Array | ReadableStream,
  status = 200,
  headers?: Readonly<Record<string, string>>,
): Response {
  return new Response(body, { status, headers: { 'content-type': 'application/json', ...dataHeaders, ...headers } });
}

/** An answer of any other media type: record batches, NDJSON, Prometheus text. */
export function dataAnswer(
  body: string | Uint8Array | ReadableStream,
  contentType: string,
  headers?: Readonly<Record<string, string>>,
): Response {
  return new Response(body, { headers: { 'content-type': contentType, ...dataHeaders, ...headers } });
}

export function emptyAnswer(status = 204, headers?: Readonly<Record<string, string>>): Response {
  return new Response(null, { status, headers: { ...dataHeaders, ...headers } });
}

/** A page for people; `html` is complete and escaped. */
export function pageAnswer(html: string): Response {
  return new Response(html, { headers: { 'content-type': 'text/html; charset=utf-8', ...pageHeaders } });
}
