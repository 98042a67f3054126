import type { Failed, Failure, Result } from '../errors/result.ts';
import { ok } from '../errors/result.ts';
import type { PartitionRef } from '../log/partition-ref.ts';
import type { ReadFrom } from '../log/partition-rpc.ts';

/**
 * The partition object's HTTP face, spoken only inside the platform: sockets and pass-through reads need a Response
 * where RPC would copy. Everything is in headers that the edge sets and strips, never in what a client sent.
 */
const refHeader = 'millrace-partition';
const failureHeader = 'millrace-failure';

export type PartitionHttpRequest =
  | { readonly verb: 'socket'; readonly ref: PartitionRef; readonly configVersion: number }
  | {
      readonly verb: 'read';
      readonly ref: PartitionRef;
      readonly configVersion: number;
      readonly from: ReadFrom;
      readonly maxBytes: number;
    };

/** A request to the partition's object; `upgrade` is the client's WebSocket handshake, passed on. */
export function encodePartitionRequest(message: PartitionHttpRequest, upgrade?: Request): Request {
  const headers = new Headers(upgrade?.headers);
  headers.set(refHeader, JSON.stringify(message));
  return new Request('http://partition/', { headers });
}

export function decodePartitionRequest(request: Request): PartitionHttpRequest | null {
  const text = request.headers.get(refHeader);
  return text === null ? null : (JSON.parse(text) as PartitionHttpRequest);
}

/** A failure on its way back over the HTTP face. */
export function encodeFailure(failure: Failure): Response {
  return new Response(null, { status: 500, headers: { [failureHeader]: encodeURIComponent(JSON.stringify(failure)) } });
}

/** What the partition's object answered: a response to pass on, or a failure as a value. */
export function decodeResponse(response: Response): Result<Response> {
  const text = response.headers.get(failureHeader);
  if (text === null) return ok(response);
  const failure: Failed = { ok: false, error: JSON.parse(decodeURIComponent(text)) as Failure };
  return failure;
}

/** Where a pass-through read says what it covers; the batches are the body. */
export const readHeaders = {
  startOffset: 'millrace-start-offset',
  nextOffset: 'millrace-next-offset',
  highWatermark: 'millrace-high-watermark',
  logStartOffset: 'millrace-log-start-offset',
} as const;
