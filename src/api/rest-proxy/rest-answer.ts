import { type Ok, ok } from '../../errors/result.ts';
import { dataHeaders } from '../security-headers.ts';
import type { RestCall } from './rest-call.ts';

/** An answer of JSON, or of text that is JSON already, in the type that was negotiated. */
export function restAnswer(
  call: RestCall,
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Ok<Response> {
  return ok(
    new Response(JSON.stringify(body), {
      status,
      headers: { 'content-type': call.contentType, ...dataHeaders, ...headers },
    }),
  );
}

/** As {@link restAnswer} for JSON that has been rendered, whole or as it comes. */
export function restTextAnswer(call: RestCall, body: string | Uint8Array | ReadableStream, status = 200): Ok<Response> {
  return ok(new Response(body, { status, headers: { 'content-type': call.contentType, ...dataHeaders } }));
}

/** 204: done, and nothing to say. */
export function emptyRestAnswer(): Ok<Response> {
  return ok(new Response(null, { status: 204, headers: dataHeaders }));
}
